// Fields offered while somebody types {{: arrow keys, Enter or Tab, Escape; or a click. The text
// field keeps the focus and points to the option (ARIA Authoring Practices, listbox). Needs editor.js.
(() => {
  "use strict";
  if (!window.textEditor) return;
  const { area, marks, fields, helpers, insert, insertHelper, values } = window.textEditor;
  const list = document.getElementById("completions");
  const MOST = 8;
  let options = [];
  let chosen = 0;
  // Closed by Escape until another field is begun.
  let closedAt = -1;

  // What is being typed: {start, typed, bare}; `bare` inside of a helper, where names stand without
  // braces. Null outside of a field.
  const beingTyped = () => {
    if (area.selectionStart !== area.selectionEnd) return null;
    const before = area.value.slice(0, area.selectionStart);
    const open = /\{\{([^{}\n]*)$/.exec(before);
    if (!open) return null;
    const inner = open[1];
    const named = /^\s*(?:#|else\s).*["'”)]\s+([^\s"'“”()]*)$/.exec(inner);
    if (named && !inner.includes("dateFormat")) return { start: before.length - named[1].length, typed: named[1], bare: true };
    if (/["'“”(]/.test(inner)) return null;
    return { start: open.index, typed: inner.trimStart(), bare: false };
  };

  const matching = ({ typed, bare }) => {
    const wanted = typed.toLowerCase();
    const all = [
      ...fields().map((one) => ({ ...one, typed: [one.label, one.name] })),
      ...(bare ? [] : helpers().map((one) => ({ ...one, typed: [`#${one.name}`], isHelper: true }))),
    ];
    const fits = (one, how) => one.typed.some((word) => word.toLowerCase()[how](wanted));
    const starting = all.filter((one) => fits(one, "startsWith"));
    const within = all.filter((one) => !starting.includes(one) && fits(one, "includes"));
    return [...starting, ...within].slice(0, MOST);
  };

  const line = (option, place) => {
    const item = document.createElement("li");
    item.id = `completion-${place}`;
    item.setAttribute("role", "option");
    const name = document.createElement("b");
    name.textContent = option.label;
    const about = document.createElement("small");
    about.textContent = values()[option.name] ?? "";
    item.append(name, about);
    return item;
  };

  const close = () => {
    list.hidden = true;
    options = [];
    area.removeAttribute("aria-activedescendant");
    area.removeAttribute("aria-controls");
  };
  const choose = (place) => {
    chosen = place;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === place)));
    area.setAttribute("aria-activedescendant", `completion-${place}`);
  };
  // Under the field that is being typed, as the copy behind the text shows it.
  const place = (start) => {
    const walker = document.createTreeWalker(marks, NodeFilter.SHOW_TEXT);
    let rest = start;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (rest < node.length) {
        const range = document.createRange();
        range.setStart(node, rest);
        range.setEnd(node, rest + 1);
        const box = range.getBoundingClientRect();
        const around = area.parentElement.getBoundingClientRect();
        const left = Math.min(box.left - around.left, around.width - list.offsetWidth - 4);
        list.style.left = `${Math.max(left, 0)}px`;
        list.style.top = `${box.bottom - around.top + 4}px`;
        return;
      }
      rest -= node.length;
    }
  };
  const offer = () => {
    const typing = document.activeElement === area ? beingTyped() : null;
    if (!typing || typing.start === closedAt) {
      if (!typing) closedAt = -1;
      close();
      return;
    }
    options = matching(typing);
    if (!options.length) {
      close();
      return;
    }
    list.replaceChildren(...options.map(line));
    list.hidden = false;
    area.setAttribute("aria-controls", list.id);
    choose(0);
    place(typing.start);
  };

  const take = (option) => {
    const typing = beingTyped();
    if (!typing) return;
    const after = area.value.slice(area.selectionEnd);
    // What is left of a name that was being corrected, with its braces.
    const rest = typing.bare ? "" : (/^[^{}\s]*\}\}/.exec(after)?.[0] ?? "");
    const end = area.selectionEnd + rest.length;
    close();
    // Where a date is being written, the field stands alone.
    const before = area.value.slice(0, typing.start);
    const inDate = before.lastIndexOf("{{#dateFormat") > before.lastIndexOf("{{/dateFormat}}");
    if (option.isHelper) insertHelper(option, typing.start, end);
    else insert(typing.bare ? option.name : inDate ? `{{${option.name}}}` : option.text, typing.start, end);
    close();
  };

  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-haspopup", "listbox");
  area.addEventListener("input", offer);
  area.addEventListener("click", offer);
  area.addEventListener("blur", close);
  area.addEventListener("scroll", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((chosen + step + options.length) % options.length);
    else if (event.key === "Enter" || event.key === "Tab") take(options[chosen]);
    else if (event.key === "Escape") {
      closedAt = beingTyped()?.start ?? -1;
      close();
    } else return;
    event.preventDefault();
  });
  // Before the text field loses the focus.
  list.addEventListener("mousedown", (event) => {
    const item = event.target.closest('[role="option"]');
    event.preventDefault();
    if (item) take(options[[...list.children].indexOf(item)]);
  });
})();
