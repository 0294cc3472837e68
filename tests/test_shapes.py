"""The shapes that docstrings state, as jaxtyping signatures around the public functions, checked as they are called."""

# ruff: noqa: F722, F821, UP037
from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from jaxtyping import Array, Bool, Float, Float32, Int32, TypeCheckError, UInt32, jaxtyped

from rsimc import api, maths
from rsimc.calibration.target import Target
from rsimc.dates import DateGrid
from rsimc.engine import rng
from rsimc.engine.path import simulate_path
from rsimc.engine.plan import Plan
from rsimc.engine.simulate import simulate_block
from rsimc.engine.source import PriorSource, noise_keys
from rsimc.models.base import prior_set
from rsimc.models.takeoff import labour, specialisms
from rsimc.models.takeoff.model import Takeoff
from rsimc.models.takeoff.parameters import SPECIALISMS

MODEL = Takeoff()
PRIORS = prior_set(MODEL.parameters, {})
shaped = jaxtyped(typechecker=beartype)


@pytest.mark.parametrize("batch", [(), (3,), (2, 5)])
def test_priors(batch: tuple[int, ...]) -> None:
    @shaped
    def from_normal(z: Float[Array, "n *batch"]) -> Float[Array, "n *batch"]:
        return PRIORS.from_normal(z)

    values = PRIORS.named(from_normal(jnp.zeros((PRIORS.size, *batch))))
    for parameter in MODEL.parameters:
        own = (len(parameter.labels),) if parameter.labels else ()
        assert values[parameter.name].shape == (*own, *batch), parameter.name


@pytest.mark.parametrize(("streams", "count"), [(1, 1), (3, 7)])
def test_noise(streams: int, count: int) -> None:
    @shaped
    def normals(keys: UInt32[Array, "streams 2"], ids: UInt32[Array, "b"]) -> Float32[Array, "streams b"]:
        return rng.normals(keys, ids, jnp.asarray(3))

    keys = jnp.asarray(rng.stream_keys(1, [f"s{n}" for n in range(streams)]))
    assert normals(keys, jnp.arange(count, dtype=jnp.uint32)).shape == (streams, count)


@pytest.mark.parametrize("batch", [(), (4,)])
def test_labour(batch: tuple[int, ...]) -> None:
    @shaped
    def automation(h: Float[Array, "*batch"], data: Float[Array, "*batch"]) -> Float[Array, "8 *batch"]:
        return specialisms.automation_logit(params, h, data)

    @shaped
    def people(
        logit: Float[Array, "k *batch"], workers: Float[Array, "*batch"]
    ) -> tuple[Float[Array, "k *batch"], Float[Array, "k *batch"]]:
        log_p, by = labour.productivity(params, maths.logistic(logit), workers)
        return log_p, by.rest

    @shaped
    def gained(logit: Float[Array, "k *batch"], workers: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        return labour.aggregate(params, maths.logistic(logit), workers).log_gain

    params = PRIORS.named(PRIORS.from_normal(jnp.zeros((PRIORS.size, *batch))))
    params = MODEL.prepare(params, jnp.zeros((MODEL.anchor_innovations, 3, *batch)))
    logit = automation(jnp.ones(batch), jnp.zeros(batch))
    log_p, by_people = people(logit, jnp.ones(batch))
    assert log_p.shape == by_people.shape == (len(SPECIALISMS), *batch)
    assert gained(logit, jnp.ones(batch)).shape == batch


def test_a_path() -> None:
    @shaped
    def horizon(z: Float[Array, "n"], innovations: Float[Array, "beats 3"]) -> Float[Array, "steps"]:
        return simulate_path(MODEL, PRIORS.named(PRIORS.from_normal(z)), innovations, ("log_horizon",))["log_horizon"]

    beats = 30
    path = jax.jit(horizon)(jnp.zeros(PRIORS.size), jnp.zeros((1 + beats, 3)))
    assert path.shape == (1 + beats * MODEL.steps_per_innovation,)


def test_a_block() -> None:
    plan = Plan(MODEL, DateGrid(end=2030.0), as_of=None)
    keys = jnp.asarray(rng.stream_keys(1, [f"prior.{name}" for name in PRIORS.names]))
    source = PriorSource(PRIORS, jnp.asarray(noise_keys(MODEL, 1)), keys)

    @shaped
    def block(
        ids: UInt32[Array, "b"],
    ) -> tuple[
        Float32[Array, "milestones b"],
        Float32[Array, "readings b"],
        Float32[Array, "stored observables b"],
        Float32[Array, "parameters b"],
        Int32[Array, "b"],
        Bool[Array, "b"],
        Bool[Array, "b"],
    ]:
        return tuple(simulate_block(plan, source, ids))

    dates, readings, kept, values, *_ = jax.jit(block)(jnp.arange(16, dtype=jnp.uint32))
    assert len(dates) == len(MODEL.milestones) and len(readings) == len(plan.readings)
    assert kept.shape[:2] == (len(plan.stored_steps), len(MODEL.observables)) and len(values) == PRIORS.size


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    study = api.load_study("baseline", ["as_of=2026-10-31"])
    assert study.target is not None
    yield study.target


def test_a_posterior(target: Target) -> None:
    @shaped
    def rows(z: Float[Array, "n"], noise: Float[Array, "beats 3"]) -> Float[Array, "rows"]:
        return target.log_likelihood(z, noise)

    @shaped
    def evidence(z: Float[Array, "n"], noise: Float[Array, "beats 3"]) -> Float[Array, ""]:
        return target.log_evidence(z, noise)

    z, noise = jnp.zeros(target.priors.size), jnp.zeros(target.innovations_shape)
    found, total = jax.jit(lambda z, noise: (rows(z, noise), evidence(z, noise)))(z, noise)
    assert found.shape == (len(target.rows),)
    assert np.isfinite(np.asarray(total))


def test_a_wrong_shape_is_seen() -> None:
    @shaped
    def from_normal(z: Float[Array, "n batch"]) -> Float[Array, "n"]:
        return PRIORS.from_normal(z)

    with pytest.raises(TypeCheckError):
        from_normal(jnp.zeros((PRIORS.size, 2)))
