"""Laws of the observation tables: what they hold, what of them was known when, and which rows are refused."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsimc.errors import DataError
from rsimc.observations import SERIES, Observation, known_rows, later_keys, load_series, read_table, select
from rsimc.observations.rows import COLUMNS, KINDS, OPTIONAL

TODAY = date(2026, 11, 22)
RELIABLE_MINUTES = 960.0
VINTAGE_LESS = tuple(name for name in SERIES if name != "metr_horizons")

GOOD = Observation(
    series="metr_horizons",
    key="model_a",
    label="Model A",
    group="",
    value=60.0,
    unit="minutes",
    date=date(2025, 2, 24),
    published=date(2025, 3, 26),
    published_basis="assumed",
    low=30.0,
    high=120.0,
    interval="95% interval",
    sd=None,
    sd_scale="",
    kind="point",
    state_of_the_art=True,
    suite="TH1.1",
    vintage="first",
    source="a source, with a comma",
    licence="unknown",
    verification="P",
    note="",
)
FRACTION = replace(GOOD, series="rd_share", unit="fraction", value=0.5, low=0.4, high=0.6, suite="", vintage="")


def as_fields(row: Observation) -> dict[str, str]:
    """The fields of a row as a table has them; of the optional ones those that are given."""
    values = {name: value for name, value in asdict(row).items() if name not in OPTIONAL or value is not None}
    fields = {name: "" if value is None else str(value) for name, value in values.items() if name != "series"}
    return fields | {"state_of_the_art": str(int(row.state_of_the_art))}


def write_table(path: Path, *rows: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def refused(path: Path, series: str = "metr_horizons") -> DataError:
    with pytest.raises(DataError) as caught:
        read_table(path, series)
    assert caught.value.exit_code == 3
    assert caught.value.where.startswith(str(path))
    assert caught.value.expected and caught.value.found and caught.value.advice
    return caught.value


# The bundled tables


@pytest.mark.parametrize("name", SERIES)
def test_bundled_table_reads(name: str) -> None:
    rows = load_series(name)
    assert rows
    assert {row.series for row in rows} == {name}
    assert {row.unit for row in rows} == {SERIES[name].unit}
    assert known_rows(rows, TODAY)
    assert all(row.source and row.licence and row.verification[0] in "PQSR" for row in rows)


@pytest.mark.parametrize("name", SERIES)
def test_fitted_rows_are_published_no_earlier_than_what_they_speak_of(name: str) -> None:
    assert all(row.date <= row.published <= TODAY for row in known_rows(load_series(name), TODAY))


@pytest.mark.parametrize("name", SERIES)
def test_assumed_publication_says_why(name: str) -> None:
    assert all("published" in row.note for row in load_series(name) if row.published_basis == "assumed")


def test_only_epoch_data_carries_an_open_licence() -> None:
    for row in (row for name in SERIES for row in load_series(name)):
        assert row.licence == ("CC BY 4.0" if "Epoch AI" in row.source else "unknown")


def test_records_of_a_suite_are_the_best_so_far() -> None:
    rows = known_rows(load_series("research_suites"), TODAY)
    assert len({row.group for row in rows}) == 7
    for row in rows:
        earlier = [other.value for other in rows if other.group == row.group and other.date <= row.date]
        assert row.state_of_the_art == (row.value >= max(earlier))


def test_shares_of_trials_are_whole_numbers_of_people() -> None:
    asked = [(row.value * row.trials, row.trials) for row in load_series("whole_job") if row.trials is not None]
    assert [(round(yes, 4), n) for yes, n in asked] == [(0, 4), (0, 7), (0, 18), (0, 16), (1, 18)]


def test_trial_sd_is_that_of_its_interval() -> None:
    for row in load_series("uplift_trials"):
        assert row.low is not None and row.high is not None
        assert row.sd == pytest.approx(np.log(row.high / row.low) / 3.92, abs=1e-5)


def test_derived_values_follow_from_what_their_notes_say() -> None:
    values = {row.key: row.value for name in SERIES for row in load_series(name)}
    assert values["judgement_2026"] == pytest.approx(0.25 * 0.64 + 0.75 * 0.20)
    assert values["alphaevolve_2025"] == pytest.approx(-np.log(0.993) - np.log(0.99), abs=5e-5)
    assert values["software_2019_2026"] == pytest.approx(168 / 3.04 / (8 * 989.4 / (32 * 123)), rel=0.01)
    assert values["agent_pace"] == pytest.approx((np.log(2.02 / 1.65) / 7) / (np.log(3.04 / 2.02) / 34), abs=0.05)


def test_horizons_are_points_exactly_where_the_suite_is_reliable() -> None:
    for row in known_rows(load_series("metr_horizons"), TODAY):
        assert row.kind == ("point" if row.value <= RELIABLE_MINUTES else "censored_above")


def test_lab_compute_sd_is_that_of_its_interval() -> None:
    for row in load_series("lab_compute"):
        assert row.low is not None and row.high is not None
        assert row.sd == pytest.approx(np.log(row.high / row.low) / 3.29, abs=1e-5)


@pytest.mark.parametrize(("since", "days"), [(date(2019, 1, 1), 187.8), (date(2023, 1, 1), 128.7)])
def test_final_file_reproduces_the_doubling_times_of_metr(since: date, days: float) -> None:
    rows = [
        row
        for row in select("metr_horizons", TODAY, suite="TH1.1", vintage="2026-05-08_final")
        if row.state_of_the_art and row.value <= RELIABLE_MINUTES and row.date >= since
    ]
    slope, _ = np.polyfit([row.date.toordinal() for row in rows], np.log2([row.value for row in rows]), 1)
    assert 1 / slope == pytest.approx(days, abs=0.1)


def test_observations_need_only_the_standard_library() -> None:
    code = "import sys, rsimc.observations; print(*{'numpy', 'pandas', 'jax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# What was known when

DAYS = st.dates(date(2024, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize("name", VINTAGE_LESS)
@given(first=DAYS, second=DAYS)
def test_later_knows_no_fewer_rows(name: str, first: date, second: date) -> None:
    early, late = sorted((first, second))
    assert set(select(name, early)) <= set(select(name, late))


@pytest.mark.parametrize("suite", ["TH1.0", "TH1.1"])
@given(as_of=DAYS)
def test_vintages_are_never_mixed(suite: str, as_of: date) -> None:
    rows = select("metr_horizons", as_of, suite=suite)
    assert len({(row.suite, row.vintage) for row in rows}) <= 1
    assert all(row.published <= as_of and row.kind != "excluded" for row in rows)
    assert max(Counter(row.key for row in rows).values(), default=1) == 1


def test_the_latest_vintage_known_is_taken() -> None:
    for row in load_series("metr_horizons"):
        if row.suite == "TH1.1" and row.kind != "excluded":
            assert {chosen.vintage for chosen in select("metr_horizons", row.published)} == {row.vintage}
            before = select("metr_horizons", row.published - timedelta(days=1))
            assert row.vintage not in {chosen.vintage for chosen in before}


def test_nothing_known_is_empty() -> None:
    assert all(select(name, date(2019, 1, 1)) == () for name in SERIES)
    assert select("metr_horizons", date(2026, 1, 29), vintage="2026-05-08_final") == ()


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match="metr_horizons"):
        load_series("metr_horizon")
    with pytest.raises(DataError, match="ai_code_share"):
        select("ai_code_shares", TODAY)
    with pytest.raises(DataError, match=r'did you mean "TH1\.'):
        select("metr_horizons", TODAY, suite="TH1.2")
    with pytest.raises(DataError, match='did you mean "2026-05-08_final"'):
        select("metr_horizons", TODAY, vintage="2026-05-08")
    with pytest.raises(DataError, match="suite"):
        select("rd_share", TODAY, suite="TH1.1")


def test_a_users_file_takes_the_place_of_the_bundled_one(tmp_path: Path) -> None:
    later = replace(GOOD, vintage="second", published=date(2025, 5, 1), value=61.0)
    path = write_table(tmp_path / "own.csv", as_fields(GOOD), as_fields(later))
    with pytest.raises(DataError, match="first, second") as caught:
        select("metr_horizons", TODAY, file=path)
    assert caught.value.where == str(path)
    assert select("metr_horizons", TODAY, vintage="second", file=path) == (later,)
    assert select("metr_horizons", TODAY, file=write_table(tmp_path / "one.csv", as_fields(GOOD))) == (GOOD,)


def test_the_default_suite_is_never_guessed(tmp_path: Path) -> None:
    path = write_table(tmp_path / "own.csv", as_fields(replace(GOOD, suite="TH2")))
    with pytest.raises(DataError, match="TH2"):
        select("metr_horizons", TODAY, file=path)


def test_what_is_published_later_is_named(tmp_path: Path) -> None:
    again = replace(GOOD, vintage="second", published=date(2026, 5, 1))
    new = replace(again, key="model_b", label="Model B")
    never = replace(again, key="model_c", label="Model C", kind="excluded")
    path = write_table(tmp_path / "own.csv", *(as_fields(row) for row in (GOOD, again, new, never)))
    assert later_keys("metr_horizons", date(2026, 4, 30), file=path) == ("model_b",)
    assert later_keys("metr_horizons", date(2026, 5, 1), file=path) == ()
    assert later_keys("metr_horizons", date(2000, 1, 1), file=path) == ("model_a", "model_b")


@given(st.sampled_from(sorted(SERIES)), st.dates(date(2019, 1, 1), date(2027, 1, 1)))
def test_every_row_is_known_or_later(name: str, as_of: date) -> None:
    rows = [row for row in load_series(name) if row.kind != "excluded" and row.suite in ("", "TH1.1")]
    later = set(later_keys(name, as_of))
    assert later == {row.key for row in rows} - {row.key for row in known_rows(rows, as_of)}


# Bad rows

BAD_FIELDS = [
    ("key", ""),
    ("label", ""),
    ("value", ""),
    ("value", "an hour"),
    ("value", "nan"),
    ("value", "inf"),
    ("value", "1_000"),
    ("value", "0"),
    ("value", "-1"),
    ("unit", "hours"),
    ("date", "2025-13-01"),
    ("date", "20250224"),
    ("date", ""),
    ("published", "26/03/2025"),
    ("published", "2025-02-23"),
    ("published_basis", "guessed"),
    ("low", "61"),
    ("low", "0"),
    ("low", "x"),
    ("high", "59"),
    ("high", "-inf"),
    ("kind", "points"),
    ("kind", ""),
    ("state_of_the_art", "yes"),
    ("sd", "0"),
    ("sd_scale", "log"),
    ("sd_scale", "log10"),
    ("source", ""),
    ("licence", ""),
    ("verification", ""),
]


@pytest.mark.parametrize(("column", "text"), BAD_FIELDS)
def test_bad_field_is_refused_where_it_stands(tmp_path: Path, column: str, text: str) -> None:
    fine = as_fields(GOOD)
    path = write_table(tmp_path / "t.csv", fine | {"key": "another"}, fine | {column: text})
    error = refused(path)
    assert error.where == f"{path}: row 3 ({'no key' if column == 'key' else 'model_a'})"
    assert f'"{column}"' in error.expected
    assert (text or "nothing") in error.found


@pytest.mark.parametrize(("column", "text"), [("value", "80"), ("value", "1"), ("value", "0"), ("low", "0")])
def test_fraction_out_of_range_is_refused(tmp_path: Path, column: str, text: str) -> None:
    path = write_table(tmp_path / "t.csv", as_fields(FRACTION) | {column: text})
    error = refused(path, "rd_share")
    assert error.where == f"{path}: row 2 (model_a)"
    assert f'"{column}"' in error.expected


def test_fit_row_without_any_error_is_refused(tmp_path: Path) -> None:
    assert '"sd"' in refused(write_table(tmp_path / "t.csv", as_fields(GOOD) | {"low": ""})).expected


def test_an_sd_is_of_the_scale_on_which_the_series_is_read(tmp_path: Path) -> None:
    for good, series, wrong in ((GOOD, "metr_horizons", "logit"), (FRACTION, "rd_share", "log")):
        path = write_table(tmp_path / f"{wrong}.csv", as_fields(good) | {"sd": "0.1", "sd_scale": wrong})
        assert '"sd_scale"' in refused(path, series).expected


@pytest.mark.parametrize("share", ["0", "0.25", "1"])
def test_share_of_trials_needs_no_error_and_may_be_none_or_all(tmp_path: Path, share: str) -> None:
    fields = as_fields(FRACTION) | {"value": share, "low": "", "high": "", "trials": "16", "hours": "5.6"}
    (row,) = read_table(write_table(tmp_path / "t.csv", fields, columns=(*COLUMNS, *OPTIONAL)), "rd_share")
    assert (row.value, row.hours, row.trials) == (float(share), 5.6, 16.0)
    refused(write_table(tmp_path / "u.csv", fields | {"value": "1.1"}, columns=(*COLUMNS, *OPTIONAL)), "rd_share")


@pytest.mark.parametrize(("column", "text"), [("hours", "0"), ("hours", "x"), ("trials", "-1"), ("trials", "nan")])
def test_bad_optional_field_is_refused(tmp_path: Path, column: str, text: str) -> None:
    path = write_table(tmp_path / "t.csv", as_fields(FRACTION) | {column: text}, columns=(*COLUMNS, *OPTIONAL))
    error = refused(path, "rd_share")
    assert f'"{column}"' in error.expected
    assert error.where == f"{path}: row 2 (model_a)"


def test_only_a_fraction_has_trials(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.csv", as_fields(GOOD) | {"trials": "8"}, columns=(*COLUMNS, *OPTIONAL))
    assert '"trials"' in refused(path).expected


@pytest.mark.parametrize("columns", [COLUMNS, (*COLUMNS, "hours"), ("trials", *COLUMNS), (*COLUMNS, *OPTIONAL)])
def test_optional_columns_may_be_left_out(tmp_path: Path, columns: tuple[str, ...]) -> None:
    assert read_table(write_table(tmp_path / "t.csv", as_fields(GOOD), columns=columns), "metr_horizons") == (GOOD,)
    refused(write_table(tmp_path / "u.csv", as_fields(GOOD), columns=(*columns, "hour")))


def test_excluded_row_may_say_what_a_fitted_one_may_not(tmp_path: Path) -> None:
    fields = as_fields(FRACTION) | {
        "kind": "excluded",
        "value": "1.0",
        "low": "",
        "high": "",
        "published": "2024-01-01",
    }
    (row,) = read_table(write_table(tmp_path / "t.csv", fields), "rd_share")
    assert row.value == 1.0
    assert known_rows([row], TODAY) == ()


def test_duplicate_key_is_refused_within_a_vintage_only(tmp_path: Path) -> None:
    fine = as_fields(GOOD)
    assert len(read_table(write_table(tmp_path / "t.csv", fine, fine | {"vintage": "second"}), "metr_horizons")) == 2
    error = refused(write_table(tmp_path / "u.csv", fine, fine))
    assert error.where.endswith("row 3 (model_a)")
    assert "row 2" in error.advice


def test_one_observation_under_two_keys_is_refused(tmp_path: Path) -> None:
    twin = as_fields(GOOD) | {"key": "another", "note": "copied"}
    error = refused(write_table(tmp_path / "t.csv", as_fields(GOOD), twin))
    assert error.where.endswith("row 3 (another)") and "row 2" in error.expected
    for other in ({"label": "elsewhere"}, {"kind": "excluded"}, {"vintage": "second"}, {"value": "60.5"}):
        rows = (as_fields(GOOD), twin | other)
        assert len(read_table(write_table(tmp_path / "u.csv", *rows), "metr_horizons")) == 2


def test_row_number_is_the_line_in_an_editor(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.csv", as_fields(replace(GOOD, key="first", note="two\nlines")))
    text = path.read_text(encoding="utf-8") + "\n"  # a blank line
    path.write_text(text, encoding="utf-8")
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, COLUMNS).writerow(as_fields(GOOD) | {"value": "x"})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[int(refused(path).where.split("row ")[1].split()[0]) - 1].startswith("model_a")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "readable"),
        (b"", "header"),
        (b"\n\n", "header"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
        (b"key,\0label\n", "UTF-8"),
        ("key,label\n".encode("utf-16"), "UTF-8"),
        (",".join(COLUMNS).encode(), "row"),
        ((",".join(COLUMNS) + '\n"unclosed').encode(), "CSV"),
        ((",".join(COLUMNS) + "\na,b\n").encode(), "columns"),
        ((",".join((*COLUMNS, "key")) + "\na,b\n").encode(), "one column"),
    ],
)
def test_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_bytes(content)
    assert expected in refused(path).expected


@pytest.mark.parametrize("column", COLUMNS)
def test_missing_and_misspelt_columns_are_refused(tmp_path: Path, column: str) -> None:
    without = tuple(name for name in COLUMNS if name != column)
    error = refused(write_table(tmp_path / "t.csv", as_fields(GOOD), columns=without))
    assert column in error.expected
    misspelt = (*without, f"{column}_")
    error = refused(write_table(tmp_path / "u.csv", as_fields(GOOD), columns=misspelt))
    assert column in error.advice


def test_unknown_series_is_refused(tmp_path: Path) -> None:
    assert "metr_horizons" in refused(write_table(tmp_path / "t.csv", as_fields(GOOD)), "metr").advice


# A valid row survives writing and reading

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(str.strip)
WORDS = TEXTS.filter(bool)
MINUTES = st.floats(1e-6, 1e9)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    low, value, high = sorted(draw(st.tuples(MINUTES, MINUTES, MINUTES)))
    sd = draw(st.none() | st.floats(1e-6, 10))
    day = draw(st.dates(date(2019, 1, 1), date(2030, 1, 1)))
    return Observation(
        series="metr_horizons",
        key=draw(WORDS),
        label=draw(WORDS),
        group=draw(TEXTS),
        value=value,
        unit="minutes",
        date=day,
        published=day + timedelta(days=draw(st.integers(0, 1000))),
        published_basis=draw(st.sampled_from(["stated", "assumed"])),
        low=low,
        high=high,
        interval=draw(TEXTS),
        sd=sd,
        sd_scale="" if sd is None else "log",
        kind=draw(st.sampled_from(KINDS)),
        state_of_the_art=draw(st.booleans()),
        suite=draw(TEXTS),
        vintage=draw(TEXTS),
        source=draw(WORDS),
        licence=draw(WORDS),
        verification=draw(WORDS),
        note=draw(TEXTS),
    )


@settings(deadline=None, max_examples=50)  # it writes files, and disks stall
@given(row=observations(), order=st.permutations(COLUMNS))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, row: Observation, order: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    assert read_table(write_table(path, as_fields(row), columns=tuple(order)), "metr_horizons") == (row,)
