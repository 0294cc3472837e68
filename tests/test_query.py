"""Laws of questions: what is read is what was written, and answers are what numpy finds row by row."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsimc import api, checking
from rsimc.analysis.estimates import estimate
from rsimc.analysis.forecast import Forecast
from rsimc.analysis.headline import Question
from rsimc.analysis.query.ask import asker_of
from rsimc.analysis.query.parse import LEVELS, QuestionError, parse
from rsimc.analysis.query.tree import (
    Arithmetic,
    Called,
    Compared,
    Condition,
    Day,
    Inverse,
    Joined,
    Kind,
    Name,
    Number,
    Observed,
    Value,
)
from rsimc.cli.main import main
from rsimc.dates import end_of_day, iso_date, last_day
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK
from rsimc.errors import RunError
from rsimc.publish.answers import as_dict, shown
from rsimc.runs.manifest import read_manifest

HORIZON = 2036
DRAWS = 20 * BLOCK


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    """Of the prior, 20 batches; most milestones come within its horizon in some and lie beyond it in others."""
    folder = tmp_path_factory.mktemp("query") / "run"
    return api.simulate("baseline", [f"run.horizon={HORIZON}"], prior=True, draws=DRAWS, output=folder)


@pytest.fixture(scope="module")
def rows(run: Forecast) -> dict[str, np.ndarray]:
    """All trajectories that are not conditioned out."""
    table = pq.read_table(run.folder / "ensemble.parquet").to_pandas()
    table = table[~(table["finite"] & table["conditioned_out"])]
    return Rows({name: table[name].to_numpy() for name in table.columns})


class Rows(dict[str, np.ndarray]):
    def __repr__(self) -> str:  # of what a falsifying example shows
        return "Rows"


# What numpy finds, given when the milestones come that lie beyond the horizon


class World:
    """Rows with a guess, for each milestone, of when it comes where it lies beyond the horizon."""

    def __init__(self, rows: dict[str, np.ndarray], beyond: Callable[[str], float]) -> None:
        self.rows, self.beyond = rows, beyond

    def value(self, node: Value) -> np.ndarray:
        match node:
            case Number(value, text):
                if len(text) == 4 and text.isdigit():  # a year: no other number here has four digits
                    value = end_of_day(last_day(text))
                return np.full(len(self.rows["batch"]), value)
            case Day(year):
                return np.full(len(self.rows["batch"]), min(year, HORIZON))
            case Name(name):
                return self._named(name)
            case Observed(name, day):
                return self._observed(name, day.year)
            case Arithmetic(operator, left, right):
                a, b = self.value(left), self.value(right)
                return {"+": a + b, "-": a - b, "*": a * b, "/": a / np.where(b == 0, np.nan, b)}[operator]
            case Called(function, arguments):
                values = [self.value(argument) for argument in arguments]
                if function in ("min", "max"):
                    return (np.minimum if function == "min" else np.maximum).reduce(values)
                call = {"abs": np.abs, "exp": np.exp, "ln": np.log, "log2": np.log2, "log10": np.log10}[function]
                return np.asarray(call(np.where((values[0] > 0) | (function in ("abs", "exp")), values[0], np.nan)))
        raise AssertionError(node)

    def _named(self, name: str) -> np.ndarray:
        if f"date.{name}" in self.rows:
            dates = self.rows[f"date.{name}"].astype(np.float64)
            return np.where(np.isnan(dates), self.beyond(name), dates)
        return self.rows[f"parameter.{name}"].astype(np.float64)

    def _observed(self, name: str, year: float) -> np.ndarray:
        stored = {end_of_day(last_day(c.split("@")[1])): c for c in self.rows if c.startswith(f"{name}@")}
        years = sorted(stored)
        after = next(n for n, one in enumerate(years) if one >= year - 1e-3)
        high = self.rows[stored[years[after]]].astype(np.float64)
        if abs(years[after] - year) < 1e-3:
            return high
        low = self.rows[stored[years[after - 1]]].astype(np.float64)
        share = (year - years[after - 1]) / (years[after] - years[after - 1])
        if name in ("horizon_hours", "multiplier"):  # logarithms between stored dates
            return np.exp((1 - share) * np.log(low) + share * np.log(high))
        return np.asarray((1 - share) * low + share * high)

    def holds(self, node: Condition) -> np.ndarray:
        """1, 0, and NaN where a value is none."""
        match node:
            case Compared(relation, left, right):
                a, b = self.value(left), self.value(right)
                found = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[relation]
                return np.where(np.isnan(a) | np.isnan(b), np.nan, found)
            case Kind(labels, within):
                return (np.isin(self.rows["class"], labels) == within).astype(float)
            case Inverse(condition):
                return 1.0 - self.holds(condition)
            case Joined(operator, left, right):
                a, b = self.holds(left), self.holds(right)
                absorbing = 0.0 if operator == "and" else 1.0
                return np.where(
                    (a == absorbing) | (b == absorbing),
                    absorbing,
                    (np.minimum if operator == "and" else np.maximum)(a, b),
                )
        raise AssertionError(node)


GUESSES: list[Callable[[str], float]] = [
    lambda name: HORIZON + 1e-3,
    lambda name: 1e9,
    lambda name: HORIZON + 0.01 + 60.0 * (hash(name) % 7919) / 7919,
    lambda name: HORIZON + 0.01 + 60.0 * (hash(name[::-1]) % 7919) / 7919,
]


# Questions of all kinds

DATES = st.sampled_from(["small_loop", "coder", "closed_loop", "multiplier_2", "multiplier_10", "oversight_1pct"])
DAY = st.sampled_from(["2027", "2028-03", "2029-06-30", "2031", "2035", "2035-12-31"])
SPAN = st.sampled_from(["18 months", "0.5", "2 years", "100 days", "3"])
PLAIN = st.sampled_from(
    ["returns_to_research", "labour_share", "threshold_offset.coding", "horizon_hours@2027-12", "horizon_hours@2028-02",
     "2.5", "automated_share@2030", "multiplier@2030-06", "human_share@2033-05", "1e3",
     "(labour_share + 1)", "-curvature"]
)  # fmt: skip


def sums(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, parts, st.sampled_from("+-*/"), PLAIN),
        st.builds("{}({})".format, st.sampled_from(["abs", "ln", "log2", "exp"]), PLAIN),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), parts, PLAIN),
        st.builds("({})".format, parts),
    )


NUMBERS = st.recursive(PLAIN, sums, max_leaves=4)
WHEN = st.one_of(
    DATES,
    DAY,
    st.builds("{} {} {}".format, DATES, st.sampled_from("+-"), SPAN),
    st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), DATES, st.one_of(DATES, DAY)),
)
APART = st.one_of(
    st.builds("{} - {}".format, DATES, DATES),
    st.builds("abs({} - {})".format, DATES, DAY),
    st.builds("({} - {}) * {}".format, DATES, DATES, PLAIN),
    st.builds("({} - {}) / {}".format, DATES, DATES, st.sampled_from(["2", "(0 - 3)"])),
)
RELATION = st.sampled_from(["<", "<=", ">", ">="])
PLAIN_CONDITION = st.one_of(
    st.builds("{} {} {}".format, DATES, RELATION, WHEN),
    st.builds("{} {} {}".format, WHEN, RELATION, DATES),
    st.builds("{} < {} <= {}".format, DAY, DATES, DAY),
    st.builds("{} {} {}".format, APART, RELATION, SPAN),
    st.builds("{} {} {}".format, NUMBERS, RELATION, NUMBERS),
    st.builds("class {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(["fast", "slow", "never"])),
    st.just("class in {fast, fizzle}"),
)
CONDITION = st.recursive(
    PLAIN_CONDITION,
    lambda parts: st.one_of(
        st.builds("{} and {}".format, parts, parts),
        st.builds("{} or {}".format, parts, parts),
        st.builds("not ({})".format, parts),
        st.builds("({})".format, parts),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(event=CONDITION, condition=CONDITION)
def test_answers_are_what_numpy_finds(run: Forecast, rows: dict[str, np.ndarray], event: str, condition: str) -> None:
    """What an answer calls true is true whenever the milestones beyond the horizon come, and what it calls false never:
    so of rows in which all are known it counts exactly what numpy does."""
    text = f"P({event} given {condition})"
    question, answer = parse(text), run.query(text)
    assert question.given is not None and not isinstance(question.target, Number | None)
    with np.errstate(all="ignore"):
        met = np.array([World(rows, guess).holds(question.given) for guess in GUESSES])
        hit = np.array([World(rows, guess).holds(question.target) for guess in GUESSES])  # type: ignore[arg-type]
    surely, never = (met == 1).all(axis=0), (met == 0).all(axis=0)
    assert answer.rows <= surely.sum()
    assert answer.rows + answer.unmet * answer.of >= (~never).sum() - 0.5
    known = ~np.any([np.isnan(rows[f"date.{m.name}"]) for m in run.milestones], axis=0)
    if known.all() or not _mentions_dates(text):
        assert answer.rows == surely.sum()
    hits = 0 if answer.value is None else round(answer.value * answer.rows)
    assert hits <= (surely & (hit == 1).all(axis=0)).sum()
    if not _mentions_dates(text):
        inside = surely & (hit[0] == 1)
        sizes, by_batch = (np.bincount(rows["batch"][w], minlength=BATCHES).astype(float) for w in (surely, inside))
        again = estimate(by_batch, sizes)
        assert (answer.value, answer.se) == ((None, None) if math.isnan(again.p) else (again.p, again.se))


def _mentions_dates(text: str) -> bool:
    return any(name in text.replace("multiplier@", "") for name in ("loop", "coder", "multiplier_", "oversight_"))


@settings(max_examples=60, deadline=None)
@given(condition=CONDITION)
def test_all_cases_add_up(run: Forecast, condition: str) -> None:
    """True, false and open are all there is."""
    yes, no = run.query(f"P({condition})"), run.query(f"P(not ({condition}))")
    assert yes.value is not None and no.value is not None
    assert yes.undecided.p == pytest.approx(no.undecided.p, abs=1e-12)
    assert yes.value + no.value + yes.undecided.p == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(value=NUMBERS, level=st.floats(0.01, 0.99), condition=st.sampled_from(["", " given labour_share > 0.5"]))
def test_quantiles_and_means_are_numpys(
    run: Forecast, rows: dict[str, np.ndarray], value: str, level: float, condition: str
) -> None:
    text = f"quantile({value}, {level:.6f}{condition})"
    question, answer = parse(text), run.query(text)
    where = rows["parameter.labour_share"] > 0.5 if condition else np.ones(len(rows["batch"]), bool)
    with np.errstate(all="ignore"):
        values = World(rows, GUESSES[0]).value(question.target)[where]  # type: ignore[arg-type]
    if not np.isfinite(values).all():
        return
    expected = np.quantile(values, question.levels[0], method="inverted_cdf")
    assert answer.value == pytest.approx(expected, rel=1e-12, abs=1e-300)
    centre = run.query(f"mean({value}{condition})")
    assert centre.value == pytest.approx(values.mean(), rel=1e-9, abs=1e-9)
    assert (centre.rows, centre.of) == (where.sum(), len(where))


# Dates, the horizon and the run's own counts


def test_a_probability_is_that_of_the_forecast(run: Forecast) -> None:
    """The same trajectories, counted in bins of a week by the run."""
    for by in ("2028", "2030-06", "2034-12-31"):
        counted, asked = run.probability("coder", by), run.query(f"P(coder <= {by})")
        assert asked.value == pytest.approx(counted.p, abs=2e-3)
        assert asked.se == pytest.approx(counted.se, rel=0.2)
    beyond = run.query(f"P(closed_loop > {HORIZON - 1})")
    assert beyond.value == pytest.approx(run.curve("closed_loop").beyond().p, abs=1e-9)
    shares = {one.label: one.value for one in run.query("P(class)").results}
    assert shares == pytest.approx({name: one.p for name, one in run.classes().items()}, abs=1e-9)


def test_quantiles_of_dates_are_those_of_the_forecast(run: Forecast) -> None:
    for one in run.query("quantile(coder)").results:
        counted = run.curve("coder").quantile(float(one.label))
        assert (one.value is None) == (counted is None)
        if one.value is not None and counted is not None:
            assert one.value == pytest.approx(counted, abs=0.02)
            assert one.se == pytest.approx(run.curve("coder").quantile_se(float(one.label)), rel=0.4, abs=0.01)


def test_a_year_means_its_last_day(run: Forecast) -> None:
    same = [run.query(f"P(coder <= {by})").value for by in ("2030", "2030-12", "2030-12-31")]
    assert len(set(same)) == 1
    assert run.query("P(coder <= 2030-11)").value < same[0]  # type: ignore[operator]
    assert run.query("P(coder - 2030 > 0)").value == run.query("P(coder > 2030)").value


def test_what_the_horizon_leaves_open_is_not_guessed(run: Forecast, rows: dict[str, np.ndarray]) -> None:
    loop, ten = (np.isnan(rows[f"date.{name}"]) for name in ("closed_loop", "multiplier_10"))
    answer = run.query("P(multiplier_10 < closed_loop)")
    assert answer.undecided.p == pytest.approx((loop & ten).mean(), abs=1e-12)
    assert run.query("mean(closed_loop)").value is None
    assert "beyond the horizon" in run.query("mean(closed_loop)").warnings[-1]
    within = run.query(f"mean(closed_loop given closed_loop <= {HORIZON - 1})")
    assert within.value == pytest.approx(np.nanmean(rows["date.closed_loop"]), abs=1e-9)
    late = run.query("quantile(closed_loop, 0.999)").results[0]
    assert late.value is None and late.low >= HORIZON


def test_durations_are_what_passes_between_milestones(run: Forecast) -> None:
    named, spelled = run.query("P(closed_loop..multiplier_10 < 0.5)"), run.query("P(multiplier_10 - closed_loop < 0.5)")
    assert (named.value, named.se, named.undecided) == (spelled.value, spelled.se, spelled.undecided)
    counted = run.query("P(versions:closed_loop..multiplier_10 <= 3)")
    assert 0.0 < (counted.value or 0.0) < 1.0


def test_means_have_the_error_of_their_batches() -> None:
    """Against the plain formula on independent values, and more where a batch shares its draw."""
    from rsimc.analysis.query.statistics import Met, mean

    chance = np.random.default_rng(1)
    batch = np.arange(64 * 200) // 200
    values = chance.normal(size=batch.size)
    met = Met(batch, None, np.ones(batch.size, int), True)
    plain = mean(met, values, np.zeros(batch.size, bool))
    assert plain.se == pytest.approx(1.0 / math.sqrt(batch.size), rel=0.25)
    shared = mean(met, values + chance.normal(size=64)[batch], np.zeros(batch.size, bool))
    assert shared.se == pytest.approx(1.0 / 8.0, rel=0.3)


def test_a_rare_condition_is_said_to_be_rare(run: Forecast) -> None:
    rare, none = (run.query(f"P(coder <= 2030 given horizon_hours@2027-12 > {hours})") for hours in ("1e5", "1e30"))
    assert 16 < rare.rows < 400 and any("rare" in text for text in rare.warnings), rare
    assert (none.value, none.rows) == (None, 0) and "no trajectory" in none.warnings[0]
    sure = run.query("P(coder <= 2030 given labour_share > 0.1)")
    assert sure.warnings == () and sure.needs is None
    tenth = run.query("P(coder <= 2030 given horizon_hours@2027-12 > 160 and returns_to_research > 2)")
    if tenth.needs is not None:
        assert tenth.se == pytest.approx(0.01 * math.sqrt(tenth.needs.times), rel=1e-9)


def test_times_are_of_one_unit(tmp_path: Path) -> None:
    """Months beside years, in whichever is written; beside anything else they are refused."""
    (tmp_path / "pause.toml").write_text(
        'schema = 1\nextends = "baseline"\n[[policy.pause]]\ntrigger = "coder"\nlasts_months = "6 to 24"\n'
    )
    made = api.simulate(
        str(tmp_path / "pause.toml"), ["run.horizon=2030"], prior=True, draws=DRAWS, output=tmp_path / "run"
    )
    name = "pause_lasts.pause_1"
    same = [made.query(f"P({name} > {span})").value for span in ("1 year", "12 months", "12", "365.25 days")]
    assert same[1:3] == [same[0], same[0]] and same[3] == pytest.approx(same[0], abs=1e-3)
    assert 0.3 < (same[0] or 0.0) < 0.7
    for value in (
        f"median({name} - 0.5 years)",
        f"median(max({name}, 2 months))",
        f"median(min({name}, 100 years) * 1)",
    ):
        assert made.query(value).unit == "years"
    later = made.query(f"median(coder + {name} given coder <= 2028)")
    assert later.unit == "date"
    for wrong in (
        "P(horizon_hours@2027-12 > 1 month)",
        f"P(horizon_hours@2027-12 > {name})",
        "P(labour_share + 2 years > 1)",
    ):
        with pytest.raises(QuestionError, match="give a plain number"):
            made.query(wrong)


def test_names_that_differ_in_case_are_two(run: Forecast, tmp_path: Path) -> None:
    """DuckDB's own names would be one."""
    table = pq.read_table(run.folder / "ensemble.parquet")
    for name, value in (("parameter.G", 1.0), ("parameter.g", 2.0)):
        table = table.append_column(name, pa.array(np.full(len(table), value)))
    pq.write_table(table, tmp_path / "ensemble.parquet")
    (tmp_path / "run.json").write_bytes((run.folder / "run.json").read_bytes())
    assert asker_of(read_manifest(tmp_path)).ask("P(g > G)").value == 1.0


# What cannot be answered


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", 0, "expected P(...)"),
        ("P(coder <= 2030", 15, "expected a comparison or ) or given"),
        ("P(coder < )", 10, "expected a value"),
        ("P(codr < 2030)", 2, 'did you mean "coder"?'),
        ("P(horizon_hours > 3)", 2, "such as horizon_hours@2028"),
        ("P(horizon_hour@2028 > 3)", 2, 'did you mean "horizon_hours"?'),
        ("P(horizon_hours@2019 > 3)", 16, "a date within what the run keeps"),
        ("P(coder < 2050)", 10, "raise run.horizon"),
        ("P(coder < 160)", 10, "expected a date"),
        ("P(coder = 2030)", 8, "expected <, <=, > or >="),
        ("P(class = quick)", 10, "a class of takeoff"),
        ("P(class < fast)", 8, "= or != for a class"),
        ("P(coder + closed_loop > 2)", 8, "two dates"),
        ("P(coder * 2 > 2030)", 8, "take differences"),
        ("P(coder < 2030-02-30)", 10, "expected a date such as"),
        ("quantile(coder, 1.5)", 16, "a level between 0 and 1"),
        ("P(labour_share < 1e999)", 17, "a number that a computer holds"),
        ("P(1 < labour_share > 2)", 19, "in one direction"),
        ("P((coder - 2027) * (closed_loop - 2027) > 1)", 17, "may lie beyond the horizon"),
        ("P(" + "-" * 50 + "labour_share < 1)", 41, "parts within parts"),
        ("P(" + " or ".join(["abs(abs(abs(abs(abs(abs(coder - 2027)))))) > 1"] * 12) + ")", 10, "can be compiled"),
        ("P(labour_share < 1) " * 200, 2000, "at most 2000 characters"),
        ("mean(class)", 5, "expected a value"),
        ('P("; DROP TABLE kept" > 1)', 2, "a milestone, duration or parameter"),
    ],
)
def test_a_malformed_question_is_refused_at_its_character(run: Forecast, text: str, at: int, says: str) -> None:
    with pytest.raises(QuestionError, match="question, character") as caught:
        run.query(text)
    assert says in str(caught.value)
    assert caught.value.at == at
    shown, mark = caught.value.pointer.split("\n")
    assert shown[len(mark) - 1 : len(mark)] == text[at : at + 1].replace("\n", " ")


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        CONDITION.flatmap(
            lambda c: st.builds(_spoiled, st.just(f"P({c})"), st.integers(0, 10**6), st.text(max_size=3))
        ),
    )
)
def test_no_text_is_more_than_refused(run: Forecast, text: str) -> None:
    try:
        answer = run.query(text)
    except QuestionError as error:
        assert 0 <= error.at <= max(len(text), 1)
    else:
        assert answer.rows <= answer.of


def _spoiled(text: str, place: int, more: str) -> str:
    place %= len(text)
    return text[:place] + more + text[place + len(more) // 2 :]


def test_levels_are_those_of_the_reports() -> None:
    assert parse("quantile(coder)").levels == LEVELS
    assert parse("Q(coder, 10%, 0.5)").levels == (0.1, 0.5)
    assert parse("E(coder | class = fast)").asks == "mean"


# The command


def test_the_command_answers_in_text_and_json(
    run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", str(run.folder), "P(coder <= 2030 given labour_share > 0.5)", "median(coder)"]) == 0
    out = capsys.readouterr().out
    assert "the condition holds in" in out and "%" in out and "20" in out
    asked = tmp_path / "asked.toml"
    asked.write_text('[questions]\nearly = "P(coder <= 2028)"\nshare = "P(class)"\n')
    assert main(["query", str(run.folder), "-f", str(asked), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["id"]) == ("rsimc.answers/1", run.manifest.id)
    early = document["answers"]["early"]
    assert early["results"]["p"]["value"] == pytest.approx(run.query("P(coder <= 2028)").value, rel=1e-6)
    assert set(document["answers"]["share"]["results"]) == set(run.classes())


@pytest.mark.parametrize(
    "content", ["", "[questions]\n", "[questions]\na = 3\n", "questions = 3\n", "[[", "\0", "[other]\n"]
)
def test_a_file_without_questions_is_refused(
    run: Forecast, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "asked.toml").write_text(content)
    assert main(["query", str(run.folder), "-f", str(tmp_path / "asked.toml")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert main(["query", str(run.folder)]) == 2
    assert main(["query", str(run.folder), "-f", str(tmp_path / "none.toml")]) == 2


def test_the_mark_stands_below_the_character(run: Forecast, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", str(run.folder), "P(coder <= 2030 andd labour_share > 1)"]) == 2
    _, shown, mark = capsys.readouterr().err.splitlines()
    assert shown[mark.index("^") :].startswith("andd")


# What a run keeps


def test_more_trajectories_are_kept_when_asked_for(tmp_path: Path) -> None:
    """In whole chunks, whoever makes them, and later for a run that has ended."""
    arguments = ["run.horizon=2030"]
    folder = tmp_path / "run"
    first = api.simulate("baseline", arguments, prior=True, draws=CHUNK + 3000, output=folder)
    before = (folder / "ensemble.parquet").read_bytes()
    assert first.query("P(coder <= 2028)").of < CHUNK
    second = api.simulate("baseline", arguments, prior=True, draws=CHUNK + 3000, ensemble=CHUNK + 1, output=folder)
    assert (folder / "ensemble.parquet").read_bytes() == before
    more = pq.read_table(folder / "ensemble" / "00000001.parquet")
    assert more["trajectory"].to_pylist() == list(range(CHUNK, CHUNK + 3000))
    kept = second.query("P(coder <= 2028)")
    assert kept.of == second.counts.accounts[:, :2].sum()
    assert kept.value == pytest.approx(second.probability("coder", "2028").p, abs=1e-3)
    api.summarise(second)
    assert api.verify(folder).problems == ()
    (folder / "ensemble" / "00000001.parquet").unlink()
    assert any(text.startswith("ensemble/00000001.parquet") for text in api.verify(folder, 0).problems)
    with pytest.raises(RunError, match="give the command that made the run again"):
        second.query("P(coder <= 2028)")
    api.simulate("baseline", arguments, prior=True, draws=CHUNK + 3000, output=folder)
    assert pq.read_table(folder / "ensemble" / "00000001.parquet").equals(more)


def test_a_run_without_trajectories_says_so(run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_bytes((run.folder / "run.json").read_bytes())
    assert main(["query", str(tmp_path), "P(coder <= 2028)"]) == 5
    assert "give the command that made the run again to make them" in capsys.readouterr().err


def test_a_run_in_which_nothing_counts_answers_nothing(run: Forecast, tmp_path: Path) -> None:
    """All had what is known not to have happened."""
    table = pq.read_table(run.folder / "ensemble.parquet")
    place = table.schema.get_field_index("conditioned_out")
    table = table.set_column(place, "conditioned_out", pa.array(np.ones(len(table), bool)))
    pq.write_table(table, tmp_path / "ensemble.parquet")
    (tmp_path / "run.json").write_bytes((run.folder / "run.json").read_bytes())
    empty = replace(run, manifest=read_manifest(tmp_path))
    for text in ("P(coder <= 2030)", "P(class given coder <= 2030)", "mean(labour_share)", "quantile(coder)"):
        answer = empty.query(text)
        assert (answer.value, answer.rows, answer.of) == (None, 0, 0)
        assert list(shown(answer, HORIZON)) and as_dict(answer) and answer._repr_html_()
    question = Question("coder", "2030-12-31")
    asks = (
        lambda: checking.sensitivity(empty, [question], totals=False),
        lambda: checking.watch(empty, question),
    )
    for ask in asks:
        with pytest.raises(RunError, match="a trajectory that counts"):
            ask()


def test_a_question_takes_less_than_a_second(tmp_path: Path) -> None:
    """Of a full chunk; the limit is a second, on a machine that does nothing else."""
    made = api.simulate("baseline", ["run.horizon=2032"], prior=True, draws=CHUNK, output=tmp_path / "run")
    made.query("P(class)")
    begun = time.monotonic()
    made.query("P(closed_loop <= 2030-06 given horizon_hours@2027-12 > 160 and multiplier_10 > 2027)")
    assert time.monotonic() - begun < 3.0
    assert iso_date(2030.0)
