// The composer's small helpers. Without them everything still works, a click later.
(() => {
  "use strict";
  const form = document.querySelector("[data-compose]");

  // --- Characters: counted here, so that typing never waits for the server -----------------------

  const text = form.elements.text;
  const counter = form.querySelector("[data-counts]");
  // As the server writes numbers, which is not as each browser does for the same language.
  const shown = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, counter.dataset.thousands);

  const count = () => {
    // Code points of what would be stored: as the server counts them.
    const length = [...text.value.replace(/\r\n?/g, "\n").trim()].length;
    const limit = Number(form.querySelector('[name="channel"]:checked')?.dataset.limit || 0);
    const over = limit ? length - limit : 0;
    counter.querySelector("[data-count]").textContent = shown(length);
    counter.querySelector("[data-over]").hidden = over <= 0;
    counter.querySelector("[data-over-count]").textContent = shown(Math.max(over, 0));
  };
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  count();

  // --- A suggested time goes into its fields -------------------------------------------------------

  // Hours or a pace that work, instead of those that cannot.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-use]");
    if (!button) return;
    event.preventDefault();
    for (const [name, value] of new URLSearchParams(button.value)) form.elements[name].value = value;
    form.elements.hours_from.dispatchEvent(new Event("change", { bubbles: true }));
    document.getElementById("moment").querySelector("p")?.scrollIntoView({ block: "nearest" });
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-use-time]");
    if (!button) return;
    event.preventDefault();
    const [date, time] = button.value.split("T");
    form.elements.when.value = "later";
    form.elements.date.value = date;
    form.elements.time.value = time;
    form.elements.time.dispatchEvent(new Event("change", { bubbles: true }));
    form.elements.time.focus();
  });

  // --- The people behind a number: opened below it, put away when the choice changes ------------------

  const who = document.getElementById("who");
  let opener = null;
  document.getElementById("recipients").addEventListener("change", () => who.replaceChildren());
  form.addEventListener("click", (event) => {
    if (event.target.closest(".meter-part")) opener = event.target.closest(".meter-part");
    if (!event.target.closest("[data-closes-who]")) return;
    who.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
  });
  who.addEventListener("htmx:afterSettle", () => {
    if (!who.contains(document.activeElement)) who.querySelector(".who")?.focus();
  });
})();
