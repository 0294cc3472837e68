"""Three sectors that make goods, R&D of hardware and R&D of software, each of capital and of tasks.

    Y = A [a K^psi + (1 - a) V^psi]^{1/psi},     A = e^{productivity growth t}

with K capital, in software R&D experiments Q^0.4 on all hardware Q, and V the tasks' output (`tasks`). Weights are
such that shares of income in 2022, with no task automated, are as given. All is in logs against 2022, sectors first:
goods, hardware, software. Where tasks are automated in 2022 already, output with them is what others are against.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Params
from rsimc.models.published.ftm import tasks
from rsimc.models.published.ftm.tasks import Tasks

Array = jax.Array
GOODS, HARDWARE, SOFTWARE = range(3)
SECONDS = 365.0 * 86400.0
LN10 = 2.302585092994046


class Requirements(NamedTuple):
    """Logs of what AI needs [goods and twice R&D, ...]: training for the hardest task, less what run time makes up for;
    compute that does as much as a worker there, were the run as large; the gap of training, the trade-off."""

    training: Array
    limit: Array
    runtime: Array
    gap: Array
    tradeoff: Array


class Inputs(NamedTuple):
    """Logs against 2022 [sectors, ...]: capital or experiments, labour, compute."""

    capital: Array
    labour: Array
    compute: Array


class Output(NamedTuple):
    """log: of each sector [sectors, ...]; tasks automated in goods and in R&D; log of what automation multiplies
    hardware R&D by."""

    log: Array
    automated_goods: Array
    automated_rnd: Array
    log_multiplier: Array


class Sectors(NamedTuple):
    """What is needed to produce, once a trajectory."""

    tasks: Tasks
    rho: Array
    needs: Requirements
    first: Array
    second: Array
    exponent: Array
    inverse: Array


def requirements(params: Params) -> Requirements:
    """From parameters."""
    hardest, limit, gap = training(params)
    runtime, cheaper = maths.log(params["runtime_requirement"] * SECONDS), maths.log(params["runtime_ease_rnd"])
    return Requirements(
        hardest,
        limit,
        jnp.stack([runtime, runtime - cheaper, runtime - cheaper]),
        gap,
        maths.maximum(params["tradeoff"], 0.0),
    )


def able(needs: Requirements, log_run: Array) -> Array:
    """How many tasks of each sector can be automated [sectors, ...]."""
    return tasks.able(needs.training, needs.gap, log_run + needs.limit)


TRAINING = ("training_requirement", "training_gap", "training_ease_rnd", "tradeoff", "tradeoff_limit")
"""Parameters that `training` takes."""


def training(params: Params) -> tuple[Array, Array, Array]:
    """Logs of what training the hardest task asks for [goods and twice R&D, ...], of by how much a run may fall short,
    and of the gap."""
    hardest, ease = LN10 * params["training_requirement"], maths.log1p(params["training_ease_rnd"])
    limit = jnp.where(params["tradeoff"] > 0.0, maths.log1p(params["tradeoff_limit"]), 0.0)
    return jnp.stack([hardest, hardest - ease, hardest - ease]), limit, maths.log(params["training_gap"])


def sectors(params: Params, labour: Array, compute: Array, log_compute: Array) -> Sectors:
    """From parameters, logs of each sector's shares of labour and of compute [sectors, ...] and of all compute."""
    goods, rnd = -params["task_complements_goods"], -params["task_complements_rnd"]
    rho = jnp.stack([goods, rnd, rnd])
    needs = requirements(params)
    steep = needs.tradeoff * needs.gap + maths.log1p(params["runtime_gap"])
    ratio = log_compute - maths.log(params["labour_force"]) + compute - labour
    of_compute = jnp.stack([params["compute_share_goods"], params["compute_share_rnd"], params["compute_share_rnd"]])
    share = maths.log(of_compute) - maths.log1p(-of_compute)
    capital = jnp.stack(
        [1.0 - params["task_share_goods"], 1.0 - params["task_share_hardware"], params["experiment_share_software"]]
    )
    psi = jnp.stack(
        [
            -params["capital_complements_goods"],
            -params["capital_complements_rnd"] * params["parallel"],
            -params["experiment_complements"],
        ]
    )
    made = tasks.tasks(steep + 0.0 * rho, rho, ratio, share)
    return Sectors(made, rho, needs, *maths.ces(capital, psi))


def produce(of: Sectors, inputs: Inputs, log_run: Array, log_productivity: Array) -> Output:
    """All three sectors, labour and compute where they do most."""
    top = of.needs.runtime + of.needs.tradeoff * (of.needs.training - log_run)
    made = tasks.work(of.tasks, of.rho, maths.fence(top), able(of.needs, log_run), inputs.labour, inputs.compute)
    weights = maths.Ces(of.first, of.second, of.exponent, of.inverse)
    log_output = maths.log_ces(inputs.capital, maths.fence(made.log_output), weights)
    one = jax.tree.map(lambda rows: rows[..., HARDWARE, :] if rows.ndim > 1 else rows[HARDWARE], of.tasks)
    by_hand = tasks.alone(one, of.rho[HARDWARE], inputs.labour[HARDWARE], inputs.compute[HARDWARE])
    hardware = maths.Ces(*(row[HARDWARE] for row in weights))
    without = maths.log_ces(inputs.capital[HARDWARE], by_hand, hardware)
    return Output(
        log_output + log_productivity,
        made.automated[GOODS],
        made.automated[HARDWARE],
        log_output[HARDWARE] - without,
    )
