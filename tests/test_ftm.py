"""The Full Takeoff Model gives its authors' dates, draw by draw and by preset; and its parts do what they say."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsimc import api
from rsimc.analysis.document import document
from rsimc.engine import rng
from rsimc.engine.path import march, start
from rsimc.engine.redraw import redrawn_few
from rsimc.engine.source import PriorSource, noise_keys
from rsimc.errors import ScenarioError
from rsimc.models.base import Params, Redraw, prior_set
from rsimc.models.published.ftm import economy, tasks
from rsimc.models.published.ftm.model import STEPS, FullTakeoff
from rsimc.models.published.ftm.together import SPEARMAN

PEERS = Path(__file__).parent / "peers"
MODEL = FullTakeoff()
PRIORS = prior_set(MODEL.parameters, {}, correlations=MODEL.correlations)
AS_IS = {
    "training_gap": "flop_gap_training",
    "runtime_requirement": "full_automation_requirements_runtime",
    "runtime_ease_rnd": "goods_vs_rnd_requirements_runtime",
    "tradeoff": "runtime_training_tradeoff",
    "hardware_returns": "hardware_returns",
    "software_returns": "software_returns",
    "hardware_ceiling": "hardware_performance_ceiling",
    "software_ceiling": "software_ceiling",
    "parallel": "rnd_parallelization_penalty",
    "hardware_delay": "hardware_delay",
    "hardware_made": "initial_hardware_production",
    "task_share_goods": "initial_cognitive_share_goods",
    "wake_up_at": "rampup_trigger",
    "depreciation": "compute_depreciation",
    "run_money_cap": "money_cap_training_before_wakeup",
}
LESS_ONE = {
    "training_ease_rnd": "goods_vs_rnd_requirements_training",
    "runtime_gap": "flop_gap_runtime",
    "tradeoff_limit": "runtime_training_max_tradeoff",
}
NEGATIVE = {
    "task_complements_goods": "labour_substitution_goods",
    "task_complements_rnd": "labour_substitution_rnd",
    "capital_complements_goods": "capital_substitution_goods",
    "capital_complements_rnd": "capital_substitution_rnd",
}
SPENT = (
    "frac_capital_hardware_rnd",
    "frac_labour_hardware_rnd",
    "frac_compute_hardware_rnd",
    "frac_labour_software_rnd",
    "frac_compute_software_rnd",
    "frac_gwp_compute",
    "frac_compute_training",
)
SPENDING = {"share_growth": "growth", "share_growth_awake": "growth_rampup", "share_ceiling": "ceiling"}
DATES = {
    "wake_up": "t_rampup_start",
    "sub_agi": "t_sub_agi_year",
    "agi": "t_agi_year",
    "goods_20": "t_automation_gns_20%",
    "goods_100": "t_automation_gns_100%",
    "rnd_20": "t_automation_rnd_20%",
    "rnd_100": "t_automation_rnd_100%",
}
LENGTHS = {
    "len_sub_agi_to_agi": ("sub_agi", "agi"),
    "len_cog_output_multiplier": ("output_2x", "output_10x"),
    "len_gwp_growth": ("growth_5", "growth_20"),
}
PUBLISHED = {
    "best_guess": {
        "wake_up": 2034.3,
        "sub_agi": 2037.1,
        "agi": 2040.0,
        "goods_20": 2036.1,
        "goods_100": 2040.0,
        "rnd_20": 2034.7,
        "rnd_100": 2039.7,
    },
    "short_timelines": {"agi": 2030.2, "goods_100": 2032.1},
    "med_timelines": {"agi": 2044.2},
    "long_timelines": {"agi": 2071.8},
}
"""Of Epoch's program with its presets of January 2023."""
Table = dict[str, np.ndarray]


def table(name: str) -> Table:
    """Numbers as numbers, inf where there is none; the first column as it is where it is of words."""
    with (PEERS / name).open() as file:
        rows = list(csv.DictReader(file))
    return {
        key: np.array([row[key] if key == "preset" else float(row[key] or "inf") for row in rows]) for key in rows[0]
    }


def ours(theirs: Table) -> Params:
    """Their parameters as ours [draws]; what they never vary is the model's own."""
    count = len(theirs["hardware_delay"])
    middle = PRIORS.named(jnp.asarray(PRIORS.at(np.zeros((PRIORS.size, count))), jnp.float32))
    made: dict[str, Any] = {name: theirs[key] for name, key in AS_IS.items()}
    made |= {name: theirs[key] - 1.0 for name, key in LESS_ONE.items()}
    made |= {name: -theirs[key] for name, key in NEGATIVE.items()}
    made["training_requirement"] = np.log10(theirs["full_automation_requirements_training"])
    for name, key in SPENDING.items():
        own = np.asarray(middle[name])
        made[name] = np.stack([theirs.get(f"{spent}_{key}", own[n]) for n, spent in enumerate(SPENT)])
    return {**middle, **{name: jnp.asarray(value, jnp.float32) for name, value in made.items()}}


def followed(params: Params, years: int) -> dict[str, jax.Array]:
    """Every quantity at every step [steps + 1, draws]."""
    count = params["parallel"].shape[0]
    full, state, first = start(MODEL, params, jnp.zeros((1, 0, count)))
    kept = march(
        MODEL,
        full,
        state,
        years * STEPS // MODEL.steps_per_innovation,
        lambda n: jnp.zeros((0, count)),
        lambda carry, step, seen: (carry, seen),
        None,
    )[2]
    flat = {name: rows.reshape(-1, count) for name, rows in kept.items()}
    return {name: jnp.concatenate([first[name][None], flat[name]]) for name in flat}


FOLLOW = jax.jit(followed, static_argnums=1)


def dates(quantities: Mapping[str, jax.Array | np.ndarray]) -> Table:
    """As the original: the first step at which a milestone is reached."""
    found = {}
    for milestone in MODEL.milestones:
        come = np.asarray(quantities[milestone.quantity]) >= np.float32(milestone.threshold)
        found[milestone.name] = np.where(come.any(axis=0), 2022.0 + come.argmax(axis=0) / STEPS, np.inf)
    return found


@pytest.fixture(scope="module")
def draws() -> Table:
    return table("ftm_rollouts.csv")


@pytest.fixture(scope="module")
def run(draws: Table) -> Table:
    return {name: np.asarray(rows) for name, rows in FOLLOW(ours(draws), 78).items()}


# Their dates


def test_dates_are_those_of_their_program_draw_by_draw(draws: Table, run: Table) -> None:
    """All 200 draws, to the very step but for rounding, those that have no date by 2100 too."""
    made = dates(run)
    for name, key in DATES.items():
        same = np.isclose(made[name], draws[key], atol=1e-3) | (np.isinf(made[name]) & np.isinf(draws[key]))
        near = same | (np.abs(np.where(same, 0.0, made[name]) - np.where(same, 0.0, draws[key])) < 0.101)
        assert near.all(), name
        assert same.mean() > 0.97, name


def test_takeoffs_last_as_long_as_theirs(draws: Table, run: Table) -> None:
    made = dates(run)
    for key, (first, last) in LENGTHS.items():
        known = np.isfinite(draws[key])
        lasted = made[last][known] - made[first][known]
        assert lasted == pytest.approx(draws[key][known], abs=0.11), key


def test_every_draw_of_theirs_is_usable(draws: Table) -> None:
    """They keep draws of which AI can do no task in goods in 2022, and at most five of a hundred in R&D."""
    assert np.all(MODEL.redraw.usable(ours(draws)))


def test_presets_have_their_dates() -> None:
    presets = table("ftm_presets.csv")
    made = dates(FOLLOW(ours(presets), 178))
    for name, published in PUBLISHED.items():
        place = list(presets["preset"]).index(name)
        assert {m: made[m][place] for m in published} == pytest.approx(published, abs=0.01), name
    assert all(np.isfinite(found).all() for found in made.values()), "every preset comes to everything by 2200"


def test_all_is_finite_to_2200(draws: Table) -> None:
    few = {name: values[:40] for name, values in draws.items()}
    assert all(np.isfinite(np.asarray(rows)).all() for rows in FOLLOW(ours(few), 178).values())


# Its priors


def test_parameters_are_drawn_together_as_theirs(draws: Table) -> None:
    """Rank correlations of pairs that are kept by the redrawing, and the ends and medians of every prior."""
    z = np.random.default_rng(1).standard_normal((PRIORS.size, 20_000))
    values = dict(zip(PRIORS.names, PRIORS.at(z), strict=True))
    ranks = {name: np.argsort(np.argsort(row)) for name, row in values.items()}
    for a, b, rho in SPEARMAN:
        assert np.corrcoef(ranks[a], ranks[b])[0, 1] == pytest.approx(rho, abs=0.03), (a, b)
    for name, key in AS_IS.items():
        assert values[name].min() <= draws[key].min() * 1.05, name
        assert values[name].max() >= draws[key].max() * 0.95, name


COUNT, LANE = 4096, 256


def source(redraw: Redraw | None) -> PriorSource:
    keys = rng.stream_keys(1, [f"prior.{name}" for name in PRIORS.names])
    return PriorSource(PRIORS, jnp.asarray(noise_keys(MODEL, 1)), jnp.asarray(keys), redraw=redraw)


def drawn(redraw: Redraw | None, lane: int = LANE) -> np.ndarray:
    """Values [parameters, COUNT] of the first trajectories, a lane at a time."""
    lanes = jnp.arange(COUNT, dtype=jnp.uint32).reshape(-1, lane)
    values = jax.jit(lambda ids: jax.lax.map(source(redraw).values, ids))(lanes)
    return np.moveaxis(np.asarray(values), 1, 0).reshape(PRIORS.size, COUNT)


TOLD = jax.jit(lambda z: (values := PRIORS.from_normal(z), MODEL.redraw.usable(PRIORS.named(values))))
ATTEMPT = jax.jit(rng.normals)


def by_hand(i: int, asked: int) -> np.ndarray:
    """Values [parameters] of one trajectory, attempt after attempt."""
    keys, attempts = source(None).parameter_keys, MODEL.redraw.attempts
    kept = np.zeros(PRIORS.size)
    for n in range(4 * attempts):
        z = np.array(ATTEMPT(keys, jnp.asarray([i], jnp.uint32), jnp.asarray(n)))[:, 0]
        kept = z if n % attempts == 0 else kept
        z[asked] = kept[asked]
        values, good = TOLD(z)
        if good:
            return np.asarray(values)
    raise AssertionError("nothing can be used")


def test_what_they_cannot_use_is_drawn_anew_all_but_the_training_requirement() -> None:
    """By hand, one draw after the other, and the requirement, too, where none suits; whatever the size of a block."""
    one, other = drawn(MODEL.redraw), drawn(MODEL.redraw, 64)
    assert np.array_equal(one, other)
    first = drawn(None)
    good = np.asarray(MODEL.redraw.usable(PRIORS.named(jnp.asarray(first))))
    assert np.array_equal(one[:, good], first[:, good])
    assert np.all(np.asarray(MODEL.redraw.usable(PRIORS.named(jnp.asarray(one)))))
    asked = PRIORS.names.index("training_requirement")
    alone = [n for n, name in enumerate(PRIORS.names) if name not in PRIORS.together]
    assert np.array_equal(one[alone], first[alone])
    assert 0.002 < np.mean(one[asked] != first[asked]) < 0.015
    redone = np.flatnonzero(one[asked] != first[asked])
    for i in [*np.flatnonzero(~good)[:12], *redone[:2]]:
        values = by_hand(int(i), asked)
        moved = [n for n in range(PRIORS.size) if n not in alone]
        assert one[moved, i] == pytest.approx(values[moved], rel=2e-5), i


def test_priors_that_change_are_drawn_anew_alike() -> None:
    """Without compiling, in double precision: a draw at the very edge may be judged otherwise."""
    keys, ids = source(None).parameter_keys, np.arange(COUNT, dtype=np.uint32)

    def few(rows: np.ndarray, its: np.ndarray, attempts: np.ndarray) -> np.ndarray:
        return np.asarray(rng.normals(keys[rows], jnp.asarray(ids[its]), jnp.asarray(attempts)))

    z = np.asarray(rng.normals(keys, jnp.asarray(ids), jnp.asarray(0)), np.float64)
    values = PRIORS.at(redrawn_few(MODEL.redraw, PRIORS, z, few))
    alike = np.isclose(values, drawn(MODEL.redraw), rtol=1e-4).all(axis=0)
    assert alike.mean() > 0.999


def test_what_can_never_be_used_is_counted_as_not_finite(tmp_path: Path) -> None:
    """A requirement that the training runs of 2022 meet; and a delay that is longer than what is remembered."""
    for n, one in enumerate(("priors.training_requirement=25", "priors.hardware_delay=5.2")):
        run = api.simulate("ftm", [one, "run.horizon=2030"], draws=1024, output=tmp_path / f"{n}")
        assert run.counts.accounts.sum() == 1024
        assert document(run)["counts"]["nonfinite"] == 1024


def test_the_published_distribution_comes_out() -> None:
    """Of 200 draws of theirs, shares have standard errors of 0.035."""
    with_redraw = source(MODEL.redraw)

    def run(first: jax.Array) -> jax.Array:
        params = with_redraw.named(with_redraw.values(first + jnp.arange(LANE, dtype=jnp.uint32)))
        rows = followed(params, 78)
        years = jnp.argmax(rows["run_over_agi"] >= 0.0, axis=0) / STEPS
        came = jnp.any(rows["run_over_agi"] >= 0.0, axis=0)
        return jnp.where(came, 2022.0 + years, jnp.inf)

    firsts = jnp.arange(0, COUNT, LANE, dtype=jnp.uint32)
    agi = np.asarray(jax.jit(lambda x: jax.lax.map(run, x))(firsts)).reshape(-1)
    theirs = table("ftm_rollouts.csv")["t_agi_year"]
    for year in (2028.0, 2030.0, 2035.0, 2042.0, 2055.0, 2080.0):
        assert np.mean(agi < year) == pytest.approx(np.mean(theirs < year), abs=0.09), year
    report = {0.1: 2029.0, 0.2: 2031.9, 0.5: 2042.2, 0.8: 2067.4}  # of December 2022, with other priors of run time
    for share, year in report.items():
        assert np.mean(agi < year) == pytest.approx(share, abs=0.025), year


# Its parts


def test_requirements_have_the_quantiles_of_the_gap() -> None:
    """In sevenths of the gap below the hardest task: Epoch's table of requirements."""
    rank = np.arange(100) / 99.0
    expected = np.interp(rank, [0.0, 0.05, 0.1, 0.2, 0.5, 1.0], np.array([-10.5, -9.5, -8.5, -7.0, -4.0, 0.0]) / 7.0)
    level = np.asarray(tasks.level(jnp.arange(100.0)))
    assert level == pytest.approx(expected, abs=1e-6)
    for e in (-2.0, -1.5 + 1e-4, -1.2, -0.6, -0.01, 0.01):
        assert float(tasks.count_below(jnp.float32(e))) == np.sum(expected < e)


def best(rho: float, own: float, price: np.ndarray, able: int, compute: float) -> float:
    """The most that one unit of labour and some compute make, over all splits of tasks and shares of the one between.
    own: weight of the task that is compute's alone; price: of the hundred others, of weight one."""
    sigma = 1.0 / (1.0 - rho)
    shares = np.concatenate([[0.0], np.geomspace(1e-9, 0.5, 300), 1.0 - np.geomspace(0.5, 1e-9, 300)])
    most = -np.inf
    for done in range(able + 1):
        served = own**sigma + np.sum(price[:done] ** (1.0 - sigma))
        left = 100 - done
        bought = compute / price[done] if done < able else 0.0
        lent = shares * (min(bought, 1.0 / (left - 1.0)) if left > 1 else bought)
        spent = lent * price[done] if done < able else 0.0 * lent
        powers = (compute - spent) ** rho * served ** (1.0 - rho)
        if left:
            powers = powers + (1.0 + lent) ** rho * left ** (1.0 - rho)
        most = max(most, np.max(np.log(powers) / rho))
    return most


WORK = jax.jit(lambda steep, rho, ratio, share, *rest: tasks.work(tasks.tasks(steep, rho, ratio, share), rho, *rest))


@given(
    rho=st.floats(-2.0, -0.2),
    steep=st.floats(0.01, 40.0),
    top=st.floats(-20.0, 60.0),
    able=st.integers(0, 100),
    ratio=st.floats(38.0, 60.0),
    grown=st.floats(0.0, 30.0),
)
@settings(max_examples=30, deadline=None)
def test_labour_and_compute_go_where_they_do_most(
    rho: float, steep: float, top: float, able: int, ratio: float, grown: float
) -> None:
    """Against the best of all splits, weights being such that compute has 1% of income where nothing is automated."""
    share = np.log(0.01 / 0.99)
    made = WORK(*(jnp.asarray(x, jnp.float32) for x in (steep, rho, ratio, share, top, able, 0.0, grown)))
    price = np.exp(np.maximum(top + steep * np.asarray(tasks.level(jnp.arange(100.0)), float), 0.0))
    own = np.exp(share - rho * ratio) * 100.0 ** (1.0 - rho)
    by_hand = np.log(own * np.exp(rho * ratio) + 100.0 ** (1.0 - rho)) / rho
    expected = best(rho, own, price, able, np.exp(ratio + grown)) - by_hand
    assert float(made.log_output) == pytest.approx(expected, abs=1e-3 * (1.0 + abs(expected)))
    assert 0.0 <= float(made.automated) <= able


def test_output_of_the_start_has_the_shares_of_income_that_are_given() -> None:
    """A percent more compute makes goods grow by compute's share of a percent, likewise labour's and capital's."""
    params = {name: value.astype(jnp.float32) for name, value in ours(table("ftm_presets.csv")).items()}
    full = MODEL.prepare(params, jnp.zeros((1, 0, 6)))
    of = economy.Sectors(
        tasks.Tasks(*(full[f"sectors_{n}"] for n in range(8))),
        full["sectors_8"],
        economy.Requirements(*(full[f"sectors_{n}"] for n in range(9, 14))),
        *(full[f"sectors_{n}"] for n in range(14, 18)),
    )
    none = jnp.zeros((3, 6))

    def goods(capital: jax.Array, labour: jax.Array, compute: jax.Array) -> jax.Array:
        return economy.produce(of, economy.Inputs(capital, labour, compute), full["first_run"], none[0]).log[0].sum()

    grown = jax.grad(goods, argnums=(0, 1, 2))(none, none, none)
    by_tasks = np.asarray(params["task_share_goods"])
    assert np.asarray(grown[0][0]) == pytest.approx(1.0 - by_tasks, rel=1e-4)
    assert np.asarray(grown[1][0]) == pytest.approx(0.99 * by_tasks, rel=1e-3)
    assert np.asarray(grown[2][0]) == pytest.approx(0.01 * by_tasks, rel=2e-2)


def test_what_is_drawn_anew_is_not_weighed_with_data() -> None:
    with pytest.raises(ScenarioError, match="no density is known"):
        api.load_study("ftm", ["data.metr_horizons=true", "as_of=2026-11-22"])


def test_a_preset_with_nothing_uncertain_has_its_report(tmp_path: Path) -> None:
    run = api.simulate("ftm-1e30", ["run.horizon=2035"], draws=200, output=tmp_path / "run")
    assert api.publish(run).stat().st_size > 100_000
    day = run.quantile("agi", 0.5)
    assert day is not None and day.startswith("2030-0")
