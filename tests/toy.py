"""A small sound model with an axis of its own, and ways to break it: one for each check of the conformance suite."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from rsimc import maths
from rsimc.models.base import Duration, Milestone, Observable, Parameter, Redraw

NORMAL = {"normal": [0.0, 1.0]}
GROWTH = Parameter("growth", "nats/year", "0.5 to 2", "growth", "test")
PARTS = Parameter("part", "nats", (NORMAL, {"normal": [0.5, 1.0]}), "level of each part", "test", ("left", "right"))


class Toy:
    """Two parts grow at one pace with noise; x is the log of their sum."""

    name, version = "toy", "1"
    epoch, start = 2025.0, 2020.0
    steps_per_year, steps_per_innovation = 4, 2
    innovations: tuple[str, ...] = ("walk",)
    anchor_innovations = 2
    parameters: tuple[Parameter, ...] = (GROWTH, PARTS)
    milestones: tuple[Milestone, ...] = (Milestone("low", "x", 1.0, "x is 1"), Milestone("high", "x", 4.0, "x is 4"))
    durations: tuple[Duration, ...] = (Duration("low", "high"),)
    classes: tuple[str, ...] = ("never", "some")
    observables: tuple[Observable, ...] = (Observable("size", "x", "m", "e^x", "log", 0.1, 1e6),)
    equations: tuple[str, ...] = ()

    def prepare(self, params: Mapping[str, Any], past: Any) -> Any:
        return {**params, "wobble": 0.1 * maths.total(past)[0]}

    def init(self, params: Mapping[str, Any], t: float, noise: Any) -> Any:
        return {"part": params["part"] + 0.1 * noise[0], "touched": params["growth"] > 1e9}

    def step(self, state: Any, params: Mapping[str, Any], t: Any, dt: float, noise: Any) -> Any:
        part = state["part"] + dt * (params["growth"] + params["wobble"] + noise[0])
        return {"part": part, "touched": state["touched"] | (part[0] > 1e9)}

    def observe(self, state: Any, params: Mapping[str, Any], t: Any) -> Any:
        return {"x": maths.logsumexp(state["part"])}

    def clipped(self, state: Any) -> Any:
        return state["touched"]

    def classify(self, dates: Mapping[str, Any], horizon: Any) -> Any:
        return jnp.isfinite(dates["high"]).astype(jnp.int32)


class NoVersion(Toy):
    version = None  # type: ignore[assignment]


class OneParameter(Toy):
    parameters = GROWTH  # type: ignore[assignment]


class ListOfMilestones(Toy):
    milestones = list(Toy.milestones)  # type: ignore[assignment]


class StepOfFour(Toy):
    def step(self, state: Any, params: Any, t: Any, noise: Any) -> Any:  # type: ignore[override]
        return state


class ThreeAYear(Toy):
    steps_per_year = 3


class UnevenBeat(Toy):
    steps_per_innovation = 3


class LateStart(Toy):
    start = 2100.0


class OddStart(Toy):
    start = 2020.1


class NoUnit(Toy):
    observables = (Observable("size", "x", None, "", "log", 0.1, 1e6),)  # type: ignore[arg-type]


class OneLabel(Toy):
    parameters = (GROWTH, Parameter("part", "nats", NORMAL, "", "", "left"))  # type: ignore[arg-type]


class Property(Toy):
    @property
    def classes(self) -> tuple[str, ...]:  # type: ignore[override]
        raise OSError("no such table")


class TwiceTheSame(Toy):
    parameters = (GROWTH, GROWTH, PARTS)


class DottedName(Toy):
    observables = (Observable("the size", "x", "m", "", "log", 0.1, 1e6),)


class Backwards(Toy):
    parameters = (Parameter("growth", "", "2 to 0.5", "", ""), PARTS)


class ThreePriors(Toy):
    parameters = (GROWTH, Parameter("part", "", (1.0, 2.0, 3.0), "", "", ("left", "right")))


class NoThreshold(Toy):
    milestones = (Toy.milestones[0], Milestone("high", "x", math.nan, ""))


class ToNowhere(Toy):
    durations = (Duration("low", "hihg"),)


class FromZero(Toy):
    observables = (Observable("size", "x", "m", "", "log", 0.0, 1e6),)


class EmptyRange(Toy):
    observables = (Observable("size", "x", "m", "", "linear", 2.0, 2.0),)


class Misspelt(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        return {**state, "part": state["part"] + dt * params["grwth"]}


class Branches(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        return state if params["growth"] > 1 else super().step(state, params, t, dt, noise)


class Raises(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": 1 / 0}


class ForgetsToReturn(Toy):
    def prepare(self, params: Any, past: Any) -> Any:
        pass


class OnlyBlocks(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": state["part"][0][:]}


class OtherQuantity(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"xx": maths.logsumexp(state["part"])}


class KeepsItsAxis(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": state["part"]}


class Constant(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": maths.logsumexp(state["part"]), "constant": jnp.asarray(1.0, state["part"].dtype)}


class LosesState(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        return {"part": state["part"]}

    def clipped(self, state: Any) -> Any:
        return state["part"][0] > 1e9


class GrowsState(Toy):
    def init(self, params: Any, t: float, noise: Any) -> Any:
        return {**super().init(params, t, noise), "part": params["part"][:1]}

    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        after = super().step(state, params, t, dt, noise)
        return {**after, "part": after["part"] + 0.0 * params["part"]}


class StartsInSingle(Toy):
    def init(self, params: Any, t: float, noise: Any) -> Any:
        return jax.tree.map(lambda x: x if x.dtype == bool else x.astype(jnp.float32), super().init(params, t, noise))


class StaysInSingle(StartsInSingle):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        after = super().step(state, params, t, dt, noise)
        return {**after, "part": after["part"].astype(jnp.float32)}


class WholeNumbers(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": jnp.floor(maths.logsumexp(state["part"])).astype(jnp.int32)}


class FloatFence(Toy):
    def clipped(self, state: Any) -> Any:
        return 1.0 * state["touched"]


class OneFence(Toy):
    def clipped(self, state: Any) -> Any:
        return jnp.asarray(False)


class TooManyClasses(Toy):
    def classify(self, dates: Any, horizon: Any) -> Any:
        return jnp.where(jnp.isfinite(dates["high"]), 2, 0)


class FloatClasses(Toy):
    def classify(self, dates: Any, horizon: Any) -> Any:
        return jnp.isfinite(dates["high"]).astype(jnp.float32)


class UnknownDate(Toy):
    def classify(self, dates: Any, horizon: Any) -> Any:
        return jnp.isfinite(dates["higher"]).astype(jnp.int32)


class Chance(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": maths.logsumexp(state["part"]) + random.random()}


class Remembers(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        self.last = maths.logsumexp(state["part"])
        return {"x": self.last}


class ChangesItsState(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        state["part"] = state["part"] + dt * (params["growth"] + params["wobble"] + noise[0])
        return state


class RootOfNegative(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": jnp.sqrt(8.0 - maths.logsumexp(state["part"]))}


class Overflows(Toy):
    def observe(self, state: Any, params: Any, t: Any) -> Any:
        return {"x": maths.exp(20.0 * maths.logsumexp(state["part"]))}


class OfJaxNumpy(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        after = super().step(state, params, t, dt, noise)
        return {**after, "part": after["part"] + 0.0 * jnp.exp(jnp.tanh(noise[0]))}


class MixesTrajectories(Toy):
    def step(self, state: Any, params: Any, t: Any, dt: float, noise: Any) -> Any:
        after = super().step(state, params, t, dt, noise)
        return {**after, "part": after["part"] - jnp.mean(after["part"])}


class Ignores(Toy):
    parameters = (*Toy.parameters, Parameter("ceiling", "nats", "5 to 9", "", ""))


class IgnoresFixed(Toy):
    parameters = (*Toy.parameters, Parameter("ceiling", "nats", 5.0, "", ""))


class WithWhom(Toy):
    correlations = (("growth", "prat.left", 0.5),)


class TooTight(Toy):
    correlations = (("growth", "part.left", 0.9), ("growth", "part.right", 0.9), ("part.left", "part.right", -0.9))


class NeedsMore(Toy):
    correlations = (("growth", "part.left", 0.5),)
    redraw = Redraw((), ("growth",), lambda params: params["growth"] < params["part"][0], 8)


class RedrawsNothing(Toy):
    redraw = Redraw((), ("growth",), lambda params: params["growth"] > 1.0, 8)


class RedrawsByName(Toy):
    redraw = ("growth",)


class RedrawsOnce(Toy):
    correlations = (("growth", "part.left", 0.5),)
    redraw = Redraw((), ("growth",), lambda params: params["growth"] > 1.0, 0)


class KeepsTheLater(Toy):
    correlations = (("growth", "part.left", 0.5),)
    redraw = Redraw(("part.left",), ("growth",), lambda params: params["growth"] > 1.0, 8)


class UsesNone(Toy):
    correlations = (("growth", "part.left", 0.5),)
    redraw = Redraw((), ("growth",), lambda params: params["growth"] > 1e6, 8)


class SaysHowMuch(Toy):
    correlations = (("growth", "part.left", 0.5),)
    redraw = Redraw(("growth",), ("growth",), lambda params: params["growth"], 8)


BROKEN: tuple[tuple[str, type[Toy], tuple[str, ...]], ...] = (
    ("attributes", NoVersion, ("NoVersion.version: expected a text", "None")),
    ("attributes", OneParameter, ("OneParameter.parameters", "a tuple of at least one Parameter", "(x,)")),
    ("attributes", ListOfMilestones, ("milestones", "a list of Milestone", "round brackets")),
    ("attributes", Property, ("Property.classes", "OSError: no such table")),
    ("texts", NoUnit, ("observables[0].unit: expected a text, got None",)),
    ("texts", OneLabel, ("parameters[1].labels: expected a tuple of texts, got 'left'", "(x,)")),
    ("methods", StepOfFour, ("expected step(state, params, t, dt, noise)", "got step(state: ")),
    ("steps", ThreeAYear, ("steps_per_year: expected an even number of 4 or more", "got 3")),
    ("steps", UnevenBeat, ("steps_per_innovation", "a divisor of steps_per_year = 4", "got 3")),
    ("steps", LateStart, ("start", "before the horizon 2030", "2100")),
    ("steps", OddStart, ("start", "a whole number of beats", "2020.1")),
    ("names", TwiceTheSame, ("parameters: expected different names", '"growth" twice')),
    ("names", DottedName, ("observables", "'the size'")),
    ("priors", Backwards, ("Backwards.parameters.growth", "low < high", "2 to 0.5")),
    ("priors", ThreePriors, ("ThreePriors.parameters.part", "3 for 2 labels")),
    ("together", WithWhom, ("WithWhom.correlations", '"prat.left"', 'did you mean "part.left"?')),
    ("together", TooTight, ("TooTight.correlations: expected correlations of a distribution",)),
    ("together", RedrawsNothing, ("RedrawsNothing.redraw: expected correlations", "got none")),
    ("together", RedrawsByName, ("RedrawsByName.redraw: expected a Redraw", "a tuple")),
    ("together", RedrawsOnce, ("RedrawsOnce.redraw.attempts: expected a whole number of at least 2, got 0",)),
    ("together", KeepsTheLater, ("KeepsTheLater.redraw.kept", '"growth" before "part.left"')),
    ("redraw", UsesNone, ("UsesNone.redraw.usable: expected draws that can be used, got none of 512",)),
    ("redraw", NeedsMore, ("NeedsMore.redraw.usable: expected one bool a trajectory, from growth", "KeyError")),
    ("redraw", SaysHowMuch, ("SaysHowMuch.redraw.usable: expected bool of shape []", "float32")),
    ("thresholds", NoThreshold, ("milestones.high: expected a finite number", "nan")),
    ("durations", ToNowhere, ("durations.low..hihg", '"hihg"', 'did you mean "high"?')),
    ("ranges", FromZero, ("observables.size: expected low > 0 on a log scale", "0.0")),
    ("ranges", EmptyRange, ("observables.size: expected low < high", "2.0 and 2.0")),
    ("parameters", Misspelt, ("toy.py: Misspelt.step (line ", '"grwth"', 'did you mean "growth"?')),
    ("compiles", Branches, ("Branches.step (line ", "TracerBoolConversionError", "maths.where(condition, a, b)")),
    ("compiles", Raises, ("Raises.observe (line ", "ZeroDivisionError: division by zero")),
    ("compiles", ForgetsToReturn, ("ForgetsToReturn.prepare", "a NoneType", "return {**params, ...}")),
    ("compiles", OnlyBlocks, ("OnlyBlocks.observe (line ",)),
    ("quantities", OtherQuantity, ("OtherQuantity.milestones.low", '"x"', 'did you mean "xx"?')),
    ("shapes", KeepsItsAxis, ('observe["x"]: expected the shape []', "got [2]", "maths.total")),
    ("shapes", Constant, ('observe["constant"]: expected the shape [8]', "got [] for", "0 * (a parameter)")),
    ("state", LosesState, ("LosesState.step", "built as that of init", "'touched'")),
    ("state", GrowsState, ("state['part'] of shape [1]", "got [2]")),
    ("state", StartsInSingle, ("state['part'] of shape [2] and dtype float32", "got [2] and float64")),
    ("precision", StaysInSingle, ("StaysInSingle.step: state['part']: expected float64", "got float32")),
    ("precision", WholeNumbers, ('observe["x"]: expected float32', "got int32")),
    ("clipped", FloatFence, ("FloatFence.clipped: expected bool", "float32")),
    ("clipped", OneFence, ("expected bool of shape [8]", "shape []")),
    ("classes", TooManyClasses, ("classify: expected an index from 0 to 1", "got 2")),
    ("classes", FloatClasses, ("classify: expected whole numbers of shape [512]", "float32")),
    ("classes", UnknownDate, ("UnknownDate.classify (line ", "the name of a milestone", 'did you mean "high"?')),
    ("pure", Chance, ("give the same each time", "two results that differ")),
    ("pure", Remembers, ("Remembers.last", "leave the model as it is")),
    ("pure", ChangesItsState, ("ChangesItsState.step", "left as they are")),
    ("finite", RootOfNegative, ('observe["x"]: expected finite numbers', "got nan on 20", "in draw ", "there ")),
    ("finite", Overflows, ('observe["x"]: expected finite numbers', "got inf on 20", "in draw ")),
    ("blocks", MixesTrajectories, ('observe["x"]', "as for draw ", "in a block of 24", "elementwise")),
    ("used", Ignores, ("Ignores.parameters.ceiling: expected a quantity that depends on it",)),
    ("used", IgnoresFixed, ("IgnoresFixed.parameters.ceiling",)),
)
"""The check that must find it, the model, and the words of the message."""
