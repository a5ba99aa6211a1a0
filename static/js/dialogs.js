// Opens and closes dialogs. Loaded before the page itself: whoever presses a button that is already
// to be seen must not wait for the rest of the code, nor press in vain.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens-dialog]");
    if (opener) document.getElementById(opener.dataset.opensDialog)?.showModal();
    const closer = event.target.closest("[data-closes-dialog]");
    if (closer) closer.closest("dialog").close();
    // The dialog itself is hit only outside of its content: on the shade around it.
    if (event.target.matches("dialog[open]")) event.target.close();
  });
  // What was answered in it has to be looked at again.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("dialog[data-opens-itself]")?.showModal();
  });
})();
