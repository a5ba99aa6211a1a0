// An uploaded file's address goes into the draft, with the right kind chosen.
(() => {
  "use strict";
  const form = document.querySelector("[data-compose]");
  const button = form?.querySelector("[data-media-button]");
  if (!button) return;
  button.hidden = false;
  document.getElementById("media-file").hidden = false;

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const taken = event.target.querySelector?.("[data-uploaded-url]");
    if (!taken) return;
    form.elements.media_url.value = taken.dataset.uploadedUrl;
    form.elements.media_kind.value = taken.dataset.uploadedKind;
    form.querySelector('[name="media_kind"]:checked').dispatchEvent(new Event("change", { bubbles: true }));
    form.elements.media_url.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
