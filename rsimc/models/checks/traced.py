"""Checks of shapes and dtypes: every method is traced, as the compiler does it, and nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.errors import ScenarioError, nearest
from rsimc.models.base import redraw_of
from rsimc.models.checks.trial import Check, Stages, Trial
from rsimc.models.guard import Problem, UndeclaredError, brief, place

BLOCK = 8
SIZES: tuple[tuple[int, ...], ...] = ((), (BLOCK,))
CASES = 512


def declared(trial: Trial) -> Problem | None:
    """No method reads a parameter that is not declared."""
    try:
        trial.shapes(np.float32)
    except UndeclaredError as error:
        return Problem.of(error)
    except Exception:  # the next check names it
        return None
    return None


def traceable(trial: Trial) -> Problem | None:
    """Every method runs on one trajectory and on a block, and can be compiled."""
    for size in SIZES:
        try:
            trial.shapes(np.float32, *size)
        except ScenarioError as error:
            return replace(Problem.of(error), found=error.found + _on(size))
        except Exception as error:  # what comes back from a method is no array, or not what the next one takes
            problem = _returned(trial, error)
            return replace(problem, found=problem.found + _on(size))
    return None


def _on(size: tuple[int, ...]) -> str:
    return f" (on a block of {size[0]})" if size else ""


def _returned(trial: Trial, error: Exception) -> Problem:
    """What no method raised itself: a return value that is not made of arrays."""
    text = str(error).strip().splitlines()
    found = f"{type(error).__name__}: {text[0][:160]}" if text else type(error).__name__
    return Problem(place(trial.model), "methods that return arrays, or tables and tuples of them", found, cause=error)


def observed(trial: Trial) -> Problem | None:
    """`observe` gives every quantity that a milestone, an observable or a duration's clock names."""
    seen = trial.shapes(np.float32).seen_first
    if not isinstance(seen, Mapping):
        return Problem(place(trial.model, "observe"), "quantities by name, as a dict", f"a {type(seen).__name__}")
    for kind, items in (("milestones", trial.model.milestones), ("observables", trial.model.observables)):
        for item in items:
            if item.quantity not in seen:
                where = place(trial.model, kind, item.name)
                found = f'"{item.quantity}"'
                return Problem(where, "a quantity that observe gives", found, nearest(item.quantity, seen))
    for duration in trial.model.durations:
        if duration.clock and duration.clock not in seen:
            where, found = place(trial.model, "durations", duration.name), f'"{duration.clock}"'
            return Problem(where, "a quantity that observe gives", found, nearest(duration.clock, seen))
    return None


def quantities(trial: Trial) -> Problem | None:
    """Every quantity is one number a trajectory, at the start and after a step."""
    for size in SIZES:
        stages = trial.shapes(np.float32, *size)
        for seen in (stages.seen_first, stages.seen_after):
            for name, like in seen.items():
                if tuple(like.shape) != size:
                    where = place(trial.model, f'observe["{name}"]')
                    found = f"{_shape(like.shape)} for parameters of shape {_shape(size)}"
                    return Problem(where, f"the shape {_shape(size)}", found, _shape_advice(like.shape, size))
    return None


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _shape_advice(shape: tuple[int, ...], size: tuple[int, ...]) -> str:
    if len(shape) < len(size):
        return "a constant is given one value a trajectory by adding 0 * (a parameter)"
    return "sum over the model's own axis first: maths.total"


def state(trial: Trial) -> Problem | None:
    """The state keeps its structure, shapes and dtypes over a step."""
    for dtype, size in product((np.float32, np.float64), SIZES):
        stages = trial.shapes(dtype, *size)
        before, after = _leaves(stages.first), _leaves(stages.after)
        built: list[Any] = [jax.tree.structure(part) for part in (stages.first, stages.after)]
        where = place(trial.model, "step")
        if built[0] != built[1]:
            found = f"{_brief_tree(built[1])}, where init gives {_brief_tree(built[0])}"
            return Problem(where, "a state built as that of init", found)
        for (path, old), (_, new) in zip(before, after, strict=True):
            if (old.shape, old.dtype) != (new.shape, new.dtype):
                part = f"state{jax.tree_util.keystr(path)}"
                words = f"{part} of shape {_shape(old.shape)} and dtype {old.dtype}, as init makes it"
                advice = "write init so that it has the shape and precision of the parameters"
                return Problem(where, words, f"{_shape(new.shape)} and {new.dtype}", advice)
    return None


def _brief_tree(structure: Any) -> str:
    text = str(structure).removeprefix("PyTreeDef(").removesuffix(")")
    return text if len(text) <= 80 else f"{text[:77]}..."


def dtypes(trial: Trial) -> Problem | None:
    """float32 in gives float32 out, float64 in gives float64 out."""
    for dtype in (np.float32, np.float64):
        stages = trial.shapes(dtype, BLOCK)
        for where, found in _floats(trial, stages):
            if found != dtype:
                advice = "leave precision to the parameters: no astype, no dtype"
                return Problem(where, f"{np.dtype(dtype)}, as the parameters", f"{found}", advice)
    return None


def _floats(trial: Trial, stages: Stages) -> list[tuple[str, Any]]:
    """Places and dtypes of the parts of the state that are no whole numbers or bools, then of all quantities."""
    where = place(trial.model, "step")
    parts = [(f"{where}: state{jax.tree_util.keystr(path)}", like.dtype) for path, like in _leaves(stages.after)]
    floating = [(name, dtype) for name, dtype in parts if jnp.issubdtype(dtype, jnp.inexact)]
    return floating + [
        (place(trial.model, f'observe["{name}"]'), like.dtype) for name, like in stages.seen_after.items()
    ]


def _leaves(tree: Any) -> list[tuple[Any, Any]]:
    return list(jax.tree_util.tree_flatten_with_path(tree)[0])


def clipped(trial: Trial) -> Problem | None:
    """`clipped` gives one bool a trajectory."""
    for size in SIZES:
        found = trial.shapes(np.float32, *size).clipped
        if (tuple(found.shape), found.dtype) != (size, np.dtype(bool)):
            words, got = f"bool of shape {_shape(size)}", f"{found.dtype} of shape {_shape(found.shape)}"
            return Problem(place(trial.model, "clipped"), words, got, "for no fence: a comparison that is never true")
    return None


def classes(trial: Trial) -> Problem | None:
    """`classify` gives an index into `classes` for any dates."""
    rng = np.random.default_rng(0)
    span = trial.horizon - trial.model.start
    shape = (len(trial.model.milestones), CASES)
    dates = np.where(rng.random(shape) < 0.4, np.inf, np.where(rng.random(shape) < 0.1, 0.0, span * rng.random(shape)))
    named = {m.name: jnp.asarray(row, jnp.float32) for m, row in zip(trial.model.milestones, dates, strict=True)}
    where = place(trial.model, "classify")
    try:
        found = jax.jit(trial.guarded.classify)(named, jnp.asarray(span, jnp.float32))
        kind, size, index = found.dtype, tuple(found.shape), np.asarray(found)
    except ScenarioError as error:
        return Problem.of(error)
    except Exception as error:
        return _returned(trial, error)
    if not jnp.issubdtype(kind, jnp.integer) or size != (CASES,):
        return Problem(where, f"whole numbers of shape [{CASES}]", f"{kind} of shape {_shape(size)}")
    last = len(trial.model.classes) - 1
    if index.min() < 0 or index.max() > last:
        bad = index.min() if index.min() < 0 else index.max()
        return Problem(where, f"an index from 0 to {last} into classes", f"{bad}")
    return None


def usable(trial: Trial) -> Problem | None:
    """`redraw.usable` gives one bool a trajectory, from the parameters that it says it needs."""
    redraw = redraw_of(trial.model)
    if redraw is None:
        return None
    where, (_, part) = place(trial.model, "redraw.usable"), trial.priors.part(redraw.needed)
    for size in SIZES:
        like = jax.ShapeDtypeStruct((part.size, *size), np.float32)
        try:
            found = jax.eval_shape(lambda z: redraw.usable(part.named(part.from_normal(z))), like)
            good = found.shape == size and found.dtype == bool
        except Exception as error:  # of the user's own code
            return Problem(where, f"one bool a trajectory, from {', '.join(redraw.needed)}", brief(error), cause=error)
        if not good:
            return Problem(where, f"bool of shape {_shape(size)}", f"{found.dtype} of shape {_shape(found.shape)}")
    z = jnp.asarray(np.random.default_rng(0).standard_normal((part.size, CASES)), jnp.float32)
    if not np.any(redraw.usable(part.named(part.from_normal(z)))):
        return Problem(where, "draws that can be used", f"none of {CASES}")
    return None


CHECKS = (
    Check("parameters", "no parameter is read that is not declared", declared, gate=True),
    Check("compiles", "every method runs on one trajectory and on a block, compiled", traceable, gate=True),
    Check("quantities", "observe gives what milestones and observables name", observed, gate=True),
    Check("shapes", "every quantity is one number a trajectory", quantities),
    Check("state", "a step keeps the structure, shapes and dtypes of the state", state),
    Check("precision", "float32 in, float32 out; float64 likewise", dtypes),
    Check("clipped", "clipped gives one bool a trajectory", clipped),
    Check("redraw", "whether a draw is usable is one bool a trajectory", usable),
    Check("classes", "classify gives an index into classes", classes),
)
