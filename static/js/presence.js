// Says that this draft is open here, and shows who else has it open. Silent in a hidden tab.
(() => {
  "use strict";
  const form = document.querySelector("[data-here]");
  const place = document.getElementById("presence");
  const PAUSE = 12000;
  let timer = 0;

  const facts = (more = {}) => {
    const data = new FormData();
    ["csrfmiddlewaretoken", "page", "version"].forEach((name) => data.append(name, form.elements[name].value));
    Object.entries(more).forEach(([name, value]) => data.append(name, value));
    return data;
  };

  const show = (html) => {
    // The live region speaks only when something is new.
    const fresh = document.createElement("div");
    fresh.innerHTML = html;
    if (fresh.textContent.trim() !== place.textContent.trim()) place.replaceChildren(...fresh.childNodes);
  };

  const look = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(form.dataset.here, {
        method: "POST",
        body: facts(),
        headers: { "X-Requested-With": "fetch" },
      });
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch {
      // The next look tells; saving says by itself that the connection is gone.
    }
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  };

  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", () => navigator.sendBeacon(form.dataset.here, facts({ leaving: "yes" })));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) look();
  });
  look();
})();
