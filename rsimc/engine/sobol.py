"""Scrambled Sobol points, one scramble a batch: a prior run's parameters spread more evenly than chance spreads them.

Trajectory i is point number (i // 65,536) 1,024 + i mod 1,024 of the scramble of its batch, so that it depends on the
seed and i alone, more draws keep the first ones, and batches are independent: their spread states the error. Points:
Sobol (1967) with the direction numbers of Joe & Kuo (2008), in the order of Gray codes. Scrambles: nested uniform ones
(Owen 1995) by hashing (Laine & Karras 2011; constants of Burley, Practical hash-based Owen scrambling, 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

from rsimc.engine import rng
from rsimc.engine.plan import batch_of, place_in_batch
from rsimc.maths import fence

Array = jax.Array
BITS = 26
"""2^32 trajectories are 2^26 points of 64 scrambles."""


def scramble_keys(seed: int, names: Sequence[str]) -> np.ndarray:
    """Keys [dimensions, 2] of the scrambles: a dimension is named, as a stream is."""
    return rng.stream_keys(seed, [f"sobol.{name}" for name in names])


def points(table: Array, number: Array) -> Array:
    """Unscrambled points [dimensions, B], of 32 bits, by their number [B] uint32; table [dimensions, 26] uint32 of
    direction numbers, which `rsimc.runs.sources` has from scipy."""
    gray = number ^ (number >> np.uint32(1))

    def add(bit: Array, x: Array) -> Array:
        there = ((gray >> bit.astype(jnp.uint32)) & np.uint32(1)) == 1
        return x ^ jnp.where(there[None], table[:, bit][:, None], np.uint32(0))

    return jax.lax.fori_loop(0, BITS, add, jnp.zeros((table.shape[0], *number.shape), jnp.uint32))


def scrambled(x: Array, key: Array) -> Array:
    """Words x with every bit flipped by chance, that of the bits above it and the key, uint32 both."""
    y = _reversed(x) + key
    for factor in (0x6C50B47C, 0xB82F1E52, 0xC7AFE638, 0x8D22F6E6):
        y = y ^ (y * np.uint32(factor))
    return _reversed(y)


def _reversed(x: Array) -> Array:
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        x = ((x >> np.uint32(shift)) & np.uint32(mask)) | ((x & np.uint32(mask)) << np.uint32(shift))
    return (x >> np.uint32(16)) | (x << np.uint32(16))


def normals(table: Array, keys: Array, ids: Array) -> Array:
    """Standard normals [dimensions, B] of trajectories ids [B] uint32, float32; as exact in both tails."""
    batch = batch_of(ids).astype(jnp.uint32)
    own, _ = rng.threefry(keys[:, 0:1], keys[:, 1:2], batch[None], jnp.zeros((), jnp.uint32))
    x = scrambled(points(table, place_in_batch(ids)), own)
    lower = x < np.uint32(2**31)
    share = (jnp.where(lower, x, ~x).astype(jnp.float32) + np.float32(0.5)) * np.float32(2.0**-32)
    z = ndtri(share)
    return fence(jnp.where(lower, z, -z))
