// Long rows of lists or templates can be narrowed down by a word of what they say.
(() => {
  "use strict";
  const offer = () => document.querySelectorAll("[data-list-filter-box]").forEach((box) => {
    box.hidden = false;
  });
  // What is searched for is no change of the form around it: nothing further in hears of it.
  document.addEventListener(
    "input",
    (event) => {
      const box = event.target.closest?.("[data-list-filter-box]");
      if (!box) return;
      event.stopPropagation();
      const words = event.target.value.trim().toLowerCase();
      box.closest("[data-list-choices]").querySelectorAll("[data-list-name]").forEach((choice) => {
        choice.hidden = !choice.dataset.listName.includes(words) && !choice.querySelector("input").checked;
      });
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest?.("[data-list-filter-box]")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", offer);
  offer();
})();
