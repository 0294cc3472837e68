"use strict";
(() => {
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const tooltip = { theme: "plain", disableDefaultStyle: true };
  // `ast` lets Vega interpret its expressions, so that the page needs no eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip };
  for (const place of document.querySelectorAll("[data-chart]")) {
    vegaEmbed(place, specs[place.dataset.chart], options).then(
      () => { place.style.minHeight = ""; },
      (error) => { place.textContent = `This chart could not be drawn: ${error.message}`; },
    );
  }
  // What is folded would be lost on paper; definitions in the first columns of tables are also listed below them.
  const folded = () => [...document.querySelectorAll("details:not([open])")].filter((d) => !d.closest("th"));
  let opened = [];
  addEventListener("beforeprint", () => { opened = folded(); opened.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
})();
