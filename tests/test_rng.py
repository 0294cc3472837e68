"""Laws of the noise: the published generator, standard normals, and streams that know nothing of each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rsimc.engine import rng

N = 2**18
NORMALS = jax.jit(rng.normals)
VECTORS = (  # of Random123, kat_vectors, threefry 2x32 20
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
)


def draw(name: str, step: int, seed: int = 1, n: int = N) -> np.ndarray:
    keys = jnp.asarray(rng.stream_keys(seed, [name]))
    return np.asarray(NORMALS(keys, jnp.arange(n, dtype=jnp.uint32), jnp.asarray(step)))[0].astype(np.float64)


@pytest.mark.parametrize(("key", "counter", "words"), VECTORS)
def test_threefry_gives_the_published_words(
    key: tuple[int, int], counter: tuple[int, int], words: tuple[int, int]
) -> None:
    got = rng.threefry(*(jnp.asarray(word, jnp.uint32) for word in (*key, *counter)))
    assert tuple(int(word) for word in got) == words


def test_draws_are_standard_normal() -> None:
    x = draw("noise.horizon", 3)
    assert np.mean(x) == pytest.approx(0, abs=5 / np.sqrt(N))
    assert np.var(x) == pytest.approx(1, abs=5 * np.sqrt(2 / N))
    assert np.mean(x**3) == pytest.approx(0, abs=5 * np.sqrt(15 / N))
    assert np.mean(x**4) == pytest.approx(3, abs=5 * np.sqrt(96 / N))
    assert stats.kstest(x, "norm").pvalue > 1e-3


def test_classes_of_equal_probability_are_filled_alike() -> None:
    """Chi-square over 1,024 classes of one draw."""
    counts = np.bincount(np.floor(stats.norm.cdf(draw("noise.horizon", 3)) * 1024).astype(int), minlength=1024)
    assert 1e-4 < stats.chisquare(counts).pvalue < 1 - 1e-4  # counts that are too even are no chance either


@pytest.mark.parametrize(
    "other", [("noise.software", 3, 1), ("noise.horizon", 4, 1), ("noise.horizon", 3, 2), ("neighbour", 3, 1)]
)
def test_pairs_fill_their_square_alike(other: tuple[str, int, int]) -> None:
    """Chi-square over 32 x 32 classes: another stream, the next step, another seed, the next trajectory."""
    x = draw("noise.horizon", 3)
    y = np.roll(x, 1) if other[0] == "neighbour" else draw(*other)
    across, up = (np.floor(stats.norm.cdf(z) * 32).astype(int) for z in (x, y))
    counts = np.bincount(32 * across + up, minlength=1024)
    assert 1e-4 < stats.chisquare(counts).pvalue < 1 - 1e-4


def test_the_tails_are_those_of_a_normal() -> None:
    x = np.abs(np.concatenate([draw("tails", step) for step in range(8)]))
    for level in (3.0, 4.0, 4.5):
        expected = 8 * N * 2 * stats.norm.sf(level)
        assert np.sum(x > level) == pytest.approx(expected, abs=5 * np.sqrt(expected))


def test_the_smallest_uniform_is_a_finite_far_tail() -> None:
    words = np.array([0, 1, 2**31, 2**32 - 1], np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rng, "threefry", lambda *_: (jnp.asarray(words)[None], jnp.zeros((1, 4), jnp.uint32)))
        x = np.asarray(rng.normals(jnp.zeros((1, 2), jnp.uint32), jnp.zeros(4, jnp.uint32), jnp.asarray(0)))[0]
    assert np.all(np.isfinite(x))
    assert x[0] == pytest.approx(np.sqrt(2 * 33 * np.log(2)), rel=1e-6)
    assert np.all(np.diff(x) < 0)


@pytest.mark.parametrize("other", [("noise.software", 3, 1), ("noise.horizon", 4, 1), ("noise.horizon", 3, 2)])
def test_streams_steps_and_seeds_are_independent(other: tuple[str, int, int]) -> None:
    x, y = draw("noise.horizon", 3), draw(*other)
    assert abs(np.corrcoef(x, y)[0, 1]) < 5 / np.sqrt(N)
    assert abs(np.corrcoef(x**2, y**2)[0, 1]) < 5 / np.sqrt(N)


def test_neighbouring_trajectories_are_independent() -> None:
    x = draw("noise.horizon", 3)
    for lag in (1, 2, 1024):
        assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 5 / np.sqrt(N)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4))
def test_a_draw_depends_on_its_own_counter_only(ids: list[int]) -> None:
    keys = jnp.asarray(rng.stream_keys(7, ["a", "b"]))
    block = np.asarray(NORMALS(keys, jnp.asarray(ids, jnp.uint32), jnp.asarray(5)))
    turned = np.asarray(NORMALS(keys[::-1], jnp.asarray(ids[::-1], jnp.uint32), jnp.asarray(5)))
    assert np.array_equal(block, turned[::-1, ::-1])


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        rng.stream_keys(seed, ["a"])


def test_the_largest_seed_is_taken() -> None:
    assert rng.stream_keys(2**32 - 1, ["a"])[0, 0] == 2**32 - 1
