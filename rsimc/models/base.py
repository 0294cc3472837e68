"""What a model is.

A model is written for ONE trajectory, as pure functions that are elementwise over trajectories: every parameter is a
scalar, or has the model's own axis (such as the specialisms) first, and reductions go over axis 0 only. The same source
then runs on scalars, on blocks [B], and on blocks with an own axis [K, B]. Models call `rsimc.maths` and
never choose a platform, a precision, a random key or a loop: the engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import jax

from rsimc.errors import ScenarioError, nearest
from rsimc.priors.quantiles import Quantile
from rsimc.priors.text import parse_prior
from rsimc.priors.vector import PriorSet, label_specs

Array = jax.Array
Params = Mapping[str, Array]
State = Any
Quantities = dict[str, Array]


@dataclass(frozen=True)
class Parameter:
    """An uncertain quantity. `prior` is a text form, or a tuple of them, one for each label of the parameter's axis."""

    name: str
    unit: str
    prior: object
    meaning: str
    source: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Milestone:
    """First passage of an observed quantity: reached when `quantity` >= `threshold` (in the quantity's own scale).

    seen: the world would know by `as_of` that it has happened, so trajectories in which it has are conditioned out.
    headline: shown first in tables and pictures.
    """

    name: str
    quantity: str
    threshold: float
    definition: str
    seen: bool = False
    headline: bool = False


@dataclass(frozen=True)
class Duration:
    """What passes on a clock from one milestone to another; counted once both are reached.

    clock: the quantity that is read at both dates, time in years when empty. start may be empty with a clock: then it
    is the clock's value at `end`. low, high, log: range of the bins.
    """

    start: str
    end: str
    clock: str = ""
    unit: str = "years"
    low: float = 1.0 / 365.25
    high: float = 50.0
    log: bool = True

    @property
    def name(self) -> str:
        """For example `multiplier_10..multiplier_1000`, or `versions:closed_loop..multiplier_10`."""
        ends = f"{self.start}..{self.end}" if self.start else self.end
        return f"{self.clock}:{ends}" if self.clock else ends


@dataclass(frozen=True)
class Observable:
    """A quantity kept along the way. On a log scale the model observes its natural logarithm.

    low, high: range of the fan's bins, in the unit (before taking logs).
    """

    name: str
    quantity: str
    unit: str
    meaning: str
    scale: Literal["log", "linear"]
    low: float
    high: float


@dataclass(frozen=True)
class Form:
    """A choice of equations that the literature leaves open, made by a fixed parameter, called `NAME_form`.

    options: value of that parameter by the name of the option. default: the option of a forecast of a single form.
    mixed: the options that a mixture over forms takes, with equal weights where the scenario gives none.
    """

    name: str
    options: Mapping[str, float]
    default: str
    mixed: tuple[str, ...]
    meaning: str
    source: str

    @property
    def parameter(self) -> str:
        """The parameter that makes the choice."""
        return f"{self.name}_form"


@dataclass(frozen=True)
class Redraw:
    """Draws of correlated parameters that a model cannot use, and takes anew.

    usable(params): whether it can [...], from the parameters `needed` alone, a function of a module. All correlated
    parameters but those `kept`, which are declared before them, are drawn anew, with `attempts` draws at most, the
    first among them; where none can be used those kept are drawn anew with them, a few times, and then the trajectory
    is not finite. No density is known of what is drawn so: such a model is not calibrated.
    """

    kept: tuple[str, ...]
    needed: tuple[str, ...]
    usable: Callable[[Params], Array]
    attempts: int


@runtime_checkable
class Model(Protocol):
    """The interface between a model and everything else. Attributes are data, methods are pure."""

    @property
    def name(self) -> str:
        """The name that scenarios use."""
        ...

    @property
    def version(self) -> str:
        """Raised when results change."""
        ...

    @property
    def epoch(self) -> float:
        """The decimal year that t counts from."""
        ...

    @property
    def start(self) -> float:
        """The decimal year at which trajectories start."""
        ...

    @property
    def steps_per_year(self) -> int:
        """Steps of time in a year."""
        ...

    @property
    def steps_per_innovation(self) -> int:
        """The same innovations drive this many consecutive steps (noise that is constant in between)."""
        ...

    @property
    def innovations(self) -> tuple[str, ...]:
        """Names of the noise processes; each is a random stream of its own."""
        ...

    @property
    def anchor_innovations(self) -> int:
        """How many of the first innovations `prepare` needs."""
        ...

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is uncertain."""
        ...

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """What is dated."""
        ...

    @property
    def durations(self) -> tuple[Duration, ...]:
        """What passes between milestones."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Kinds of trajectories, which partition all of them."""
        ...

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What is kept along the way."""
        ...

    @property
    def equations(self) -> tuple[str, ...]:
        """The equations as a terminal can show them."""
        ...

    def prepare(self, params: Params, past: Array) -> Params:
        """Parameters with what follows from them once per trajectory; past [anchor_innovations, processes, ...]."""
        ...

    def init(self, params: Params, t: float, noise: Array) -> State:
        """The state at the start; noise [processes, ...] standard normal."""
        ...

    def step(self, state: State, params: Params, t: Array, dt: float, noise: Array) -> State:
        """The state at t + dt from the state at t (years since `epoch`)."""
        ...

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """Quantities at t by name, among them those of the milestones and observables."""
        ...

    def clipped(self, state: State) -> Array:
        """Whether a numerical fence has been touched so far."""
        ...

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """Index into `classes` from milestone dates (years since the start, inf when not within the horizon)."""
        ...


def forms_of(model: Model) -> tuple[Form, ...]:
    """The forms that a model declares; none where it has one set of equations."""
    return tuple(getattr(model, "forms", ()))


def specialisms_of(model: Model) -> dict[str, str]:
    """Kinds of AI research by name, each with the quantity that is the logit of its automated share; none where a model
    does not tell them apart. A model that does has them as `specialisms`."""
    return dict(getattr(model, "specialisms", {}))


def written_at(*path: str) -> str:
    """Where a prior was written, when only its key path is known."""
    return ".".join(path)


def assumptions_of(model: Model) -> str:
    """What a model takes for granted, in a few sentences; empty where it does not say. It may have it as `assumes`."""
    return str(getattr(model, "assumes", ""))


def observed_from(model: Model) -> float | None:
    """The decimal year from which on a model speaks of what has been observed: earlier rows are left out. None where it
    does not say (as `observed_from`), and rows from before its start are refused."""
    return getattr(model, "observed_from", None)


def correlations_of(model: Model) -> tuple[tuple[str, str, float], ...]:
    """Pairs of parameters whose priors depend on each other, with the correlation of their normal scores; none where a
    model declares none. A model that does has them as `correlations`."""
    return tuple(getattr(model, "correlations", ()))


def redraw_of(model: Model) -> Redraw | None:
    """Which draws a model takes anew; None where it takes all as they come. One that does has it as `redraw`."""
    return getattr(model, "redraw", None)


def prior_set(
    parameters: tuple[Parameter, ...],
    overrides: Mapping[str, object],
    where: Callable[..., str] = written_at,
    correlations: tuple[tuple[str, str, float], ...] = (),
) -> PriorSet:
    """The parameters' priors, with a scenario's own in their place; correlations: see `correlations_of`.

    where(*path): the place of a key path, for messages. Raises ScenarioError for a name that no parameter has (with the
    nearest one) and for a prior that cannot be read.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in overrides:
        if name not in known:
            raise ScenarioError(where("priors", name), "a parameter of the model", f'"{name}"', nearest(name, known))
    entries: list[tuple[str, str | None, Quantile]] = []
    for parameter in parameters:
        spec = overrides.get(parameter.name, parameter.prior)
        if not parameter.labels:
            entries.append((parameter.name, None, parse_prior(spec, where("priors", parameter.name))))
            continue
        for label, one in zip(parameter.labels, _by_label(parameter, spec, where), strict=True):
            entries.append((parameter.name, label, parse_prior(one, where("priors", parameter.name, label))))
    return PriorSet(tuple(entries), correlations)


def _by_label(parameter: Parameter, spec: object, where: Callable[..., str]) -> list[object]:
    default = parameter.prior if isinstance(parameter.prior, tuple) else (parameter.prior,) * len(parameter.labels)
    if spec is parameter.prior:
        return list(default)
    table = label_specs(spec, parameter.labels)
    if table is None:
        return [spec] * len(parameter.labels)
    for label in table:
        if label not in parameter.labels:
            place = where("priors", parameter.name, label)
            raise ScenarioError(place, f"a label of {parameter.name}", f'"{label}"', nearest(label, parameter.labels))
    return [table.get(label, own) for label, own in zip(parameter.labels, default, strict=True)]
