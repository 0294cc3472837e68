"""Noise as a pure function of (seed, stream, trajectory, step): threefry-2x32 with 20 rounds (Salmon et al. 2011).

Trajectory i is trajectory i, whatever the number of draws, the block, the device or the order of work. A stream is
named; its key is (seed, crc32(name)), so that a new parameter leaves the draws of the others alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.polynomials import cos_pi

Array = jax.Array
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = np.uint32(0x1BD11BDA)


def stream_keys(seed: int, names: Sequence[str]) -> np.ndarray:
    """Keys [streams, 2] uint32. Raises ValueError for a seed outside [0, 2^32)."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected 0 <= seed < 2^32, got {seed}")
    return np.array([[seed, zlib.crc32(name.encode())] for name in names], dtype=np.uint32).reshape(-1, 2)


def _rotate(x: Array, bits: int) -> Array:
    left, right = (jax.lax.full_like(x, n) for n in (bits, 32 - bits))
    return jax.lax.bitwise_or(jax.lax.shift_left(x, left), jax.lax.shift_right_logical(x, right))


def threefry(key0: Array, key1: Array, count0: Array, count1: Array) -> tuple[Array, Array]:
    """Two random words from a key and a counter, all uint32, broadcast together."""
    keys = (key0, key1, key0 ^ key1 ^ PARITY)
    x0, x1 = count0 + keys[0], count1 + keys[1]
    for group in range(5):
        for bits in ROTATIONS[group % 2]:
            x0 = jax.lax.add(x0, x1)
            x1 = jax.lax.bitwise_xor(_rotate(x1, bits), x0)
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


def normals(keys: Array, ids: Array, step: Array) -> Array:
    """Standard normals [streams, B] of trajectories ids [B] uint32 at one step, float32 (Box & Muller 1958).

    The radius uses 32 bits, exact at small uniforms, so the tails reach 6.7 standard deviations.
    """
    word0, word1 = threefry(keys[:, 0:1], keys[:, 1:2], ids[None, :], jnp.asarray(step, jnp.uint32))
    uniform = (word0.astype(jnp.float32) + np.float32(0.5)) * np.float32(2.0**-32)
    half_turns = jax.lax.bitcast_convert_type(word1, jnp.int32).astype(jnp.float32) * np.float32(2.0**-31)
    radius = jnp.sqrt(np.float32(-2.0) * maths.log(maths.minimum(uniform, 1.0 - 2.0**-24)))
    return maths.fence(radius * cos_pi(half_turns))
