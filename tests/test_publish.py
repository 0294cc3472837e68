"""Laws of what is handed out: table, JSON, CSV, page and Python say the same; a page is whole, safe and repeatable."""

from __future__ import annotations

import csv
import io
import json
import math
import shlex
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vl_convert
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import rsimc.api as api
from rsimc.analysis.document import QUANTILES, document
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.frontier import frontier, taken
from rsimc.analysis.headline import Question
from rsimc.calibration.verdict import Verdict
from rsimc.cli.main import main
from rsimc.engine.counts import COUNT_FIELDS, Counts
from rsimc.engine.sample import compile_sample
from rsimc.errors import DataError, OutputError, UsageError
from rsimc.observations import SERIES, load_series
from rsimc.observations.forecasts import judgements, read_judgements
from rsimc.publish import figures, report_page, words
from rsimc.publish.drawing import drawing_code
from rsimc.publish.drivers import _correlations, _normal_ranks, drivers, notable
from rsimc.publish.evidence import round_ticks, spreads, uncertain
from rsimc.publish.formats import export
from rsimc.publish.formats.numbers import COLUMNS
from rsimc.publish.frames import cdf_rows, density_rows, headline, in_order
from rsimc.publish.numbers import Numbers
from rsimc.publish.predictions import Prediction, observed, predictions
from rsimc.publish.report_page import report_html
from rsimc.publish.scenario_text import as_toml, changes
from rsimc.publish.sections.experts import stated
from rsimc.publish.sections.jagged import jagged
from rsimc.publish.sections.origin import command
from rsimc.publish.sections.reliance import backtest_command, hindsight, influence_command, reliance
from rsimc.publish.tables import BY_YEARS, closing_lines, in_lines, milestone_table
from rsimc.runs.ensemble import read_ensemble
from rsimc.runs.posteriors import Posterior
from rsimc.runs.sources import make_source
from rsimc.scenario import canonical_json, load_scenario

DRAWS = 20 * 1024  # 20 batches: enough for errors
OVERRIDES = ("run.horizon=2040",)
HOSTILE = '</title></style></script><script>alert("1")</script><img src=x onerror=alert(2)> & {horizon} `x` **y**'
SCHEMA_KEYS = {
    "schema", "id", "scenario", "model", "as_of", "seed", "n", "milestones", "durations", "readings", "classes",
    "counts", "diagnostics", "prior_driven", "structural_range", "files", "seconds",
}  # fmt: skip


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    """A small run of the prior."""
    folder = tmp_path_factory.mktemp("publish") / "run"
    return api.simulate("baseline", OVERRIDES, prior=True, draws=DRAWS, output=folder)


def made_up_tree(run: Forecast, problems: tuple[str, ...] = ()) -> xr.DataTree:
    """A posterior's tree without a fit: the prior, the first parameter narrowed to half its sd."""
    rng, shape, names = np.random.default_rng(1), (2, 64), run.study.priors.names
    z = rng.standard_normal((*shape, len(names)))
    z[..., 0] *= 0.5
    values: dict[str, list[tuple[str | None, np.ndarray]]] = {}
    for n, (name, label, prior) in enumerate(run.study.priors.entries):
        values.setdefault(name, []).append((label, prior.at(z[..., n])))
    posterior: dict[str, Any] = {}
    for name, parts in values.items():
        dims, stacked = ("chain", "draw"), np.stack([part for _, part in parts], axis=-1)
        coords = {f"{name}_label": [label for label, _ in parts]}
        whole = xr.DataArray(stacked, dims=(*dims, f"{name}_label"), coords=coords)
        posterior[name] = whole if parts[0][0] is not None else xr.DataArray(parts[0][1], dims=dims)
    assert run.study.target is not None
    rows = run.study.target.rows
    read = np.array([row.value for row in rows]) * np.exp(0.1 * rng.standard_normal((*shape, len(rows))))
    keys = [f"{row.series}/{row.key}" for row in rows]
    past = rng.standard_normal((*shape, 30, len(run.study.model.innovations)))
    groups = {
        "posterior": xr.Dataset(posterior),
        "latent": xr.Dataset(
            {"z": (("chain", "draw", "z_name"), z), "innovations": (("chain", "draw", "beat", "process"), past)},
            {"z_name": list(names)},
        ),
        "posterior_predictive": xr.Dataset({"value": (("chain", "draw", "row"), read)}, {"row": keys}),
    }
    tree = xr.DataTree.from_dict(groups)
    worst = {"rhat_worst": "log_posterior", "ess_worst": "z[0]", "conflict_worst": "time_horizon"}
    sizes = {"rhat_max": 1.0042, "ess_bulk_min": 812.0, "ess_tail_min": 640.0, "bfmi": 0.81, "conflict": 1.25}
    steps = {"draws": 128, "divergences": 0, "divergence_rate": 0.0, "longest_trees": 0.0}
    verdict = Verdict(**worst, **sizes, **steps, problems=problems, advice=())
    tree.attrs["verdict"] = json.dumps(verdict.as_dict())
    return tree


@pytest.fixture(scope="session")
def calibrated(run: Forecast) -> Forecast:
    """The same run as if it had come from a posterior."""
    return replace(run, posterior=Posterior("0" * 64, made_up_tree(run), False))


@pytest.fixture(scope="session")
def pages(run: Forecast, calibrated: Forecast) -> dict[str, str]:
    return {"prior": report_html(run), "calibrated": report_html(calibrated)}


class Page(HTMLParser):
    """A parsed page: every tag with its attributes, texts of data elements and scripts, ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[tuple[dict[str, str | None], str]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "data":
            self.data.append((self.tags[-1][1], data))
        elif inside == "script":
            self.scripts.append((self.tags[-1][1], data))
        elif inside != "style":
            self.words += data

    def script(self, name: str) -> Any:
        return next(json.loads(text) for attrs, text in self.scripts if attrs.get("id") == name)


def at(found: Any, key: str) -> Any:
    for part in key.split("/"):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def first_batches(counts: Counts, kept: int) -> Counts:
    """The counts of the first batches only; fans, which have no batches, scaled to as many."""
    parts = {name: getattr(counts, name).copy() for name in COUNT_FIELDS}
    for name in ("milestones", "durations", "classes", "accounts"):
        parts[name][kept:] = 0
    parts["fans"][...] = 0
    parts["fans"][..., 0] = parts["accounts"][:, 0].sum()
    return Counts(**parts)


def shown(forecast: Forecast, width: int) -> str:
    out = Console(width=width, file=io.StringIO(), markup=False, highlight=False, emoji=False)
    out.print(milestone_table(forecast, width))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("width", [64, 80, 104, 140])
def test_numbers_are_whole_in_any_console(run: Forecast, width: int) -> None:
    text = shown(run, width)
    assert "…" not in text
    horizon = run.study.scenario.run.horizon
    rows = " ".join(text.split()).split("standard error in points")[1].split("Not calibrated")[0]
    shares = sum(end < horizon for end in BY_YEARS) + 1
    shown_shares, rest = divmod(rows.count("±"), len(run.milestones))
    assert rest == 0 and (shown_shares == shares if width >= 80 else 2 <= shown_shares < shares)


@given(st.from_regex(r"[a-z0-9]{1,12}(_[a-z0-9]{1,12}){0,4}", fullmatch=True), st.integers(12, 30))
def test_a_name_breaks_where_its_words_end(name: str, room: int) -> None:
    lines = in_lines(name, room)
    assert lines[0] + "".join(line.strip() for line in lines[1:]) == name
    assert all(len(line) <= max(room, 15) for line in lines)


# The forms agree


def test_json_is_the_document(calibrated: Forecast) -> None:
    found = json.loads(str(export(calibrated, "json")))
    assert found == document(calibrated)
    assert set(found) >= SCHEMA_KEYS
    assert found["schema"] == "rsimc.forecast/1"
    assert set(found["milestones"]) == {m.name for m in calibrated.milestones}
    assert all(set(m["quantiles"]) == {f"{q:g}" for q in QUANTILES} for m in found["milestones"].values())


def test_python_says_what_the_document_says(run: Forecast) -> None:
    for name, milestone in document(run)["milestones"].items():
        for q in QUANTILES:
            assert run.quantile(name, q) == milestone["quantiles"][f"{q:g}"]
        for day, found in milestone["probability_by"].items():
            assert run.probability(name, day).as_dict() == found
            assert run.probability(name, day[:4]).as_dict() == found


def test_csv_says_what_the_document_says(run: Forecast) -> None:
    found = document(run)
    table = list(csv.DictReader(io.StringIO(str(export(run, "csv")))))
    assert tuple(table[0]) == COLUMNS
    number = {(row["kind"], row["name"], row["x"]): (row["value"], row["se"]) for row in table}
    assert len(number) == len(table)

    def cells(value: object, se: object = None) -> tuple[str, str]:
        return "" if value is None else str(value), "" if se is None else str(se)

    expected = {("account", name, ""): cells(n) for name, n in found["counts"].items()}
    expected |= {("class", name, ""): cells(e["p"], e["se"]) for name, e in found["classes"].items()}
    for name, milestone in found["milestones"].items():
        errors, beyond = milestone["quantile_se_days"], milestone["not_within_horizon"]
        expected |= {("quantile", name, q): cells(day, errors[q]) for q, day in milestone["quantiles"].items()}
        chances = {**milestone["probability_by"], "not_within_horizon": beyond}
        expected |= {("probability", name, x): cells(e["p"], e["se"]) for x, e in chances.items()}
    for name, duration in found["durations"].items():
        expected |= {("duration", name, q): cells(years) for q, years in duration["quantiles_years"].items()}
        beyond = duration["not_within_horizon"]
        expected[("duration", name, "not_within_horizon")] = cells(beyond["p"], beyond["se"])
    for name, reading in found["readings"].items():
        expected |= {("reading", name, q): cells(value) for q, value in reading["quantiles"].items()}
        chances = {x: reading[x] for x in ("not_within_horizon", "positive") if x in reading}
        expected |= {("reading", name, x): cells(e["p"], e["se"]) for x, e in chances.items()}
    assert number == expected


@pytest.mark.parametrize("width", [84, 100, 120, 160])  # in less, names of many words take two lines
def test_the_table_says_what_the_document_says(run: Forecast, width: int) -> None:
    text, found = shown(run, width), document(run)
    assert max(len(line) for line in text.splitlines()) <= width
    digits = 10 if width >= 140 else 7
    for name, milestone in found["milestones"].items():
        dates, chances = (line for line in text.splitlines() if line.split(" ")[0] == name)
        days = [day for day in milestone["quantiles"].values() if day is not None]
        assert [word for word in dates.split() if word[:2] == "20" and "-" in word] == [day[:digits] for day in days]
        assert ("after 2040" in dates) == (len(days) < len(QUANTILES))
        ends = [milestone["probability_by"][f"{year}-12-31"] for year in BY_YEARS] + [milestone["not_within_horizon"]]
        assert " ".join(chances.split()[1:]) == " ".join(words.chance(e["p"], e["se"]) for e in ends)


def test_the_terminal_tells_what_to_hold_against_it(run: Forecast, calibrated: Forecast) -> None:
    out = document(run)["counts"]["conditioned_out"]
    assert "Not calibrated" in shown(run, 80) and f"{out:,}" in shown(run, 80)
    assert "Calibration trusted" in shown(calibrated, 80)
    untrusted = replace(run, posterior=Posterior("0" * 64, made_up_tree(run, ("R-hat 1.3",)), False))
    assert "NOT TRUSTED (R-hat 1.3)" in shown(untrusted, 80)
    timed = replace(run, seconds={"calibrate": 0.0, "simulate": 100.2})
    lines = closing_lines(timed, Path("a/report.html"))
    assert lines == [f"run     {run.folder}", "report  a/report.html", "time    simulate 1 min 40 s"]


def test_too_few_trajectories_have_no_errors_and_say_so(run: Forecast) -> None:
    few = replace(run, counts=first_batches(run.counts, 10))
    found = document(few)
    assert found["milestones"]["closed_loop"]["not_within_horizon"]["se"] is None
    assert "±" not in "".join(line for line in shown(few, 120).splitlines() if "%" in line)
    assert "No standard errors" in shown(few, 80)
    page = Page(report_html(few))
    assert "No standard errors." in page.words
    assert not [attrs for attrs, _ in page.data if str(attrs["data-key"]).endswith("/se")]


def test_probabilities_add_up(run: Forecast) -> None:
    found = document(run)
    assert sum(e["p"] for e in found["classes"].values()) == pytest.approx(1.0, abs=1e-5)
    assert found["counts"]["n"] == DRAWS
    for milestone in found["milestones"].values():
        by = [e["p"] for e in milestone["probability_by"].values()]
        assert by == sorted(by)
        assert by[-1] + milestone["not_within_horizon"]["p"] <= 1.0 + 1e-5


# Export


def test_an_unknown_format_names_the_nearest(run: Forecast) -> None:
    with pytest.raises(UsageError, match='got "jsn"; did you mean "json"'):
        export(run, "jsn")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_file_holds_what_is_printed(run: Forecast, form: str, tmp_path: Path) -> None:
    path = tmp_path / "sub" / f"out.{form}"
    assert export(run, form, path) == path
    assert path.read_text(encoding="utf-8") == export(run, form)
    with pytest.raises(OutputError):
        export(run, form, path / "below-a-file")


# The page


@pytest.mark.parametrize("kind", ["prior", "calibrated"])
def test_every_number_in_the_page_is_the_documents(pages: dict[str, str], kind: str) -> None:
    page = Page(pages[kind])
    found, seen = page.script("forecast"), {}
    for attributes, text in page.data:
        key, value = str(attributes["data-key"]), at(found, str(attributes["data-key"]))
        assert attributes["value"] == json.dumps(value).strip('"')
        seen[key] = text
        if key.endswith("/p"):
            assert text == words.percent(value)
        elif key.endswith("/se"):
            assert text == words.points(value)
        elif key.startswith("readings/"):
            assert text == ("–" if value is None else words.number(value))
        elif "/quantiles/" in key:
            assert text in (value, value and words.long_date(value), None if value else "after 2040")
    for name in found["milestones"]:
        wanted = [f"quantiles/{q:g}" for q in QUANTILES]
        wanted += [f"probability_by/{year}-12-31/{part}" for year in BY_YEARS for part in ("p", "se")]
        assert {f"milestones/{name}/{key}" for key in [*wanted, "not_within_horizon/p"]} <= set(seen)
    assert {f"classes/{name}/p" for name in found["classes"]} <= set(seen)
    assert {f"counts/{name}" for name in found["counts"]} <= set(seen)


def test_the_page_says_what_the_answer_relies_on(calibrated: Forecast, capsys: pytest.CaptureFixture[str]) -> None:
    rows = calibrated.study.rows[:20]
    p = {"p": 0.2, "se": 0.004, "n_eff": 900.0}
    without = [
        {"kind": "datum", "name": f"{row.series}/{row.key}", "p": p | {"p": 0.2 + 0.0005 * n}, "how": "psis",
         "change_se": 0.0019, "rhat": None, "ess": None, "khat": 0.2}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    refit = {"how": "refit", "change_se": 0.006, "rhat": 1.012, "ess": 700.0, "khat": None}
    series = {"kind": "series", "name": "merge_gap", "p": p | {"p": 0.1}, **refit}
    form = {"kind": "form", "name": "curved", "p": p | {"p": 0.3}, **refit}
    found = document(calibrated) | {
        "influence": {"milestone": "closed_loop", "by": "2030-12-31", "all": p, "without": [*without, series],
                      "forms": [form]},
        "prior_sensitivity": {"milestone": "closed_loop", "by": "2030-12-31", "parameters": [
            {"parameter": "returns_to_research", "half_sd_up": {"change": 0.031, "se": 0.002},
             "quarter_wider": {"change": -0.004, "se": 0.003}}]},
    }  # fmt: skip
    made = reliance(calibrated, Numbers(found))
    assert made is not None
    words_of = Page(made).words
    assert "Without a series" in words_of and "−10.0" in words_of and "+10.0" in words_of
    assert rows[-1].label in words_of and f"other {len(rows) - 12} data" in words_of
    numbers = Page(made).data
    assert {"+3.1", "−0.4", "20.0%"} <= {shown for _, shown in numbers}
    for attributes, _ in numbers:
        assert attributes["value"] == json.dumps(at(found, str(attributes["data-key"])))
    # beyond three standard errors: two refits, eight of the twelve data that are shown, and a slope
    assert made.count("<strong>") == 2 + 8 + 1
    unmixed = {**found, "influence": {**found["influence"], "forms": [form | {"rhat": 1.2}]}}
    again = reliance(calibrated, Numbers(unmixed))
    assert (
        again is not None and "not mixed" in Page(again).words and again.count("<strong>") == made.count("<strong>") - 1
    )
    ask = influence_command(calibrated, Question())
    assert ask is not None and ask in Page(reliance(calibrated, Numbers(document(calibrated))) or "").words
    assert (
        main([*shlex.split(ask)[1:], "--by", "soon"]) == 2 and '"soon"' in capsys.readouterr().err
    )  # all else is known
    asked = influence_command(calibrated, Question("coder", "2029"))
    assert asked is not None and "--milestone coder --by 2029" in asked
    assert influence_command(calibrated, Question("no_such_milestone")) is None


def test_the_page_shows_backtests_whole(run: Forecast) -> None:
    scored = {"points": 6, "crps": 0.41, "crps_se": 0.001, "log_score": 0.9, "inside_50": 2, "inside_90": 5}
    none = {"points": 0, "crps": None, "crps_se": None, "log_score": None, "inside_50": None, "inside_90": None}
    few = {**none, "points": 6}
    lines = [
        {"forecaster": name, "same_suite": one, "revised_suite": none}
        for name, one in (("rsimc", scored), ("log-linear, last five", few))
    ]
    day = {"as_of": "2025-01-01", "pseudo": True, "known": 9, "lines": lines, "rhat": 1.004, "ess": 900.0}
    assert hindsight(Numbers({"backtest": []}), None) is None
    asks = hindsight(Numbers({"backtest": []}), "rsimc backtest mine.toml")
    assert asks is not None and "rsimc backtest mine.toml" in Page(asks).words
    made = hindsight(Numbers({"backtest": [day]}), None)
    assert made is not None
    text, numbers = Page(made).words, [shown for _, shown in Page(made).data]
    assert "1 January 2025" in text and "pseudo-out-of-sample" in text
    assert "6 later points of the same suite" in text and "revised suite:" not in text
    assert numbers == ["0.41", "0.90", "2 of 6", "5 of 6", "–", "–", "–", "–"]
    assert "log-linear, last five" in text


def test_the_page_holds_the_document(run: Forecast, calibrated: Forecast, pages: dict[str, str]) -> None:
    for forecast, html in zip((run, calibrated), pages.values(), strict=True):
        plain = json.loads(json.dumps({**document(forecast), "seconds": {}}))
        assert Page(html).script("forecast") == plain


@pytest.mark.parametrize("kind", ["prior", "calibrated"])
def test_the_page_asks_the_network_for_nothing(pages: dict[str, str], kind: str) -> None:
    page = Page(pages[kind])
    names = {tag for tag, _ in page.tags}
    assert not names & {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "source"}
    links = [value for _, attrs in page.tags for key, value in attrs.items() if key in ("src", "href", "srcset")]
    assert links and all(str(link).startswith("#") for link in links)
    ids = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    assert {str(link)[1:] for link in links} <= ids
    style = pages[kind][pages[kind].index("<style>") : pages[kind].index("</style>")]
    assert "url(" not in style and "@import" not in style
    policy = next(attrs for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert str(policy["content"]).startswith("default-src 'none'")
    assert len(pages[kind].encode()) <= 2_000_000


def test_every_chart_of_the_page_has_its_place_and_compiles(pages: dict[str, str]) -> None:
    for html in pages.values():
        page = Page(html)
        specs = page.script("charts")
        places = [attrs["data-chart"] for _, attrs in page.tags if "data-chart" in attrs]
        assert sorted(map(str, places)) == sorted(specs)
        for spec in specs.values():
            assert spec["width"] == "container"
            vl_convert.vegalite_to_vega({**spec, "width": 300})


def test_pieces_of_charts_hold_against_the_schema(
    calibrated: Forecast, pages: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_page, "debug_mode", lambda wanted: nullcontext())  # Altair's own default: it checks
    assert report_html(calibrated) == pages["calibrated"]


def test_the_code_that_draws_is_kept_whole_or_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSIMC_CACHE", str(tmp_path))
    code = drawing_code.__wrapped__()
    (kept,) = (tmp_path / "pages").iterdir()
    assert json.loads(kept.read_text())["found"]["code"] == code and "vegaEmbed" in code and "</script" not in code
    assert drawing_code.__wrapped__() == code
    for damaged in (
        kept.read_text()[:-9],
        "",
        kept.read_text().replace("vegaEmbed", "vegaembed"),
        kept.read_text().replace('"sha256"', '"sha257"'),
    ):
        kept.write_text(damaged)
        assert drawing_code.__wrapped__() == code
        assert json.loads(kept.read_text())["found"]["code"] == code
    monkeypatch.setenv("RSIMC_CACHE", str(kept))  # a file: no folder can be made in it
    assert drawing_code.__wrapped__() == code


def test_a_hostile_scenario_is_only_text(run: Forecast) -> None:
    # A record cannot hold a name that is no name (it does not open), what is held in memory can.
    update = {"title": HOSTILE, "reasons": HOSTILE}
    scenario = run.study.scenario.model_copy(update={**update, "name": HOSTILE})
    manifest = replace(run.manifest, scenario={**run.manifest.scenario, **update})
    html = report_html(replace(run, study=replace(run.study, scenario=scenario), manifest=manifest))
    plain, page = Page(report_html(run)), Page(html)
    assert [tag for tag, _ in page.tags if tag == "script"] == [tag for tag, _ in plain.tags if tag == "script"]
    assert not [attrs for tag, attrs in page.tags if tag == "img" or "onerror" in attrs]
    assert page.words.count(HOSTILE) >= 3  # title, heading and reasons


def test_a_prior_run_says_that_it_is_not_calibrated(pages: dict[str, str]) -> None:
    prior, calibrated = Page(pages["prior"]), Page(pages["calibrated"])
    assert "Not calibrated." in prior.words and "Not calibrated." not in calibrated.words
    assert prior.script("forecast")["diagnostics"] is None
    sections = [{attrs.get("id") for tag, attrs in page.tags if tag == "section"} for page in (prior, calibrated)]
    assert sections[1] - sections[0] == {"relies", "fit", "hindsight"}
    assert "Trusted: every check passed." in calibrated.words


def test_an_untrusted_posterior_is_named_at_the_top(run: Forecast) -> None:
    tree = made_up_tree(run, ("R-hat 1.300, must be below 1.01",))
    text = Page(report_html(replace(run, posterior=Posterior("0" * 64, tree, False)))).words
    assert text.index("not to be trusted: R-hat 1.300, must be below 1.01") < text.index("Dates by which")


def test_the_same_run_gives_the_same_page_and_checksums(run: Forecast) -> None:
    path = api.publish(run)
    first = path.read_bytes()
    run.seconds["report"] = 12.3
    try:
        assert api.publish(run).read_bytes() == first
    finally:
        del run.seconds["report"]
    assert path == run.folder / "report.html"
    assert any(line.endswith("  report.html") for line in (run.folder / "SHA256SUMS").read_text().splitlines())


def test_a_run_that_is_opened_again_gives_the_same_page(run: Forecast, pages: dict[str, str]) -> None:
    assert report_html(api.open_run(run.folder)) == pages["prior"]


# What the page is made of


def test_the_curves_are_the_forecasts(run: Forecast) -> None:
    names, rows = in_order(run), cdf_rows(run)
    assert set(names) == {m.name for m in run.milestones} and set(names[: len(headline(run))]) == set(headline(run))
    ends = {row["date"]: row for row in rows}
    for name, p, se in zip(names, ends["31 December 2030"]["p"], ends["31 December 2030"]["se"], strict=True):
        found = document(run)["milestones"][name]["probability_by"]["2030-12-31"]
        assert (p, se) == (found["p"], found["se"])
    beyond = [1.0 - run.curve(name).beyond().p for name in names]
    assert rows[-1]["p"] == pytest.approx(beyond, abs=1e-4)  # the last day of a year ends close to its decimal end


def test_a_backtest_is_asked_for_where_there_can_be_one(run: Forecast, calibrated: Forecast) -> None:
    assert backtest_command(run) is None
    assert backtest_command(calibrated) == "rsimc backtest baseline --set run.horizon=2040"


def test_the_answer_says_that_it_is_of_one_form(pages: dict[str, str]) -> None:
    for html in pages.values():
        text = Page(html).words
        assert text.index("This is one form of the model") < text.index("What is meant.")


def test_what_the_horizon_censors_is_told(run: Forecast, pages: dict[str, str]) -> None:
    html = pages["prior"]
    told = html[html.index("What the horizon censors.") : html.index("What the conditioning does")]
    most = max(run.curves, key=lambda name: run.curve(name).beyond().p)
    keys = [attributes["data-key"] for attributes, _ in Page(told).data]
    assert {f"milestones/{name}/not_within_horizon/p" for name in (most, "closed_loop")} <= set(keys)


def test_judgements_are_drawn_and_never_fitted(run: Forecast, calibrated: Forecast, pages: dict[str, str]) -> None:
    """No series, no row of a target, no change of identity: they lie beside the observations and nothing reads them."""
    keys = {one.key for one in judgements()}
    assert "forecasts" not in SERIES
    assert not keys & {row.key for name in SERIES for row in load_series(name)}
    assert calibrated.study.target is not None
    assert not keys & {row.key for row in calibrated.study.target.rows}
    assert not [key for key in keys if key in json.dumps(run.manifest.inputs)]
    text = Page(pages["calibrated"]).words
    section = text[text.index("What others have forecast") : text.index("How long the tasks are")]
    assert "Not used in the calibration." in section
    for one in judgements():
        assert one.who in section and one.differs in section and stated(one) in section


def test_judgements_are_of_milestones_and_refuse_what_makes_no_sense(run: Forecast, tmp_path: Path) -> None:
    assert {one.milestone for one in judgements()} <= set(run.curves)
    assert [one.kind for one in judgements() if one.value is None] == ["goal"]
    good = {**asdict(judgements()[0]), "date": "2026-12-31"}
    path = tmp_path / "forecasts.csv"
    for change, column in (
        ({"value": "1.5"}, "value"),
        ({"value": ""}, "value"),
        ({"kind": "guess"}, "kind"),
        ({"who": ""}, "who"),
        ({"low": "0.9"}, "value"),
        ({"kind": "median"}, "value"),
        ({"date": "2026"}, "date"),
    ):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, good)
            writer.writeheader()
            writer.writerow({**good, **change})
        with pytest.raises(DataError, match=f'column "{column}"'):
            read_judgements(path)


def test_the_frontier_is_of_the_runs_own_trajectories(run: Forecast) -> None:
    """Trajectory i is trajectory i: what is simulated again has the observables that the run keeps."""
    ids = taken(run.manifest.draws)
    assert len(set(ids.tolist())) == len(ids) and int(ids[-1]) < run.manifest.draws
    plan, date = run.study.plan, "2028-12-31"
    sample = compile_sample(plan, ("log_horizon", "binding_logit"), plan.beats)
    seen = sample(ids, make_source(run.study, run.posterior, run.manifest.seed))
    table = read_ensemble(run.folder, [f"horizon_hours@{date}"])
    assert table is not None
    beat = round((2029 - plan.model.start) * 4) - 1
    assert seen[0, beat] == pytest.approx(np.log(table[0].to_numpy()[ids]), abs=1e-3)
    found = frontier(run, 2040.0)
    assert found is not None and found.quantiles.shape == (5, 8, plan.beats)
    assert (np.diff(found.quantiles, axis=0) >= 0).all()
    assert jagged(run, None) is None  # a model that tells no specialisms apart
    again = frontier(run, 2040.0)
    assert again is not None and (again.quantiles == found.quantiles).all()


def test_densities_add_up_to_the_curves(run: Forecast) -> None:
    rows = density_rows(run)
    assert [row["end"] for row in rows[:-1]] == [row["start"] for row in rows[1:]]
    for n, name in enumerate(headline(run)):
        whole = sum(row["per_year"][n] * (row["end"] - row["start"]) for row in rows)
        curve = run.curve(name)
        assert whole == pytest.approx(curve.at(rows[-1]["end"]).p - curve.at(rows[0]["start"]).p, abs=2e-3)
        assert all(row["se"][n] is not None and row["per_year"][n] >= 0.0 for row in rows)


def test_pictures_are_png_and_scale(run: Forecast, tmp_path: Path) -> None:
    chart = figures.class_chart(run)
    sizes = []
    for scale in (1.0, 2.0):
        content = figures.save_png(chart, tmp_path / "sub" / "chart.png", scale).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        sizes.append(int.from_bytes(content[16:20], "big"))
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=2)
    with pytest.raises(UsageError, match="scale"):
        figures.save_png(chart, tmp_path / "chart.png", 0.0)


def test_spreads_are_those_of_the_stages(calibrated: Forecast) -> None:
    first = calibrated.study.priors.names[0]
    narrowed, labelled = spreads(calibrated, [first, "verifiability.direction"])
    prior = calibrated.study.priors.entries[0][2]
    assert narrowed.prior == tuple(prior.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95))
    assert narrowed.posterior is not None
    assert narrowed.conditioned is None  # the posterior knows already that nothing has happened yet
    assert narrowed.posterior[4] - narrowed.posterior[0] < 0.7 * (narrowed.prior[4] - narrowed.prior[0])
    assert narrowed.contraction == pytest.approx(0.75, abs=0.15)
    assert labelled.parameter.name == "verifiability"


def test_drivers_are_correlations_with_errors(run: Forecast, calibrated: Forecast) -> None:
    ranked = drivers(run, ["closed_loop", "multiplier_10"])
    assert {driver.name for driver in ranked} == set(uncertain(run))
    sizes = [max(map(abs, driver.correlation.values())) for driver in ranked]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] <= 1.0
    assert all(error is not None and error > 0 for driver in ranked for error in driver.se.values())
    direction = next(driver for driver in ranked if driver.name == "direction_slope")
    assert direction.correlation["closed_loop"] < -0.1  # what is learned faster is automated earlier
    shown_names = notable(calibrated, ranked)
    assert len(shown_names) == len(set(shown_names)) and run.study.priors.names[0] in shown_names


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9])
def test_the_error_of_a_rank_correlation_is_the_spread_over_runs(r: float) -> None:
    random, batch = np.random.default_rng(1), np.repeat(np.arange(64), 50)
    found = []
    for _ in range(150):
        x, noise = random.standard_normal((2, len(batch)))
        ranks = _normal_ranks(x)[None], _normal_ranks(r * x + math.sqrt(1.0 - r * r) * noise)
        whole, errors = _correlations(*ranks, batch)
        found.append((whole[0], errors[0]))
    values, told = np.array(found).T
    assert np.mean(told) == pytest.approx(np.std(values), rel=0.25)


def test_predictions_are_matched_by_name(calibrated: Forecast) -> None:
    found = predictions(calibrated)
    assert calibrated.study.target is not None
    assert {p.row for p in found} == {row for term in calibrated.study.target.terms for row in term.as_taken()}
    series = [p.row.series for p in found]
    assert list(dict.fromkeys(series)) == [name for name in SERIES if name in series]  # each once, in its place
    for prediction in found:
        low, middle, high = prediction.quantiles
        assert low < middle < high or prediction.row.value == 0.0
        assert middle == pytest.approx(prediction.row.value, rel=0.1)
        assert not prediction.apart


def test_what_a_row_leaves_open_holds_its_value(calibrated: Forecast) -> None:
    assert calibrated.study.target is not None
    for row in calibrated.study.target.rows:
        low, high = observed(row)
        assert low <= row.value <= high and low < high
        assert (high == math.inf) == (row.kind in ("lower_bound", "censored_above"))
        assert (low == -math.inf) == (row.kind == "upper_bound")


def test_more_trials_leave_less_open(calibrated: Forecast) -> None:
    counted = [p.row for p in predictions(calibrated) if p.row.trials]
    assert {0.0} < {row.value for row in counted}
    for row in counted:
        few, many = (np.diff(observed(replace(row, trials=n))) for n in (10.0, 1000.0))
        assert many < 0.3 * few
    none = observed(replace(counted[0], value=0.0, trials=10.0))
    assert none == pytest.approx((0.0, 1.0 - 0.05**0.1))
    assert observed(replace(counted[0], value=1.0, trials=10.0)) == pytest.approx((1.0 - none[1], 1.0))


@pytest.mark.parametrize("kind", ["point", "lower_bound", "upper_bound"])
def test_a_row_is_apart_on_the_side_that_it_speaks_of(calibrated: Forecast, kind: str) -> None:
    """Errors of equal size add up as those of independent normal quantities do; a bound excludes one side."""
    row = replace(predictions(calibrated)[0].row, value=10.0, sd=None, low=9.0, high=11.0, trials=None, kind=kind)
    sides = {"point": (True, True), "lower_bound": (True, False), "upper_bound": (False, True)}[kind]
    for middle, counts in ((8.0, sides[0]), (12.0, sides[1])):
        near, far = (
            Prediction(row, (at - 1.0, at, at + 1.0), observed(row)) for at in (10 + (middle - 10) * 0.7, middle)
        )
        assert (near.apart, far.apart) == (False, counts)


def test_every_row_stands_under_its_series(calibrated: Forecast, pages: dict[str, str]) -> None:
    text = Page(pages["calibrated"]).words
    text = text[text.index("How the model reads the data") : text.index("Diagnostics and accounts")]
    places = [text.index(SERIES[name].title) for name in dict.fromkeys(p.row.series for p in predictions(calibrated))]
    assert places == sorted(places)
    assert all(p.row.label in text for p in predictions(calibrated))


def test_diagnostics_say_what_was_sampled_how(run: Forecast, pages: dict[str, str]) -> None:
    text = Page(pages["calibrated"]).words
    assert "Hamiltonian Monte Carlo" in text and "No-U-Turn" not in text
    assert "energy fraction" in text and "prior conflict" in text
    update = {"calibration": run.study.scenario.calibration.model_copy(update={"sampler": "nuts"})}
    study = replace(run.study, scenario=run.study.scenario.model_copy(update=update))
    other = replace(run, study=study, posterior=Posterior("0" * 64, made_up_tree(run), False))
    assert "No-U-Turn" in Page(report_html(other)).words


def test_ticks_are_round_and_inside() -> None:
    for low, high, log in (
        (0.19, 1.34, True),
        (1e5, 3e6, True),
        (1e-9, 1e9, True),
        (-0.03, 0.08, False),
        (1.2, 1.9, False),
        (1, 2e4, True),
        (0.7, 0.7, False),
        (-3.0, -3.0 + 1e-15, False),
        (0.0, 0.0, False),
    ):
        ticks = round_ticks(low, high, log)
        assert 1 <= len(ticks) <= 5 and all(low <= tick <= high for tick in ticks)


# Making it again


@pytest.fixture(params=["baseline", "short-timelines"])
def bundled_name(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def test_the_printed_scenario_is_the_scenario(bundled_name: str, tmp_path: Path) -> None:
    scenario = load_scenario(bundled_name, ["run.horizon=2050", "data.ai_code_share=false"])
    path = tmp_path / f"{bundled_name}.toml"
    path.write_text(as_toml(scenario), encoding="utf-8")
    assert canonical_json(load_scenario(str(path))) == canonical_json(scenario)


def test_the_printed_scenario_holds_any_text(run: Forecast, tmp_path: Path) -> None:
    scenario = run.study.scenario.model_copy(update={"title": HOSTILE, "reasons": 'a"""\n\tb\\ é \x7f'})
    path = tmp_path / "baseline.toml"
    path.write_text(as_toml(scenario), encoding="utf-8")
    assert canonical_json(load_scenario(str(path))) == canonical_json(scenario)


def test_changes_make_the_scenario_from_the_bundled_one(bundled_name: str) -> None:
    sets = ["run.horizon=2050", "priors.curvature=0.01", "calibration.draws=64"]
    scenario = load_scenario(bundled_name, sets)
    found = changes(scenario)
    assert found is not None and sorted(found) == sorted(sets)
    assert canonical_json(load_scenario(bundled_name, found)) == canonical_json(scenario)
    assert changes(scenario.model_copy(update={"name": "mine"})) is None
    assert changes(scenario.model_copy(update={"title": "other"})) is None


def test_the_command_names_what_was_run(run: Forecast, calibrated: Forecast) -> None:
    options = f"--set run.horizon=2040 --draws {DRAWS} --seed {run.manifest.seed}"
    assert command(run) == f"rsimc simulate baseline --prior {options}"
    assert command(calibrated) == f"rsimc forecast baseline {options}"
