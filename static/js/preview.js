// The search above the phone: Enter finds, and typing there is no change of the message.
(() => {
  "use strict";
  const preview = document.getElementById("preview");
  if (!preview) return;
  for (const name of ["input", "change"]) {
    preview.addEventListener(name, (event) => event.stopPropagation());
  }
  preview.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "person-words") return;
    event.preventDefault();
    document.getElementById("find-a-person").click();
  });
})();
