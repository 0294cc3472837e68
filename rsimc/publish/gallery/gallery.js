"use strict";
(() => {
  const box = document.getElementById("filter"), said = document.getElementById("found");
  const runs = [...document.querySelectorAll(".run")], groups = [...document.querySelectorAll("section.scenario")];
  const texts = runs.map((run) => run.textContent.toLowerCase());
  box.closest("p").hidden = false;
  function show() {
    const asked = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    runs.forEach((run, n) => {
      run.hidden = !asked.every((word) => texts[n].includes(word));
      found += run.hidden ? 0 : 1;
    });
    for (const group of groups) group.hidden = !group.querySelector(".run:not([hidden])");
    said.textContent = asked.length ? `${found} of ${runs.length} runs` : "";
  }
  box.addEventListener("input", show);
  show();
})();
