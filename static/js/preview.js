// Whom the phone shows: buttons and Enter in the search ask for somebody. What was asked for goes
// along with the preview's next request and stays asked for until one has brought it, since the
// message may change at the same moment.
(() => {
  "use strict";
  const preview = document.getElementById("preview");
  if (!preview) return;
  let wanted = "";
  let onItsWay = "";

  const ask = (whom) => {
    wanted = whom;
    window.htmx.trigger(preview, "person");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#compose button[name='person']");
    if (!button) return;
    event.preventDefault();
    ask(button.value);
  });
  // Typing in the search is no change of the message.
  for (const name of ["input", "change"]) {
    preview.addEventListener(name, (event) => event.stopPropagation());
  }
  preview.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "person-words") return;
    event.preventDefault();
    ask("search");
  });

  preview.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== preview || !wanted) return;
    event.detail.parameters.person = wanted;
    onItsWay = wanted;
    wanted = "";
  });
  preview.addEventListener("held", () => {
    wanted ||= onItsWay;
  });
  preview.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== preview) return;
    if (!event.detail.successful) wanted ||= onItsWay;
    onItsWay = "";
  });
})();
