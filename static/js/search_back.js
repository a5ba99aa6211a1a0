// A list's search stays when somebody comes back to the page from a person: in the history of this tab
// only, since an address would be written down by servers.
(() => {
  "use strict";
  const form = document.getElementById("search");
  if (!form) return;
  form.addEventListener("htmx:afterRequest", () => {
    const asked = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    history.replaceState({ ...history.state, search: asked }, "");
  });
  const asked = history.state?.search;
  if (!asked) return;
  for (const [name, value] of asked) if (form.elements[name]) form.elements[name].value = value;
  // Not before the form has been made ready for it.
  window.addEventListener("load", () => window.htmx.trigger(form, "submit"));
})();
