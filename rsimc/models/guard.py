"""A guard around a user's model: what goes wrong in its code becomes one message with the method and the line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import jax

from rsimc.errors import RsimcError, ScenarioError, nearest
from rsimc.models.base import Model, Params, Quantities, State

Array = jax.Array
LONGEST = 160
"""Letters of an exception's text that a message shows."""
TRACING_ADVICE = {
    "TracerBoolConversionError": "an `if` on a value cannot be compiled: write maths.where(condition, a, b)",
    "ConcretizationTypeError": "a value is not known yet when the model is compiled: leave it an array",
    "TracerArrayConversionError": "numpy cannot compute with it: use rsimc.maths or jax.numpy",
    "TracerIntegerConversionError": "an array cannot be an index or a length here: use jax.numpy",
    "UnexpectedTracerError": "a value was kept from an earlier call: what a later step needs belongs in the state",
}
"""By the name of the exception that jax raises."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a model; cause: the exception of the model's own code, where there was one."""

    where: str
    expected: str
    found: str
    advice: str = ""
    cause: BaseException | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, error: RsimcError) -> Problem:
        """The problem that an error states."""
        return cls(error.where, error.expected, error.found, error.advice, error.__cause__)

    def error(self) -> ScenarioError:
        """As an error that ends a command."""
        error = ScenarioError(self.where, self.expected, self.found, self.advice)
        error.__cause__ = self.cause
        return error


class UndeclaredError(ScenarioError):
    """A model reads a parameter that it does not declare."""


class _Undeclared(KeyError):
    """What `Declared` raises inside the model's code."""


@jax.tree_util.register_pytree_node_class
class Declared(dict[str, Any]):
    """Parameters, or dates, by name, as a model gets them; an unknown name is told apart from other missing keys."""

    def __missing__(self, name: str) -> Any:
        raise _Undeclared(name)

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[str, ...]]:
        """Values in the order of their names."""
        names = tuple(sorted(self))
        return tuple(self[name] for name in names), names

    @classmethod
    def tree_unflatten(cls, names: tuple[str, ...], values: tuple[Any, ...]) -> Declared:
        """The inverse."""
        return cls(zip(names, values, strict=True))


def guarded(model: Model) -> Model:
    """The model behind a guard."""
    return model if isinstance(model, Guarded) else cast(Model, Guarded(model, model.name, model.name))


def unguarded(model: Model) -> Model:
    """The object that the user wrote."""
    return model.inner if isinstance(model, Guarded) else model


def source(model: Model) -> str:
    """The file of a model's class; empty for a class that was typed in."""
    module = sys.modules.get(type(unguarded(model)).__module__)
    return getattr(module, "__file__", None) or ""


def place(model: Model, *path: str) -> str:
    """Where something of a model is written, for messages: `my_model.py: MyModel.step`."""
    dotted = ".".join((type(unguarded(model)).__name__, *path))
    return f"{Path(source(model)).name}: {dotted}" if source(model) else dotted


def line_in(error: BaseException, file: str) -> str:
    """` (line 12)`: the last line of the model's file, or of one beside it, that an exception came through."""
    folder = Path(file).parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    if not file or not frames:
        return ""
    last = frames[-1]
    other = "" if Path(last.filename) == Path(file) else f"{Path(last.filename).name}, "
    return f" ({other}line {last.lineno})"


def brief(error: BaseException) -> str:
    """An exception in a line: its type and the first line of its text."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
    return f"{type(error).__name__}: {short}" if short else type(error).__name__


def fault(error: Exception, model: Model, method: str, params: Mapping[str, Any]) -> ScenarioError:
    """What an exception in a model's method means, as one message."""
    where = place(model, method) + line_in(error, source(model))
    if isinstance(error, _Undeclared):
        name = str(error.args[0])
        if method == "classify":
            return ScenarioError(where, "the name of a milestone", f'"{name}"', nearest(name, params))
        return UndeclaredError(where, "a parameter that the model declares", f'"{name}"', nearest(name, params))
    advice = TRACING_ADVICE.get(type(error).__name__, "")
    return ScenarioError(where, "no exception", brief(error), advice)


@dataclass(frozen=True, eq=False)
class Guarded:
    """A model whose methods raise ScenarioError for whatever goes wrong in them.

    name: what it is called in results; identity: what tells its code apart from all other, for identities; origin: who
    installed it, for messages. All other attributes are the model's own.
    """

    inner: Model
    name: str
    identity: str
    origin: str = ""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") or attribute == "inner":
            raise AttributeError(attribute)
        return getattr(self.inner, attribute)

    @contextmanager
    def _guard(self, method: str, params: Mapping[str, Any]) -> Iterator[None]:
        try:
            yield
        except RsimcError:
            raise
        except Exception as error:
            raise fault(error, self.inner, method, params) from error

    def prepare(self, params: Params, past: Array) -> Params:
        """See Model."""
        with self._guard("prepare", params):
            made = self.inner.prepare(Declared(params), past)
        if not isinstance(made, Mapping):
            where, found = place(self.inner, "prepare"), f"a {type(made).__name__}"
            raise ScenarioError(where, "parameters by name, as a dict", found, "return {**params, ...}, or params")
        return made

    def init(self, params: Params, t: float, noise: Array) -> State:
        """See Model."""
        with self._guard("init", params):
            return self.inner.init(Declared(params), t, noise)

    def step(self, state: State, params: Params, t: Array, dt: float, noise: Array) -> State:
        """See Model."""
        with self._guard("step", params):
            return self.inner.step(state, Declared(params), t, dt, noise)

    def observe(self, state: State, params: Params, t: Array) -> Quantities:
        """See Model."""
        with self._guard("observe", params):
            return self.inner.observe(state, Declared(params), t)

    def clipped(self, state: State) -> Array:
        """See Model."""
        with self._guard("clipped", {}):
            return self.inner.clipped(state)

    def classify(self, dates: Mapping[str, Array], horizon: Array) -> Array:
        """See Model."""
        with self._guard("classify", dates):
            return self.inner.classify(Declared(dates), horizon)


def identified(model: Model) -> str:
    """What stands for a model in identities: its name, and its code where it is not shipped."""
    return model.identity if isinstance(model, Guarded) else model.name
