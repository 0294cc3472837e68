"use strict";
/** What written pages share: charts with the page's own words, data of figures as CSV, folded parts on paper. */
const rsimc = (() => {
  const tooltip = { theme: "plain", disableDefaultStyle: true };
  // `ast` lets Vega interpret its expressions, so that the page needs no eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip };

  const held = (id) => JSON.parse(document.getElementById(id).textContent);

  /** Draws a chart in its place; the view, or nothing where it could not be drawn. */
  async function draw(place, spec, label = place.getAttribute("aria-label")) {
    try {
      const { view } = await vegaEmbed(place, spec, options);
      place.style.minHeight = "";
      // The words are the page's own: Vega's role and roles of marks would stand in their place.
      place.setAttribute("role", "img");
      place.removeAttribute("aria-roledescription");
      place.setAttribute("aria-label", label);
      place.querySelector("svg").setAttribute("aria-hidden", "true");
      return view;
    } catch (error) {
      place.textContent = `This chart could not be drawn: ${error.message}`;
      return undefined;
    }
  }

  function cell(value) {
    if (value === null || value === undefined) return "";
    // A spreadsheet would compute a text that begins so.
    const plain = typeof value === "string" && /^[=+@]/.test(value) ? `'${value}` : `${value}`;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  }

  /** Saves lines of cells under a name. */
  function save(name, lines) {
    const text = lines.map((line) => `${line.map(cell).join(",")}\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // What is folded would be lost on paper; definitions in the first columns of tables are also listed below them.
  const folded = () => [...document.querySelectorAll("details:not([open])")].filter((one) => !one.closest("th"));
  let opened = [];
  addEventListener("beforeprint", () => { opened = folded(); opened.forEach((one) => { one.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));

  return { held, draw, save };
})();
