// Keeps the part of a page marked data-live up to date: quickly while things happen, ever more
// slowly while nothing does, and not at all in a hidden tab. The server answers 204 for "nothing
// new", and leaves data-live out when nothing can change any more.
(() => {
  "use strict";
  const FIRST = 1500;
  const SLOWEST = 30000;
  // After the moment that the part names (data-changes-at), the server's clock may still be before it.
  const SOON = 200;
  const GRACE = 15000;
  let delay = FIRST;
  let timer = 0;

  const region = () => document.querySelector("[data-live]");

  // What somebody is reading, typing or pressing is not taken from under their hands.
  const isBusy = (part) =>
    window.isPressed() ||
    part.querySelector("dialog[open], details.menu[open]") !== null ||
    (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));

  const look = () => {
    const part = region();
    if (!part || document.hidden) return;
    if (isBusy(part)) plan();
    else window.htmx.trigger(part, "live");
  };

  const pause = (part) => {
    const left = Date.parse(part.dataset.changesAt ?? "") - Date.now();
    if (left > 0) return Math.min(delay, left + SOON);
    return left > -GRACE ? FIRST : delay;
  };

  const plan = () => {
    clearTimeout(timer);
    const part = region();
    if (part) timer = setTimeout(look, pause(part));
  };

  const sayState = (before) => {
    const after = document.querySelector("[data-live-state]")?.textContent.trim();
    const note = document.getElementById("live-note");
    if (note && after && after !== before) note.textContent = after;
  };

  const openAgain = (ids) => {
    for (const id of ids) document.getElementById(id)?.setAttribute("open", "");
  };

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.path = detail.elt.dataset.liveUrl ?? detail.path;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = region();
    if (event.detail.elt !== part) return;
    // It may have become busy while the answer was on its way.
    if (isBusy(part)) event.detail.shouldSwap = false;
    const open = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
    setTimeout(openAgain, 0, open);
    const before = document.querySelector("[data-live-state]")?.textContent.trim();
    setTimeout(sayState, 100, before);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.requestConfig.elt.matches("[data-live]")) return;
    // Busy when the answer came: it is asked for again, and soon.
    const url = event.detail.xhr.getResponseHeader("Live-Url");
    if (url) event.detail.requestConfig.elt.dataset.liveUrl = url;
    const isNew = event.detail.successful && event.detail.xhr.status !== 204;
    delay = isNew ? FIRST : Math.min(delay * 1.5, SLOWEST);
    plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
    } else {
      delay = FIRST;
      look();
    }
  });
  plan();
})();
