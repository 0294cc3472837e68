"""Laws of scenarios: layers compose, identity is content, and every mistake gets one line that says where and what."""

from __future__ import annotations

import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rsimc.errors import RsimcError, ScenarioError, UsageError
from rsimc.models.base import prior_set
from rsimc.models.registry import get_model
from rsimc.scenario import Scenario, bundled, canonical_json, differences, identity, load_scenario
from rsimc.scenario.merge import merge
from rsimc.scenario.places import line_of
from rsimc.scenario.schema import known_keys

CHILD = 'extends = "baseline"\n'
KEYS = ("a", "b", "c.d", "é")

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
tables = st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=4)


def write(folder: Path, text: str | bytes, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def message(name: str, *overrides: str, kind: type[RsimcError] = ScenarioError) -> str:
    """The text of the error that loading raises: of the right class, one line, in the words of the house."""
    with pytest.raises(RsimcError) as caught:
        load_scenario(name, overrides)
    text = str(caught.value)
    assert type(caught.value) is kind
    assert caught.value.exit_code == {ScenarioError: 3, UsageError: 2}[kind]
    assert "\n" not in text
    assert "pydantic" not in text.lower()
    assert "Input should" not in text
    return text


# Bundled scenarios


def test_bundled_scenarios_load_and_differ() -> None:
    every = [load_scenario(name) for name in bundled()]
    scenarios = [s for s in every if s.model == "takeoff"]
    assert [s.name for s in scenarios] == ["baseline", "long-timelines", "short-timelines"]
    assert len({identity(s) for s in every}) == len({s.title for s in every}) == len(every)
    assert len({identity(s) for s in scenarios}) == len(scenarios)
    assert len({s.title for s in scenarios}) == len({s.reasons for s in scenarios}) == len(scenarios)
    baseline = scenarios[0]
    assert (baseline.schema_version, baseline.model, baseline.as_of) == (1, "takeoff", date(2026, 11, 22))
    assert baseline.priors == {}
    assert baseline.data["metr_horizons"].suite == "TH1.1"
    assert all(s.data == baseline.data and s.as_of == baseline.as_of for s in scenarios)


def test_bundled_priors_parse() -> None:
    for scenario in map(load_scenario, bundled()):
        priors = prior_set(get_model(scenario.model).parameters, scenario.priors, scenario.where)
        assert {name for name, _, _ in priors.entries} >= set(scenario.priors)
    assert any(load_scenario(name).priors for name in bundled())


def test_a_scenario_is_frozen_pickles_and_survives_its_json() -> None:
    scenario = load_scenario("short-timelines", ["run.draws=5000"])
    with pytest.raises(ValidationError):
        scenario.model = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert Scenario.model_validate(json.loads(canonical_json(scenario))) == scenario


# Layers


def test_a_child_of_a_child_is_a_child_of_the_merged_file(tmp_path: Path) -> None:
    write(tmp_path, CHILD + 'run = { seed = 7, draws = 9 }\npriors.a = "1 to 2"\npriors.b = 3\n', "one.toml")
    two = write(tmp_path, 'extends = "one.toml"\nrun.draws = 10\npriors.a = { normal = [0, 1] }\n', "two.toml")
    flat = write(
        tmp_path, CHILD + "run = { seed = 7, draws = 10 }\n[priors]\na = { normal = [0, 1] }\nb = 3\n", "flat.toml"
    )
    assert differences(load_scenario(two), load_scenario(flat)) == ["name", "title"]


layers = st.fixed_dictionaries(
    {},
    optional={
        "run": st.dictionaries(st.sampled_from(["seed", "draws"]), st.integers(), max_size=2),
        "priors": st.dictionaries(
            st.sampled_from("ab"), st.integers() | st.dictionaries(st.sampled_from("xy"), leaves)
        ),
        "model": st.text(max_size=2),
    },
)


@given(layers, layers, layers)
def test_merging_is_associative_with_an_empty_identity(a: Any, b: Any, c: Any) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, {}) == a == merge({}, a)


def test_tables_merge_by_key_and_priors_replace_whole(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'extends = "short-timelines"\n[run]\ndraws = 10\n[priors]\ncurvature = { p10 = 0, p90 = 1 }\n'
    )
    scenario = load_scenario(path)
    assert scenario.priors["curvature"] == {"p10": 0, "p90": 1}
    assert "direction_slope" in scenario.priors
    assert (scenario.run.draws, scenario.run.seed) == (10, 20261122)


def test_title_and_reasons_are_a_files_own(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, CHILD))
    assert (scenario.name, scenario.title, scenario.reasons) == ("mine", "mine", "")


def test_an_override_beats_the_file_and_the_last_one_wins(tmp_path: Path) -> None:
    path = write(tmp_path, CHILD + "[run]\ndraws = 10\n")
    assert load_scenario(path, ["run.draws=11", "run.draws=1e6"]).run.draws == 1_000_000
    changed = load_scenario(path, ["priors.r=0.5 to 2.3", "priors.k={ p10 = 0, p50 = 0.02 }", "priors.k.p50=0.1"])
    assert changed.priors == {"r": "0.5 to 2.3", "k": {"p10": 0, "p50": 0.1}}
    assert load_scenario(path, ["as_of=2026-01-01"]).as_of == date(2026, 1, 1)
    assert load_scenario(path, ["data.ai_code_share=false"]).data["ai_code_share"].use is False


def test_naming_a_series_uses_it_and_keeps_its_other_keys(tmp_path: Path) -> None:
    path = write(tmp_path, CHILD + "[data]\nmetr_horizons = false\nrd_share = false\n")
    off, on = load_scenario(path), load_scenario(path, ["data.metr_horizons=true", "data.rd_share.vintage=v1"])
    assert (off.data["metr_horizons"].use, off.data["metr_horizons"].suite) == (False, "TH1.1")
    assert (on.data["metr_horizons"].use, on.data["metr_horizons"].suite) == (True, "TH1.1")
    assert (on.data["rd_share"].use, on.data["rd_share"].vintage) == (True, "v1")


def test_a_data_file_is_relative_to_the_scenario_that_wrote_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", CHILD + 'data.mine = { file = "my.csv" }\n', "parent.toml")
    scenario = load_scenario(write(tmp_path, 'extends = "deep/parent.toml"\n'), ["data.other.file=other.csv"])
    assert scenario.data["mine"].file == str(tmp_path / "deep" / "my.csv")
    assert scenario.data["other"].file == str(Path.cwd() / "other.csv")


def test_where_names_the_layer_that_had_the_last_word(tmp_path: Path) -> None:
    path = write(tmp_path, '# mine\nextends = "short-timelines"\nreasons = """\nrun\n"""\n\n[priors]\ncurvature = 0\n')
    scenario = load_scenario(path, ["priors.b=1"])
    assert scenario.where("priors", "curvature") == f"{path}: priors.curvature (line 8)"
    assert scenario.where("priors", "direction_slope").startswith(
        "short-timelines (bundled): priors.direction_slope (line "
    )
    assert scenario.where("priors", "b") == "--set priors.b"
    assert scenario.where("priors", "unset") == f"{path}: priors.unset"


def test_line_of_a_value_over_several_lines() -> None:
    text = 'a = """\nb = 1\n"""\n\n# why\nc = [\n  1,\n]\r\n[t]\nd.e = 1\n'
    assert [line_of(text, p) for p in (("a",), ("b",), ("c",), ("t",), ("t", "d", "e"))] == [1, None, 6, 9, 10]


# Identity


@given(tables)
def test_identity_does_not_see_key_order_or_integral_floats(table: dict[str, Any]) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return tuple(turned(item) for item in value)
        exact = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        return float(value) if exact else value

    assert canonical_json(turned(table)) == canonical_json(table)
    assert differences(turned(table), table) == []


@given(tables, st.data())
def test_identity_sees_every_leaf(table: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(table))
    at, path = changed, []
    while True:
        path.append(data.draw(st.sampled_from(sorted(at))))
        if not (isinstance(at[path[-1]], dict) and at[path[-1]]):
            break
        at = at[path[-1]]
    at[path[-1]] = {"changed": at[path[-1]]}
    assert identity(changed) != identity(table)
    assert len(differences(table, changed)) == 1


@given(tables, tables)
def test_differences_are_symmetric_and_empty_exactly_when_identities_agree(a: Any, b: Any) -> None:
    assert differences(a, b) == differences(b, a)
    assert (differences(a, b) == []) == (identity(a) == identity(b))


@given(tables)
def test_canonical_json_parses_back_and_is_a_fixed_point(table: dict[str, Any]) -> None:
    text = canonical_json(table)
    assert text.isascii()
    assert json.loads(text) == table
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_identity_refuses_what_json_cannot_hold(value: float) -> None:
    with pytest.raises(ScenarioError, match=r"^a\.b\.1: expected a finite number"):
        canonical_json({"a": {"b": (1, value)}})
    with pytest.raises(TypeError, match="no canonical JSON for set"):
        canonical_json({"a": {1}})


# Mistakes

BAD_TEXT = {
    "schema = 1\nr = 0.5 to 2\n": ["(line 2, column 9)", "TOML", "quotes"],
    "schema = 1\nschema = 1\n": ["TOML", "twice"],
    "schema = " + "9" * 5000: ["TOML"],
    "x = " + "[" * 100_000: ["nested too deeply"],
    CHILD + "priors" + ".x" * 3_000 + " = 1": ["nested too deeply"],
    "": ["a scenario", "an empty file"],
    "[project]\nfoo = 1\n": ["a scenario", "project"],
    "title = 'x'\n": ["schema", "schema = 1", "nothing", "(and 2 more)"],
    "schema = 1\nmodle = 'x'\nas_of = 2026-01-01\n": ["modle (line 2)", 'did you mean "model"?', "(and 1 more)"],
    "schema = 2\n" + CHILD: ["schema (line 1)", "schema = 1", "got 2", "newer"],
    CHILD + "[run]\nseed = 1\ndarws = 2\n": ["run.darws (line 4)", 'did you mean "draws"?'],
    CHILD + "calibration.chain = 2\n": ["calibration.chain (line 2)", 'did you mean "chains"?'],
    CHILD + "[data]\nq = { suit = 'x' }\n": ["data.q.suit (line 3)", 'did you mean "suite"?'],
    CHILD + "[data]\nq = 3\n": ["data.q (line 3)", "true, false or a table", "got 3"],
    CHILD + "[data.q]\nuse = 'no'\n": ["data.q.use (line 3)", "true or false", 'got "no"'],
    CHILD + "zzz = 1\n": ["zzz (line 2)", "known: as_of, calibration"],
    CHILD + "name = 'x'\n": ["name (line 2)", "title"],
    CHILD + "run = 3\n": ["run (line 2)", "a table", "got 3"],
    CHILD + "model = ''\n": ["model (line 2)", "text in quotes, not empty"],
    CHILD + "title = 3\n": ["title (line 2)", "text in quotes", "got 3"],
    CHILD + "as_of = 'soon'\n": ["as_of (line 2)", "a date such as 2026-11-22", 'got "soon"'],
    CHILD + "as_of = 2026-01-01T00:00:00\n": ["as_of (line 2)", "a date"],
    CHILD + "as_of = 2018-12-31\n": ["as_of (line 2)", "from 2019-01-01 to before the horizon 2060", "got 2018-12-31"],
    CHILD + "condition_on_not_yet = 1\n": ["condition_on_not_yet (line 2)", "true or false", "got 1"],
    CHILD + "run.draws = 0\n": ["run.draws (line 2)", "from 1 to 4294967296", "got 0"],
    CHILD + "run.draws = true\n": ["run.draws (line 2)", "a whole number", "got true"],
    CHILD + "run.draws = 1.5\n": ["run.draws (line 2)", "a whole number", "got 1.5"],
    CHILD + "run.seed = 0x" + "f" * 9000: ["run.seed (line 2)", "from 0 to 4294967295", "36000 bits"],
    CHILD + "run.horizon = 2029\n": ["run.horizon (line 2)", "from 2030 to 2200", "got 2029"],
    CHILD + "calibration.target_accept = nan\n": ["calibration.target_accept (line 2)", "from 0.5 to 0.999", "got nan"],
    CHILD + "calibration.warmup = 'x'\n": ["calibration.warmup (line 2)", "from 50 to 100000", 'got "x"'],
    CHILD + "priors = [1]\n": ["priors (line 2)", "a table", "got a list"],
    CHILD + "priors.a = true\n": ["priors.a (line 2)", "a finite number", "got true"],
    CHILD + "priors.a = [1, 2]\n": ["priors.a (line 2)", "got a list"],
    CHILD + "priors.a = nan\n": ["priors.a (line 2)", "got nan"],
    CHILD + "priors.a = ' '\n": ["priors.a (line 2)", 'got " "'],
    CHILD + "priors.a = 0x" + "f" * 9000: ["priors.a (line 2)", "36000 bits"],
    CHILD + "priors.a = { normal = [0, inf] }\n": ["priors.a.normal (line 2)", "finite numbers", "got inf"],
    CHILD + "priors.a = { b = { low = true } }\n": ["priors.a.b.low (line 2)", "got true"],
    "extends = 3\n": ["extends (line 1)", "a bundled scenario or a path", "got 3"],
    "schema = 1\nextends = 'baselne'\n": ["extends (line 2)", "baselne: no such file", 'did you mean "baseline"?'],
    "extends = '.'\n": ["extends (line 1)", "a folder"],
    CHILD + '"odd\\nkey" = 1\n': ['"odd\\nkey" (line 2)'],
}


@pytest.mark.parametrize("text", BAD_TEXT, ids=lambda text: ascii(text[-40:]))
def test_a_mistake_in_a_file_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    told = message(path)
    assert told.startswith(path)
    assert [part for part in BAD_TEXT[text] if part not in told] == []


def test_a_circle_of_scenarios_is_shown(tmp_path: Path) -> None:
    one = write(tmp_path, 'extends = "two.toml"\n', "one.toml")
    two = write(tmp_path, 'extends = "./one.toml"\n', "two.toml")
    assert f"{one} -> {two} -> {one}" in message(one)
    own = write(tmp_path, 'extends = "own.toml"\n', "own.toml")
    assert f"{own} -> {own}" in message(own)


def test_a_mistake_in_the_parent_names_the_parent(tmp_path: Path) -> None:
    parent = write(tmp_path, CHILD + "run.draws = 0\n", "parent.toml")
    assert message(write(tmp_path, 'extends = "parent.toml"\nrun.seed = 3\n')).startswith(
        f"{parent}: run.draws (line 2)"
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert 'did you mean "baseline"? bundled: ai-2027-gaps' in message("baselin")
    assert "bundled: ai-2027-gaps" in message(str(tmp_path / "nothing.toml"))
    assert "a folder" in message(str(tmp_path))
    assert "a folder" in message("")
    assert "not a directory" in message(write(tmp_path, CHILD) + "/x")
    assert "(line 2): expected UTF-8, got the byte 0xff" in message(write(tmp_path, b"schema = 1\n# \xff\n"))
    for name in ("a\0b", "a\nb", "x" * 5000):
        message(name)


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbf" + (CHILD + "[run]\ndraws = 12\n").replace("\n", "\r\n").encode())
    assert load_scenario(path).run.draws == 12


@pytest.mark.parametrize("text", ["run.draws", "=3", "a..b=1", ".=1", "", " = 1", "title=\udcff"])
def test_a_malformed_override_is_a_usage_error(text: str) -> None:
    assert "--set run.draws=5000" in message("baseline", text, kind=UsageError)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("run.draws=0", ["--set run.draws: ", "from 1 to 4294967296", "got 0"]),
        ("run.darws=5", ["--set run.darws: ", 'did you mean "draws"?']),
        ("run={ darws = 5 }", ["--set run: run.darws: ", 'did you mean "draws"?']),
        ("run.horizon=2050\nrun.seed=3", ["--set run.horizon: ", '\\nrun.seed=3"']),
        ("as_of=2026-13-01", ["--set as_of: ", "a date"]),
        ("priors.direction_slope.p50=2", ["--set priors.direction_slope.p50", "to be a table", '"0.4 to 1.8"']),
        ("priors.a=nan", ["--set priors.a: ", "finite"]),
        ("extends=baseline", ["--set extends: ", "argument"]),
        ("name=x", ["--set name: ", "title"]),
        ("priors" + ".x" * 3_000 + "=1", ["nested too deeply"]),
    ],
    ids=lambda value: ascii(value[:30]) if isinstance(value, str) else "",
)
def test_a_bad_override_names_its_key(text: str, parts: list[str]) -> None:
    told = message("short-timelines", text)
    assert [part for part in parts if part not in told] == []


def only_errors_of_the_house(name: str, *overrides: str) -> None:
    try:
        scenario = load_scenario(name, overrides)
    except RsimcError as error:
        assert "\n" not in str(error)
        assert "pydantic" not in str(error)
    else:
        assert identity(scenario)


scalars = st.sampled_from(
    ["1", "-1", "1e400", "nan", "true", '"x"', "[]", "{}", "{ a = 1 }", "2026-01-01", "[[1]]", "1e6"]
)
paths = st.lists(st.sampled_from([*known_keys(), *known_keys(("run",)), "x", "use", "file"]), min_size=1, max_size=3)
statements = st.builds(lambda path, value: f"{'.'.join(path)} = {value}", paths, scalars | st.text(max_size=5))
anything = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(anything | st.lists(statements, max_size=3).map(lambda lines: CHILD + "\n".join(lines)) | st.binary(max_size=30))
def test_no_text_raises_anything_else(tmp_path: Path, text: str | bytes) -> None:
    only_errors_of_the_house(write(tmp_path, text))


@settings(deadline=None)
@given(st.lists(st.text(max_size=20) | statements, max_size=3))
def test_no_override_raises_anything_else(texts: list[str]) -> None:
    only_errors_of_the_house("baseline", *texts)
