"""The Full Takeoff Model (T. Davidson, "What a compute-centric framework says about takeoff speeds", 2023; written as a
program by Epoch, J. Sevilla and E. Roldan, `epoch-research/ftm`).

An economy of three sectors (`economy`) with a hundred tasks each (`tasks`). The world product buys capital and
hardware; hardware and software grow by R&D; the largest training run, a share of all effective compute, decides which
tasks AI can do, and at what cost in compute. Once enough of goods is automated, spending wakes up and grows faster.

Steps are of a tenth of a year, each with the inputs of the step before, because that is what the original computes and
its published dates hang on it: it is a model of discrete time.

Artefacts of the original that are kept: 100 tasks, so that shares go in steps of 1%; a task counts as automated where
compute does over ten times what labour does; wake-up is undone where automation falls back; price-performance of 2022
is brought forward by its delay at the growth of the first step; shares beyond their ceiling drop to it at once; ratios
of at least 1 are drawn log-uniformly from 10^-8 above it, so that half of them are 1 but for little.

Ours: dates lie between steps where quantities cross, where the original takes the step after; milestones are the first
crossing, where it takes the last of wake-up, sub-AGI and AGI; growth in the first year is what has passed of it. The
start of durations from 20% of tasks is that share, where the original has the first one above it. A draw that would
have AI do tasks in 2022 already is drawn anew, all but its training requirement, as in the original (`first_year`).
Requirements in steps of whole orders of magnitude are left out, and what share
of the world product is saved, which cancels.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rsimc import maths
from rsimc.models.base import Duration, Milestone, Observable, Parameter, Params, Quantities, Redraw
from rsimc.models.published.base import Published
from rsimc.models.published.ftm import economy, first_year, quantities, tasks, together
from rsimc.models.published.ftm.economy import GOODS, HARDWARE, LN10, Inputs, Sectors

Array = jax.Array
STEPS = 10
REMEMBERED = 52
"""Steps of price-performance that are kept, for a delay of at most 5 years."""
SUB_AGI = 19.0
"""Number of the task, from 0, whose requirement makes 20% of them."""
CAPITAL, LABOUR, COMPUTE, LABOUR_S, COMPUTE_S, BUYING, TRAINING = range(7)


class State(NamedTuple):
    """A trajectory after a step, in logs against 2022 where not said otherwise.

    progress: of hardware and software, stock: what has been put into each [2, ...]; shares: logs of the shares spent
    [7, ...]; hardware (FLOP/year), capital; history: progress of hardware, by step [REMEMBERED, ...], year: world
    product likewise [STEPS, ...]; output [sectors, ...]; goods, rnd: tasks automated; run: log of the largest training
    run; frozen: whether its share of compute stays; multiplier: of hardware R&D by automation; growth of the last year;
    bought: log price-performance of what is bought.
    """

    progress: Array
    stock: Array
    shares: Array
    hardware: Array
    capital: Array
    history: Array
    year: Array
    output: Array
    goods: Array
    rnd: Array
    run: Array
    frozen: Array
    multiplier: Array
    growth: Array
    bought: Array


class FullTakeoff(Published):
    """The model `ftm`."""

    name: ClassVar[str] = "ftm"
    assumes: ClassVar[str] = (
        "AI can do a task once a training run is large enough for it, and compute moves at once to where it does most. "
        "The world saves a fixed share and spends on AI in shares that grow to ceilings; only hardware wears out, no "
        "training run takes time, no material is short and nobody pauses."
    )
    version: ClassVar[str] = "2"
    epoch: ClassVar[float] = 2022.0
    start: ClassVar[float] = 2022.0
    observed_from: ClassVar[float] = 2022.0
    steps_per_year: ClassVar[int] = STEPS
    steps_per_innovation: ClassVar[int] = 2
    parameters: ClassVar[tuple[Parameter, ...]] = quantities.PARAMETERS
    correlations: ClassVar[tuple[tuple[str, str, float], ...]] = together.CORRELATIONS
    redraw: ClassVar[Redraw] = first_year.REDRAW
    milestones: ClassVar[tuple[Milestone, ...]] = quantities.MILESTONES
    durations: ClassVar[tuple[Duration, ...]] = quantities.DURATIONS
    observables: ClassVar[tuple[Observable, ...]] = quantities.OBSERVABLES
    equations: ClassVar[tuple[str, ...]] = quantities.EQUATIONS
    last: ClassVar[str] = "agi"

    def prepare(self, params: Params, past: Array) -> Params:
        """Adds shares spent, sectors, progress and what a step needs, once a trajectory."""
        shares = _shares(params)
        compute = maths.log(params["hardware_made"] * params["hardware_stock"])
        capital, labour, powered = _split(shares)
        made = economy.sectors(params, labour, powered, compute)
        log_run = maths.log(params["largest_run"])
        start = economy.produce(made, _nothing(made), log_run, 0.0 * log_run)
        hardest = made.needs.training[GOODS]
        full = {
            "first_shares": shares,
            "first_capital": capital,
            "first_labour": labour,
            "first_compute": powered,
            "first_hardware": compute,
            "first_output": start.log,
            "first_goods": start.automated_goods,
            "first_rnd": start.automated_rnd,
            "first_multiplier": start.log_multiplier,
            "first_run": log_run,
            "now_bought": maths.log(params["price_performance"]),
            "share_ceiling_log": maths.log(params["share_ceiling"]),
            "hardest": hardest,
            "hard": hardest + made.needs.gap * tasks.level(0.0 * hardest + SUB_AGI),
            "wake_up_tasks": params["wake_up_at"] * tasks.TASKS,
            "log_cap": maths.log(params["run_money_cap"]),
            "log_kept": maths.log1p(-params["depreciation"]) / STEPS,
            "saved": maths.expm1(params["capital_growth"]) / STEPS,
            "log_product": maths.log(params["world_product"] / STEPS),
            **_progress(params),
            **_packed(made),
        }
        return {**params, **maths.fences(full)}

    def init(self, params: Params, t: float, z: Array) -> State:
        """At 2022."""
        nothing = 0.0 * params["hardest"]
        before = jnp.asarray(-(-np.arange(REMEMBERED) % REMEMBERED), nothing.dtype)  # steps, by their place
        return State(
            progress=jnp.stack([nothing, nothing]),
            stock=params["first_stock"],
            shares=params["first_shares"],
            hardware=params["first_hardware"],
            capital=nothing,
            history=before.reshape((-1,) + (1,) * nothing.ndim) * params["first_step"],
            year=jnp.zeros((STEPS, *nothing.shape), nothing.dtype),
            output=0.0 * params["first_output"],
            goods=params["first_goods"],
            rnd=params["first_rnd"],
            run=params["first_run"],
            frozen=nothing,
            multiplier=params["first_multiplier"],
            growth=nothing,
            bought=params["now_bought"],
        )

    def step(self, state: State, params: Params, t: Array, dt: float, z: Array) -> State:
        """R&D, spending, stocks, then production with them."""
        number = jnp.round(t * STEPS).astype(jnp.int32) + 1
        progress, stock = _rnd(state, params, dt)
        history = jax.lax.dynamic_update_index_in_dim(state.history, progress[0], number % REMEMBERED, 0)
        place = (number - params["delay_steps"].astype(jnp.int32)) % REMEMBERED
        bought = params["first_bought"] + jnp.take_along_axis(history, place[None], axis=0)[0]
        awake = state.goods >= params["wake_up_tasks"]
        shares = maths.fence(_spent(state, params, awake, dt))
        product = state.output[GOODS]
        spent = product + shares[BUYING] + params["log_product"] + bought
        hardware = maths.fence(maths.logaddexp(state.hardware + params["log_kept"], spent))
        capital = maths.fence(state.capital + maths.log1p(params["saved"] * maths.exp(product - state.capital)))
        run = maths.fence(hardware + progress[1] + shares[TRAINING])
        made = _production(params, shares, (hardware, capital, progress[1]), run, t + dt)
        output = maths.fence(made.log - params["first_output"])
        ago = jax.lax.dynamic_index_in_dim(state.year, number % STEPS, 0, keepdims=False)
        return State(
            progress=progress,
            stock=stock,
            shares=shares,
            hardware=hardware,
            capital=capital,
            history=history,
            year=jax.lax.dynamic_update_index_in_dim(state.year, output[GOODS], number % STEPS, 0),
            output=output,
            goods=made.automated_goods,
            rnd=made.automated_rnd,
            run=run,
            frozen=jnp.where((hardware + shares[TRAINING] - bought > params["log_cap"]) & ~awake, 1.0, 0.0 * run),
            multiplier=made.log_multiplier,
            growth=output[GOODS] - ago,
            bought=bought,
        )

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """What milestones and observables are of."""
        return {
            "since_wake_up": state.goods - params["wake_up_tasks"],
            "run_over_sub_agi": state.run - params["hard"],
            "run_over_agi": state.run - params["hardest"],
            "tasks_goods": state.goods,
            "tasks_rnd": state.rnd,
            "log_multiplier": state.multiplier,
            "growth": state.growth,
            "share_goods": state.goods / tasks.TASKS,
            "share_rnd": state.rnd / tasks.TASKS,
            "log10_run": state.run / LN10,
            "log_software": state.progress[1],
            "log_hardware": state.bought,
        }

    def clipped(self, state: State) -> Array:
        """No fence can be touched."""
        return jnp.zeros(state.run.shape, bool)


def _shares(params: Params) -> Array:
    """Logs of the shares spent at the start [7, ...]: what is bought and trained with follows from 2022."""
    buying = params["hardware_made"] / params["price_performance"] / params["world_product"]
    training = params["largest_run"] / (params["hardware_made"] * params["hardware_stock"])
    return maths.log(jnp.concatenate([params["share_start"], jnp.stack([buying, training])]))


def _split(shares: Array) -> tuple[Array, Array, Array]:
    """Logs of what sectors have: goods and hardware R&D of capital [2, ...], all three of labour and compute [3, ...].
    What is not spent on R&D, and of compute on training, makes goods."""
    spent = maths.fence(maths.exp(shares))
    capital = [1.0 - spent[CAPITAL], spent[CAPITAL]]
    labour = [1.0 - spent[LABOUR] - spent[LABOUR_S], spent[LABOUR], spent[LABOUR_S]]
    rest = 1.0 - spent[COMPUTE] - spent[COMPUTE_S] - spent[TRAINING]
    compute = [rest, spent[COMPUTE], spent[COMPUTE_S]]
    return maths.log(jnp.stack(capital)), maths.log(jnp.stack(labour)), maths.log(jnp.stack(compute))


def _nothing(of: Sectors) -> Inputs:
    """Inputs as at the start."""
    return Inputs(0.0 * of.rho, 0.0 * of.rho, 0.0 * of.rho)


def _progress(params: Params) -> dict[str, Array]:
    """Of hardware and software [2, ...]: returns, room to the ceiling and the stock of inputs at the start; the first
    step of hardware, its delay in steps and the price-performance that it starts from."""
    parallel = params["parallel"]
    returns = jnp.stack([params["hardware_returns"], params["software_returns"]]) / parallel
    growth = jnp.stack([params["hardware_input_growth"], params["software_input_growth"]]) * parallel
    room = maths.log(params["hardware_ceiling"]) - maths.log(params["price_performance"])
    first = maths.minimum(returns[0] * maths.log1p(growth[0] / STEPS), room)
    asked = jnp.round(params["hardware_delay"] * STEPS)
    delay = jnp.clip(asked, 0.0, REMEMBERED - 2.0)
    forgotten = jnp.where(asked > REMEMBERED - 2.0, jnp.nan, 0.0)  # counted as not finite, not taken for less
    return {
        "returns": returns,
        "room": jnp.stack([maths.maximum(room - first * delay, 1e-3), maths.log(params["software_ceiling"])]),
        "first_stock": -maths.log(growth),
        "first_step": first,
        "delay_steps": delay,
        "first_bought": maths.log(params["price_performance"]) + first * delay + forgotten,
    }


def _rnd(state: State, params: Params, dt: float) -> tuple[Array, Array]:
    """Progress and stock of inputs after a step, from the R&D of the last."""
    made = state.output[HARDWARE:]
    gain = maths.fence(maths.log1p(dt * maths.exp(params["parallel"] * made - state.stock)))
    rise = params["returns"] * (1.0 - state.progress / params["room"]) * gain
    return maths.fence(maths.minimum(state.progress + rise, params["room"])), maths.fence(state.stock + gain)


def _spent(state: State, params: Params, awake: Array, dt: float) -> Array:
    """Logs of the shares spent after a step [7, ...]."""
    growth = jnp.where(awake, params["share_growth_awake"], params["share_growth"])
    grown = maths.minimum(state.shares + dt * growth, params["share_ceiling_log"])
    training = jnp.where(state.frozen > 0.5, state.shares[TRAINING], grown[TRAINING])
    return grown.at[TRAINING].set(training)


def _production(
    params: Params, shares: Array, stocks: tuple[Array, Array, Array], run: Array, t: Array
) -> economy.Output:
    """With logs of hardware, capital and software."""
    hardware, capital, software = stocks
    rows = _split(shares)
    grown = hardware - params["first_hardware"]
    of_capital = capital + rows[0] - params["first_capital"]
    experiments = params["experiment_returns"] * grown
    labour = params["labour_growth"] * t + rows[1] - params["first_labour"]
    compute = grown + software + rows[2] - params["first_compute"]
    inputs = Inputs(jnp.concatenate([of_capital, experiments[None]]), maths.fence(labour), maths.fence(compute))
    return economy.produce(_unpacked(params), inputs, run, params["productivity_growth"] * t)


def _packed(of: Sectors) -> dict[str, Array]:
    """As parameters of a model."""
    return {f"sectors_{n}": leaf for n, leaf in enumerate(jax.tree.leaves(of))}


def _unpacked(params: Params) -> Sectors:
    """What `_packed` put there."""
    rows = [params[f"sectors_{n}"] for n in range(18)]
    return Sectors(tasks.Tasks(*rows[:8]), rows[8], economy.Requirements(*rows[9:14]), *rows[14:])
