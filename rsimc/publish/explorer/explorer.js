// The explorer's page. Everything that comes from a scenario is set as text, never as markup.

const q = (place, selector) => place.querySelector(selector);

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A name as one types it; it may break after a dot or an underscore. */
const code = (text) => make("code", {}, ...text.split(/(?<=[._])/).flatMap((part) => [part, make("wbr")]));
const choices = (values, chosen) => values.map(([value, shown]) => make("option", { value, selected: value === chosen }, shown));

/** A table of texts; the first column heads its row. */
function table(headings, rows, caption) {
  const head = make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))));
  const inside = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, inside);
}

const short = (value) => {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
};

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** The setting of the page's address, or null. */
function addressed() {
  try { return JSON.parse(new URLSearchParams(location.search).get("s")); } catch { return null; }
}

/** Asks one thing at a time; of changes that come meanwhile only the newest is asked. */
class Line {
  constructor(model, answered) {
    [this.model, this.answered, this.waiting, this.next, this.n] = [model, answered, null, [], 0];
    model.on("change:answer", () => this.receive(model.get("answer")));
  }
  ask(request) {
    // Only a change that nothing else waits for: a pin is of the setting that was there when it was asked for.
    if (request.kind === "simulate" && this.next.at(-1)?.kind === "simulate") this.next.pop();
    this.next.push({ ...request, begun: performance.now() });
    this.go();
  }
  go() {
    if (this.waiting || !this.next.length) return;
    const { begun, ...request } = this.next.shift();
    this.waiting = { n: ++this.n, begun };
    this.model.set("request", { ...request, n: this.n });
    this.model.save_changes();
  }
  receive(answer) {
    if (!this.waiting || answer.n !== this.waiting.n) return;
    const { begun } = this.waiting;
    this.waiting = null;
    this.answered(answer, begun);
    this.go();
  }
}

/** The charts: each drawn when it first has rows, which is when its place has a width, then given new ones. */
class Charts {
  constructor(root, specs, clicked) {
    [this.root, this.specs, this.clicked, this.views] = [root, specs, clicked, new Map()];
  }
  /** Charts of other years: drawn anew when they next have rows. */
  renew(specs) {
    this.specs = specs;
    for (const drawn of this.views.values()) drawn.then((view) => view.finalize());
    this.views.clear();
  }
  async embed(name, rows) {
    const options = { mode: "vega-lite", renderer: "svg", actions: false };
    const place = q(this.root, `[data-chart="${name}"]`), label = place.getAttribute("aria-label");
    const { view } = await vegaEmbed(place, { ...this.specs[name], datasets: rows }, options);
    place.setAttribute("role", "img"); // Vega puts a role and a name of its own in their place
    place.setAttribute("aria-label", label);
    view.addEventListener("click", (_, item) => { if (item?.datum?.place !== undefined) this.clicked(item.datum.place, item.datum.id); });
    return view;
  }
  async fill(name, rows) {
    if (!this.views.has(name)) {
      this.views.set(name, this.embed(name, rows));
      await this.views.get(name);
      return;
    }
    const view = await this.views.get(name);
    for (const [data, values] of Object.entries(rows)) view.data(data, values);
    await view.runAsync();
  }
}

class Page {
  constructor(model, root) {
    this.start = model.get("start");
    this.root = root;
    this.given = addressed();
    this.setting = this.read(this.given ?? this.start.setting);
    this.before = null;
    this.pins = [];
    this.line = new Line(model, (answer, begun) => this.answered(answer, begun));
    root.append(...layout(this));
    this.charts = new Charts(root, this.start.charts, (place, id) => this.show(place, id));
    this.sliders();
    const of = new URLSearchParams(location.search).get("of");
    if (this.given && of && of !== this.start.identity) {
      q(root, "#copied").textContent = "This link was made from another run or scenario; its settings are applied to this one.";
    }
    this.simulate();
  }

  read(setting) {
    const blank = { moved: {}, typed: {}, forms: {}, ...this.start.setting };
    const given = isTable(setting) ? setting : {};
    const tables = Object.fromEntries(["moved", "typed", "forms"].map((name) => [name, isTable(given[name]) ? given[name] : {}]));
    return { ...blank, ...given, ...tables };
  }

  /** The setting without what is empty, as requests and addresses have it. */
  get plain() {
    const full = (value) => value && typeof value === "object" && !Array.isArray(value) && !Object.keys(value).length;
    return Object.fromEntries(Object.entries(this.setting).filter(([, value]) => value !== undefined && !full(value)));
  }

  simulate() {
    q(this.root, "main").setAttribute("aria-busy", "true");
    this.line.ask({ kind: "simulate", setting: this.plain });
  }

  change(part) {
    Object.assign(this.setting, part);
    this.simulate();
  }

  async answered(answer, begun) {
    this.say(answer);
    if (answer.kind === "simulate") await this.simulated(answer, begun);
    else if (answer.error) q(this.root, "#tracing").textContent = "";
    else if (answer.kind === "pin" || answer.kind === "unpin") this.pinned(answer.pins);
    else if (answer.kind === "path") this.traced(answer.path);
    else if (answer.kind === "ask") q(this.root, "#answer").replaceChildren(...answer.lines.map((line) => make("p", {}, line)));
    else if (answer.kind === "command") this.commanded(answer);
    else if (answer.kind === "file") save(answer.name, answer.text);
    if (answer.kind === "ask" && answer.error) q(this.root, "#answer").replaceChildren();
  }

  /** An error stays until what it is about has gone well, or there is another setting. */
  say({ kind, error }) {
    const told = q(this.root, "#told");
    if (!error && kind !== "simulate" && this.wrong && this.wrong !== kind) return;
    this.wrong = error ? kind : undefined;
    told.textContent = error ?? "";
    told.hidden = !error;
  }

  /** What is said of a setting; nothing of the one before is left to be read as its. */
  headed({ title, why, kind, calibrated }, result) {
    const banner = q(this.root, "#standing");
    banner.dataset.kind = kind;
    banner.dataset.calibrated = calibrated;
    banner.replaceChildren(make("strong", {}, `${title}.`), " ", why);
    this.root.classList.toggle("stale", !result);
    if (!result) q(this.root, "#sentence").textContent = "";
    q(this.root, "#answer").replaceChildren();
    q(this.root, "#path").hidden = true;
  }

  async simulated(answer, begun) {
    const main = q(this.root, "main"), turn = this.turn = (this.turn ?? 0) + 1;
    const wrong = { title: "Not a setting", why: "", kind: "unknown", calibrated: false };
    const { standing = wrong, result } = answer;
    this.headed(standing, result);
    this.priors = answer.priors;
    this.spelled();
    if (!answer.error) address(this.plain, this.start);
    if (answer.charts) this.charts.renew(answer.charts);
    if (answer.pins) this.pinned(answer.pins);
    const rest = result ? await this.draw(result) : [];
    await new Promise(requestAnimationFrame);
    if (turn !== this.turn) return;
    const took = performance.now() - begun;
    for (const fill of rest) {
      await fill();
      if (turn !== this.turn) return;
    }
    if (result && this.pins.length) this.drawPins();
    this.command = undefined;
    clearTimeout(this.later);
    if (!answer.error) this.later = setTimeout(() => this.line.ask({ kind: "command", setting: this.plain }), 400);
    main.removeAttribute("aria-busy");
    main.dataset.updates = Number(main.dataset.updates ?? 0) + 1;
    main.dataset.ms = took.toFixed(0);
    const server = (answer.ms ?? 0).toFixed(0);
    const count = result ? `${result.counts.simulated.toLocaleString("en")} trajectories` : "Nothing simulated";
    q(this.root, "#took").textContent = `${count}; shown ${took.toFixed(0)} ms after the change, ${server} of them on the server.`;
  }

  /** Shows a result. Charts on the screen are drawn at once; returns what draws the others. */
  async draw(result) {
    const ghost = this.before ?? { cdf: [], fans: {}, classes: [] };
    this.before = result;
    q(this.root, "#sentence").textContent = result.sentence;
    q(this.root, "#milestones").replaceChildren(milestones(result));
    q(this.root, "#counts").textContent = accounts(result.counts);
    q(this.root, "#trajectory").max = result.counts.simulated - 1;
    const rows = {
      cdf: { now: result.cdf, ghost: ghost.cdf },
      classes: { now: result.classes, ghost: ghost.classes },
      dots: { now: result.dots, chosen: [] },
    };
    for (const name of Object.keys(this.start.fans)) rows[name] = { now: result.fans[name], ghost: ghost.fans[name] ?? [] };
    this.describe(result);
    const seen = Object.keys(rows).filter((name) => onScreen(q(this.root, `[data-chart="${name}"]`)));
    await Promise.all(seen.map((name) => this.charts.fill(name, rows[name])));
    return Object.keys(rows).filter((name) => !seen.includes(name)).map((name) => () => this.charts.fill(name, rows[name]));
  }

  /** The command is asked for when nothing has been changed for a while: it takes the scenario as a file has it. */
  commanded({ command }) {
    this.command = command;
    const saved = command?.includes("-explored.toml") ? "  # once it is saved as a scenario" : "";
    q(this.root, "#command").textContent = command ? command + saved : "One value for every parameter is no scenario: there is no command for it.";
  }

  /** What those hear who do not see the charts. */
  describe(result) {
    const say = (name, text) => q(this.root, `[data-chart="${name}"]`)?.setAttribute("aria-label", text);
    const each = result.table.map((row) => `${row.name}: median ${row.dates[2]}, ${result.years.map((year, n) => `${row.by[n]} by ${year}`).join(", ")}`);
    say("cdf", `Probability of each milestone by date. ${each.join(". ")}.`);
    say("classes", `Kinds of takeoff. ${result.classes.map((row) => `${row.class} ${row.text}`).join(", ")}.`);
    for (const [name, title] of Object.entries(this.start.fans)) {
      const last = result.fans[name].at(-1);
      say(name, last ? `${title}: median ${short(last.q50)} at ${last.date}, 5% to 95% from ${short(last.q05)} to ${short(last.q95)}.` : title);
    }
    say("dots", `${result.dots.length} trajectories by the dates of ${this.start.lead} and ${this.start.partner}. Choose one by its number below.`);
  }

  pinned(pins) {
    this.pins = pins;
    const place = q(this.root, "#pins");
    place.replaceChildren(...pins.map((pin) => make("li", {},
      make("button", { type: "button", class: "plain", onclick: () => this.restore(pin.setting) }, pin.name), ` (${pin.standing.title.toLowerCase()})`,
      make("button", { type: "button", class: "plain", "aria-label": `Remove ${pin.name}`, onclick: () => this.line.ask({ kind: "unpin", name: pin.name }) }, "×"))));
    q(this.root, "#compare").hidden = !pins.length;
    if (pins.length) this.drawPins();
  }

  drawPins() {
    const pins = this.pins, now = this.root.classList.contains("stale") ? [] : (this.before?.lead ?? []);
    this.charts.fill("pins", { pins: [...now, ...pins.flatMap((pin) => pin.curve)] });
    q(this.root, '[data-chart="pins"]').setAttribute("aria-label", `${this.start.lead} by date for the setting now and ${pins.map((pin) => pin.name).join(", ")}; the table below has the differences.`);
    const what = [...new Set(pins.flatMap((pin) => (pin.differences ?? []).map((one) => one.what)))];
    what.sort((a, b) => (a === "median") - (b === "median") || a.localeCompare(b));
    const cell = (pin, name) => {
      const one = pin.differences?.find((found) => found.what === name);
      return one?.clear ? make("strong", {}, one.text) : (one?.text ?? "");
    };
    const rows = pins.map((pin) => [pin.name, ...what.map((name) => cell(pin, name))]);
    q(this.root, "#differences").replaceChildren(table(["now against", ...what], rows, `${this.start.lead}: now less the pinned setting, ± one standard error of the paired difference`));
  }

  restore(setting) {
    this.setting = this.read(structuredClone(setting));
    this.controls();
    this.simulate();
  }

  show(place, id) {
    q(this.root, "#trajectory").value = place;
    q(this.root, "#tracing").textContent = "Simulating it step by step; the first time this is compiled.";
    this.line.ask({ kind: "path", place, id });
  }

  traced(path) {
    const dot = this.before.dots.find((one) => one.place === path.place);
    this.charts.fill("dots", { now: this.before.dots, chosen: dot ? [dot] : [] });
    const place = q(this.root, "#path");
    place.hidden = false;
    q(this.root, "#tracing").textContent = "";
    const drawn = path.draw === null ? "" : `, draw ${path.draw} of the posterior`;
    q(place, "#path-about").textContent = `Trajectory ${path.id}${drawn}; ${path.fate}. The same parameters and noise under every setting that keeps its draw.`;
    q(place, "#path-dates").replaceChildren(table(["milestone", "date"], path.dates.map(([name, day]) => [code(name), day]), "Milestones of this trajectory, in order"));
    q(place, "#path-parameters").replaceChildren(table(["parameter", "value", "unit"], path.parameters.map(([name, value, unit]) => [code(name), short(value), unit]), "What it drew"));
    for (const name of Object.keys(this.start.fans)) {
      this.charts.fill(`path-${name}`, { now: path.lines });
      const last = path.lines.filter((row) => row.name === name).at(-1);
      q(place, `[data-chart="path-${name}"]`).setAttribute("aria-label", `${this.start.fans[name]} in this trajectory${last ? `, ${short(last.value)} at the end of it` : ""}.`);
    }
    place.scrollIntoView({ block: "nearest" });
  }

  sliders() {
    const moved = [...Object.keys(this.setting.moved), ...Object.keys(this.setting.typed)];
    this.shown = [...new Set([...this.start.main, ...moved])].filter((name) => name in this.start.parameters);
    this.controls();
  }

  /** Every control as the setting has it. */
  controls() {
    const { root, setting } = this;
    for (const input of root.querySelectorAll('[name="source"]')) input.checked = input.value === setting.source;
    q(root, "#until").value = setting.until;
    for (const select of root.querySelectorAll("[data-form]")) select.value = setting.forms[select.dataset.form] ?? "";
    pauseControls(this);
    q(root, "#parameters").replaceChildren(...this.shown.map((name) => parameter(this, name)));
    const rest = Object.keys(this.start.parameters).filter((name) => !this.shown.includes(name)).sort();
    q(root, "#more").replaceChildren(...choices([["", "another parameter …"], ...rest.map((name) => [name, name])], ""));
    this.spelled();
  }

  /** Beside every slider what it stands for. */
  spelled() {
    for (const name of this.shown) {
      const place = q(this.root, `[data-parameter="${CSS.escape(name)}"]`);
      if (!place) continue;
      const { values, unit, prior, middle } = this.start.parameters[name];
      const [centre, width] = this.setting.moved[name] ?? [0, 1];
      const typed = this.setting.typed[name];
      const untouched = !typed && !(name in this.setting.moved);
      const single = this.setting.source === "values";
      const steps = this.start.limits.steps;
      const value = single && untouched && middle !== undefined ? middle : values[Math.round((centre + this.start.limits.centre) * steps)];
      q(place, "output").textContent = typed ? "as typed" : `${short(value)} ${unit}`;
      q(place, ".slide").setAttribute("aria-valuetext", typed ? "as typed" : `${short(value)} ${unit}`);
      q(place, ".width").setAttribute("aria-valuetext", `${width} times as wide`);
      q(place, ".prior").textContent = untouched ? `prior: ${prior}` : `prior: ${this.priors?.[name] ?? "…"} (its own: ${prior})`;
      place.classList.toggle("changed", !untouched);
    }
  }
}

function onScreen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

function accounts({ simulated, conditioned_out, nonfinite, clipped }) {
  const share = ((100 * conditioned_out) / simulated).toFixed(1);
  return `${simulated.toLocaleString("en")} trajectories; ${conditioned_out.toLocaleString("en")} (${share}%) left out, since what the world would have seen had happened in them; not finite ${nonfinite}, clipped ${clipped}. ± is one standard error of the simulation, not of the model.`;
}

function milestones(result) {
  const headings = ["milestone", "5%", "25%", "median", "75%", "95%", ...result.years.map((year) => `end of ${year}`)];
  const rows = result.table.map((row) => {
    const dates = [...row.dates];
    const middle = make("span", {}, make("strong", {}, dates[2]), row.error && row.median !== null ? make("small", {}, ` ${row.error}`) : null);
    return [code(row.name), dates[0], dates[1], middle, dates[3], dates[4], ...row.by];
  });
  return table(headings, rows, "Dates and probabilities of the milestones");
}

/** The address that leads here again; it says of what it is a setting. */
function address(setting, start) {
  const url = new URL(location.href);
  const same = JSON.stringify(setting) === JSON.stringify(start.setting);
  for (const [key, value] of [["s", JSON.stringify(setting)], ["of", start.identity]]) {
    if (same) url.searchParams.delete(key); else url.searchParams.set(key, value);
  }
  history.replaceState(history.state, "", url);
}

function save(name, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/toml" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function copy(page, text, what) {
  const said = q(page.root, "#copied");
  try { await navigator.clipboard.writeText(text); said.textContent = `${what} copied.`; }
  catch { said.textContent = text; }
}

/** One parameter: its centre, and behind a fold its width and its prior as text. */
function parameter(page, name) {
  const { unit, meaning } = page.start.parameters[name];
  const { centre: far, narrowest, widest, steps } = page.start.limits;
  const [centre, width] = page.setting.moved[name] ?? [0, 1];
  const id = `p-${name}`;
  const slide = make("input", { type: "range", class: "slide", id, min: -far, max: far, step: 1 / steps, value: centre });
  const wide = make("input", { type: "range", class: "width", id: `${id}-width`, min: narrowest, max: widest, step: 0.1, value: width });
  const text = make("input", { type: "text", id: `${id}-text`, value: page.setting.typed[name] ?? "", placeholder: "such as 0.5 to 2", spellcheck: "false", autocomplete: "off" });
  const moved = () => {
    delete page.setting.typed[name];
    text.value = "";
    page.setting.moved[name] = [Number(slide.value), Number(wide.value)];
    if (Number(slide.value) === 0 && Number(wide.value) === 1) delete page.setting.moved[name];
    page.spelled();
    page.simulate();
  };
  slide.addEventListener("input", moved);
  wide.addEventListener("input", moved);
  text.addEventListener("change", () => {
    delete page.setting.moved[name];
    if (text.value.trim()) page.setting.typed[name] = text.value.trim(); else delete page.setting.typed[name];
    [slide.value, wide.value] = [0, 1];
    page.spelled();
    page.simulate();
  });
  const reset = () => { [slide.value, wide.value] = [0, 1]; moved(); slide.focus(); };
  return make("div", { class: "parameter", "data-parameter": name },
    make("div", { class: "head" }, make("label", { for: id }, code(name)), make("output", { for: id })),
    slide,
    make("details", {}, make("summary", {}, "more"),
      make("p", { class: "soft" }, `${meaning} (${unit})`),
      make("label", { for: `${id}-width` }, "width of the prior"), wide,
      make("label", { for: `${id}-text` }, "or a prior as a scenario writes it"), text,
      make("p", { class: "soft prior" }),
      make("button", { type: "button", onclick: reset, "aria-label": `Put ${name} back` }, "Put back")));
}

const field = (label, input, id) => make("div", { class: "field" }, make("label", { for: id }, label), input);

function pauseForm(page) {
  const { milestones: dated, triggers } = page.start;
  if (!triggers.length) return null;
  const kinds = [["", "none"], ["date", "on a date"], ...triggers.map((name) => [`o:${name}`, `once ${name} is above`]), ...dated.map((name) => [`m:${name}`, `at ${name}`])];
  const changed = () => page.change({ pauses: pauseOf(page) });
  const input = (id, value, type = "text") => make("input", { id, value, type, onchange: changed, spellcheck: "false", autocomplete: "off" });
  return make("fieldset", { id: "pause" }, make("legend", {}, "A pause of research and training"),
    field("trigger", make("select", { id: "pause-kind", onchange: changed }, ...choices(kinds, "")), "pause-kind"),
    field("level or date", input("pause-level", "160"), "pause-level"),
    field("lag, months", input("pause-lag", "3"), "pause-lag"),
    field("lasts, months", input("pause-lasts", "6 to 24"), "pause-lasts"),
    field("share that stops", input("pause-strength", "0.9"), "pause-strength"));
}

const numeric = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

function pauseOf(page) {
  const value = (id) => q(page.root, `#pause-${id}`).value;
  const kind = value("kind");
  if (!kind) return undefined;
  const trigger = kind === "date" ? value("level") : kind.startsWith("m:") ? kind.slice(2) : `${kind.slice(2)} > ${value("level")}`;
  return [{ trigger, lag_months: numeric(value("lag")), lasts_months: numeric(value("lasts")), strength: numeric(value("strength")) }];
}

function pauseControls(page) {
  const pause = page.setting.pauses?.[0], place = q(page.root, "#pause");
  if (!place) return;
  const put = (id, value) => { if (value !== undefined) q(place, `#pause-${id}`).value = value; };
  if (!pause) { put("kind", ""); return; }
  const trigger = String(pause.trigger), [name, level] = trigger.split(" > ");
  put("kind", level ? `o:${name}` : page.start.milestones.includes(trigger) ? `m:${trigger}` : "date");
  put("level", level ?? (page.start.milestones.includes(trigger) ? undefined : trigger));
  put("lag", pause.lag_months); put("lasts", pause.lasts_months); put("strength", pause.strength);
}

function controlPanel(page) {
  const { start } = page;
  const words = { posterior: "posterior", prior: "prior", values: "one value each" };
  const sources = start.sources.map((value) => make("label", { class: "choice" },
    make("input", { type: "radio", name: "source", value, onchange: () => { page.change({ source: value }); page.spelled(); } }), words[value]));
  const forms = start.forms.map(({ name, options, meaning }) => field(`form: ${name}`,
    make("select", { id: `form-${name}`, "data-form": name, title: meaning, onchange: (event) => {
      if (event.target.value) page.setting.forms[name] = event.target.value; else delete page.setting.forms[name];
      page.simulate();
    } }, ...choices([["", "as opened"], ...options.map((option) => [option, option])], "")), `form-${name}`));
  const more = make("select", { id: "more", onchange: () => {
    if (more.value) { page.shown.push(more.value); const name = more.value; page.controls(); q(page.root, `#p-${CSS.escape(name)}`).focus(); }
  } });
  return make("form", { class: "panel", "aria-label": "Setting", onsubmit: (event) => event.preventDefault() },
    make("fieldset", {}, make("legend", {}, "Parameters from"), ...sources),
    field("until the start of", make("select", { id: "until", onchange: (event) => page.change({ until: Number(event.target.value) }) }, ...choices(start.until.map((year) => [year, String(year)]), start.setting.until)), "until"),
    make("fieldset", {}, make("legend", {}, "Priors, by their centres"), make("div", { id: "parameters" }), field("add", more, "more")),
    pauseForm(page),
    forms.length ? make("fieldset", {}, make("legend", {}, "Equations"), ...forms) : null,
    make("button", { type: "button", onclick: () => page.restore(start.setting) }, "Everything back"));
}

const chart = (name, title, note) => make("figure", {}, make("h3", {}, title), make("div", { class: "chart", role: "img", "data-chart": name, "aria-label": title }), note ? make("figcaption", {}, note) : null);

function asking(page) {
  const ask = () => page.line.ask({ kind: "ask", question: q(page.root, "#question").value });
  const text = make("input", { id: "question", type: "text", "aria-label": "A question", spellcheck: "false", autocomplete: "off", value: `P(${page.start.lead} <= 2030)`, onkeydown: (event) => { if (event.key === "Enter") ask(); } });
  return make("section", { class: "numbers", id: "ask", "aria-label": "Ask" }, make("h2", {}, "Ask these trajectories"),
    make("div", { class: "row" }, text, make("button", { type: "button", onclick: ask }, "Ask")),
    make("div", { id: "answer", role: "status", "aria-live": "polite" }));
}

function keeping(page) {
  const label = make("input", { id: "pin-name", type: "text", "aria-label": "Name of the pin", maxlength: "60", placeholder: "a name", autocomplete: "off" });
  const pin = () => { page.line.ask({ kind: "pin", name: label.value.trim() }); label.value = ""; };
  return make("section", { "aria-label": "Keep and compare" }, make("h2", {}, "Keep and compare"),
    make("div", { class: "row" }, label,
      make("button", { type: "button", id: "pin", onclick: pin }, "Pin this setting"),
      make("button", { type: "button", id: "save", onclick: () => page.line.ask({ kind: "file", setting: page.plain }) }, "Save as scenario"),
      make("button", { type: "button", id: "copy-command", onclick: () => (page.command ? copy(page, page.command, "Command") : (q(page.root, "#copied").textContent = "There is no command of this setting, or not yet.")) }, "Copy command"),
      make("button", { type: "button", id: "copy-link", onclick: () => copy(page, location.href, "Link") }, "Copy link")),
    make("p", { class: "soft", id: "copied", role: "status" }),
    make("p", { class: "soft" }, "A whole run of this setting:"),
    make("pre", { id: "command" }, "…"),
    make("ul", { id: "pins", class: "pins" }),
    make("div", { id: "compare", hidden: true }, chart("pins", `${page.start.lead} in each setting`, "Settings share their draws and their noise: what differs between them is what was changed."), make("div", { class: "numbers", id: "differences" })));
}

function single(page) {
  const number = make("input", { id: "trajectory", type: "number", min: 0, value: 0 });
  const fans = Object.entries(page.start.fans).map(([name, title]) => chart(`path-${name}`, title));
  return make("section", { class: "numbers", "aria-label": "Single trajectories" }, make("h2", {}, "Single trajectories"),
    chart("dots", `${page.start.lead} and ${page.start.partner} in some of them`, "Every dot is a trajectory; at the edges, what does not come in time. Choose one to see it in full."),
    make("div", { class: "row" }, make("label", { for: "trajectory" }, "trajectory"), number, make("button", { type: "button", id: "show", onclick: () => page.show(Number(number.value)) }, "Show in full")),
    make("p", { class: "soft", id: "tracing", role: "status" }),
    make("div", { id: "path", hidden: true }, make("p", { id: "path-about" }), make("div", { class: "tiles" }, ...fans),
      make("div", { id: "path-dates" }), make("details", {}, make("summary", {}, "What it drew"), make("div", { id: "path-parameters" }))));
}

function layout(page) {
  const { start } = page;
  const fans = Object.entries(start.fans).map(([name, title]) => chart(name, title));
  const header = make("header", {}, make("p", { class: "soft" }, `Explorer of ${start.opened}, as of ${start.as_of}`), make("h1", {}, start.title));
  const answer = [
    make("p", { id: "standing", role: "status", "data-kind": "unknown" }, "Compiling …"),
    make("p", { id: "told", role: "alert", hidden: true }),
    make("p", { id: "sentence", "aria-live": "polite" }),
  ];
  const main = make("main", {},
    make("section", { class: "numbers", "aria-label": "Milestones" }, make("h2", { class: "unseen" }, "Milestones"),
      chart("cdf", "Probability that a milestone has come", "Bands: two standard errors. Faint: the setting before."),
      make("div", { id: "milestones" }), make("p", { class: "soft", id: "counts" }), make("p", { class: "soft", id: "took", "aria-hidden": "true" })),
    make("section", { class: "numbers", "aria-label": "Takeoff" }, make("h2", {}, "Kinds of takeoff and how it goes"),
      chart("classes", "Kinds of takeoff", "As of the end of the trajectories: an early end leaves more of them undetermined. Faint ticks: the setting before."),
      make("div", { class: "tiles" }, ...fans),
      make("p", { class: "soft" }, "Line: median; bands: middle half, and 5% to 95%. Dashed and faint: the median before.")),
    keeping(page), asking(page), single(page));
  return [header, ...answer, make("div", { class: "both" }, controlPanel(page), main)];
}

function render({ model, el }) {
  el.classList.add("rsimc");
  new Page(model, el);
}

export default { render };
