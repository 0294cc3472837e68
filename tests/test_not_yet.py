"""Laws of conditioning on what has not happened: the guide changes no distribution, it only spares draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk import Seen, Walk

from rsimc import api
from rsimc.calibration.fit import Settings, fit
from rsimc.calibration.not_yet import WIDTH, log_guide
from rsimc.calibration.target import Target
from rsimc.engine.path import simulate_path
from rsimc.models.base import Milestone, prior_set
from rsimc.runs.study import Study

AS_OF, LIMIT = 2020.9, 3.0
MONTHS = ["run.horizon=2032", "as_of=2026-10-31"]


class Watched(Walk):
    """A walk whose rise would have been seen, and one milestone that would not."""

    milestones = (Milestone("high", "x", LIMIT, "x is high", seen=True), Milestone("low", "x", -50.0, "x is there"))


def target(as_of: float | None) -> Target:
    return Target(Watched(), (Seen(),), prior_set(Walk.parameters, {}), as_of)  # type: ignore[arg-type]


def top(x: np.ndarray) -> np.ndarray:
    """The largest x up to AS_OF by straight lines, x [..., steps + 1] in quarters."""
    place = (AS_OF - Watched.start) * Watched.steps_per_year
    whole = int(place)
    last = x[..., whole] + (place - whole) * (x[..., whole + 1] - x[..., whole])
    return np.maximum(x[..., : whole + 1].max(axis=-1), last)


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=5))
def test_the_guide_is_one_where_nothing_has_happened_and_falls_with_the_excess(walk: list[float]) -> None:
    found = float(log_guide(Watched(), {"x": jnp.asarray(walk)}, AS_OF))
    excess = max(float(top(np.array(walk))) - LIMIT, 0.0)
    assert found == pytest.approx(-0.5 * (excess / WIDTH) ** 2, rel=1e-4, abs=1e-4)
    assert found == 0 or excess > 0


def test_what_lies_after_the_day_does_not_count() -> None:
    quiet, loud = jnp.zeros(9), jnp.zeros(9).at[6:].set(50.0)
    assert float(log_guide(Watched(), {"x": loud}, AS_OF)) == float(log_guide(Watched(), {"x": quiet}, AS_OF)) == 0.0


def test_the_guide_changes_no_distribution() -> None:
    """After the exact rejection, a guided posterior has the means and sds of an unguided one, from far more draws."""
    settings = Settings(chains=4, warmup=200, draws=4000, max_tree_depth=6, seed=5)
    found, kept = {}, {}
    for name, as_of in (("guided", AS_OF), ("free", None)):
        aim = target(as_of)
        drawn = fit(aim, settings, lambda *told: None)
        free = np.random.default_rng(6).standard_normal((4, 4000, 4, 1))  # what an unguided forecast adds
        past = np.concatenate([drawn.innovations, free], axis=2)[:, :, :5]
        x = 1.0 + 2.0 * drawn.z[..., :1] + Watched.STEP * np.cumsum(past[..., 0] * [0, 1, 1, 1, 1], axis=-1)
        allowed = top(x) < LIMIT
        kept[name] = allowed.mean()
        found[name] = x[allowed][:, [0, 3]]
    assert kept["guided"] > 4 * kept["free"]
    for stat in (np.mean, np.std):
        guided, free_ = stat(found["guided"], axis=0), stat(found["free"], axis=0)
        assert guided == pytest.approx(free_, abs=0.05)
    assert found["free"].mean() < Seen.rows[0].value - 1.0


def study(*overrides: str) -> Study:
    return api.load_study("baseline", [*MONTHS, *overrides])


def test_the_day_belongs_to_the_posterior_only_where_it_conditions() -> None:
    assert study().posterior_id != study("as_of=2026-11-01").posterior_id
    off = "condition_on_not_yet=false"
    assert study(off).posterior_id == study(off, "as_of=2026-11-01").posterior_id != study().posterior_id


def test_past_noise_reaches_the_day_and_the_flagship_is_guided_by_its_own_milestones() -> None:
    aim = study().target
    assert aim is not None and aim.as_of is not None
    model = aim.model
    ends = model.start + aim.latent_beats * model.steps_per_innovation / model.steps_per_year
    assert aim.as_of <= ends < aim.as_of + 0.25 + 1e-9
    with jax.enable_x64(True):
        random = np.random.default_rng(7)
        fast = replace(aim, as_of=None)
        for _ in range(5):
            z: Any = jnp.asarray(random.standard_normal(aim.priors.size))
            noise: Any = jnp.asarray(random.standard_normal(aim.innovations_shape))
            params = aim.priors.named(aim.priors.from_normal(z))
            seen = simulate_path(model, params, noise, tuple(m.quantity for m in model.milestones if m.seen))
            expected = float(log_guide(model, seen, aim.as_of))
            assert float(aim.log_evidence(z, noise) - fast.log_evidence(z, noise)) == pytest.approx(expected, abs=1e-6)
