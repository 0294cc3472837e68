"""Laws of the Sobol points: those of scipy, evenly spread in every batch, and errors that are as small as they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc
from toy import GROWTH, Toy

from benchmarks.stand_in import source_of
from rsimc import api
from rsimc.analysis.estimates import estimate
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.cli.main import main
from rsimc.engine import sobol
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK
from rsimc.errors import UsageError
from rsimc.runs.sources import directions, spread
from rsimc.scenario import load_scenario

DIMENSIONS = 141
NAMES = [f"p{n}" for n in range(DIMENSIONS)]
TABLE = jnp.asarray(directions(DIMENSIONS))
KEYS = jnp.asarray(sobol.scramble_keys(1, NAMES))
NORMALS = jax.jit(sobol.normals)


def batch(which: int, count: int = BLOCK) -> np.ndarray:
    """Ids of the first trajectories of a batch."""
    n = np.arange(count)
    return (n // BLOCK * BLOCK * BATCHES + which * BLOCK + n % BLOCK).astype(np.uint32)


def test_points_are_those_of_scipy() -> None:
    got = np.asarray(jax.jit(sobol.points)(TABLE, jnp.arange(4096, dtype=jnp.uint32)))
    right = qmc.Sobol(DIMENSIONS, scramble=False, bits=32).random(4096).T
    assert np.array_equal(got.astype(np.float64) * 2.0**-32, right)


def test_a_scramble_flips_by_what_lies_above() -> None:
    """Nested: words that agree in their first k bits agree in them afterwards, and differ in the next as before."""
    random = np.random.default_rng(0)
    for k in range(1, 32):
        x, below = random.integers(0, 2**32, (2, 256), dtype=np.uint32)
        bit = np.uint32(2 ** (31 - k))
        y = x ^ bit ^ (below & (bit - np.uint32(1)))
        key = jnp.asarray(random.integers(0, 2**32, 256, dtype=np.uint32))
        a, b = (np.asarray(sobol.scrambled(jnp.asarray(word), key)) for word in (x, y))
        assert np.array_equal(a >> np.uint32(32 - k), b >> np.uint32(32 - k))
        assert np.all((a ^ b) & bit)


@pytest.mark.parametrize("which", [0, 17])
def test_every_batch_is_stratified_in_every_dimension(which: int) -> None:
    z = np.asarray(NORMALS(TABLE, KEYS, batch(which)), np.float64)
    strata = np.floor(stats.norm.cdf(z) * BLOCK).astype(int)
    assert all(len(set(row)) >= BLOCK - 2 for row in strata)  # one each, but for rounding at their edges


def test_batches_are_scrambles_of_their_own_and_dimensions_know_nothing_of_each_other() -> None:
    first, second = (np.asarray(NORMALS(TABLE, KEYS, batch(which)), np.float64) for which in (3, 4))
    signs = np.mean(first * second, axis=1)  # point by point they go together or against each other, by chance
    assert np.abs(np.mean(signs)) < 5 * np.std(signs) / np.sqrt(DIMENSIONS) and np.std(signs) > 0.3
    assert np.mean(first == second) < 1e-4
    many = np.concatenate([np.asarray(NORMALS(TABLE, KEYS, batch(b)), np.float64) for b in range(16)], axis=1)
    off = np.corrcoef(many) - np.eye(DIMENSIONS)
    # Some pairs of dimensions fill their square poorly with 1,024 points: they scatter more than independent draws
    # would (up to 0.084 here), but around 0.
    assert np.abs(off).max() < 0.15 and abs(off.sum()) / (DIMENSIONS * (DIMENSIONS - 1)) < 1e-3
    assert np.mean(many, axis=1) == pytest.approx(0, abs=2e-3) and np.var(many, axis=1) == pytest.approx(1, abs=2e-2)


def test_a_mean_is_found_with_far_fewer_points() -> None:
    means = [float(np.mean(np.asarray(NORMALS(TABLE, KEYS, batch(b)))[:20].sum(axis=0) > 1.0)) for b in range(BATCHES)]
    sums = [float(np.mean(np.asarray(NORMALS(TABLE, KEYS, batch(b)))[:20].sum(axis=0))) for b in range(BATCHES)]
    exact = stats.norm.sf(1 / np.sqrt(20))
    assert np.mean(means) == pytest.approx(exact, abs=4 * np.std(means) / 8)
    assert np.std(sums) < np.sqrt(20 / BLOCK) / 10  # independent draws: sqrt(20/1,024)


def test_a_parameter_appended_to_a_model_leaves_the_others_where_they_were() -> None:
    class Longer(Toy):
        parameters = (*Toy.parameters, replace(GROWTH, name="another"))

    ids = jnp.arange(4 * BLOCK, dtype=jnp.uint32)
    before, after = (np.asarray(spread(source_of(model), 3).values(ids)) for model in (Toy(), Longer()))
    assert np.array_equal(after[: len(before)], before) and len(after) == len(before) + 1
    assert abs(np.corrcoef(after)[-1, :-1]).max() < 0.05


def test_more_trajectories_keep_the_first_ones() -> None:
    some, all_ = (np.asarray(NORMALS(TABLE, KEYS, jnp.arange(count, dtype=jnp.uint32))) for count in (512, 4096))
    assert np.array_equal(some, all_[:, :512])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecast, Forecast]:
    folder = tmp_path_factory.mktemp("sobol")
    plain, even = (
        api.simulate(
            "baseline", ["run.horizon=2035"], prior=True, sobol=one, draws=CHUNK, output=folder / f"run{one:d}"
        )
        for one in (False, True)
    )
    return plain, even


def test_a_run_says_the_same_with_smaller_errors(runs: tuple[Forecast, Forecast]) -> None:
    plain, even = runs
    assert plain.manifest.id != even.manifest.id
    gains = []
    for name in ("closed_loop_90", "multiplier_2", "effort_10", "coder"):
        one, two = (run.probability(name, "2032") for run in runs)
        assert one.se is not None and two.se is not None
        assert abs(one.p - two.p) < 4.5 * np.hypot(one.se, two.se)
        gains.append((one.se / two.se) ** 2)
    assert np.median(gains) > 1.5
    assert not open_run(even.folder).independent  # what a later call reads of the same folder


def test_a_scenario_by_value_is_spread_as_one_by_name(runs: tuple[Forecast, Forecast], tmp_path: Path) -> None:
    value = load_scenario("baseline", ["run.horizon=2035"])
    made = api.simulate(value, prior=True, sobol=True, draws=CHUNK, output=tmp_path / "run")
    assert made.manifest.id == runs[1].manifest.id
    assert np.array_equal(made.counts.milestones, runs[1].counts.milestones)


def test_errors_are_not_held_at_the_binomial_one_but_never_0() -> None:
    sizes = np.full(BATCHES, 1000.0)
    hits = np.full(BATCHES, 300.0) + np.tile([1.0, -1.0], BATCHES // 2)
    chance, spread = estimate(hits, sizes), estimate(hits, sizes, independent=False)
    assert chance.se is not None and spread.se is not None
    assert spread.se < chance.se / 10 and spread.n_eff is not None and spread.n_eff > 64_000
    assert estimate(0 * hits, sizes, independent=False).se == estimate(0 * hits, sizes).se


def test_a_calibrated_run_has_no_use_for_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="a run of the prior"):
        api.simulate("baseline", sobol=True, output=tmp_path / "run")
    assert main(["simulate", "--sobol", "-o", str(tmp_path / "run")]) == 2
    assert "draws limit the errors" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
