"use strict";
(() => {
  const read = (name) => JSON.parse(document.getElementById(name).textContent);
  const specs = read("charts"), data = read("curve-data"), said = read("said");
  const others = data.runs.slice(1);
  const tooltip = { theme: "plain", disableDefaultStyle: true };
  // `ast` lets Vega interpret its expressions, so that the page needs no eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip };
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
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  function save(name, table) {
    const text = table.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  let latest = 0;
  async function draw() {
    const name = choice.value, mine = ++latest;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = place.dataset.chart;
      // Vega labels the place with the description.
      const description = `${said.labels[kind]} ${name}. ${said.milestones[name]}`;
      try {
        await vegaEmbed(place, { ...specs[kind], description, datasets: { ...specs[kind].datasets, rows: rows(name) } }, options);
      } catch (error) {
        place.textContent = `This chart could not be drawn: ${error.message}`;
      }
      if (mine !== latest) return;
      place.style.minHeight = "";
    }
  }

  choice.addEventListener("change", () => {
    document.getElementById("chosen").textContent = said.milestones[choice.value];
    draw();
  });
  for (const button of document.querySelectorAll("button[data-csv]")) {
    const kind = button.dataset.csv;
    button.addEventListener("click", () => save(`${choice.value}-${kind}.csv`, tables[kind](choice.value)));
  }
  draw();
  // What is folded would be lost on paper.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
})();
