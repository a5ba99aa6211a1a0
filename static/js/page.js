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

  // --- The session ended, or began anew, while this page was open ------------------------------

  const shut = document.getElementById("signed-out");
  // What somebody typed stays on the page until they leave it themselves.
  let isWritten = "posted" in document.body.dataset;
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.form?.method === "post") isWritten = true;
    });
  }

  const say = (who) => {
    shut.querySelector("[data-nobody]").hidden = who !== "nobody";
    shut.querySelector("[data-somebody-else]").hidden = who !== "somebody else";
    shut.hidden = false;
    return false;
  };

  // Gives every form what it needs after somebody signed in elsewhere; whether it was them.
  const renew = async () => {
    const answer = await fetch(shut.dataset.token, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) return say("nobody");
    const { person, token } = await answer.json();
    if (person !== shut.dataset.person) return say("somebody else");
    for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    if (!shut.hidden) document.dispatchEvent(new Event("signed-in-again"));
    shut.hidden = true;
    return true;
  };
  let renewal = null;
  window.signedInAgain = () => {
    renewal ||= renew()
      .catch(() => false)
      .finally(() => {
        renewal = null;
      });
    return renewal;
  };
  document.addEventListener("visibilitychange", () => {
    if (shut && !document.hidden && (isWritten || !shut.hidden)) window.signedInAgain();
  });

  window.isSignIn = (address) => new URL(address, window.location).pathname === shut.dataset.signIn;
  // Every page hears of a sign-in in another tab, and its forms are good again at once.
  const tabs = new BroadcastChannel("signed-in");
  if (shut) tabs.addEventListener("message", () => window.signedInAgain());
  if (shut && document.referrer && window.isSignIn(document.referrer)) tabs.postMessage("");

  const sendAgain = async (request) => {
    if (!(await window.signedInAgain())) return;
    const headers = { "X-Sent-Again": "yes" };
    const again = { source: request.elt, event: request.triggeringEvent, headers };
    window.htmx.ajax(request.verb, request.path, again).catch(() => {});
  };
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const goal = xhr.getResponseHeader("HX-Redirect");
    if (!shut) return;
    if (goal && isWritten && window.isSignIn(goal)) {
      event.preventDefault();
      say("nobody");
    } else if (xhr.getResponseHeader("X-Form-Outdated") && !requestConfig.headers["X-Sent-Again"]) {
      event.preventDefault();
      sendAgain(requestConfig);
    }
  });

  // --- What is pressed stays where it is -------------------------------------------------------

  // How long after a press its click has surely come, if it comes at all.
  const PRESS = 100;
  // A file is not sent a second time.
  const MAY_ASK_AGAIN = "[hx-trigger]:not([hx-encoding])";
  const held = new Map();
  let isPressed = false;
  let release = 0;
  window.isPressed = () => isPressed;

  // Of another button, and of a list of choices, some browsers never tell the release.
  const mayClick = ({ type, button, key, target }) =>
    type === "pointerdown"
      ? button === 0 && !target.closest("select")
      : (key === " " || key === "Enter") && !target.matches("input, textarea");
  const press = (event) => {
    if (!mayClick(event)) return;
    clearTimeout(release);
    release = 0;
    isPressed = true;
  };
  const letGo = () => {
    isPressed = false;
    release = 0;
    for (const [asker, { verb, path }] of held) {
      // What goes wrong with it is told where all requests are.
      if (asker.isConnected) window.htmx.ajax(verb, path, { source: asker }).catch(() => {});
    }
    held.clear();
  };
  const letGoIn = (delay) => () => {
    clearTimeout(release);
    release = setTimeout(letGo, delay);
  };
  for (const begin of ["pointerdown", "keydown"]) document.addEventListener(begin, press, true);
  for (const end of ["pointerup", "pointercancel", "keyup", "dragend", "contextmenu"]) {
    document.addEventListener(end, letGoIn(PRESS), true);
  }
  // A release that was not told, as that beside an open menu: the mouse moves, and no button is down.
  document.addEventListener("pointermove", ({ pointerType, buttons }) => {
    if (isPressed && !release && pointerType === "mouse" && buttons === 0) letGoIn(PRESS)();
  });
  document.addEventListener("click", letGoIn(0), true);
  // Whoever presses and changes to another window lets go there.
  window.addEventListener("blur", letGoIn(0));

  // An answer that replaced or moved a button between press and release would take its click. It often comes then: a
  // press takes the cursor out of a field, and the change is asked about. It is asked for again afterwards.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt, triggeringEvent } = detail.requestConfig;
    const isOwn = ![undefined, "input", "change", "search"].includes(triggeringEvent?.type);
    if (!isPressed || isOwn || !elt.matches(MAY_ASK_AGAIN)) return;
    detail.shouldSwap = false;
    held.set(elt, detail.requestConfig);
    elt.dispatchEvent(new Event("held"));
  });

  const offline = document.getElementById("offline");
  const showConnection = () => {
    offline.hidden = navigator.onLine;
  };
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  showConnection();

  // --- A form is sent once ---------------------------------------------------------------------

  const releaseForm = (form) => {
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
    if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(releaseForm);
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

  // --- What scrolls begins where one wants to be: at the open page, at the latest message --------

  for (const row of document.querySelectorAll(".tabs, .settings-nav")) {
    const here = row.querySelector("[aria-current]");
    if (here) row.scrollLeft += here.getBoundingClientRect().right - row.getBoundingClientRect().right + 32;
  }
  for (const turns of document.querySelectorAll(".turns")) turns.scrollTop = turns.scrollHeight;

  // --- Errors are where the eye and the keyboard go first --------------------------------------

  const focusSummary = (root) => root.querySelector("[data-error-summary]")?.focus();
  focusSummary(document);
  document.querySelector("form[data-submits-itself]")?.requestSubmit();
  document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.detail.elt));
})();
