// What every page does: says what happened, asks before it matters, never sends a form twice.
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("page-words").textContent);

  // --- Short notes in the corner; screen readers hear them through the live region -------------

  const showToast = (text, tone = "info") => {
    const note = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    note.dataset.tone = tone;
    note.querySelector("[data-toast-text]").textContent = text;
    const toasts = document.getElementById("toasts");
    const same = [...toasts.children].find((other) => other.textContent.trim() === note.textContent.trim());
    if (same) same.remove();
    toasts.append(note);
    if (tone !== "danger") setTimeout(() => note.remove(), 8000);
  };

  // A response may carry HX-Trigger: {"toast": {"text": "Saved.", "tone": "success"}}.
  document.addEventListener("toast", (event) => showToast(event.detail.text, event.detail.tone));
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest("[data-dismissible]").remove();
  });

  // --- Requests that failed --------------------------------------------------------------------

  const unreachable = () => showToast(words.unreachable, "danger");
  document.addEventListener("htmx:sendError", unreachable);
  document.addEventListener("htmx:timeout", unreachable);
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const isSentence = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    showToast(isSentence && answer.responseText ? answer.responseText : words.failed, "danger");
  });

  const offline = document.getElementById("offline");
  const showConnection = () => {
    offline.hidden = navigator.onLine;
  };
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  showConnection();

  // --- A form is sent once ---------------------------------------------------------------------

  const release = (form) => {
    delete form.dataset.sending;
    form.querySelectorAll("[data-busy]").forEach((button) => {
      button.removeAttribute("aria-disabled");
      delete button.dataset.busy;
    });
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A download leaves the page as it is: the same button may be pressed again.
    if (form.method !== "post" || form.matches("[hx-post], [data-hx-post], [data-downloads]")) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    form.dataset.sending = "yes";
    if (event.submitter) {
      event.submitter.dataset.busy = "yes";
      event.submitter.setAttribute("aria-disabled", "true");
    }
  });
  // The page may come back from the browser's memory, its button still spinning.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(release);
  });

  // --- Copying -----------------------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      showToast(words.copied, "success");
    } catch {
      source.select?.();
      showToast(words.copyByHand, "warning");
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits-on-change]")) event.target.form.requestSubmit();
  });

  // --- Errors are where the eye and the keyboard go first --------------------------------------

  const focusSummary = (root) => root.querySelector("[data-error-summary]")?.focus();
  focusSummary(document);
  document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.detail.elt));
})();
