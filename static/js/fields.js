// Texts with dynamic fields: campaigns/texts/dynamic_fields.py and rendering.py in the browser, so that
// marking faults and showing one person's text never wait for the server. Needs dates.js. Both sides
// are held together by tests/campaigns/vectors/dynamic_fields.json. Places are UTF-16 units here, as
// a text field counts.
(() => {
  "use strict";

  const PREDEFINED = ["CUSTOMER_NAME", "PHONE_NUMBER", "BUSINESS_NAME", "SENDER_NAME"];
  const HELPERS = ["dateFormat", "ifeq", "contains"];
  const SPACES = " \\t\\r\\n\\u00a0";
  const S = `[${SPACES}]`;
  const TAG = /\{\{([^{}]*)\}\}(?!\})|\{\{+[^{}\n]*\}*|\}\}+/g;
  const UNCLOSED = /^\{\{[ \t\u00a0]*[^ \t\u00a0{}]*\}?/;
  const FIRST_WORD = new RegExp(`^([^${SPACES}"'(]*)${S}*([\\s\\S]*)$`);
  const VALUE = `(?:"((?:[^"\\\\]|\\\\[\\s\\S])*)"|'((?:[^'\\\\]|\\\\[\\s\\S])*)'|[“”„]([^“”„]*)[“”„])`;
  const ONE_VALUE = new RegExp(VALUE, "g");
  const MASK = new RegExp(`^${VALUE}${S}*$`);
  const EQUAL = new RegExp(`^(${VALUE}${S}+)([^"'“”„${SPACES}][\\s\\S]*)$`);
  const AMONG = new RegExp(`^(\\(${S}*arr(?:${S}+${VALUE})+${S}*\\)${S}*)([\\s\\S]+)$`);
  const BARE_HELPER = new RegExp(`^(${HELPERS.join("|")})${S}*[("'“”„]`);

  const trim = (text) => text.replace(new RegExp(`^${S}+|${S}+$`, "g"), "");
  const isBlank = (text) => trim(text) === "";
  const split = (inner) => FIRST_WORD.exec(inner).slice(1);
  const values = (text) =>
    [...text.matchAll(ONE_VALUE)].map(([, double, single, curly]) =>
      double !== undefined ? double.replaceAll('\\"', '"') : single !== undefined ? single.replaceAll("\\'", "'") : curly,
    );
  // The one known name that differs only in case, spaces or underscores; else "".
  const alike = (name, names) => {
    const bare = (one) => one.replace(/[ _-]/g, "").toLowerCase();
    const found = [...new Set(names)].filter((one) => bare(one) === bare(name));
    return found.length === 1 ? found[0] : "";
  };

  // --- Reading -------------------------------------------------------------------------------------

  class Parser {
    constructor() {
      this.steps = [];
      this.uses = [];
      this.faults = [];
      this.blocks = [];
    }

    fault(code, start, end, word = "", instead = "") {
      this.faults.push({ code, start, end, word, instead });
    }

    use(name, start, end) {
      const single = name.replace(new RegExp(`${S}+`, "g"), " ");
      this.uses.push({ name: single, start, end });
      return single;
    }

    write(text) {
      if (text) this.steps.push({ kind: "text", text });
    }

    braces(found, start, end) {
      if (found.startsWith("}")) return this.fault("not_opened", start, end);
      if (found.startsWith("{{{") || found.endsWith("}}}")) return this.fault("too_many_braces", start, end, found);
      const [shown] = UNCLOSED.exec(found);
      const word = shown.replace(new RegExp(`^[{}${SPACES}]+|[{}${SPACES}]+$`, "g"), "");
      return this.fault("unclosed", start, start + shown.length, word);
    }

    tag(inner, start, end) {
      if (!inner) return this.fault("empty", start, end);
      if (inner.startsWith("#")) return this.open(...split(trim(inner.slice(1))), start, end);
      if (inner.startsWith("/")) return this.close(trim(inner.slice(1)), start, end);
      const [word, rest] = split(inner);
      if (word === "else") return this.otherwise(rest, start, end);
      const bare = BARE_HELPER.exec(inner);
      if (bare) return this.fault("wrong_use", start, end, bare[1]);
      return this.steps.push({ kind: "field", text: this.use(inner, start, end) });
    }

    open(helper, rest, start, end) {
      const block = { helper, start, end, firstStep: this.steps.length, nextBranch: null, exits: [], hasElse: false, mask: null };
      this.blocks.push(block);
      if (helper === "dateFormat") block.mask = this.mask(rest, start, end);
      else if (HELPERS.includes(helper)) block.nextBranch = this.condition(helper, rest, start, end);
      else this.fault("unknown_helper", start, end, helper, alike(helper, HELPERS));
    }

    mask(rest, start, end) {
      const text = MASK.test(rest) ? values(rest)[0] : "";
      if (isBlank(text)) {
        this.fault("wrong_use", start, end, "dateFormat");
        return null;
      }
      const mask = window.dateMasks.readMask(text);
      if (mask.pieces) return mask;
      this.fault("bad_mask", start, end, mask.letters, mask.instead);
      return null;
    }

    // Adds the step that leaves this branch; its place, or null when it cannot be read.
    condition(helper, rest, start, end) {
      const found = (helper === "ifeq" ? EQUAL : AMONG).exec(rest);
      if (!found) {
        this.fault("wrong_use", start, end, helper);
        return null;
      }
      const name = this.use(trim(found.at(-1)), start, end);
      this.steps.push({ kind: "unless", text: name, values: values(found[1]), target: 0 });
      return this.steps.length - 1;
    }

    otherwise(rest, start, end) {
      const block = this.blocks.at(-1);
      if (!block || block.helper === "dateFormat") return this.fault("else_outside", start, end);
      if (block.hasElse) return this.fault("else_twice", start, end);
      block.exits.push(this.steps.length);
      this.steps.push({ kind: "jump", target: 0 });
      this.leadHere(block);
      if (!rest) {
        block.hasElse = true;
        return undefined;
      }
      const [helper, condition] = split(rest);
      if (helper !== "ifeq" && helper !== "contains") {
        return this.fault("unknown_helper", start, end, helper, alike(helper, HELPERS));
      }
      block.nextBranch = this.condition(helper, condition, start, end);
      return undefined;
    }

    close(helper, start, end) {
      if (!this.blocks.some((block) => block.helper === helper)) {
        return this.fault("closes_nothing", start, end, helper);
      }
      let block = this.blocks.pop();
      while (block.helper !== helper) {
        this.fault("block_not_closed", block.start, block.end, block.helper);
        block = this.blocks.pop();
      }
      if (helper === "dateFormat") return this.finishDate(block, end);
      this.leadHere(block);
      block.exits.forEach((place) => {
        this.steps[place].target = this.steps.length;
      });
      return undefined;
    }

    leadHere(block) {
      if (block.nextBranch === null) return;
      this.steps[block.nextBranch].target = this.steps.length;
      block.nextBranch = null;
    }

    finishDate(block, end) {
      const body = this.steps.slice(block.firstStep);
      const named = body.filter((step) => step.kind === "field");
      const isPure = body.every((step) => step.kind === "field" || (step.kind === "text" && isBlank(step.text)));
      if (named.length !== 1 || !isPure) return this.fault("date_without_field", block.start, end);
      this.steps.length = block.firstStep;
      return this.steps.push({ kind: "date", text: named[0].text, mask: block.mask });
    }
  }

  // {steps, uses: [{name, start, end}], faults: [{code, start, end, word, instead}]}. Only a text
  // without faults can be rendered.
  const parse = (text) => {
    const parser = new Parser();
    let end = 0;
    for (const found of text.matchAll(TAG)) {
      const start = found.index;
      parser.write(text.slice(end, start));
      end = start + found[0].length;
      if (found[1] === undefined) parser.braces(found[0], start, end);
      else parser.tag(trim(found[1]), start, end);
    }
    parser.write(text.slice(end));
    parser.blocks.forEach((block) => parser.fault("block_not_closed", block.start, block.end, block.helper));
    const { steps, uses, faults } = parser;
    faults.sort((a, b) => a.start - b.start || a.end - b.end);
    return { steps, uses, faults };
  };

  // A fault for each use of a field that is neither predefined nor in `known`.
  const unknown = (program, known) => {
    const names = [...PREDEFINED, ...known];
    return program.uses
      .filter(({ name }) => !names.includes(name))
      .map(({ name, start, end }) => ({ code: "unknown_field", start, end, word: name, instead: alike(name, names) }));
  };

  // Where the {{…}} are: [[start, end]].
  const tags = (text) => [...text.matchAll(TAG)].map((found) => [found.index, found.index + found[0].length]);

  // What to light up while somebody types: [{start, end, fault}], `fault` null where all is well.
  const marks = (text, known) => {
    const program = parse(text);
    const faults = [...program.faults, ...unknown(program, known)];
    const isFaulty = ([start, end]) => faults.some((fault) => fault.start < end && start < fault.end);
    const well = tags(text).filter((span) => !isFaulty(span));
    return [...faults.map((fault) => ({ start: fault.start, end: fault.end, fault })), ...well.map(([start, end]) => ({ start, end, fault: null }))].sort(
      (a, b) => a.start - b.start || a.end - b.end,
    );
  };

  // --- Rendering -----------------------------------------------------------------------------------

  // The text for one person ({field: value}), or {reason, field} why there is none. `rules`:
  // {constants, fallbacks, calendar}; the calendar is that of dates.js.
  const render = (program, person, rules) => {
    const known = new Map([...Object.entries(person), ...Object.entries(rules.constants || {})]);
    const fallbacks = new Map(Object.entries(rules.fallbacks || {}));
    const pieces = [];
    let place = 0;
    while (place < program.steps.length) {
      const step = program.steps[place];
      const value = known.get(step.text) ?? "";
      place += 1;
      if (step.kind === "text") pieces.push(step.text);
      else if (step.kind === "jump") place = step.target;
      else if (step.kind === "unless") place = step.values.includes(value) ? place : step.target;
      else if (isBlank(value)) {
        if (!fallbacks.has(step.text)) return { reason: "missing_value", field: step.text };
        pieces.push(fallbacks.get(step.text));
      } else {
        const written = step.mask ? window.dateMasks.write(step.mask, value, rules.calendar) : value;
        if (written === null) return { reason: "unreadable_date", field: step.text };
        pieces.push(written);
      }
    }
    return pieces.join("");
  };

  window.dynamicFields = { PREDEFINED, marks, parse, render, tags, unknown };
})();
