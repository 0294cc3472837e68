"""Laws of the elementary functions: right over the whole range that a takeoff reaches, with the right gradient."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc import maths

wide = st.floats(-1e4, 1e4)
moderate = st.floats(-30, 30)
shares = st.floats(0.01, 0.99)
exponents = st.floats(-40, 0.9)
FUNCTIONS: dict[str, Callable[..., jax.Array]] = {
    "softplus": maths.softplus,
    "log_sigmoid": maths.log_sigmoid,
    "logaddexp": maths.logaddexp,
    "logsumexp": maths.logsumexp,
    "log_ces": lambda a, b, share, r: maths.log_ces(a, b, maths.ces(share, r)),
}
COMPILED = {name: jax.jit(function) for name, function in FUNCTIONS.items()}
GRADIENT = {name: jax.jit(jax.grad(function)) for name, function in FUNCTIONS.items()}


def value(name: str, *args: object) -> float:
    with jax.enable_x64(True):
        return float(COMPILED[name](*(jnp.asarray(a, jnp.float64) for a in args)))


def slope(name: str, *args: object) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(GRADIENT[name](*(jnp.asarray(a, jnp.float64) for a in args)))


@given(wide)
def test_softplus_is_log_one_plus_exp(x: float) -> None:
    assert value("softplus", x) == pytest.approx(np.logaddexp(0.0, x), rel=1e-13, abs=1e-300)


@given(wide, st.floats(0.05, 5))
def test_softplus_of_a_width_is_softplus_rescaled(x: float, width: float) -> None:
    assert value("softplus", x, width) == pytest.approx(width * np.logaddexp(0.0, x / width), rel=1e-12, abs=1e-300)


@given(wide)
def test_log_sigmoid_and_its_mirror_differ_by_the_logit(x: float) -> None:
    assert value("log_sigmoid", x) == pytest.approx(-np.logaddexp(0.0, -x), rel=1e-13, abs=1e-300)
    assert value("log_sigmoid", x) - value("log_sigmoid", -x) == pytest.approx(x, rel=1e-12, abs=1e-12)


@given(wide, wide)
def test_logaddexp_is_that_of_numpy(a: float, b: float) -> None:
    assert value("logaddexp", a, b) == pytest.approx(np.logaddexp(a, b), rel=1e-12, abs=1e-11)


@given(st.lists(wide, min_size=8, max_size=8))
def test_logsumexp_reduces_the_first_axis(x: list[float]) -> None:
    assert value("logsumexp", x) == pytest.approx(np.logaddexp.reduce(x), rel=1e-12, abs=1e-11)
    with jax.enable_x64(True):
        block = np.asarray(maths.logsumexp(jnp.asarray(x).reshape(4, 2)))
    assert block == pytest.approx(np.logaddexp.reduce(np.reshape(x, (4, 2)), axis=0), rel=1e-12, abs=1e-11)


@given(moderate, moderate, shares, exponents.filter(lambda r: abs(r) > 0.01))
def test_log_ces_is_the_power_mean(a: float, b: float, share: float, r: float) -> None:
    terms = np.array([np.log(share) + r * a, np.log1p(-share) + r * b])
    assert value("log_ces", a, b, share, r) == pytest.approx(np.logaddexp.reduce(terms) / r, rel=1e-10, abs=1e-10)


@given(wide, wide, shares, exponents, st.floats(-100, 100))
def test_log_ces_is_homogeneous_of_degree_one(a: float, b: float, share: float, r: float, c: float) -> None:
    assert value("log_ces", a + c, b + c, share, r) == pytest.approx(value("log_ces", a, b, share, r) + c, abs=1e-6)


@given(wide, wide, exponents)
def test_log_ces_of_equal_shares_is_symmetric(a: float, b: float, r: float) -> None:
    assert value("log_ces", a, b, 0.5, r) == pytest.approx(value("log_ces", b, a, 0.5, r), abs=1e-6)


@given(moderate, moderate, shares)
def test_log_ces_goes_from_the_minimum_over_cobb_douglas_to_the_mean(a: float, b: float, share: float) -> None:
    assert value("log_ces", a, b, share, -1e5) == pytest.approx(min(a, b), abs=1e-4)
    assert value("log_ces", a, b, share, 0.0) == pytest.approx(
        share * a + (1 - share) * b, abs=1e-3 * (a - b) ** 2 / 8 + 1e-9
    )
    assert value("log_ces", a, b, share, 1.0) == pytest.approx(
        np.log(share * np.exp(a) + (1 - share) * np.exp(b)), abs=1e-9
    )


SIDES = {
    "number": 0.5,
    "whole number": 2,
    "fractions": np.array([1.5, 2.5], np.float32),
    "doubles": np.array([1.5, 2.5]),
    "whole numbers": np.array([1, 2]),
    "one fraction": np.float32(7.5),
    "rows": np.array([[1.5], [2.5]], np.float32),
}


@pytest.mark.parametrize("first", SIDES)
@pytest.mark.parametrize("second", SIDES)
def test_choices_and_bounds_are_those_of_jax_whatever_the_sides(first: str, second: str) -> None:
    """Fractions of one shape, which models choose between, take a way of their own."""
    condition = jnp.array([True, False])
    a, b = (side if isinstance(side, float | int) else jnp.asarray(side) for side in (SIDES[first], SIDES[second]))
    for found, expected in (
        (maths.where(condition, a, b), jnp.where(condition, a, b)),
        (maths.maximum(a, b), jnp.maximum(a, b)),
        (maths.minimum(a, b), jnp.minimum(a, b)),
    ):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert np.array_equal(found, expected)


def test_whole_numbers_are_taken_for_fractions() -> None:
    for function in (maths.softplus, maths.sigmoid, maths.log_sigmoid, lambda x: maths.logistic(x).softplus):
        assert function(3) == function(3.0)


@given(moderate)
def test_expm1_ratio_is_continuous_through_zero(x: float) -> None:
    for y in (x, 1e-3 * x, 1e-6 * x):
        with jax.enable_x64(True):
            got = float(maths.expm1_ratio(jnp.asarray(y)))
        assert got == pytest.approx(np.expm1(y) / y if y else 1.0, rel=1e-10)


NAIVE: dict[str, Callable[..., jax.Array]] = {
    "softplus": lambda x: jnp.log(1 + jnp.exp(x)),
    "log_sigmoid": lambda x: jnp.log(1 / (1 + jnp.exp(-x))),
    "logaddexp": lambda a, b: jnp.log(jnp.exp(a) + jnp.exp(b)),
    "logsumexp": lambda x: jnp.log(jnp.sum(jnp.exp(x))),
    "log_ces": lambda a, b, w, r: jnp.log(w * jnp.exp(r * a) + (1 - w) * jnp.exp(r * b)) / r,
}
ARGUMENTS = {"softplus": 1, "log_sigmoid": 1, "logaddexp": 2, "logsumexp": 8, "log_ces": 2}


@pytest.mark.parametrize("name", NAIVE)
def test_gradients_are_those_of_the_formula(name: str) -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        x = random.uniform(-20, 20, ARGUMENTS[name])
        args = (
            (x,)
            if name == "logsumexp"
            else (*x, random.uniform(0.1, 0.9), random.uniform(-3, 0.9))
            if name == "log_ces"
            else tuple(x)
        )
        with jax.enable_x64(True):
            naive = np.asarray(jax.grad(NAIVE[name])(*(jnp.asarray(a) for a in args)))
        assert slope(name, *args) == pytest.approx(naive, rel=1e-8, abs=1e-12)


@given(wide, wide, shares, exponents)
def test_gradients_are_finite_far_out(a: float, b: float, share: float, r: float) -> None:
    for name, args in (("softplus", (a,)), ("log_sigmoid", (a,)), ("logaddexp", (a, b)), ("log_ces", (a, b, share, r))):
        assert np.all(np.isfinite(slope(name, *args)))
        single = GRADIENT[name](*(jnp.asarray(x, jnp.float32) for x in args))
        assert single.dtype == jnp.float32
        assert np.isfinite(single)
