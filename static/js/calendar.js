// Moving campaigns on the calendar: by dragging them to another day or hour, by "Move", and with
// Alt and the arrow keys. All of it opens the same dialog, filled in; nothing moves unasked.
// Without this file "Move" leads to a page that does the same.
(() => {
  "use strict";
  // What an address leads to, a conflict or what was just moved, may be folded away on a busy day.
  const unfold = () => {
    const place = location.hash && document.getElementById(location.hash.slice(1));
    const fold = place && place.closest("details:not([open])");
    if (!fold) return;
    fold.open = true;
    place.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  const dialog = document.getElementById("move-dialog");
  if (!dialog) return;
  const form = dialog.querySelector("[data-move-form]");

  // Whole days on the wall: no clock change matters here.
  const daysLater = (date, days) => {
    const moment = new Date(`${date}T12:00:00Z`);
    moment.setUTCDate(moment.getUTCDate() + days);
    return moment.toISOString().slice(0, 10);
  };
  const hoursLater = ({ date, time }, hours) => {
    const [hour, minute] = time.split(":").map(Number);
    const total = hour + hours;
    const day = daysLater(date, Math.floor(total / 24));
    return { date: day, time: `${String(((total % 24) + 24) % 24).padStart(2, "0")}:${String(minute).padStart(2, "0")}` };
  };

  const ask = (entry, { date, time }) => {
    form.action = entry.dataset.moveUrl;
    form.elements.date.value = date;
    form.elements.time.value = time;
    form.elements.time_zone.value = entry.dataset.zone;
    form.querySelector("[data-move-name]").textContent = entry.dataset.name;
    form.querySelector("[data-move-zone]").textContent = entry.dataset.zone;
    dialog.showModal();
    form.elements.date.focus();
  };
  const present = (entry) => {
    const [date, time] = entry.dataset.wall.split("T");
    return { date, time };
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-move]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const entry = link.closest("[data-entry]");
    ask(entry, present(entry));
  });

  const STEPS = { ArrowLeft: ["day", -1], ArrowRight: ["day", 1], ArrowUp: ["hour", -1], ArrowDown: ["hour", 1] };
  document.addEventListener("keydown", (event) => {
    const link = event.target.closest("[data-move]");
    const step = event.altKey && STEPS[event.key];
    if (!link || !step) return;
    event.preventDefault();
    const entry = link.closest("[data-entry]");
    const here = present(entry);
    const [unit, by] = step;
    ask(entry, unit === "day" ? { ...here, date: daysLater(here.date, by) } : hoursLater(here, by));
  });

  // --- Dragging ------------------------------------------------------------------------------------

  let dragged = null;
  const target = (event) => event.target.closest("[data-drop-date], [data-drop-hour]");
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-entry]") || null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    dragged.classList.add("cal-dragged");
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged || !target(event)) return;
    event.preventDefault();
    document.querySelectorAll(".cal-over").forEach((part) => part.classList.remove("cal-over"));
    target(event).classList.add("cal-over");
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("cal-dragged");
    dragged = null;
    document.querySelectorAll(".cal-over").forEach((part) => part.classList.remove("cal-over"));
  });
  document.addEventListener("drop", (event) => {
    const place = dragged && target(event);
    if (!place) return;
    event.preventDefault();
    const here = present(dragged);
    const from = dragged.closest("[data-drop-date], [data-drop-hour]");
    if (from === place) return;
    if (place.dataset.dropDate) {
      const days = Math.round((Date.parse(place.dataset.dropDate) - Date.parse(from.dataset.dropDate)) / 86_400_000);
      ask(dragged, { ...here, date: daysLater(here.date, days) });
    } else {
      ask(dragged, hoursLater(here, Number(place.dataset.dropHour) - Number(from.dataset.dropHour)));
    }
  });
})();
