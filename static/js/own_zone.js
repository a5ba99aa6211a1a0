// Chooses the browser's own time zone where nobody has chosen one: <select data-own-zone>.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelectorAll("select[data-own-zone]").forEach((select) => {
    if (!select.closest("form").querySelector(".is-invalid") && [...select.options].some((one) => one.value === zone)) {
      select.value = zone;
    }
  });
})();
