// The composer's three steps: one is open, the others fold to a line that says what is set in them.
// Without this all three are open, and everything works.
(() => {
  "use strict";
  const form = document.querySelector("[data-compose]");
  const steps = [...form.querySelectorAll("[data-step]")];
  const next = form.querySelector("[data-next]");
  const review = form.querySelector(".dock [name='review']");
  const named = (name) => steps.find((step) => step.dataset.step === name);
  const isSettled = (step) => step.querySelector(".step-head").hasAttribute("data-settled");
  const hasFault = (step) => step.querySelector(".is-invalid, .invalid-feedback") !== null;

  // --- One is open -----------------------------------------------------------------------------

  const current = () => steps.findLast((step) => step.open);

  // Answers that come in only change colours: a button that moved while it is pressed would lose the click.
  const lead = () => {
    const after = current() && steps[steps.indexOf(current()) + 1];
    next.hidden = !after;
    if (after) {
      const words = next.dataset[after.dataset.step === "what" ? "wordsWhat" : "wordsWhen"];
      next.querySelector("[data-next-words]").textContent = words;
      next.value = after.dataset.step;
    }
    // One green button in view.
    const isReady = !after || steps.every(isSettled);
    review.classList.toggle("btn-primary", isReady);
    next.classList.toggle("btn-primary", !isReady);
  };

  // At once, not by "toggle": that event comes late and would close what was opened meanwhile.
  const show = (step) => {
    steps.forEach((other) => {
      other.open = other === step || (other.open && hasFault(other));
    });
    lead();
  };

  steps.forEach((step) => {
    step.querySelector(".step-head").addEventListener("click", (event) => {
      event.preventDefault();
      if (step.open) step.open = false;
      else show(step);
      lead();
    });
    step.addEventListener("toggle", lead);
  });

  next.addEventListener("click", () => {
    const step = named(next.value);
    show(step);
    const head = step.querySelector(".step-head");
    head.focus({ preventScroll: true });
    head.scrollIntoView({ block: "nearest" });
  });

  // A sentence about a field leads to it, also in a step that is folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    const step = link && document.getElementById(link.hash.slice(1))?.closest("[data-step]");
    if (step) show(step);
  });

  // --- What each says while it is folded, and the bar ------------------------------------------

  const short = (text, most) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);
  const joined = (parts) => parts.filter(Boolean).join(" · ");
  const labels = (selector) => [...form.querySelectorAll(selector)].map((box) => box.labels[0].querySelector("b").textContent.trim());

  const facts = () => {
    form.querySelectorAll("[data-fact]").forEach((place) => {
      const fact = form.querySelector(`[data-fact-of="${place.dataset.fact}"]`);
      const words = fact?.dataset.words ?? "";
      if (place.textContent !== words) place.textContent = words;
    });
  };

  const isTemplate = () =>
    form.querySelector("[data-medium='whatsapp']:checked") !== null && form.elements.says.value === "template";

  const said = {
    who: () => joined([form.querySelector("[data-fact-of='people']")?.dataset.words, labels("[name='lists']:checked, [name='filters']:checked").join(", ")]),
    what: () => {
      const template = isTemplate() && form.querySelector("[name='whatsapp_template']:checked");
      if (template) return joined([labels("[name='channel']:checked")[0], template.labels[0].querySelector("b").textContent]);
      // As the phone shows it: with the values of the person on it.
      const text = form.querySelector("#preview .bubble p")?.textContent.replace(/\s+/g, " ").trim() ?? "";
      return joined([labels("[name='channel']:checked")[0], short(text, 90)]);
    },
    when: () => form.querySelector("[data-says]").dataset.says,
    attach: () => form.querySelector("[name='media_kind']:checked")?.labels[0].textContent.trim() ?? "",
    how: () => isTemplate() ? form.querySelector(".template-says").textContent.trim() : form.querySelector("[name='send_method']:checked")?.labels[0].querySelector(".form-check-label").firstChild.textContent.trim() ?? "",
  };

  const tell = () => {
    facts();
    form.querySelectorAll("[data-said-of]").forEach((place) => {
      const words = said[place.dataset.saidOf]();
      if (place.textContent !== words) place.textContent = words;
    });
    form.querySelectorAll("[data-settles]").forEach((mark) => {
      const head = named(mark.dataset.settles).querySelector(".step-head");
      const settled = mark.dataset.words === "yes";
      head.toggleAttribute("data-settled", settled);
      head.querySelector("[data-settled-word]").hidden = !settled;
    });
    lead();
  };

  form.addEventListener("change", (event) => {
    // WhatsApp wants an approved template for whoever has not written lately.
    if (event.target.dataset.medium === "whatsapp" && !form.elements.text.value) form.elements.says.value = "template";
    tell();
  });
  form.addEventListener("input", tell);
  document.addEventListener("htmx:afterSettle", tell);

  const opened = steps.find(hasFault) ?? named(form.dataset.open);
  steps.forEach((step) => {
    step.open = step === opened || hasFault(step);
  });
  form.classList.add("is-stepped");
  tell();
})();
