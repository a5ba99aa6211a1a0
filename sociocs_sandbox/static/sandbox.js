// Times in the reader's own zone, a live part that refreshes itself, and a phone that scrolls to its last message.
(() => {
  "use strict";

  const REFRESH_MS = 2000;
  const forms = {
    moment: { dateStyle: "medium", timeStyle: "medium" },
    time: { hour: "2-digit", minute: "2-digit" },
    day: { weekday: "short", day: "numeric", month: "short" },
  };

  function localise(root) {
    for (const time of root.querySelectorAll("time[data-form]")) {
      const moment = new Date(time.dateTime);
      const format = new Intl.DateTimeFormat(undefined, forms[time.dataset.form]);
      time.textContent = format.format(moment);
      time.title = time.dateTime;
    }
  }

  function scrollToEnd(root) {
    for (const wall of root.querySelectorAll("[data-bottom]")) wall.scrollTop = wall.scrollHeight;
  }

  const live = document.querySelector("[data-live]");

  // What somebody is typing, and where, outlives a refresh.
  function remember() {
    const field = live.querySelector("[data-keep] input:not([type=hidden])");
    const wall = live.querySelector("[data-bottom]");
    return {
      value: field ? field.value : "",
      focused: field !== null && field === document.activeElement,
      selection: field ? [field.selectionStart, field.selectionEnd] : null,
      scroll: wall && wall.scrollTop + wall.clientHeight < wall.scrollHeight - 40 ? wall.scrollTop : null,
    };
  }

  function restore(state) {
    const field = live.querySelector("[data-keep] input:not([type=hidden])");
    const wall = live.querySelector("[data-bottom]");
    if (field) {
      field.value = state.value;
      if (state.focused) {
        field.focus({ preventScroll: true });
        field.setSelectionRange(...state.selection);
      }
    }
    if (wall && state.scroll !== null) wall.scrollTop = state.scroll;
  }

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live-Part": "1" } });
      const version = answer.headers.get("X-Live-Version");
      if (!answer.ok || version === live.dataset.live) return;
      const html = await answer.text();
      const state = remember();
      live.dataset.live = version;
      live.innerHTML = html;
      localise(live);
      scrollToEnd(live);
      restore(state);
    } catch {
      // The sandbox is being restarted: the next refresh will tell.
    }
  }

  localise(document);
  scrollToEnd(document);
  if (live) setInterval(refresh, REFRESH_MS);
})();
