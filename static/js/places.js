// What the person on the phone gets in each place of a template. Without this the phone alone shows it.
(() => {
  "use strict";
  const form = document.getElementById("compose");
  const of = (row, name) => row.querySelector(`[data-place-${name}]`).value;
  // A field's value, or its day as the place writes it.
  const written = (field, values) => {
    if (!field.startsWith("{{")) return (values[field] ?? "").trim();
    const made = window.dynamicFields.render(window.dynamicFields.parse(field), values, { calendar: { zone: "UTC", dayFirst: null } });
    return typeof made === "string" ? made : "";
  };
  const show = () => {
    const values = JSON.parse(document.getElementById("person-values")?.textContent || "{}");
    form.querySelectorAll("[data-place]").forEach((row) => {
      const field = of(row, "field");
      const instead = row.querySelector('.place-empty [value="write"]').selected ? of(row, "instead") : "";
      const said = field === "=" ? of(row, "words") : written(field, values) || instead;
      row.querySelector("[data-place-gets]").textContent = field ? said || "–" : "";
    });
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
