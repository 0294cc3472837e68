"""Laws of the code itself: imports run one way, `import rsimc` is light, modules and functions stay small."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest

import rsimc

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rsimc"
ORDER = (
    "errors",
    "reading",
    "dates",
    "polynomials",
    "maths",
    "scenario",
    "priors",
    "observations",
    "models",
    "engine",
    "calibration",
    "runs",
    "analysis",
    "publish",
    "api",
    "checking",
    "comparing",
    "exploring",
    "cli",
)
"""Imports run only from right to left. `rsimc/__init__.py`, the door, may import all of them."""
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 400, 60


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, wherever it stands; `from a import b` names `a.b`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module or ''}.{a.name}") for a in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                yield node.lineno, str(argument.value)


def room(path: Path) -> str:
    """The first part of a module's name below the package."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_module_is_in_the_order() -> None:
    assert {room(path) for path in SOURCES} - {"__init__"} == set(ORDER)


def test_imports_run_one_way() -> None:
    backward = []
    for path in SOURCES:
        for line, name in imports(path) if room(path) != "__init__" else ():
            parts = name.split(".")
            assert not name.startswith("."), f"{path}:{line}: a relative import hides where it leads"
            # `from rsimc import maths` is maths; `import rsimc` itself, or a name of the door, is the door
            if parts[0] == "rsimc" and (parts[1:2] or [""])[0] not in ORDER[: ORDER.index(room(path)) + 1]:
                backward.append(f"{path.relative_to(ROOT)}:{line}: {name}")
    assert backward == []


def test_the_engine_and_the_models_import_only_jax_and_numpy() -> None:
    known = {"jax", "numpy", "rsimc", *sys.stdlib_module_names}
    foreign = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in SOURCES
        if room(path) in ("engine", "models")
        for line, name in imports(path)
        if name.split(".")[0] not in known
    ]
    assert foreign == []


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after some code."""
    code += "\nimport json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout))


def names(requirements: list[str]) -> set[str]:
    """Import names of requirements without an extra."""
    kept = (text for text in requirements if "extra ==" not in text)
    found = {match[0].lower() for text in kept if (match := re.match(r"[\w.-]+", text))}
    modules = {"vl-convert-python": "vl_convert", "pyyaml": "yaml"}
    return {modules.get(name, name.replace("-", "_")) for name in found}


def test_the_engine_and_the_models_load_only_what_jax_itself_needs() -> None:
    """Through rsimc.priors they load scipy, which every jax brings: they run where jax and numpy are installed."""
    own = names(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    brought = names(requires("jax") or []) | {"jax"}
    assert {"jax", "numpy", "scipy"} == own & brought
    loaded = modules_after("import rsimc.engine.device, rsimc.models")
    assert loaded & own <= brought
    assert "jax" in loaded


@pytest.mark.parametrize("module", ["rsimc", "rsimc.cli.main"])
def test_the_doors_are_light(module: str) -> None:
    heavy = {"jax", "jaxlib", "numpy", "numpyro", "arviz", "altair", "pandas", "pyarrow", "scipy", "xarray", "pydantic"}
    assert modules_after(f"import {module}") & heavy == set()


def test_modules_and_functions_are_small() -> None:
    long = []
    for path in SOURCES:
        if len(path.read_text(encoding="utf-8").splitlines()) > MODULE_LINES:
            long.append(str(path.relative_to(ROOT)))
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                last = node.end_lineno
                if last is not None and last - node.body[0].lineno + 1 > FUNCTION_LINES:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}")
    assert long == []


def test_public_names_resolve() -> None:
    assert sorted(rsimc.__all__) == rsimc.__all__
    for name in rsimc.__all__:
        assert getattr(rsimc, name).__name__ == name
        assert name in dir(rsimc)
    with pytest.raises(AttributeError, match="forcast"):
        rsimc.forcast  # noqa: B018


def repository() -> list[Path]:
    """Files that are, or would be, under version control; all of the package and tests outside a checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    found = [ROOT / name for name in listed.stdout.split("\0") if name] or [*SOURCES, *ROOT.glob("tests/*.py")]
    return [path for path in found if path.is_file()]


def test_no_file_names_a_home_directory() -> None:
    home = re.compile(rb"(?<![\w.~])(/home/[a-z_][\w.-]*|/Users/\w[\w.-]*|/root(?=[/\"'\s])|[A-Z]:\\+Users\\+\w+)")
    assert home.search(b"/home" + b"/me/x") and not home.search(b"~/.cache")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}" for path in repository() for match in home.finditer(path.read_bytes())
    ]
    assert found == []


def test_published_figures_are_of_this_version_of_the_model() -> None:
    from rsimc.models.takeoff.model import Takeoff

    now, results = f"{Takeoff.name} {Takeoff.version}", ROOT / "benchmarks" / "results"
    if not results.exists():
        pytest.skip("not a checkout")
    main_job = json.loads((results / "main_job.json").read_text())
    assert {part: main_job[part]["model"] for part in ("single", "mixture")} == {"single": now, "mixture": now}
    assert json.loads((results / "numerics.json").read_text())["what"] == f"numerics of {now}"
    assert f"model `{Takeoff.name}` {Takeoff.version}, run `" in (ROOT / "README.md").read_text()
