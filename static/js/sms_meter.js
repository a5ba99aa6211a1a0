// What the text takes as SMS for the person on the phone beside it, as it is typed; which characters
// make it dear, and one click for their plain equals. Needs segments.js, fields.js and editor.js.
(() => {
  "use strict";
  if (!window.textEditor) return;
  const { area, insert } = window.textEditor;
  const form = area.form;
  const meter = document.getElementById("text-count");
  const box = document.querySelector("[data-dear]");
  const done = document.querySelector("[data-dear-done]");
  const part = (root, name) => root.querySelector(`[data-${name}]`);
  const MOST_SIGNS = 8;

  const isSms = () => (form.querySelector('[name="channel"]:checked')?.dataset.medium ?? "sms") === "sms";
  const stored = (text) => text.replace(/\r\n?/g, "\n").trim();

  const values = () => JSON.parse(document.getElementById("person-values")?.textContent || "{}");
  const rules = () => {
    const fallbacks = {};
    form.querySelectorAll("[data-rule]").forEach((row) => {
      if (row.querySelector("select").value === "write") fallbacks[row.dataset.rule] = row.querySelector('[type="text"]').value;
    });
    const day = form.querySelector('[name="day_first"]:checked')?.value;
    return { fallbacks, calendar: { zone: form.elements.time_zone?.value || "UTC", dayFirst: day ? day === "day" : null } };
  };
  // The text as the person on the phone gets it. While that is none yet, about as long: each field by
  // its value or its name, helpers by nothing.
  const rendered = (text) => {
    const program = window.dynamicFields.parse(text);
    const person = values();
    const known = Object.keys(person).length > 0;
    const filled = program.faults.length || !known ? null : window.dynamicFields.render(program, person, rules());
    if (typeof filled === "string") return filled;
    return text.replace(/\{\{([^{}]*)\}?\}?/g, (_, inner) => (/^\s*[#/]|^\s*else\b/.test(inner) ? "" : person[inner.trim()] || inner.trim()));
  };

  const name = (sign) => {
    if (/\s/u.test(sign) || /\p{Cf}/u.test(sign)) return `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    return sign;
  };
  const showDear = (text) => {
    const tags = window.dynamicFields.tags(text);
    const isTag = (place) => tags.some(([start, end]) => place >= start && place < end);
    const size = window.smsSegments.count(text);
    const dear = size.encoding === "ucs2" ? size.dear.filter(({ start }) => !isTag(start)) : [];
    const plain = window.smsSegments.cheaper(text, tags);
    const signs = [...new Set(dear.map(({ character }) => name(character)))];
    box.hidden = dear.length === 0;
    if (!dear.length) return;
    const shown = signs.slice(0, MOST_SIGNS).map((sign) => {
      const key = document.createElement("kbd");
      key.textContent = sign;
      return key;
    });
    part(box, "dear-signs").replaceChildren(...shown, signs.length > MOST_SIGNS ? " …" : "");
    const can = plain !== text;
    part(box, "dear-replace").hidden = !can;
    part(box, "dear-saves").hidden = true;
    if (!can) return;
    const before = window.smsSegments.count(rendered(text)).segments;
    const after = window.smsSegments.count(rendered(plain)).segments;
    part(box, "dear-saves").hidden = before === after;
    part(box, "dear-before").textContent = before;
    part(box, "dear-after").textContent = after;
  };

  const show = () => {
    const text = stored(area.value);
    const sms = isSms() && text !== "";
    part(meter, "sms").hidden = !sms;
    const size = window.smsSegments.count(rendered(text));
    part(meter, "sms-unicode").hidden = !sms || size.encoding !== "ucs2";
    part(meter, "sms-segments").textContent = size.segments;
    part(meter, "sms-left").textContent = size.unitsLeft;
    if (sms) showDear(text);
    else box.hidden = true;
  };

  // --- One click, and one to take it back ------------------------------------------------------------

  let replaced = null;
  part(box, "dear-replace").addEventListener("click", () => {
    const before = area.value;
    const plain = window.smsSegments.cheaper(area.value, window.dynamicFields.tags(area.value));
    insert(plain, 0, area.value.length);
    replaced = { before, after: area.value };
    done.hidden = false;
    part(done, "dear-undo").focus();
  });
  part(done, "dear-undo").addEventListener("click", () => {
    insert(replaced.before, 0, area.value.length);
    done.hidden = true;
  });

  area.addEventListener("input", () => {
    show();
    if (replaced && area.value !== replaced.after) done.hidden = true;
  });
  form.addEventListener("change", show);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "preview") show();
  });
  show();
})();
