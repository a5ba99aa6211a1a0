// A draft saves itself while somebody writes, one save after the other. What cannot be saved stays on
// the page and is said; a colleague's version is never saved over without asking. Without this the
// button "Save draft" does the same.
(() => {
  "use strict";
  const form = document.querySelector("[data-autosave]");
  const line = document.getElementById("save-state");
  const conflict = document.getElementById("conflict");
  const words = form.dataset;
  const WHILE_TYPING = 1200;
  const AT_ONCE = 150;
  const PATIENCE = 15000;
  const SLOWEST = 60000;
  // What says nothing about the campaign.
  const BOOKKEEPING = new Set(["csrfmiddlewaretoken", "version", "page", "n", "place", "shown", "person_words", "figures_asked"]);

  const typed = () => JSON.stringify([...new FormData(form)].filter(([name]) => !BOOKKEEPING.has(name)));

  const wasRefused = form.dataset.compose === "posted" && document.querySelector("[data-error-summary]") !== null;
  // What was last offered to the server, and whether it took all of it.
  let offered = wasRefused ? "" : typed();
  let isStored = !wasRefused;
  let running = null;
  let timer = 0;
  let again = 2000;
  let isLeaving = false;
  let isGone = false;

  const isOpen = () => !conflict.hasChildNodes() || conflict.textContent.trim() === "";
  const say = (text) => {
    if (line.textContent.trim() !== text) line.textContent = text;
  };

  const retry = (text) => {
    say(text);
    isStored = false;
    offered = "";
    clearTimeout(timer);
    timer = setTimeout(save, again);
    again = Math.min(again * 2, SLOWEST);
  };

  const take = async (answer, content) => {
    if (isShut(answer)) {
      retry(words.wordsRefused);
    } else if (answer.status === 404) {
      isGone = true;
      say(words.wordsGone);
    } else if (answer.status === 409) {
      conflict.innerHTML = await answer.text();
      say("");
      isStored = false;
    } else if (answer.ok || answer.status === 422) {
      line.innerHTML = await answer.text();
      const state = line.firstElementChild;
      if (answer.ok) form.elements.version.value = state.dataset.version;
      isStored = answer.ok && !("leftBehind" in state.dataset);
      offered = content;
      again = 2000;
      const heading = document.querySelector("h1 > span");
      if (isStored && form.elements.name.value.trim()) heading.textContent = form.elements.name.value.trim();
    } else {
      retry(words.wordsFailed);
    }
  };

  const isShut = (answer) => answer.redirected || answer.status === 403;

  const send = () => {
    form.elements.n.value = Number(form.elements.n.value) + 1;
    return fetch(words.autosave, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
      signal: AbortSignal.timeout(PATIENCE),
    });
  };

  const post = async (content) => {
    try {
      let answer = await send();
      // They may have signed in in another tab meanwhile.
      if (isShut(answer) && (await window.signedInAgain())) answer = await send();
      await take(answer, content);
    } catch {
      retry(words.wordsAway);
    }
  };

  async function save() {
    clearTimeout(timer);
    const content = typed();
    if (running || isLeaving || isGone || !isOpen() || content === offered) return;
    say(words.wordsSaving);
    running = post(content);
    await running;
    running = null;
    if (isStored && typed() !== offered) plan(AT_ONCE);
  }

  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  form.addEventListener("input", () => plan(WHILE_TYPING));
  form.addEventListener("change", () => plan(AT_ONCE));
  window.addEventListener("online", () => plan(AT_ONCE));
  document.addEventListener("signed-in-again", () => plan(AT_ONCE));
  // Fields are also filled by buttons; a hidden tab is about to be forgotten.
  form.addEventListener("click", () => plan(WHILE_TYPING));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) save();
  });
  if (wasRefused) plan(AT_ONCE);

  // A form that is sent while a save is under way would meet its own save as somebody else's.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // The answer would be a page that says so, and what was typed would be lost with this one.
    if (isGone) return event.preventDefault();
    if (running) {
      event.preventDefault();
      const button = event.submitter;
      return running.then(() => setTimeout(() => form.requestSubmit(button)));
    }
    isLeaving = true;
    form.elements.n.value = Number(form.elements.n.value) + 1;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) isLeaving = false;
  });

  // Nothing typed is lost by leaving.
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && (!isStored || running || typed() !== offered)) event.preventDefault();
  });
})();
