"use strict";
(() => {
  const specs = rsimc.held("charts"), run = rsimc.held("forecast").id.slice(0, 8);

  // Data of a figure as CSV: the rows of its tables, a list in a row as one column an entry.
  const DRAWING_ONLY = new Set(["from", "to", "text"]);

  function flat(row, series) {
    const kept = Object.entries(row).filter(([key]) => !DRAWING_ONLY.has(key));
    return Object.fromEntries(kept.flatMap(([key, value]) =>
      Array.isArray(value) ? value.map((one, n) => [`${key} ${series[n]}`, one]) : [[key, value]]));
  }

  function lines(spec) {
    const { tables, series } = spec.usermeta;
    const rows = tables.filter((name) => name in spec.datasets).flatMap((name) =>
      spec.datasets[name].map((row) => ({ ...(tables.length > 1 && { table: name }), ...flat(row, series) })));
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return [columns, ...rows.map((row) => columns.map((name) => row[name]))];
  }

  for (const button of document.querySelectorAll("[data-csv]")) {
    const name = button.dataset.csv;
    button.addEventListener("click", () => rsimc.save(`${run}-${name}.csv`, lines(specs[name])));
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

  async function draw(place) {
    const view = await rsimc.draw(place, specs[place.dataset.chart]);
    const own = document.querySelector(`[data-reader="${place.dataset.chart}"]`);
    if (view && own) reader(own, view, specs[place.dataset.chart]);
  }

  const charts = [...document.querySelectorAll("[data-chart]")].map(draw);
  Promise.all(charts).then(() => { document.documentElement.dataset.drawn = `${Math.round(performance.now())}`; });
})();
