"""Laws of importing a user's own data: values survive, mistakes name file and place, and nothing is overwritten."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rsimc.cli.main import main
from rsimc.errors import DataError
from rsimc.observations import SERIES, load_series, read_table, select
from rsimc.observations.importing import import_table, scenario_line, table_text
from rsimc.observations.metr import read_metr

PUBLISHED = date(2026, 5, 8)
FINAL = "2026-05-08_final"
Document = dict[str, Any]


def result(value: float, low: float, high: float, day: str, record: bool = True, suite: str = "v1.1") -> Document:
    horizon = {"estimate": value, "ci_low": low, "ci_high": high}
    metrics = {"average_score": {"estimate": 0.5}, "is_sota": record, "p50_horizon_length": horizon}
    return {
        "benchmark_name": f"METR-Horizon-{suite}",
        "metrics": metrics,
        "release_date": day,
        "scaffolds": ["react", None],
    }


def document(**results: Document) -> Document:
    return {"benchmark_name": "METR-Horizon-v1.1", "results": results, "swaa_version": "f6cc8405"}


GOOD = document(
    gpt_4=result(4.0, 1.9, 8.0, "2023-03-14"), o3_inspect=result(119.7, 74.6, 190.9, "2025-04-16", record=False)
)


def write_yaml(path: Path, content: Document) -> Path:
    path.write_text(yaml.dump(content, default_flow_style=False, sort_keys=True), encoding="utf-8")  # as METR does
    return path


def refused(path: Path, published: date = PUBLISHED) -> DataError:
    with pytest.raises(DataError) as caught:
        read_metr(path, published)
    assert caught.value.exit_code == 3
    assert caught.value.where.startswith(str(path))
    assert caught.value.expected and caught.value.found and caught.value.advice
    return caught.value


# METR's file


def test_metrs_file_gives_the_bundled_rows(tmp_path: Path) -> None:
    bundled = [row for row in load_series("metr_horizons") if row.vintage == FINAL]
    results = {
        row.key: result(row.value, row.low or 0, row.high or 0, row.date.isoformat(), row.state_of_the_art)
        for row in bundled
    }
    read = read_metr(write_yaml(tmp_path / "metr.yaml", document(**results)), PUBLISHED)
    same = ("key", "label", "value", "unit", "low", "high", "date", "published", "kind", "state_of_the_art", "suite")
    expected = {tuple(getattr(row, name) for name in same) for row in bundled}
    assert {tuple(getattr(row, name) for name in same) for row in read} == expected
    assert {row.vintage for row in read} == {"2026-05-08"}


@st.composite
def results(draw: st.DrawFn) -> Document:
    minutes = st.floats(1e-6, 1e9)
    low, value, high = sorted(draw(st.tuples(minutes, minutes, minutes)))
    day = draw(st.dates(date(2019, 1, 1), PUBLISHED))
    return result(value, low, high, day.isoformat(), draw(st.booleans()), draw(st.sampled_from(["v1.0", "v1.1", "v1"])))


NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True)


@settings(deadline=None, max_examples=50)  # it writes files, and disks stall
@given(models=st.dictionaries(NAMES, results(), min_size=1, max_size=5))
def test_values_survive_import_and_reading(
    tmp_path_factory: pytest.TempPathFactory, models: dict[str, Document]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    rows = read_metr(write_yaml(folder / "metr.yaml", document(**models)), PUBLISHED)
    table = folder / "imported.csv"
    table.write_text(table_text(rows), encoding="utf-8")
    assert read_table(table, "metr_horizons") == rows
    assert select("metr_horizons", PUBLISHED, file=table) == rows
    assert {row.key: row.state_of_the_art for row in rows} == {k: v["metrics"]["is_sota"] for k, v in models.items()}
    for row in rows:
        horizon = models[row.key]["metrics"]["p50_horizon_length"]
        assert (row.value, row.low, row.high) == (horizon["estimate"], horizon["ci_low"], horizon["ci_high"])
        assert row.kind == ("point" if row.value <= 960 else "censored_above")
        assert ("carried over" in row.note) == (models[row.key]["benchmark_name"] != "METR-Horizon-v1.1")


def test_the_older_form_with_agents_reads(tmp_path: Path) -> None:
    old = deepcopy(GOOD)
    old["benchmark_name"] = "METR-Horizon-v1"
    for one in old["results"].values():
        one["agents"] = {"modular-public": one.pop("metrics")}
        del one["benchmark_name"]
    rows = read_metr(write_yaml(tmp_path / "metr.yaml", old), PUBLISHED)
    assert [(row.key, row.value, row.suite) for row in rows] == [
        ("gpt_4", 4.0, "TH1.0"),
        ("o3_inspect", 119.7, "TH1.0"),
    ]


def change(*keys: str, to: object = None) -> Callable[[Document], None]:
    """Sets a value of a document, or removes it."""

    def apply(content: Document) -> None:
        for key in keys[:-1]:
            content = content[key]
        if to is None:
            del content[keys[-1]]
        else:
            content[keys[-1]] = to

    return apply


HORIZON = ("results", "gpt_4", "metrics", "p50_horizon_length")
BAD = {
    "no suite": (change("benchmark_name"), "", "benchmark_name"),
    "another benchmark": (change("benchmark_name", to="SWE-bench"), ": benchmark_name", "METR-Horizon-v1.1"),
    "no results": (change("results"), "", "results"),
    "results without models": (change("results", to={}), ": results", "model"),
    "no release": (change("results", "gpt_4", "release_date"), ": results.gpt_4", "release_date"),
    "no such day": (change("results", "gpt_4", "release_date", to="2025-13-01"), ".release_date", "YYYY-MM-DD"),
    "released later": (change("results", "gpt_4", "release_date", to="2026-05-09"), ".release_date", "2026-05-08"),
    "no metrics": (change("results", "gpt_4", "metrics"), ": results.gpt_4", "metrics"),
    "no horizon": (change(*HORIZON), ": results.gpt_4.metrics", "p50_horizon_length"),
    "no interval": (change(*HORIZON, "ci_low"), ".p50_horizon_length", "ci_low"),
    "no number": (change(*HORIZON, "estimate", to="an hour"), ".estimate", "number"),
    "not finite": (change(*HORIZON, "ci_high", to=float("inf")), ".ci_high", "finite"),
    "interval below": (change(*HORIZON, "ci_high", to=3.0), ".p50_horizon_length", "ci_low <= estimate"),
    "interval above": (change(*HORIZON, "ci_low", to=5.0), ".p50_horizon_length", "ci_low <= estimate"),
    "no length": (change(*HORIZON, "ci_low", to=-1.0), ".p50_horizon_length", "0 < ci_low"),
    "record unknown": (change("results", "gpt_4", "metrics", "is_sota", to="maybe"), ".is_sota", "true or false"),
    "two suites": (
        change("results", "gpt_4", "benchmark_name", to="METR-Horizon-v2.0"),
        ": results.gpt_4.benchmark_name",
        "TH1.1",
    ),
    "a list": (change("results", to=[1, 2]), ": results", "table"),
}


@pytest.mark.parametrize(("spoil", "place", "expected"), BAD.values(), ids=BAD.keys())
def test_a_spoilt_file_is_refused_where_it_is_spoilt(
    tmp_path: Path, spoil: Callable[[Document], None], place: str, expected: str
) -> None:
    content = deepcopy(GOOD)
    spoil(content)
    error = refused(write_yaml(tmp_path / "metr.yaml", content))
    assert error.where.endswith(place or str(tmp_path / "metr.yaml"))
    assert expected in error.expected


def test_a_model_that_comes_twice_is_refused_at_its_line(tmp_path: Path) -> None:
    path = write_yaml(tmp_path / "metr.yaml", GOOD)
    text = path.read_text().replace("o3_inspect:", "gpt_4:")
    path.write_text(text)
    line = 1 + max(n for n, content in enumerate(text.splitlines()) if content == "  gpt_4:")
    error = refused(path)
    assert error.where == f"{path}: line {line}"
    assert '"gpt_4" a second time' in error.found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "readable YAML"),
        (b"", "results"),
        (b"# nothing\n", "results"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
        (b"results: {\n", "YAML"),
        (b"<!doctype html>\n<html>", "benchmark_name"),
        (b"a: 1\n---\na: 2\n", "YAML"),
        (b"a: &x [*x]\n", "YAML"),
        (b"[" * 100_000, "YAML"),
        (b'!!python/object/apply:os.getcwd ["x"]\n', "benchmark_name"),
    ],
)
def test_a_file_that_is_not_metrs_is_refused(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "metr.yaml"
    if content is not None:
        path.write_bytes(content)
    assert expected in refused(path).expected


# Tables


@pytest.mark.parametrize("name", SERIES)
def test_bundled_tables_survive_writing_and_reading(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table_text(load_series(name)), encoding="utf-8")
    assert read_table(path, name) == load_series(name)


@pytest.mark.parametrize("column", ["suite", "vintage"])
def test_two_vintages_in_one_table_are_refused_at_the_second(tmp_path: Path, column: str) -> None:
    first, second, *_ = read_metr(write_yaml(tmp_path / "metr.yaml", GOOD), PUBLISHED)
    other = type(second)(**{**second.__dict__, column: "other"})
    path = tmp_path / "t.csv"
    path.write_text(table_text((first, other)), encoding="utf-8")
    with pytest.raises(DataError, match=f'column "{column}"') as caught:
        import_table(path, "metr_horizons")
    assert caught.value.where == f"{path}: row 3 (o3_inspect)"


def test_the_scenario_line_is_toml_that_finds_the_rows(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder, ünï'
    folder.mkdir()
    for rows in (read_metr(write_yaml(tmp_path / "metr.yaml", GOOD), PUBLISHED), load_series("rd_share")):
        path = folder / f"{rows[0].series}.csv"
        path.write_text(table_text(rows), encoding="utf-8")
        ((name, choice),) = tomllib.loads(scenario_line(rows, path))["data"].items()
        assert select(name, date(2027, 1, 1), choice.get("suite"), choice.get("vintage"), Path(choice["file"])) == rows


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(("observations", *arguments))
    return code, *capsys.readouterr()


def test_import_then_check_then_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, table = write_yaml(tmp_path / "metr.yaml", GOOD), tmp_path / "mine.csv"
    asked = ("--import", str(source), "--published", "2026-05-08", "--output", str(table))
    code, out, err = run(capsys, *asked)
    first, _, line = out.splitlines()
    assert (code, err, first) == (0, "", f"wrote {table}: 2 rows of metr_horizons (2 point)")
    assert select("metr_horizons", PUBLISHED, file=table) == read_metr(source, PUBLISHED)
    written = table.read_bytes()
    code, out, err = run(capsys, *asked)
    assert (code, out) == (1, "")
    assert "choose another name" in err
    assert table.read_bytes() == written
    code, out, _ = run(capsys, "--import", str(table), "--series", "metr_horizons", "--json")
    found = json.loads(out)
    assert (code, found["rows"], found["file"], found["scenario"]) == (0, 2, None, line.strip())
    assert main(("check", "baseline", "--set", line.strip())) == 0


def test_without_an_output_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_yaml(tmp_path / "metr.yaml", GOOD)
    code, out, _ = run(capsys, "--import", str(source), "--published", "2026-05-08")
    assert code == 0
    assert "2 rows" in out and "--output" in out and "data." not in out
    assert list(tmp_path.iterdir()) == [source]


MISTAKES = {
    "no day": (2, ["--import", "metr.yaml"], "--published"),
    "no such day": (2, ["--import", "metr.yaml", "--published", "8 May 2026"], "2026-05-08"),
    "no series": (2, ["--import", "table.csv"], "--series"),
    "misspelt series": (2, ["--import", "table.csv", "--series", "rdshare"], 'did you mean "rd_share"?'),
    "series of METR's file": (2, ["--import", "metr.yaml", "--series", "rd_share"], "metr_horizons"),
    "day of a table": (2, ["--import", "table.csv", "--series", "rd_share", "--published", "2026-05-08"], "column"),
    "show and import": (2, ["rd_share", "--import", "table.csv"], "either"),
    "output alone": (2, ["--output", "x.csv"], "--import"),
    "series alone": (2, ["--series", "rd_share"], "--import"),
    "ending of output": (2, ["--import", "metr.yaml", "--published", "2026-05-08", "-o", "x.txt"], ".csv"),
    "no file": (3, ["--import", "none.yaml", "--published", "2026-05-08"], "none.yaml"),
    "no table": (3, ["--import", "none.csv", "--series", "rd_share"], "none.csv"),
    "unknown ending": (3, ["--import", "none", "--series", "rd_share"], "none"),
    "bad table": (3, ["--import", "table.csv", "--series", "rd_share"], 'a column "key"'),
    "bad file": (3, ["--import", "bad.yaml", "--published", "2026-05-08"], "bad.yaml: line 1"),
}


@pytest.mark.parametrize(("code", "arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_yaml(Path("metr.yaml"), GOOD)
    Path("table.csv").write_text("label\nx\n")
    Path("bad.yaml").write_text("a: ]\n")
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("error: ") and err.count("\n") == 1
    assert words in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "metr.yaml", "table.csv"]
