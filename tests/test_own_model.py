"""A model of the user's works as a shipped one does: from a file, with leave, or from an installed package."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
from test_cli import Call

from rsimc import api
from rsimc.analysis.forecast import Forecast, open_run
from rsimc.calibration.fit import Draws
from rsimc.calibration.posterior import assemble, tables
from rsimc.errors import RunError, ScenarioError
from rsimc.models import get_model, model_names
from rsimc.models.conformance import CHECKS, examine
from rsimc.models.registry import MODELS
from rsimc.runs.study import resolve
from rsimc.runs.trial import try_out
from rsimc.scenario import load_scenario
from rsimc.scenario.identity import identity

DRAWS = 5000
SHORT = "run.horizon=2032"
SMALLEST = '''
"""No noise, one milestone, no duration, and none of the quantities that a shipped model has."""
from rsimc.models.base import Milestone, Observable, Parameter

class Smallest:
    name, version = "smallest", "1"
    epoch = start = 2026.0
    steps_per_year, steps_per_innovation = 4, 1
    innovations, anchor_innovations = (), 1
    parameters = (Parameter("pace", "1/year", "0.5 to 2", "pace of x", "test"),)
    milestones = (Milestone("one", "x", 1.0, "x is 1"),)
    durations = ()
    classes = ("any",)
    observables = (Observable("x", "x", "m", "the only quantity", "linear", 0.0, 10.0),)
    equations = ()

    def prepare(self, params, past):
        return params

    def init(self, params, t, noise):
        return 0.0 * params["pace"]

    def step(self, state, params, t, dt, noise):
        return state + dt * params["pace"]

    def observe(self, state, params, t):
        return {"x": state}

    def clipped(self, state):
        return state < 0.0

    def classify(self, dates, horizon):
        return (0 * dates["one"] > 1).astype("int32")
'''


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return Call(capsys)


@pytest.fixture
def example(tmp_path: Path, call: Call) -> Path:
    """The model that `rsimc init --model` writes."""
    path = tmp_path / "my_model.py"
    assert call("init", "--model", str(path)).code == 0
    return path


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    path = tmp_path / "smallest.py"
    path.write_text(SMALLEST)
    return path


def scenario(folder: Path, model: str, *lines: str) -> Path:
    """A scenario file that uses a model."""
    path = folder / "mine.toml"
    path.write_text("\n".join(["schema = 1", "as_of = 2026-11-22", f"model = {json.dumps(model)}", *lines, ""]))
    return path


def run_id(model: str, folder: Path) -> str:
    study = resolve(load_scenario(scenario(folder, model)), allow_code=True)
    return identity(study.run_inputs(None, 1))


# The example


def test_the_example_conforms_and_says_what_to_do_next(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "my_model.py"
    code, out, err = call("init", "--model", str(path))
    assert (code, out) == (0, "")
    assert f"rsimc check --model {path}:MyModel" in err
    assert f"rsimc simulate --prior --allow-code --set model={path}:MyModel" in err
    found = call("check", "--model", f"{path}:MyModel")
    assert (found.code, found.err) == (0, "")
    assert found.out.count(" ok ") == len(CHECKS)
    text = path.read_text()
    assert max(map(len, text.splitlines())) <= 130
    assert 40 <= len(text.splitlines()) <= 65


@pytest.mark.parametrize("name", ["my_model.toml", "my_model"])
def test_a_model_is_a_python_file(call: Call, tmp_path: Path, name: str) -> None:
    assert "my_model.py" in call.failure(2, "init", "--model", str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(call: Call, example: Path) -> None:
    example.write_text("mine")
    assert "a file that is there already" in call.failure(1, "init", "--model", str(example))
    assert example.read_text() == "mine"


# Leave to run


@pytest.mark.parametrize("command", ["forecast", "simulate", "calibrate", "check"])
def test_code_does_not_run_without_leave(call: Call, tmp_path: Path, command: str) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    path = scenario(tmp_path, "evil.py:Evil")
    said = call.failure(3, command, str(path))
    assert f"mine.toml: model (line 3): the scenario wants to run code from {tmp_path / 'evil.py'}" in said
    assert "--allow-code" in said
    assert not (tmp_path / "ran").exists()


def test_python_asks_too(smallest: Path) -> None:
    path = scenario(smallest.parent, "smallest.py:Smallest")
    for ask in (api.forecast, api.simulate, api.calibrate):
        with pytest.raises(ScenarioError, match="allow_code=True"):
            ask(path)


def test_a_file_is_relative_to_the_scenario_or_to_the_current_folder(
    call: Call, smallest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scenario(tmp_path, "smallest.py:Smallest")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert call("check", str(path), "--allow-code").code == 0
    at_hand = ("check", str(path), "--allow-code", "--set")
    assert "no file" in call.failure(3, *at_hand, "model=smallest.py:Smallest")
    assert call(*at_hand, "model=../smallest.py:Smallest").code == 0
    assert call("check", "--model", "../smallest.py:Smallest").code == 0
    assert "Smallest" in call("models", "../smallest.py:Smallest").out


# Identity


def test_another_file_is_another_run_and_the_same_file_elsewhere_the_same(smallest: Path, tmp_path: Path) -> None:
    first = run_id("smallest.py:Smallest", tmp_path)
    (tmp_path / "moved").mkdir()
    moved = tmp_path / "moved" / "renamed.py"
    moved.write_bytes(smallest.read_bytes())
    assert run_id(str(moved) + ":Smallest", tmp_path) == first
    smallest.write_text(SMALLEST + "\n# another comment\n")
    assert run_id("smallest.py:Smallest", tmp_path) != first


def test_what_is_hashed_is_what_runs(smallest: Path, tmp_path: Path) -> None:
    """Two files of one length and one modification time: a cache of compiled code would take one for the other."""
    assert get_model(f"{smallest}:Smallest", allow_code=True).version == "1"
    stat = smallest.stat()
    smallest.write_text(SMALLEST.replace('"smallest", "1"', '"smallest", "2"'))
    os.utime(smallest, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert get_model(f"{smallest}:Smallest", allow_code=True).version == "2"
    assert not list(tmp_path.glob("__pycache__"))


# Running


@pytest.fixture
def run(smallest: Path, tmp_path: Path) -> Forecast:
    path = scenario(tmp_path, "smallest.py:Smallest")
    return api.simulate(path, [SHORT], prior=True, draws=DRAWS, output=tmp_path / "run", allow_code=True)


def test_a_run_of_a_file_is_opened_reported_and_exported(call: Call, run: Forecast, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    assert run.counts.n == DRAWS
    assert run.probability("one", "2031-12-31").p > 0.99
    for command in ("report", "export"):
        assert "wants to run code" in call.failure(3, command, folder)
    assert call("report", folder, "--allow-code").code == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert re.search(r"<dt>model</dt><dd>Smallest sha256:\w{64}</dd>", page)
    assert f"rsimc simulate mine.toml --prior --allow-code --draws {DRAWS}" in page
    assert "One set of equations." in page
    for absent in ("Durations", "The model’s equations", "one of none", 'id="horizon"', "one form", "One form"):
        assert absent not in page
    exported = json.loads(call("export", folder, "--allow-code").out)
    assert exported["model"] == "Smallest"
    with pytest.raises(ScenarioError, match="wants to run code"):
        open_run(folder)
    again = open_run(folder, allow_code=True)
    assert again.manifest.id == run.manifest.id
    assert again.curve("one").quantile(0.5) == run.curve("one").quantile(0.5)


def test_a_run_knows_that_its_file_has_changed_or_gone(run: Forecast, smallest: Path) -> None:
    smallest.write_text(SMALLEST + "\n")
    with pytest.raises(RunError, match=r"its model as it was, Smallest sha256:\w{64}.*put the file"):
        open_run(run.folder, allow_code=True)
    smallest.unlink()
    with pytest.raises(ScenarioError, match=r"no file .*smallest\.py; put it back"):
        open_run(run.folder, allow_code=True)


def test_the_example_runs_from_the_command_line(call: Call, example: Path, tmp_path: Path) -> None:
    path, folder = scenario(tmp_path, "my_model.py:MyModel"), tmp_path / "run"
    arguments = ("--prior", "--allow-code", "--set", SHORT, "--draws", str(DRAWS), "-o", str(folder), "-q")
    found = call("simulate", str(path), *arguments)
    assert (found.code, found.err) == (0, "")
    assert "month_tasks" in found.out
    assert call("report", str(folder), "--allow-code").code == 0
    page = (folder / "report.html").read_text()
    assert 'id="horizon"' in page  # the example has METR's quantity
    assert "from a multiplier of 10" not in page  # what `fast` means for the flagship


# What is wrong with a file

WRONG: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "no Python": ("x = (", "M", ("wrong.py (line 1)", "expected Python")),
    "raises": ("x = 1\ny = x / 0\n", "M", ("wrong.py (line 2)", "ZeroDivisionError: division by zero")),
    "null bytes": ("x = 1\0", "M", ("wrong.py", "expected Python", "null bytes")),
    "ends": ("raise SystemExit(0)", "M", ("wrong.py (line 1)", "SystemExit")),
    "no such import": ("import nothing_of_this_name\n", "M", ("line 1", "nothing_of_this_name", "must be installed")),
    "no such class": ("class Model: pass", "Modle", ('no "Modle"', 'did you mean "Model"?')),
    "needs arguments": ("class M:\n    def __init__(self, x): pass\n", "M", ("without arguments", "TypeError")),
    "no model": ("class M: pass", "M", ("wrong.py: M.name", "no such attribute", "rsimc init --model")),
    "a number": ("M = 3", "M", ("name", "no such attribute")),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_holds_no_model(call: Call, tmp_path: Path, case: str) -> None:
    text, name, words = WRONG[case]
    (tmp_path / "wrong.py").write_text(text)
    said = call.failure(3, "simulate", str(scenario(tmp_path, f"wrong.py:{name}")), "--prior", "--allow-code")
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", ["wrong.py", "wrong.py:", ".py:M", "wrong.py:a b", "wrong.py:M.x"])
def test_a_file_without_a_class(call: Call, name: str) -> None:
    assert "FILE.py:CLASS" in call.failure(3, "check", "--model", name)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


MISTAKES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "not a number": ('{"x": state}', '{"x": state - (1.0 - state) ** 0.5}', ('observe["x"]', "nan", "in draw")),
    "wrong shape": ('{"x": state}', '{"x": state[None]}', ("the shape []", "[1]")),
    "misspelt": ('dt * params["pace"]', 'dt * params["pase"]', ("(line 24)", '"pase"', 'did you mean "pace"?')),
    "raises": ('dt * params["pace"]', "dt * state.pace", ("(line 24)", "AttributeError")),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_before_anything_is_written(call: Call, smallest: Path, tmp_path: Path, case: str) -> None:
    old, new, words = MISTAKES[case]
    change(smallest, old, new)
    path, folder = scenario(tmp_path, "smallest.py:Smallest"), tmp_path / "run"
    for arguments in (("simulate", str(path), "--prior", "-o", str(folder)), ("check", str(path))):
        said = call.failure(3, *arguments, "--set", SHORT, "--allow-code")
        for word in ("smallest.py: Smallest.", *words):
            assert word in said
    assert not folder.exists()
    shown = call("check", "--model", f"{smallest}:Smallest")
    assert shown.code == 3
    assert " problem " in shown.out
    assert call("check", "--model", f"{smallest}:Smallest", "--json").code == 3


def test_debug_shows_where(call: Call, smallest: Path, tmp_path: Path) -> None:
    change(smallest, 'dt * params["pace"]', "dt * state.pace")
    arguments = ("simulate", str(scenario(tmp_path, "smallest.py:Smallest")), "--prior", "--allow-code")
    assert "Traceback" not in call(*arguments).err
    assert "return state + dt * state.pace" in call(*arguments, "--debug").err


def test_data_that_the_model_does_not_reach_are_refused(call: Call, smallest: Path, tmp_path: Path) -> None:
    path = str(scenario(tmp_path, "smallest.py:Smallest", "[data]", "metr_horizons = true"))
    said = call.failure(3, "calibrate", path, "--allow-code")
    assert 'data.metr_horizons (line 5): expected a model that observes "log_horizon", got Smallest' in said
    assert "set data.metr_horizons = false" in said
    change(smallest, '"x": state', '"x": state, "log_horizon": state')
    assert "data from 2026 on, where Smallest starts" in call.failure(3, "forecast", path, "--allow-code")
    change(smallest, "pace", "metr_lag")
    assert "a parameter of the likelihood" in call.failure(3, "forecast", path, "--allow-code")


def test_the_example_suits_the_data_of_its_quantity(example: Path, tmp_path: Path) -> None:
    path = scenario(tmp_path, "my_model.py:MyModel", "[data]", "metr_horizons = true")
    study = resolve(load_scenario(path), allow_code=True)
    try_out(study, fitted=True)
    assert study.target is not None
    with jax.enable_x64(True):
        z = jax.numpy.zeros(study.target.priors.size)
        noise = jax.numpy.zeros(study.target.innovations_shape)
        assert jax.numpy.isfinite(study.target.log_evidence(z, noise))


def test_a_model_without_noise_has_a_posterior(smallest: Path, tmp_path: Path) -> None:
    change(smallest, "start = 2026.0", "start = 2019.0")
    change(smallest, '"x": state', '"x": state, "log_horizon": state - 7.0')
    path = scenario(tmp_path, "smallest.py:Smallest", "[data]", "metr_horizons = true")
    study = resolve(load_scenario(path), allow_code=True)
    assert study.target is not None
    chains = (2, 16)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((*chains, study.target.priors.size))
    innovations = np.zeros((*chains, *study.target.innovations_shape))
    record = {name: rng.random(chains) for name in ("log_posterior", "energy", "tree_steps", "accept_prob")}
    draws = Draws(z, innovations, diverging=np.zeros(chains, bool), step_size=np.ones(2), **record)
    settings = dataclasses.replace(study.settings, chains=2, draws=16)
    tree = assemble(study.target, draws, settings, {"id": study.posterior_id})
    table, past = tables(tree, study.priors)
    assert table.shape == (study.priors.size, 32)
    assert past.shape == (study.target.innovations_shape[0], 0, 32)


# Installed packages


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes an installed package with entry points, as pip leaves one behind."""

    def make(module: str, text: str, *entries: str) -> None:
        site = tmp_path / f"site_{module}"
        information = site / f"{module}-0.3.dist-info"
        information.mkdir(parents=True)
        (site / f"{module}.py").write_text(text)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0.3\n")
        (information / "entry_points.txt").write_text("\n".join(["[rsimc.models]", *entries, ""]))
        monkeypatch.syspath_prepend(str(site))

    return make


def test_an_installed_model_is_one_by_name(call: Call, install: Callable[..., None], tmp_path: Path) -> None:
    install("good_models", SMALLEST, "smallest = good_models:Smallest")
    assert "smallest" in model_names()
    assert all(outcome.status == "ok" for outcome in examine(get_model("smallest"), 2032.0))
    assert "smallest" in call("models").out
    assert "the only quantity" in call("models", "smallest").out
    assert call("check", "--model", "smallest").code == 0
    study = resolve(load_scenario(scenario(tmp_path, "smallest")))
    assert study.run_inputs(None, 1)["model"] == "smallest from good_models 0.3"


def test_a_broken_installed_model_is_named_and_breaks_no_other(call: Call, install: Callable[..., None]) -> None:
    install(
        "bad_models",
        "class Empty: pass",
        "absent = bad_models:Absent",
        "nowhere = no_such_module_at_all:Model",
        "empty = bad_models:Empty",
    )
    for name in ("absent", "nowhere", "empty"):
        said = call.failure(3, "simulate", "--prior", "--set", f"model={name}")
        assert f'the installed model "{name}"' in said
        assert "from bad_models 0.3" in said
    found = call("models")
    assert found.code == 0
    assert "takeoff" in found.out
    assert found.err.count("warning: ") == 3
    assert call("check").code == 0


def test_shipped_names_win(install: Callable[..., None]) -> None:
    install("other_takeoff", SMALLEST, "takeoff = other_takeoff:Smallest")
    assert get_model("takeoff") is MODELS["takeoff"]


# The command


def test_a_shipped_model_is_checked_by_name(call: Call) -> None:
    document = call.document("check", "--model", "takeoff")
    assert (document["schema"], document["ok"], document["model"]) == ("rsimc.conformance/1", True, "takeoff")
    assert [check["name"] for check in document["checks"]] == [check.name for check in CHECKS]  # type: ignore


def test_an_unknown_model(call: Call) -> None:
    assert 'did you mean "takeoff"?' in call.failure(3, "check", "--model", "takeof")


def test_either_a_scenario_or_a_model(call: Call) -> None:
    for arguments in (("baseline",), ("--set", "run.draws=5")):
        assert "either a scenario or a model" in call.failure(2, "check", *arguments, "--model", "takeoff")
