"""One trajectory in full: every quantity after every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.engine.device import LANE, compiler_options
from rsimc.engine.path import march, start
from rsimc.engine.plan import Plan
from rsimc.engine.source import Source


def compile_lane(plan: Plan) -> Callable[[jax.Array, Source], dict[str, jax.Array]]:
    """A function, not yet compiled, (ids [B], source) -> quantities by name, each [steps + 1, B]."""
    model = plan.model

    def lane(ids: jax.Array, source: Source) -> dict[str, jax.Array]:
        noise = source.innovations(model, ids)
        params, state, first = start(model, source.named(source.values(ids)), noise.first(model.anchor_innovations))

        def visit(carry: None, step: jax.Array, seen: Any) -> tuple[None, Any]:
            return carry, dict(seen)

        kept = march(model, params, state, plan.beats, lambda n: noise.at(n + 1), visit, None)[2]
        flat = {name: part.reshape(-1, ids.shape[0]) for name, part in kept.items()}
        return {name: jnp.concatenate([first[name][None], flat[name]]) for name in flat}

    return lane


def compile_trajectory(plan: Plan) -> Callable[[int, Source], dict[str, np.ndarray]]:
    """A function (trajectory, source) -> quantities by name, each [steps + 1] from the model's start to the horizon.

    It is marched in a lane of its neighbours, since a compiler rounds otherwise for one alone. The program is another
    than that of runs all the same: what it shows of dates agrees with what they count to rounding.
    """
    program = jax.jit(compile_lane(plan), compiler_options=compiler_options(jax.local_devices()[0].platform))

    def run(index: int, source: Source) -> dict[str, np.ndarray]:
        first = index - index % LANE
        found = program(np.uint32(first) + np.arange(LANE, dtype=np.uint32), source)
        return {name: np.asarray(part[:, index - first]) for name, part in found.items()}

    return run
