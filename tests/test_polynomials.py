"""Laws of the CPU's float32 functions: as exact as they say over the whole range, honest outside it, and used."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rsimc import maths, polynomials

RANDOM = np.random.default_rng(0)
N = 2**20


def sizes(low: float, high: float) -> np.ndarray:
    """Numbers whose logarithms are uniform."""
    return np.exp(RANDOM.uniform(np.log(low), np.log(high), N))


def signed(low: float, high: float) -> np.ndarray:
    return sizes(low, high) * RANDOM.choice([-1.0, 1.0], N)


LOWEST = -87.33
CASES: list[tuple[Callable[[jax.Array], jax.Array], Callable[[np.ndarray], np.ndarray], np.ndarray, float]] = [
    (polynomials.exp, np.exp, RANDOM.uniform(LOWEST, 88.3, N), 2e-7),
    (polynomials.exp, np.exp, signed(1e-30, 10), 2e-7),
    (polynomials.exp_of_negative, np.exp, -sizes(1e-30, -LOWEST), 2e-7),
    (polynomials.expm1, np.expm1, signed(1e-30, 0.3), 2e-7),
    (polynomials.expm1, np.expm1, RANDOM.uniform(LOWEST, 87.9, N), 2e-7),
    (polynomials.log, np.log, sizes(1.2e-38, 3.4e38), 1.3e-7),
    (polynomials.log, np.log, RANDOM.uniform(0.6, 1.6, N), 1.3e-7),
    (polynomials.log1p, np.log1p, sizes(1e-30, 1e38), 2e-7),
    (polynomials.log1p, np.log1p, -sizes(1e-30, 0.99), 2e-7),
    (polynomials.log1p_unit, np.log1p, sizes(1e-30, 1.0), 2e-7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_relative_errors_are_as_stated(
    case: tuple[Callable[[jax.Array], jax.Array], Callable[[np.ndarray], np.ndarray], np.ndarray, float],
) -> None:
    function, exact, x, limit = case
    given = x.astype(np.float32)
    got, right = np.asarray(jax.jit(function)(given)).astype(float), exact(given.astype(float))
    error = np.abs(got - right)
    assert np.max(np.minimum(error, error / np.maximum(np.abs(right), 1e-300))) < limit
    if function not in (polynomials.log, polynomials.log1p):
        assert np.max(error / np.abs(right)) < limit


def test_a_cosine_is_as_exact_as_stated() -> None:
    x = RANDOM.uniform(-1, 1, N).astype(np.float32)
    assert np.max(np.abs(np.asarray(jax.jit(polynomials.cos_pi)(x)) - np.cos(np.pi * x.astype(float)))) < 2e-7


@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "softplus", "sigmoid"])
def test_what_is_no_number_stays_none(name: str) -> None:
    assert np.isnan(np.asarray(jax.jit(getattr(maths, name))(jnp.asarray([jnp.nan], jnp.float32))))


def test_out_of_range_is_seen_or_harmless() -> None:
    x = jnp.asarray([-jnp.inf, -1e4, -88.0, 88.4, 1e4, jnp.inf], jnp.float32)
    low, high = np.split(np.asarray(jax.jit(polynomials.exp)(x)), 2)
    assert np.all(low <= 1.2e-38) and np.all(np.isposinf(high))
    below = jnp.asarray([0.0, -0.0, -1.0, -jnp.inf, 1e-40], jnp.float32)
    assert np.all(np.isneginf(np.asarray(jax.jit(polynomials.log)(below))))
    assert not np.isfinite(np.asarray(jax.jit(polynomials.log)(jnp.asarray(jnp.inf, jnp.float32))))
    assert np.isneginf(np.asarray(jax.jit(polynomials.log1p)(jnp.asarray(-1.0, jnp.float32))))
    far = np.asarray(jax.jit(maths.softplus)(jnp.asarray([-1e4, 1e4], jnp.float32)))
    assert far[0] < 1e-37 and far[1] == 1e4


def test_exp_and_log_never_fall() -> None:
    x = np.sort(RANDOM.uniform(-80, 80, N)).astype(np.float32)
    steps = np.diff(np.log(np.asarray(jax.jit(polynomials.exp)(x)).astype(float)))
    assert steps.min() > -4e-7  # the seams of its pieces, below the last digit
    y = np.sort(sizes(1e-30, 1e30)).astype(np.float32)
    assert np.diff(np.asarray(jax.jit(polynomials.log)(y)).astype(float)).min() > -1e-5


@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "softplus", "log_sigmoid", "sigmoid", "decay"])
def test_single_and_double_precision_agree_with_their_slopes(name: str) -> None:
    x = np.array([0.001, 0.3, 0.9, 1.7, 5.0, 20.0])
    function = getattr(maths, name)
    single = [np.asarray(jax.jit(jax.vmap(f))(jnp.asarray(x, jnp.float32))) for f in (function, jax.grad(function))]
    with jax.enable_x64(True):
        double = [np.asarray(jax.vmap(f)(jnp.asarray(x))) for f in (function, jax.grad(function))]
        step = 1e-6 * x
        rise = (np.asarray(function(jnp.asarray(x + step))) - np.asarray(function(jnp.asarray(x - step)))) / (2 * step)
    for one, two in zip(single, double, strict=True):
        assert one == pytest.approx(two, rel=1e-6, abs=1e-12)
    assert double[1] == pytest.approx(rise, rel=1e-6, abs=1e-11)


def test_a_logistic_is_its_parts() -> None:
    x = np.concatenate([np.linspace(-80, 80, 101), [0.0]])
    with jax.enable_x64(True):
        f = maths.logistic(jnp.asarray(x))
        share = 1.0 / (1.0 + np.exp(-x))
        assert np.asarray(f.share) == pytest.approx(share, rel=1e-14)
        assert np.asarray(f.rest) == pytest.approx(1.0 / (1.0 + np.exp(x)), rel=1e-14)
        assert np.asarray(f.softplus) == pytest.approx(np.logaddexp(0, x), rel=1e-14)
        slopes = [jax.vmap(jax.grad(lambda y, n=name: getattr(maths.logistic(y), n)))(f.logit) for name in f._fields]
        assert np.asarray(slopes[2]) == pytest.approx(share, rel=1e-14)
        slope = jax.vmap(jax.grad(lambda y: maths.logistic(y).rest))(f.logit)
        assert np.asarray(slope) == pytest.approx(-share / (1.0 + np.exp(x)), rel=1e-12)


def test_the_program_of_a_cpu_holds_polynomials_and_that_of_a_gpu_its_functions() -> None:
    traced = jax.jit(lambda x: maths.softplus(x) + maths.log(maths.exp(x))).trace(jnp.ones(8, jnp.float32))
    on = {name: traced.lower(lowering_platforms=(name,)).as_text() for name in ("cpu", "cuda")}
    assert "stablehlo.exponential" in on["cuda"] and "optimization_barrier" not in on["cuda"]
    assert "stablehlo.exponential" not in on["cpu"] and "stablehlo.log" not in on["cpu"]
