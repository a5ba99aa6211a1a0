// A menu is a <details class="menu">, which opens and closes without this. Here it also closes when somebody
// presses Esc, goes on elsewhere, or opens another.
(() => {
  "use strict";
  const open = () => document.querySelectorAll("details.menu[open]");
  const closeAllBut = (kept) => {
    for (const menu of open()) if (menu !== kept) menu.open = false;
  };
  document.addEventListener("click", (event) => closeAllBut(event.target.closest("details.menu")));
  document.addEventListener("focusin", (event) => closeAllBut(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
