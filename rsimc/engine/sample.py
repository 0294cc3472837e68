"""Chosen trajectories of a source again, with quantities that runs do not keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.device import compiler_options
from rsimc.engine.path import march, start
from rsimc.engine.plan import Plan
from rsimc.engine.source import Source


def compile_sample(plan: Plan, names: tuple[str, ...], beats: int) -> Callable[[np.ndarray, Source], np.ndarray]:
    """A function (ids [B] uint32, source) -> quantities [names, beats, B] after each of the first beats.

    It is another program than that of runs, so that it may round otherwise; trajectory i is trajectory i all the same.
    """
    model = plan.model

    def sample(ids: jax.Array, source: Source) -> jax.Array:
        noise = source.innovations(model, ids)
        params, state, _ = start(model, source.named(source.values(ids)), noise.first(model.anchor_innovations))
        store = jnp.zeros((beats, len(names), *ids.shape), jnp.float32)

        def step(carry: jax.Array, n: jax.Array, seen: Any) -> tuple[jax.Array, None]:
            return carry, None

        def beat(carry: jax.Array, n: jax.Array, seen: Any) -> jax.Array:
            kept = jnp.stack([seen[name] for name in names])
            return jax.lax.dynamic_update_index_in_dim(carry, kept, n // model.steps_per_innovation - 1, 0)

        return march(model, params, state, beats, lambda n: noise.at(n + 1), step, store, beat)[1]

    program = jax.jit(sample, compiler_options=compiler_options(jax.local_devices()[0].platform))
    return lambda ids, source: np.moveaxis(np.asarray(program(ids, source)), 1, 0)
