"use strict";
(() => {
  const specs = rsimc.held("charts"), data = rsimc.held("curve-data"), said = rsimc.held("said");
  const others = data.runs.slice(1);
  const choice = document.getElementById("milestone");

  /** Rows of a milestone, one a day, a list of numbers in the order of the runs. */
  function rows(name) {
    const found = data.milestones[name];
    const at = (key, n) => found[key].map((column) => column[n]);
    return data.days.map((day, n) => ({
      ...day, run: data.runs, other: others, p: at("p", n), se: at("se", n),
      difference: at("difference", n), difference_se: at("difference_se", n),
    }));
  }

  /** Long tables, one row a day and run: what a figure shows. */
  const tables = {
    curves: (name) => [
      ["milestone", "date", "run", "p", "se"],
      ...rows(name).flatMap((row) => row.run.map((run, n) => [name, row.iso, run, row.p[n], row.se[n]])),
    ],
    differences: (name) => [
      ["milestone", "date", "run", "first", "difference", "se"],
      ...rows(name).flatMap((row) =>
        row.other.map((run, n) => [name, row.iso, run, data.runs[0], row.difference[n], row.difference_se[n]])),
    ],
  };

  let latest = 0;
  async function draw() {
    const name = choice.value, mine = ++latest;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = place.dataset.chart;
      const spec = { ...specs[kind], datasets: { ...specs[kind].datasets, rows: rows(name) } };
      await rsimc.draw(place, spec, `${said.labels[kind]} ${name}. ${said.milestones[name]}`);
      if (mine !== latest) return;
    }
  }

  choice.addEventListener("change", () => {
    document.getElementById("chosen").textContent = said.milestones[choice.value];
    draw();
  });
  for (const button of document.querySelectorAll("button[data-csv]")) {
    const kind = button.dataset.csv;
    button.addEventListener("click", () => rsimc.save(`${choice.value}-${kind}.csv`, tables[kind](choice.value)));
  }
  draw();
})();
