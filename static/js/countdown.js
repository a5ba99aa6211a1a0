// Counts down to a moment while the page is open: <b data-counts-down="2026-04-02T09:30:00Z"
// data-over="words for afterwards">in 4 min</b>. Parts of the page may be replaced meanwhile.
(() => {
  "use strict";
  const two = (number) => String(number).padStart(2, "0");

  const words = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    // Whoever has a day left needs no seconds; the server's words stay.
    if (hours >= 24) return null;
    return hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };

  const show = () => {
    document.querySelectorAll("[data-counts-down]").forEach((part) => {
      const seconds = Math.ceil((Date.parse(part.dataset.countsDown) - Date.now()) / 1000);
      const text = seconds > 0 ? words(seconds) : part.dataset.over;
      if (text !== null && part.textContent !== text) part.textContent = text;
      // What could be done until then cannot be done any more.
      const undo = seconds <= 0 && document.getElementById("undo-launch");
      if (undo) undo.disabled = true;
    });
  };
  show();
  setInterval(show, 1000);
})();
