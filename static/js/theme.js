// Runs in <head>, before anything is painted, so that a dark page never flashes white.
(() => {
  "use strict";
  const KEY = "theme";
  const night = window.matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto";
    }
  };

  const apply = () => {
    const choice = chosen();
    const dark = choice === "dark" || (choice === "auto" && night.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    document.querySelectorAll("[data-theme-choice]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    });
  };

  apply();
  night.addEventListener("change", apply);
  window.addEventListener("storage", (event) => event.key === KEY && apply());
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem(KEY, button.dataset.themeChoice);
    } catch {
      // Storage is forbidden here: the choice then lasts for this page only.
      document.documentElement.dataset.bsTheme = button.dataset.themeChoice;
      return;
    }
    apply();
  });
})();
