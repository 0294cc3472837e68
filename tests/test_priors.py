"""Laws of priors: what is written is what is drawn, smoothly, and what cannot be is refused where it stands."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit, logit, ndtr, ndtri

from rsimc.engine import rng
from rsimc.errors import ScenarioError
from rsimc.models.base import Parameter, prior_set
from rsimc.models.registry import get_model
from rsimc.priors import Quantile, parse_prior
from rsimc.priors.density import log_density
from rsimc.priors.vector import PriorSet

P = np.array([1e-6, 1e-3, 0.01, 0.05, 0.25, 0.5, 0.77, 0.95, 0.99, 0.999, 1 - 1e-6])
positive = st.floats(1e-3, 1e3)
anywhere = st.floats(-1e3, 1e3)
spread = st.floats(0.05, 3)


def read(spec: object) -> Quantile:
    return parse_prior(spec, "priors.x")


def between(numbers: st.SearchStrategy[Any], apart: float = 0.01) -> st.SearchStrategy[tuple[float, float]]:
    pairs = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
    return pairs.filter(lambda pair: pair[1] - pair[0] > apart * max(map(abs, pair)))


intervals = between(positive).map(lambda pair: f"{pair[0]!r} to {pair[1]!r}")
closed_forms = st.one_of(
    intervals,
    st.tuples(anywhere, spread).map(lambda ab: {"normal": list(ab)}),
    st.tuples(positive, spread).map(lambda ab: {"lognormal": list(ab)}),
    st.tuples(st.floats(-4, 4), spread, between(anywhere)).map(
        lambda x: {"logitnormal": list(x[:2]), "low": x[2][0], "high": x[2][1]}
    ),
)
tables = st.one_of(
    st.tuples(st.floats(-5, 5), spread, between(st.integers(-8, 8))).map(
        lambda x: {"normal": list(x[:2]), "low": x[2][0], "high": x[2][1]}
    ),
    between(anywhere).map(lambda ab: {"uniform": list(ab)}),
    between(positive).map(lambda ab: {"loguniform": list(ab)}),
    st.tuples(st.floats(0.3, 5), st.floats(0.3, 5)).map(lambda ab: {"kumaraswamy": list(ab)}),
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=5, unique=True)
    .map(sorted)
    .map(lambda v: {f"p{10 + 18 * n}": x for n, x in enumerate(v)}),
    st.tuples(intervals, intervals, st.floats(0.1, 0.9)).map(
        lambda x: {"mixture": list(x[:2]), "weights": [x[2], 1 - x[2]]}
    ),
)


@given(between(positive))
def test_a_to_b_is_the_90_percent_interval(ab: tuple[float, float]) -> None:
    prior = read(f"{ab[0]!r} to {ab[1]!r}")
    assert prior.quantile(0.05) == pytest.approx(ab[0], rel=1e-12)
    assert prior.quantile(0.95) == pytest.approx(ab[1], rel=1e-12)


@given(st.integers(-100, 100), st.lists(st.floats(0.1, 3), min_size=1, max_size=5), st.integers(1, 12))
def test_percentiles_are_exact_for_steps_within_a_factor_of_thirty(
    start: float, steps: list[float], first: int
) -> None:
    values = np.cumsum([start, *steps])
    points = {f"p{first + 15 * n}": float(x) for n, x in enumerate(values)}
    prior = read(points)
    for key, x in points.items():
        assert prior.quantile(int(key[1:]) / 100) == pytest.approx(x, abs=1e-3 * (values[-1] - values[0]))


@given(st.lists(positive, min_size=3, max_size=5, unique=True).map(sorted))
def test_positive_percentiles_make_a_positive_prior(values: list[float]) -> None:
    prior = read({f"p{10 + 20 * n}": x for n, x in enumerate(values)})
    assert np.all(prior.at(np.linspace(-8, 8, 101)) >= 0)


@given(st.one_of(closed_forms, tables))
def test_every_kind_rises_with_z_and_is_finite(spec: object) -> None:
    y = read(spec).at(np.linspace(-8, 8, 1601))
    assert np.all(np.isfinite(y))
    assert np.all(np.diff(y) >= -1e-12 * np.max(np.abs(y)))
    assert y[-1] > y[0]


def quantile_of(cdf: object, low: float, high: float) -> np.ndarray:
    return np.array([optimize.brentq(lambda x, p=p: cdf(x) - p, low, high, xtol=1e-12) for p in P])


MIXED = {"mixture": [{"normal": [0, 1]}, {"normal": [2, 0.5]}], "weights": [0.7, 0.3]}
KNOWN = [
    ("2 to 5", np.exp(np.log(10) / 2 + np.log(2.5) / 2 / 1.6448536269514722 * ndtri(P))),
    ({"normal": [1, 2]}, stats.norm.ppf(P, 1, 2)),
    ({"lognormal": [3.2, 0.4]}, stats.lognorm.ppf(P, 0.4, scale=3.2)),
    ({"logitnormal": [0.2, 0.8], "low": 0.1, "high": 3}, 0.1 + 2.9 / (1 + np.exp(-0.2 - 0.8 * ndtri(P)))),
    ({"normal": [2.1, 0.9], "low": 0, "high": 4.9}, stats.truncnorm.ppf(P, -2.1 / 0.9, 2.8 / 0.9, 2.1, 0.9)),
    ({"normal": [0, 1], "low": 4}, stats.truncnorm.ppf(P, 4, np.inf)),
    ({"normal": [0, 1], "high": -4}, stats.truncnorm.ppf(P, -np.inf, -4)),
    ({"normal": [-3, 1], "low": 0, "high": 1}, stats.truncnorm.ppf(P, 3, 4, -3, 1)),
    ({"uniform": [-1, 3]}, stats.uniform.ppf(P, -1, 4)),
    ({"loguniform": [1, 10]}, stats.loguniform.ppf(P, 1, 10)),
    ({"skewed": [1, 10, 1e4]}, np.where(P < 0.5, 10 ** (2 * P), 10 ** (6 * P - 2))),
    ({"skewed": [-1, 2, 3], "scale": "linear"}, np.where(P < 0.5, 6 * P - 1, 2 * P + 1)),
    (
        {"skewed": [0.1, 0.5, 0.7], "scale": "logit"},
        expit(np.where(P < 0.5, logit(0.1) * (1 - 2 * P), logit(0.7) * (2 * P - 1))),
    ),
    ({"kumaraswamy": [1, 1.5]}, 1 - (1 - P) ** (1 / 1.5)),
    ({"kumaraswamy": [2, 0.5]}, np.sqrt(1 - (1 - P) ** 2)),
    (MIXED, quantile_of(lambda x: 0.7 * stats.norm.cdf(x) + 0.3 * stats.norm.cdf(x, 2, 0.5), -9, 9)),
]


@pytest.mark.parametrize(("spec", "expected"), KNOWN, ids=[str(spec) for spec, _ in KNOWN])
def test_quantiles_are_those_of_the_distribution(spec: object, expected: np.ndarray) -> None:
    assert read(spec).at(ndtri(P)) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_a_mixture_of_far_parts_keeps_its_weights() -> None:
    prior = read({"mixture": ["1 to 2", "50 to 90"], "weights": [0.3, 0.7]})
    share_low = ndtr(optimize.brentq(lambda z: float(prior.at(np.asarray(z))) - 10, -8, 8))
    assert share_low == pytest.approx(0.3, abs=0.01)


def test_a_distribution_function_is_drawn_to_a_third_of_a_percent() -> None:
    """The cubic rounds its corners, a twentieth of a standard deviation to each side."""
    x, p = [-1, 0, 10, 10.5, 11], [0, 0.25, 0.9, 0.91, 1]
    prior = read({"cdf": [list(row) for row in zip(x, p, strict=True)]})
    shares = (np.arange(20_000) + 0.5) / 20_000
    assert np.interp(prior.at(ndtri(shares)), x, p) == pytest.approx(shares, abs=4e-3)
    assert [prior.quantile(share) for share in (1e-12, 1 - 1e-12)] == pytest.approx([-1, 11], abs=1e-6)


KINKED: tuple[dict[str, object], ...] = (
    {"skewed": [1, 10, 1e4]},
    {"skewed": [1e-8, 2, 29]},
    {"skewed": [-1, 0, 100], "scale": "linear"},
    {"skewed": [0.01, 0.06, 0.2], "scale": "logit"},
    {"cdf": [[-1, 0], [0, 0.25], [10, 0.9], [11, 1]]},
    {"beta": [2, 3]},
    {"p10": -0.9, "p50": 2.1, "p90": 30.3},
)


@pytest.mark.parametrize("spec", KINKED, ids=str)
def test_the_density_of_a_table_is_that_of_what_is_drawn_from_it(spec: dict[str, object]) -> None:
    """Kinks included: by the slope of the map from z, as differences have it."""
    prior, apart = read(spec), 1e-6
    z = np.linspace(-3.0, 3.0, 1201) + 3e-4
    slope = (prior.at(z + apart) - prior.at(z - apart)) / (2 * apart)
    assert log_density(prior, prior.at(z)) == pytest.approx(-0.5 * z**2 - np.log(slope), abs=2e-4)


EVERY_KIND = (
    "2 to 5",
    3.5,
    {"normal": [1, 2]},
    {"logitnormal": [0, 0.8], "low": 0.1},
    {"normal": [2.1, 0.9], "low": 0, "high": 4.9},
    {"loguniform": [0.01, 10]},
    {"skewed": [0.01, 0.2, 0.7], "scale": "logit"},
    {"kumaraswamy": [1, 1.5]},
    {"p10": -0.9, "p50": 2.1, "p90": 3.3},
    {"mixture": [{"lognormal": [0.3, 0.5]}, {"lognormal": [2.0, 0.4]}], "weights": [0.5, 0.5]},
)
VECTOR = PriorSet(tuple((f"x{n}", None, read(spec)) for n, spec in enumerate(EVERY_KIND)))


@pytest.mark.parametrize(("dtype", "rel"), [(jnp.float64, 1e-12), (jnp.float32, 1e-5)])
def test_the_compiled_vector_equals_the_quantile_functions(dtype: type, rel: float) -> None:
    z = np.random.default_rng(0).uniform(-5, 5, (VECTOR.size, 500)).astype(dtype)
    with jax.enable_x64(True):
        got = jax.jit(VECTOR.from_normal)(jnp.asarray(z, dtype))
    assert got.dtype == dtype
    for n, (_, _, prior) in enumerate(VECTOR.entries):
        expected = prior.at(z[n].astype(np.float64))
        assert np.asarray(got[n]) == pytest.approx(expected, rel=rel, abs=rel), prior.text


def test_gradients_are_finite_within_eight_sds() -> None:
    z = jnp.broadcast_to(jnp.linspace(-8, 8, 3201), (VECTOR.size, 3201))
    slope = jax.jit(jax.grad(lambda z: jnp.sum(VECTOR.from_normal(z))))(z)
    assert np.all(np.isfinite(slope))
    fixed = [prior.kind == "fixed" for _, _, prior in VECTOR.entries]
    assert np.all(slope[np.array(fixed)] == 0)
    assert np.all(np.asarray(slope) >= -1e-4)  # rounding of float32 where a table is flat
    assert np.all(np.asarray(slope[~np.array(fixed), 1600]) > 0)


REFUSED: list[tuple[object, str]] = [
    ("5 to 2", "2 to 5"),
    ("-1 to 2", "normal = [0.5,"),
    ("0 to 1", "LOW > 0"),
    ("2 to 2", "low < high"),
    ("1 to 1e999", "finite"),
    ("1_ to 2", "LOW to HIGH"),
    ("abc", "LOW to HIGH"),
    ("", "LOW to HIGH"),
    ({}, "empty"),
    ({"normal": [0, -1]}, "standard deviation"),
    ({"normal": [0, 0]}, "standard deviation"),
    ({"normal": [0]}, "2 finite numbers"),
    ({"normal": [0, "1"]}, "2 finite numbers"),
    ({"normal": [0, True]}, "2 finite numbers"),
    ({"normal": [0, float("inf")]}, "2 finite numbers"),
    ({"normal": [0, 10**400]}, "2 finite numbers"),
    ({"normal": [0, 1], "low": 2, "high": 1}, "low < high"),
    ({"normal": [0, 1], "lo": 0}, "low or high"),
    ({"normal": [0, 1], "lognormal": [1, 1]}, "one distribution"),
    ({"lognormal": [-1, 1]}, "positive"),
    ({"lognormal": [1, 1], "low": 0}, "no low or high"),
    ({"uniform": [1, 0]}, "low < high"),
    ({"loguniform": [0, 1]}, "positive"),
    ({"kumaraswamy": [0, 1]}, "two positive numbers"),
    ({"cdf": [[1, 0], [2, 0.9]]}, "probabilities from 0 to 1"),
    ({"cdf": [[1, 0], [2, 0.5], [1.5, 1]]}, "rows that rise"),
    ({"cdf": [[1, 0], [2, 0.5], [3, 0.5], [4, 1]]}, "rows that rise"),
    ({"cdf": [[1, 0]]}, "two or more rows"),
    ({"cdf": [[1, 0], [2]]}, "2 finite numbers"),
    ({"skewed": [1, 2, 3], "scale": ["log"]}, '"logit"'),
    ({"skewed": [1, 2]}, "3 finite numbers"),
    ({"skewed": [1, 3, 2]}, "low < median < high"),
    ({"skewed": [-1, 3, 5]}, "above 0"),
    ({"skewed": [0.1, 0.2, 1.0], "scale": "logit"}, "between 0 and 1"),
    ({"skewed": [0.1, 0.2, 0.3], "scale": "cubic"}, '"logit"'),
    ({"skewed": [1, 2, 3], "low": 0}, "priors.x.low"),
    ({"p10": 2, "p50": 1}, "increase"),
    ({"p50": 1}, "two or more"),
    ({"p0": 1, "p50": 2}, "two or more"),
    ({"mixture": ["1 to 2", "2 to 3"], "weights": [0.5, 0.6]}, "sum to one"),
    ({"mixture": ["1 to 2", "2 to 3"], "weights": [1.5, -0.5]}, "sum to one"),
    ({"mixture": ["1 to 2", "2 to 3"], "weights": [1.0]}, "2 finite numbers"),
    ({"mixture": ["1 to 2"]}, "mixture ="),
    ({"mixture": ["1 to 2", 3.0]}, "continuous"),
    ({"mixture": ["1 to 2", "3 to 2"]}, "2 to 3"),
    ({"lognorml": [1, 1]}, 'did you mean "lognormal"'),
    (True, "a number"),
    ([1, 2], "a number"),
    (None, "a number"),
    (float("nan"), "finite"),
    (10**400, "finite"),
]


@pytest.mark.parametrize(("spec", "says"), REFUSED, ids=[str(spec)[:40] for spec, _ in REFUSED])
def test_an_impossible_prior_is_refused_where_it_stands(spec: object, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_prior(spec, "my.toml: priors.x")
    assert str(caught.value).startswith("my.toml: priors.x")
    assert says in str(caught.value)


@given(st.text("0123456789.eE+-_ to", max_size=16))
def test_any_text_is_a_finite_prior_or_refused(text: str) -> None:
    try:
        prior = read(text)
    except ScenarioError:
        return
    assert 0 < prior.quantile(0.05) < prior.quantile(0.95) < np.inf


def test_the_advice_for_a_negative_interval_is_a_normal_with_that_interval() -> None:
    with pytest.raises(ScenarioError) as caught:
        read("-1 to 2")
    mean, sd = eval(caught.value.advice.split("normal = ")[1].split("}")[0])
    assert stats.norm.ppf([0.05, 0.95], mean, sd) == pytest.approx([-1, 2], abs=0.01)


TWO = (
    Parameter("growth", "1/year", "1 to 2", "", ""),
    Parameter("offset", "", ({"normal": [0, 1]}, {"normal": [5, 1]}), "", "", ("coding", "theory")),
)


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r'priors\.grwth.*did you mean "growth"'):
        prior_set(TWO, {"grwth": "1 to 2"})


def test_an_override_by_label_leaves_the_other_labels() -> None:
    priors = prior_set(TWO, {"offset": {"theory": "7 to 8"}})
    assert priors.names == ("growth", "offset.coding", "offset.theory")
    assert [prior.quantile(0.5) for _, _, prior in priors.entries] == pytest.approx([2**0.5, 0.0, 56**0.5])
    with pytest.raises(ScenarioError, match=r'priors\.offset\.theori.*did you mean "theory"'):
        prior_set(TWO, {"offset": {"theori": "7 to 8", "coding": 1.0}})


def test_an_override_of_all_labels_holds_for_each() -> None:
    priors = prior_set(TWO, {"offset": {"normal": [2, 1]}})
    assert [prior.quantile(0.5) for _, _, prior in priors.entries[1:]] == [2.0, 2.0]


def test_labels_become_the_first_axis() -> None:
    priors = prior_set(TWO, {})
    params = priors.named(priors.from_normal(jnp.zeros((3, 7))))
    assert params["growth"].shape == (7,)
    assert params["offset"].shape == (2, 7)
    assert np.asarray(params["offset"][:, 0]).tolist() == [0.0, 5.0]


def test_a_new_parameter_leaves_the_draws_of_the_others() -> None:
    more = (TWO[0], Parameter("new", "", {"uniform": [0, 1]}, "", ""), TWO[1])
    ids = jnp.arange(100, dtype=jnp.uint32)

    def draws(parameters: tuple[Parameter, ...]) -> dict[str, np.ndarray]:
        priors = prior_set(parameters, {})
        keys = jnp.asarray(rng.stream_keys(1, [f"prior.{name}" for name in priors.names]))
        values = np.asarray(priors.from_normal(rng.normals(keys, ids, jnp.asarray(0))))
        return dict(zip(priors.names, values, strict=True))

    before, after = draws(TWO), draws(more)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not np.allclose(after["new"], after["growth"])


def test_the_streams_of_the_flagship_do_not_collide() -> None:
    model = get_model("takeoff")
    names = [f"prior.{name}" for name in prior_set(model.parameters, {}).names]
    keys = rng.stream_keys(1, names + [f"noise.{name}" for name in model.innovations])
    assert len({tuple(key) for key in keys}) == len(keys)
