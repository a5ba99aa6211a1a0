// A chosen or dropped file is sent at once, and its way is shown. Without this code the form does it.
(() => {
  "use strict";
  const form = document.querySelector("[data-upload]");
  const part = (name) => form.querySelector(`[data-upload-${name}]`);
  const field = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-dropzone]");
  let request = null;
  let sent = null;
  let isAgain = false;

  const say = (sentence) => {
    const summary = document.createElement("div");
    summary.className = "error-summary mb-0";
    summary.setAttribute("role", "alert");
    summary.tabIndex = -1;
    summary.textContent = sentence;
    part("problems").replaceChildren(summary);
    summary.focus();
  };

  const rest = () => {
    request = null;
    field.value = "";
    zone.hidden = false;
    part("progress").hidden = true;
  };

  const show = (done, total) => {
    const percent = total ? Math.floor((100 * done) / total) : 0;
    part("progress").querySelector("progress").value = percent;
    part("percent").textContent = `${percent} %`;
    if (done === total) part("done").textContent = part("done").dataset.uploadDone;
  };

  // Nobody is signed in, or somebody signed in in another tab since the page was opened.
  const isShut = () =>
    window.isSignIn(request.responseURL) || request.getResponseHeader("X-Form-Outdated") !== null;

  const answered = async () => {
    if (isShut()) {
      rest();
      const isBack = !isAgain && (await window.signedInAgain());
      isAgain = isBack;
      if (isBack) send(sent);
      else say(form.dataset.shut);
      return;
    }
    isAgain = false;
    if (new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
      // Whoever comes back to this page wants to choose anew, not to send it once more.
      field.value = "";
      window.location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const theirs = page.querySelector("[data-upload-problems]");
    const token = page.querySelector("[name=token]");
    if (token) form.elements.token.value = token.value;
    rest();
    if (theirs?.firstElementChild) {
      part("problems").replaceChildren(...theirs.children);
      part("problems").querySelector("[data-error-summary]").focus();
    } else {
      say(form.dataset.broken);
    }
  };

  const send = (file) => {
    if (request) return;
    part("problems").replaceChildren();
    if (file.size > Number(form.dataset.maxBytes)) {
      rest();
      say(form.dataset.tooLarge);
      return;
    }
    sent = file;
    const body = new FormData(form);
    body.set("file", file);
    zone.hidden = true;
    part("progress").hidden = false;
    part("name").textContent = file.name;
    part("done").textContent = "";
    show(0, file.size || 1);
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (event) => show(event.loaded, event.total));
    request.addEventListener("load", answered);
    request.addEventListener("error", () => {
      rest();
      say(form.dataset.broken);
    });
    request.addEventListener("abort", rest);
    request.send(body);
  };

  part("button").hidden = true;
  field.addEventListener("change", () => field.files.length && send(field.files[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.files.length) send(field.files[0]);
    else field.click();
  });
  part("cancel").addEventListener("click", () => request?.abort());

  // A file that misses the zone must not make the browser leave the page.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => event.preventDefault());
  }
  zone.addEventListener("dragenter", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });

  // Chosen by a quick hand before this code was there.
  if (field.files.length) send(field.files[0]);
})();
