"""Every export goes round: what the library that its users have reads again is what the run says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.cli.main import main
from rsimc.dates import end_of_day, last_day
from rsimc.engine.plan import BLOCK
from rsimc.errors import OutputError, UsageError
from rsimc.publish.formats import FORMATS, Options, export
from rsimc.publish.formats.metaculus import EVEN, MOST, POINTS, continuous_cdf
from rsimc.publish.formats.writing import BINARY, FOLDERS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    folder = tmp_path_factory.mktemp("formats") / "run"
    return api.simulate("baseline", ["run.horizon=2034"], prior=True, draws=20 * BLOCK, output=folder)


def text(run: Forecast, form: str, options: Options = Options()) -> str:  # noqa: B008, frozen
    made = export(run, form, None, options)
    assert isinstance(made, str)
    return made


def test_the_schema_is_one_and_holds(run: Forecast) -> None:
    schema = json.loads(text(run, "schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(json.loads(text(run, "json")))
    wrong = json.loads(text(run, "json"))
    wrong["milestones"]["coder"]["not_within_horizon"]["p"] = 1.5
    assert list(validator.iter_errors(wrong))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_distribution_functions_go_round(run: Forecast, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"cdf.{form}"
    export(run, form, path, Options(table="cdf"))
    rows = read(path)
    curve = run.curve("coder")
    mine = [row for row in rows if row["milestone"] == "coder"]
    assert [float(row["p"]) for row in mine] == pytest.approx(curve.p.tolist(), abs=1e-12)
    assert [float(row["year"]) for row in mine] == pytest.approx(curve.edges.tolist())
    errors = [float(row["se"]) for row in mine if row["se"] not in (None, "")]
    assert errors == pytest.approx([se for se in curve.se if se == se], abs=1e-12)
    assert {row["milestone"] for row in rows} == set(run.curves)


def read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_quantiles_go_round(run: Forecast, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"quantiles.{form}"
    export(run, form, path, Options(table="quantiles"))
    for row in read(path):
        assert (row["date"] or None) == run.quantile(row["milestone"], float(row["level"]))


def test_trajectories_go_round_with_their_units(run: Forecast, tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    export(run, "parquet", path, Options(table="ensemble"))
    kept = pq.read_table(run.folder / "ensemble.parquet")
    again = pq.read_table(path)
    assert again.equals(kept)
    assert again.schema.field("parameter.compute_growth").metadata[b"unit"] == b"1/year"
    export(run, "csv", tmp_path / "all.csv", Options(table="ensemble"))
    rows = read(tmp_path / "all.csv")
    assert len(rows) == len(kept)
    assert float(rows[7]["parameter.compute_growth"]) == pytest.approx(kept["parameter.compute_growth"][7].as_py())


def test_numbers_are_those_of_the_csv(run: Forecast, tmp_path: Path) -> None:
    export(run, "parquet", tmp_path / "numbers.parquet")
    rows = list(csv.DictReader(io.StringIO(text(run, "csv"))))
    assert [{k: v or "" for k, v in row.items()} for row in read(tmp_path / "numbers.parquet")] == rows


def test_a_tree_goes_round_through_xarray(run: Forecast, tmp_path: Path) -> None:
    netcdf, zarr = tmp_path / "run.nc", tmp_path / "run.zarr"
    export(run, "netcdf", netcdf)
    export(run, "zarr", zarr)
    for tree in (xr.open_datatree(netcdf), xr.open_datatree(zarr, engine="zarr", consolidated=False)):
        assert tree.attrs["id"] == run.manifest.id
        assert np.array_equal(tree["counts/milestones"].values, run.counts.milestones)
        p = tree["curves/p"].sel(milestone="coder").values
        assert np.allclose(p, run.curve("coder").p)
        assert np.array_equal(tree["fans/horizon_hours"].values, run.fan("horizon_hours").values, equal_nan=True)


# Metaculus

CDF = st.lists(st.floats(0.0, 1.0), min_size=POINTS, max_size=POINTS).map(lambda p: np.sort(np.array(p)))
STEEP = st.tuples(st.integers(1, POINTS - 2), st.floats(0.0, 0.4), st.floats(0.6, 1.0)).map(
    lambda t: np.where(np.arange(POINTS) < t[0], t[1], t[2])
)


@given(exact=st.one_of(CDF, STEEP), low=st.booleans(), high=st.booleans())
def test_what_the_site_is_given_it_takes(exact: np.ndarray, low: bool, high: bool) -> None:
    if not (low or high) and exact[0] == exact[-1]:
        with pytest.raises(UsageError, match="open its ends"):
            continuous_cdf(exact, low, high)
        return
    bent = continuous_cdf(exact, low, high)
    steps = np.diff(bent)
    assert len(bent) == POINTS
    assert steps.min() >= EVEN / (POINTS - 1) - 1e-12 and steps.max() <= MOST + 1e-9
    assert bent[0] >= 0.001 - 1e-12 if low else bent[0] == 0.0
    assert bent[-1] <= 0.999 + 1e-9 if high else bent[-1] == pytest.approx(1.0, abs=1e-9)


@given(exact=CDF)
def test_a_distribution_that_fits_is_bent_by_a_hundredth_at_most(exact: np.ndarray) -> None:
    steps = np.diff(exact)
    if steps.max() < 0.19:
        assert np.abs(continuous_cdf(exact, True, True) - exact).max() <= 0.012 + 1e-9


def test_the_file_for_metaculus(run: Forecast, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["export", str(run.folder), "--format", "metaculus", "--milestone", "coder"]
    assert main([*asked, "--from", "2026-11-22", "--to", "2033-12-31"]) == 0
    out, err = capsys.readouterr()
    document_ = json.loads(out)
    assert "bent by at most" in err
    points = np.array(document_["continuous_cdf"])
    years = np.linspace(end_of_day(last_day("2026-11-21")), end_of_day(last_day("2033-12-31")), POINTS)
    exact = np.array([run.curve("coder").at(year).p for year in years])
    assert np.abs(points - exact).max() == pytest.approx(document_["distortion"]["largest"], abs=2e-6)
    assert document_["distortion"]["largest"] < 0.013
    assert main([*asked, "--to", "2050"]) == 2
    assert main([*asked, "--from", "2034"]) == 2
    assert main([*asked, "--from", "soon"]) == 2


def test_a_closed_end_says_what_it_leaves_out(run: Forecast) -> None:
    options = Options(milestone="closed_loop", last="2030", open_high=False)
    document_ = json.loads(text(run, "metaculus", options))
    beyond = 1.0 - run.probability("closed_loop", "2030").p
    assert document_["distortion"]["left_out_above"] == pytest.approx(beyond, abs=1e-5)
    assert document_["continuous_cdf"][-1] == 1.0


# Forecast hubs


def test_the_hubs_table(run: Forecast) -> None:
    rows = list(csv.DictReader(io.StringIO(text(run, "flusight"))))
    assert {row["reference_date"] for row in rows} == {"2026-11-22"}
    quantiles = [row for row in rows if row["target"] == "horizon_hours" and row["target_end_date"] == "2027-12-31"]
    assert [row["output_type"] for row in quantiles] == ["quantile"] * 23
    values = [float(row["value"]) for row in quantiles]
    assert values == sorted(values)
    assert {row["horizon"] for row in quantiles} == {"4"}
    near = {(row["horizon"], row["target_end_date"]) for row in rows if row["target_end_date"] < "2028-07"}
    ends = ("2026-12-31", "2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31", "2028-03-31", "2028-06-30")
    assert near == {(str(n), day) for n, day in enumerate(ends)}
    median = run.fan("horizon_hours", (0.5,)).sel(quantile=0.5)
    at = int(np.argmin(np.abs(median["year"].values - end_of_day(last_day("2027-12-31")))))
    assert values[11] == pytest.approx(float(median[at]), rel=1e-5)
    loop = [row for row in rows if row["target"] == "coder" and row["output_type_id"] == "2029-12-31"]
    assert float(loop[0]["value"]) == pytest.approx(run.probability("coder", "2029").p, abs=1e-5)


# Figures


@pytest.mark.parametrize("name", ["cdf", "classes", "horizon", "speed", "parameter.returns_to_research"])
def test_figures_are_drawn_in_three_ways(run: Forecast, name: str) -> None:
    import altair as alt

    options = Options(figure=name)
    chart = json.loads(text(run, "vega-lite", options))
    assert alt.Chart.from_dict(chart, validate=True).to_dict()["$schema"] == chart["$schema"]
    png = export(run, "png", None, options)
    assert isinstance(png, bytes) and png[:4] == b"\x89PNG"
    assert text(run, "svg", options).startswith("<svg")


# What cannot be written


def test_a_file_that_is_there_stays(run: Forecast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    for form in (*FORMATS, *FOLDERS):
        with pytest.raises(OutputError, match="a file that is there already"):
            export(run, form, path)
    assert main(["export", str(run.folder), "-o", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == "mine"
    with pytest.raises(OutputError, match="a folder"):
        export(run, "json", tmp_path)


@pytest.mark.parametrize(
    ("form", "options", "says"),
    [
        ("csv", Options(table="cdfs"), 'did you mean "cdf"'),
        ("png", Options(figure="cfd"), 'did you mean "cdf"'),
        ("svg", Options(figure="parameter.curvatur"), 'did you mean "curvature"'),
        ("metaculus", Options(milestone="codr"), 'did you mean "coder"'),
    ],
)
def test_what_is_not_there_names_the_nearest(run: Forecast, form: str, options: Options, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        export(run, form, None, options)
    assert says in str(caught.value)


def test_every_format_is_text_or_bytes(run: Forecast) -> None:
    for form in FORMATS:
        assert isinstance(export(run, form), bytes if form in BINARY else str)
    assert json.loads(text(run, "json")) == document(run)
    assert main(["export", str(run.folder), "--format", "zarr"]) == 2
