"""Models that are not shipped: a class in a file of the user's, and the entry points of installed packages.

A file is read once: the bytes that are hashed are the bytes that run. What it imports must be installed, and is not
part of its identity.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from rsimc import reading
from rsimc.errors import ScenarioError, nearest
from rsimc.models.base import Model
from rsimc.models.checks.stated import CHECKS
from rsimc.models.checks.trial import Trial
from rsimc.models.guard import Guarded, brief, line_in

GROUP = "rsimc.models"
"""The group of entry points by which installed packages offer models."""
ENDING = ".py"


def is_file(name: str) -> bool:
    """Whether a model's name stands for a file, as in `my_model.py:MyModel`."""
    return name.endswith(ENDING) or f"{ENDING}:" in name


def installed() -> dict[str, EntryPoint]:
    """The models that installed packages offer, by name; none of them is imported."""
    return {entry.name: entry for entry in reversed(tuple(entry_points(group=GROUP)))}


def find(name: str, where: str, allow_code: bool) -> Guarded | None:
    """The model of a file or of an installed package, unchecked; None when the name stands for neither.

    where: who asks, for messages. Raises ScenarioError when it may not run or cannot be loaded.
    """
    if is_file(name):
        return _from_file(name, where, allow_code)
    entry = installed().get(name)
    return None if entry is None else _from_entry(entry, where)


def require_stated(model: Guarded) -> None:
    """Raises ScenarioError for a model whose attributes cannot be used, before anything reads them."""
    for check in CHECKS:
        problem = check.find(Trial(cast(Model, model)))
        if problem is not None:
            place = f"{model.origin}: {problem.where}" if model.origin else problem.where
            raise ScenarioError(place, problem.expected, problem.found, problem.advice)


def _from_file(name: str, where: str, allow_code: bool) -> Guarded:
    text, _, attribute = name.rpartition(f"{ENDING}:")
    if not (text and attribute.isidentifier()):
        raise ScenarioError(where, "FILE.py:CLASS", f'"{name}"', f"for example {Path(name).stem}.py:MyModel")
    path = Path(f"{text}{ENDING}").absolute()
    if not allow_code:
        wish = f"{where}: the scenario wants to run code from {path}"
        raise ScenarioError(wish, advice="read it, then allow it with --allow-code (from Python: allow_code=True)")
    content = _read(path, where)
    digest = hashlib.sha256(content).hexdigest()
    module = _executed(content, path, digest)
    if attribute not in vars(module):
        known = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        raise ScenarioError(str(path), "a model of that name", f'no "{attribute}"', nearest(attribute, known))
    made = _made(getattr(module, attribute), f"{path.name}: {attribute}", str(path))
    return Guarded(made, attribute, f"{attribute} sha256:{digest}")


def _read(path: Path, where: str) -> bytes:
    try:
        return reading.content(path, reading.TEXT)
    except FileNotFoundError:
        advice = "put it back where it was, or correct the path"
        raise ScenarioError(where, "the file of a model", f"no file {path}", advice) from None
    except OSError as error:
        found = f"{path}: {(error.strerror or str(error)).lower()}"
        raise ScenarioError(where, "the file of a model", found) from None


def _executed(content: bytes, path: Path, digest: str) -> ModuleType:
    """The module that the bytes make. It is not cached, neither in memory nor beside the file."""
    module = ModuleType(f"rsimc_model_{digest[:16]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look their own module up
    try:
        exec(compile(content, str(path), "exec"), vars(module))
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise ScenarioError(f"{path}{line}", "Python", f"an error: {error.msg}") from error
    except (Exception, SystemExit) as error:
        advice = "a model is one file: what it imports must be installed" if isinstance(error, ImportError) else ""
        raise ScenarioError(f"{path}{line_in(error, str(path))}", "no exception", brief(error), advice) from error
    return module


def _from_entry(entry: EntryPoint, where: str) -> Guarded:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
    place = f'{where}: the installed model "{entry.name}" ({entry.value}, from {package})'
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:
        raise ScenarioError(place, "one that loads", brief(error), "repair or remove that package") from error
    return Guarded(_made(found, place, ""), entry.name, f"{entry.name} from {package}", place)


def _made(found: Any, place: str, file: str) -> Model:
    """The model itself: an object as it is, a class called without arguments."""
    if not isinstance(found, type):
        return found
    try:
        return found()
    except Exception as error:
        where = f"{place}{line_in(error, file)}"
        raise ScenarioError(where, "a class that is made without arguments", brief(error)) from error
