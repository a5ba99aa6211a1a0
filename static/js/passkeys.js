// A passkey fills in a form and sends it: <button type="button" data-passkey="get" data-options="…"> (or "create")
// beside <input name="credential">. Options that are not on the page yet come from data-options-url.
(() => {
  "use strict";
  const failed = (form) => form.querySelector("[data-passkey-failed]");

  const ask = async (button) => {
    const { passkey, options, optionsUrl } = button.dataset;
    const { publicKey } = options ? JSON.parse(options) : await (await fetch(optionsUrl)).json();
    const made =
      passkey === "create"
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
          });
    return JSON.stringify(made.toJSON());
  };

  document.querySelectorAll("[data-passkey]").forEach((button) => {
    const { form } = button;
    button.addEventListener("click", async () => {
      failed(form).hidden = true;
      try {
        form.elements.credential.value = await ask(button);
        form.requestSubmit();
      } catch {
        // Whoever closes the browser's question meant it; whatever else it was, there is another way.
        failed(form).hidden = false;
      }
    });
  });
})();
