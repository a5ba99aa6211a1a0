// Long rows of lists to tick can be narrowed down by a word of their names.
(() => {
  "use strict";
  document.querySelectorAll("[data-list-choices]").forEach((choices) => {
    const box = choices.querySelector("[data-list-filter-box]");
    if (!box) return;
    box.hidden = false;
    box.addEventListener("input", (event) => {
      // What is searched for is no change of the form around it.
      event.stopPropagation();
      const words = event.target.value.trim().toLowerCase();
      choices.querySelectorAll("[data-list-name]").forEach((choice) => {
        choice.hidden = !choice.dataset.listName.includes(words) && !choice.querySelector("input").checked;
      });
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  });
})();
