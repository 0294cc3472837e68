"use strict";
(() => {
  const held = (id) => JSON.parse(document.getElementById(id).textContent);
  const specs = held("charts"), run = held("forecast").id.slice(0, 8);

  // Data of a figure as CSV: the rows of its tables, a list in a row as one column an entry.
  const DRAWING_ONLY = new Set(["from", "to", "text"]);

  function flat(row, series) {
    const kept = Object.entries(row).filter(([key]) => !DRAWING_ONLY.has(key));
    return Object.fromEntries(kept.flatMap(([key, value]) =>
      Array.isArray(value) ? value.map((one, n) => [`${key} ${series[n]}`, one]) : [[key, value]]));
  }

  function cell(value) {
    if (value === null || value === undefined) return "";
    // A spreadsheet would compute a text that begins so.
    const plain = typeof value === "string" && /^[=+@]/.test(value) ? `'${value}` : `${value}`;
    return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  }

  function csv(spec) {
    const { tables, series } = spec.usermeta;
    const rows = tables.filter((name) => name in spec.datasets).flatMap((name) =>
      spec.datasets[name].map((row) => ({ ...(tables.length > 1 && { table: name }), ...flat(row, series) })));
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))];
    return lines.map((line) => line.map(cell).join(",") + "\n").join("");
  }

  function save(name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(specs[name])], { type: "text/csv" }));
    link.download = `${run}-${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  for (const button of document.querySelectorAll("[data-csv]")) {
    button.addEventListener("click", () => save(button.dataset.csv));
  }

  // The date cursor: slider and pointer alike move one date, which every milestone is read at.
  function reader(place, view, spec) {
    const rows = spec.datasets.forecast, names = spec.usermeta.series;
    const range = place.querySelector("input"), shown = place.querySelector("output");
    const cells = [...place.querySelectorAll("[data-milestone]")];
    const places = new Map(rows.map((row, n) => [row.year, n]));
    const mark = (n) => view.signal("at", rows[n].year).runAsync();

    function read(n) {
      const row = rows[n];
      range.value = n;
      shown.textContent = row.date;
      range.setAttribute("aria-valuetext", `${row.date}: ${names[0]} ${row.text[0]}`);
      for (const cell of cells) cell.textContent = row.text[names.indexOf(cell.dataset.milestone)];
      mark(n);
    }

    range.addEventListener("input", () => read(Number(range.value)));
    view.addEventListener("pointerover", (_, item) => {
      const n = item && item.datum ? places.get(item.datum.year) : undefined;
      if (n !== undefined) read(n);
    });
    mark(Number(range.value));
  }

  const tooltip = { theme: "plain", disableDefaultStyle: true };
  // `ast` lets Vega interpret its expressions, so that the page needs no eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip };

  function drawn(place, label, { view }) {
    place.style.minHeight = "";
    // The words are the page's own: Vega's role and roles of marks would stand in their place.
    place.setAttribute("role", "img");
    place.removeAttribute("aria-roledescription");
    place.setAttribute("aria-label", label);
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    const own = document.querySelector(`[data-reader="${place.dataset.chart}"]`);
    if (own) reader(own, view, specs[place.dataset.chart]);
  }

  function draw(place) {
    const label = place.getAttribute("aria-label");
    return vegaEmbed(place, specs[place.dataset.chart], options).then(
      (result) => drawn(place, label, result),
      (error) => { place.textContent = `This chart could not be drawn: ${error.message}`; },
    );
  }

  const charts = [...document.querySelectorAll("[data-chart]")].map(draw);
  Promise.all(charts).then(() => { document.documentElement.dataset.drawn = `${Math.round(performance.now())}`; });

  // What is folded would be lost on paper; definitions in the first columns of tables are also listed below them.
  const folded = () => [...document.querySelectorAll("details:not([open])")].filter((d) => !d.closest("th"));
  let opened = [];
  addEventListener("beforeprint", () => { opened = folded(); opened.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
})();
