// The message's text: fields drawn as chips over the text field that keeps {{NAME}}, faults told while somebody writes, fields
// inserted by a click, a row of rules for each field that somebody may lack. Needs fields.js.
// Offers window.textEditor to the scripts beside it.
(() => {
  "use strict";
  const editor = document.querySelector("[data-editor]");
  if (!editor) return;
  const area = editor.querySelector("textarea");
  const marks = editor.querySelector("[data-marks]");
  const faults = document.querySelector("[data-faults]");
  const sentences = JSON.parse(document.getElementById("field-sentences").textContent);
  const NEVER_EMPTY = ["PHONE_NUMBER", "BUSINESS_NAME", "SENDER_NAME"];
  const PAUSE = 700;

  const fields = () =>
    [...document.querySelectorAll("#fields [data-field]")].map(({ dataset }) => ({
      name: dataset.field,
      label: dataset.label,
      text: dataset.inserts,
    }));
  const helpers = () =>
    [...document.querySelectorAll("#fields [data-helper]")].map(({ dataset }) => ({
      name: dataset.helper,
      label: dataset.label,
      text: dataset.inserts,
      selects: dataset.selects,
    }));
  // What is rendered for each person: the text, or the variables of the template that goes out.
  const variables = () => document.getElementById("id_template_variables");
  const is = (selector) => document.querySelector(`${selector}:checked`) !== null;
  const source = () => {
    if (!is('[data-medium="whatsapp"]') || !is('[name="says"][value="template"]')) return area.value;
    // The places of a template from the list have their own answers.
    return is('[name="whatsapp_template"][value="by_hand"]') ? variables().value : "";
  };
  // Columns count as known only where lists are chosen: before, every name may still be right.
  const known = () => {
    const names = fields().map(({ name }) => name);
    const chosen = document.querySelector('[name="lists"]:checked, [name="lists"][type="hidden"]');
    if (chosen) return names;
    const typed = [area.value, source()];
    return [...names, ...typed.flatMap((text) => window.dynamicFields.parse(text).uses.map(({ name }) => name))];
  };

  // --- Chips: drawn on an unseen copy of the text, which lies over the text field --------------------

  // Each letter of the copy has to lie under its own.
  const SAME = ["font", "letterSpacing", "lineHeight", "padding", "borderWidth", "textIndent", "tabSize"];
  const dress = () => {
    const style = getComputedStyle(area);
    SAME.forEach((name) => {
      marks.style[name] = style[name];
    });
  };

  // What a chip says: the field's own name, without the braces that stand in the text.
  // A date that is nothing but a field is one chip: "date: Last visit".
  const DATE = /^\{\{#dateFormat\s+["“][^"“”{}]*["”]\s*\}\}(\{\{[^{}]*\}\})\{\{\/dateFormat\}\}/;
  const labelOf = (tag) => {
    const date = DATE.exec(tag);
    if (date) return sentences.chips["#dateFormat"].replace("%(values)s", labelOf(date[1]));
    const inner = tag.slice(2, -2).trim();
    const [, helper, said] = /^(#\w+|else(?:\s+\w+)?|\/\w+)?\s*([\s\S]*)$/.exec(inner);
    const words = helper && sentences.chips[helper.replace(/\s+/g, " ")];
    if (!words) return fields().find(({ name }) => name === inner)?.label || inner;
    const values = [...said.matchAll(/["'“”„]([^"'“”„]*)["'“”„]/g)].map(([, value]) => value);
    const name = said.replace(/^[\s\S]*["'“”„)]\s*/, "");
    return words.replace("%(values)s", values.join(", ")).replace("%(name)s", labelOf(`{{${name}}}`));
  };
  const mark = (text, isFault) => {
    const piece = document.createElement("mark");
    piece.className = isFault ? "is-fault" : "is-field";
    piece.textContent = text;
    if (!isFault) piece.dataset.label = labelOf(text);
    return piece;
  };
  // The chips as they stand in the text: {start, end, piece}.
  let chips = [];
  const show = () => {
    const text = area.value;
    const pieces = [];
    chips = [];
    let end = 0;
    const found = window.dynamicFields.marks(text, known());
    for (const { start, end: tagEnd, fault } of found) {
      if (start < end) continue;
      const date = start + (DATE.exec(text.slice(start, start + 500))?.[0].length ?? 0);
      const isWhole = !fault && !found.some((one) => one.fault && one.start >= start && one.end <= date);
      const stop = isWhole ? Math.max(tagEnd, date) : tagEnd;
      const piece = mark(text.slice(start, stop), fault);
      pieces.push(text.slice(end, start), piece);
      if (!fault) chips.push({ start, end: stop, piece });
      end = stop;
    }
    // The last line is as high as in the field, also while it is empty.
    marks.replaceChildren(...pieces, text.slice(end), "\u200b");
    cover();
    scroll();
  };
  // What runs over two lines is covered on each of them, and named where there is most room.
  const parts = ({ piece }) => {
    const origin = marks.getBoundingClientRect();
    const rects = [...piece.getClientRects()].filter(({ width }) => width > 0);
    const widest = rects.reduce((one, other) => (other.width > one.width ? other : one), rects[0]);
    return rects.map((rect) => {
      const part = document.createElement("span");
      part.className = "chip-part";
      if (rect === widest) part.dataset.label = piece.dataset.label;
      part.classList.toggle("is-chosen", piece.classList.contains("is-chosen"));
      part.style.left = `${rect.left - origin.left - marks.clientLeft}px`;
      part.style.top = `${rect.top - origin.top - marks.clientTop + marks.scrollTop}px`;
      part.style.width = `${rect.width}px`;
      part.style.height = `${rect.height}px`;
      return part;
    });
  };
  // A chip covers what it stands for, unless somebody is at work inside.
  const cover = () => {
    const isHere = document.activeElement === area;
    const { selectionStart: from, selectionEnd: to } = area;
    marks.querySelectorAll(".chip-part").forEach((part) => part.remove());
    const isBroken = chips.map(({ piece }) => piece.getClientRects().length > 1);
    chips.forEach(({ start, end, piece }, place) => {
      const isOpen = isHere && ((from > start && from < end) || (to > start && to < end));
      piece.classList.toggle("is-open", isOpen);
      piece.classList.toggle("is-broken", isBroken[place] && !isOpen);
      piece.classList.toggle("is-chosen", isHere && from <= start && end <= to && from < to);
    });
    marks.append(...chips.filter(({ piece }) => piece.classList.contains("is-broken")).flatMap(parts));
  };
  const scroll = () => {
    marks.scrollTop = area.scrollTop;
  };

  // --- A chip is one thing: a click takes all of it, an arrow passes over it, a deletion removes it -----

  const chipAt = (place, side) => chips.find((chip) => chip[side] === place);
  // A second click goes inside.
  let chosen = null;
  area.addEventListener("pointerdown", () => {
    chosen = chips.find(({ piece }) => piece.classList.contains("is-chosen"))?.start;
  });
  area.addEventListener("click", () => {
    const { selectionStart: from, selectionEnd: to } = area;
    const chip = from === to && chips.find(({ start, end }) => start < from && from < end);
    if (chip && chip.start !== chosen) area.setSelectionRange(chip.start, chip.end);
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (area.selectionStart !== area.selectionEnd) return;
    const isBack = event.key === "ArrowLeft" || event.key === "Backspace";
    if (!isBack && event.key !== "ArrowRight" && event.key !== "Delete") return;
    const chip = chipAt(area.selectionStart, isBack ? "end" : "start");
    if (!chip || event.defaultPrevented) return;
    // The browser itself deletes what is selected, so that Ctrl+Z brings it back.
    if (!event.key.startsWith("Arrow")) area.setSelectionRange(chip.start, chip.end);
    else {
      const place = isBack ? chip.start : chip.end;
      area.setSelectionRange(place, place);
      event.preventDefault();
    }
  });
  document.addEventListener("selectionchange", cover);
  area.addEventListener("blur", cover);

  // --- Faults in words ------------------------------------------------------------------------------

  const sentenceOf = ({ code, word, instead }) => {
    const pattern = (instead && sentences.instead[code]) || sentences.faults[code];
    const values = { word: word.length > 60 ? `${word.slice(0, 60)}…` : word, instead, usage: sentences.usage[word] || "" };
    return pattern.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  };
  const toldByServer = () =>
    [...document.querySelectorAll("#id_text-error span")].map((one) => one.textContent);
  const lineOf = ({ start, end, sentence }) => {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.textContent = sentence;
    button.addEventListener("click", () => {
      area.focus();
      area.setSelectionRange(start, end);
    });
    line.append(button);
    return line;
  };
  let told = "[]";
  const tell = () => {
    const already = new Set(toldByServer());
    const lines = [];
    for (const { start, end, fault } of window.dynamicFields.marks(area.value, known())) {
      const sentence = fault && !isBeingTyped(fault) ? sentenceOf(fault) : "";
      if (!sentence || already.has(sentence)) continue;
      already.add(sentence);
      lines.push({ start, end, sentence });
    }
    // The same lines stay as they are: one of them may just be getting the focus.
    if (told === JSON.stringify(lines)) return;
    told = JSON.stringify(lines);
    faults.replaceChildren(...lines.map(lineOf));
    faults.hidden = lines.length === 0;
  };
  // A field that is open at the caret is being written, not forgotten.
  const isBeingTyped = ({ code, start, end }) =>
    code === "unclosed" && document.activeElement === area && area.selectionEnd >= start && area.selectionEnd <= end;

  // --- Inserting: by the browser's own command, so that Ctrl+Z takes it back ------------------------

  const insert = (text, start = area.selectionStart, end = area.selectionEnd) => {
    area.focus();
    area.setSelectionRange(start, end);
    if (document.execCommand("insertText", false, text)) return;
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // Inserts a helper and selects the field in it that is to be chosen.
  const insertHelper = ({ text, selects }, start, end) => {
    const from = start ?? area.selectionStart;
    insert(text, start, end);
    const place = text.indexOf(selects);
    if (place >= 0) area.setSelectionRange(from + place, from + place + selects.length);
  };
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("#fields [data-inserts]");
    if (!chip) return;
    chip.closest("details").open = false;
    if (chip.dataset.helper) insertHelper({ text: chip.dataset.inserts, selects: chip.dataset.selects });
    else insert(chip.dataset.inserts);
  });

  // Beside each field, its value for the person on the phone.
  const values = () => JSON.parse(document.getElementById("person-values")?.textContent || "{}");
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.id !== "personalise" || !target.open) return;
      const known = values();
      target.querySelectorAll("[data-value-of]").forEach((place) => {
        place.textContent = known[place.dataset.valueOf] ?? "";
      });
    },
    true,
  );

  // --- Rules: one row for each field that is written -------------------------------------------

  const rules = document.querySelector("[data-rules]");
  const template = document.querySelector("[data-rule-template]");
  const addRule = (name) => {
    const numbers = [...rules.querySelectorAll('[name^="rule_name_"]')].map((one) => Number(one.name.slice(10)));
    const number = Math.max(-1, ...numbers) + 1;
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.rule = name;
    const label = fields().find((one) => one.name === name)?.label ?? name;
    row.querySelector("[data-rule-name]").textContent = label;
    for (const part of row.querySelectorAll("[name], [for], [id]")) {
      for (const attribute of ["name", "for", "id"]) {
        const value = part.getAttribute(attribute);
        if (value) part.setAttribute(attribute, value.replace(/_-1$/, `_${number}`));
      }
    }
    row.querySelector('[type="hidden"]').value = name;
    const input = row.querySelector('[type="text"]');
    input.setAttribute("aria-label", `${input.getAttribute("aria-label")} ${label}`.trim());
    rules.append(row);
  };
  const showRules = () => {
    const { steps } = window.dynamicFields.parse(source());
    const offered = known();
    const written = steps.filter(
      ({ kind, text }) => (kind === "field" || kind === "date") && !NEVER_EMPTY.includes(text) && offered.includes(text),
    );
    const names = new Set(written.map(({ text }) => text));
    const rows = [...rules.querySelectorAll("[data-rule]")];
    names.forEach((name) => {
      if (!rows.some((row) => row.dataset.rule === name)) addRule(name);
    });
    rules.querySelectorAll("[data-rule]").forEach((row) => {
      // A rule with a fault stays in sight: the page's summary leads to it.
      row.hidden = !names.has(row.dataset.rule) && !row.querySelector(".is-invalid");
    });
    document.querySelector("[data-field-rules]").hidden = !rules.querySelector("[data-rule]:not([hidden])");
    const clear = [...document.querySelectorAll("#fields [data-clear]")].map(({ dataset }) => dataset.field);
    const isUnclear = ({ kind, text }) => kind === "date" && !clear.includes(text);
    document.querySelector("[data-date-rule]").hidden = !steps.some(isUnclear);
  };

  // --- When ------------------------------------------------------------------------------------------

  let timer = 0;
  const changed = () => {
    show();
    showRules();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE);
  };
  area.addEventListener("input", changed);
  area.form.addEventListener("input", (event) => {
    if (event.target === variables()) showRules();
  });
  area.form.addEventListener("change", (event) => {
    if (["says", "whatsapp_template", "channel"].includes(event.target.name)) showRules();
  });
  area.addEventListener("scroll", scroll);
  area.addEventListener("blur", tell);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (["fields", "templates"].includes(event.target.id)) changed();
  });
  window.addEventListener("resize", () => {
    dress();
    cover();
  });
  dress();
  changed();

  window.textEditor = { area, marks, fields, helpers, insert, insertHelper, values };
})();
