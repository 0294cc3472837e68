"""Laws of the command line: help is quick, data go to stdout, a mistake is one line on stderr with its exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import statistics
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click
import jax
import pytest
from click.testing import CliRunner
from rich.console import Console

from rsimc.cli import doctor, init, options, scenarios
from rsimc.cli.main import COMMANDS, cli, main
from rsimc.cli.progress import Bars
from rsimc.models import get_model
from rsimc.observations import SERIES, load_series
from rsimc.scenario import bundled
from rsimc.scenario.schema import SEEDS

HEAVY = ("jax", "jaxlib", "numpyro", "arviz", "altair", "pandas", "pyarrow", "scipy", "xarray", "pydantic")
LIGHT_COMMANDS = ("scenarios", "models", "observations", "init", "check", "report", "gallery", "doctor")
READ_ONLY = (
    ("scenarios",),
    ("models",),
    ("models", "takeoff"),
    ("observations",),
    *(("observations", name) for name in SERIES),
    ("check",),
    ("check", "long-timelines"),
    ("doctor",),
)


class Result(NamedTuple):
    code: int
    out: str
    err: str


class Call:
    """The command line in this process; what it printed is read back."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> Result:
        self.capsys.readouterr()
        code = main(arguments)
        return Result(code, *self.capsys.readouterr())

    def document(self, *arguments: str) -> dict[str, object]:
        code, out, err = self(*arguments, "--json")
        assert (code, err) == (0, "")
        found: dict[str, object] = json.loads(out)
        return found

    def failure(self, code: int, *arguments: str) -> str:
        """The line of a failed call: the only one, with nothing on standard output."""
        result = self(*arguments)
        assert (result.code, result.out) == (code, "")
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        assert "Traceback" not in result.err
        return result.err


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return Call(capsys)


def command_line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rsimc.cli.main", *arguments]


# Help


def test_help_is_quick() -> None:
    walls, cpus = [], []
    for _ in range(3):
        before, start = os.times(), time.perf_counter()
        done = subprocess.run(command_line("--help"), capture_output=True, text=True, check=True)
        after = os.times()
        walls.append(time.perf_counter() - start)
        cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
        assert "doctor" in done.stdout
    assert statistics.median(cpus) < 0.5
    assert min(walls) < 2.0  # it waits for nothing either; on a busy machine seconds pass that are not its own


def test_help_imports_nothing_heavy() -> None:
    calls = [["--help"], ["-h"], ["--version"], *([name, "-h"] for name in LIGHT_COMMANDS)]
    code = (
        "import json, sys\n"
        "from rsimc.cli.main import main\n"
        f"for arguments in {calls}:\n"
        "    assert main(arguments) == 0\n"
        "    print('modules', json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lists = [json.loads(line[8:]) for line in done.stdout.splitlines() if line.startswith("modules ")]
    assert len(lists) == len(calls)
    assert [name for name in HEAVY if name in lists[2]] == []
    assert [name for name in HEAVY if name in lists[-1]] in ([], ["pydantic"])  # scenarios are checked by pydantic


def test_the_table_and_the_commands_agree() -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    assert set(LIGHT_COMMANDS) <= set(names) <= set(COMMANDS)
    for name in names:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help


def test_a_command_without_a_module_is_not_shown(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "models", COMMANDS["models"]._replace(module="rsimc.cli.not_there"))
    assert "\n  models" not in call("-h").out
    assert 'no such command "models"' in call.failure(2, "models")


def test_without_arguments_help_is_a_usage_error(call: Call) -> None:
    code, out, err = call()
    assert (code, out) == (2, "")
    assert "Commands:" in err


def test_version(call: Call) -> None:
    assert re.fullmatch(r"rsimc \d+\.\d+\.\d+\n", call("--version").out)


# Documents and tables


@pytest.mark.parametrize("arguments", READ_ONLY, ids=" ".join)
def test_json_has_a_schema(call: Call, arguments: tuple[str, ...]) -> None:
    schema = call.document(*arguments)["schema"]
    assert isinstance(schema, str)
    assert re.fullmatch(r"rsimc\.[a-z]+/1", schema)


def test_the_document_of_a_model(call: Call) -> None:
    found, model = call.document("models", "takeoff"), get_model("takeoff")
    assert found["schema"] == "rsimc.model/1"
    assert (found["name"], found["version"]) == (model.name, model.version)
    variants = found["variants"]
    assert isinstance(variants, list)
    assert [form["name"] for form in variants] == ["horizon", "substitution", "adoption"]
    assert all(set(form["mixture"]) <= set(form["options"]) and form["default"] in form["options"] for form in variants)
    assert isinstance(found["states"], list) and {state["name"] for state in found["states"]} >= {"s", "e_dep", "D"}
    assert found["equations"] == list(model.equations)
    parameters = found["parameters"]
    assert isinstance(parameters, list)
    assert [one["name"] for one in parameters] == [parameter.name for parameter in model.parameters]
    assert all({"name", "unit", "prior", "meaning", "source"} <= set(one) for one in parameters)
    by_name = {one["name"]: one for one in parameters}
    assert by_name["compute_growth"]["prior"] == "lognormal(1.45, 0.3)"
    assert by_name["compute_growth"]["quantiles"]["0.5"] == pytest.approx(1.45)
    assert by_name["verifiability"]["quantiles"]["direction"]["0.5"] == pytest.approx(0.15, abs=1e-4)


def test_scenarios_say_what_they_change(call: Call) -> None:
    listed = call.document("scenarios")["scenarios"]
    assert isinstance(listed, list)
    found = {scenario["name"]: scenario for scenario in listed}
    assert set(found) == set(bundled())
    assert (found["baseline"]["extends"], found["baseline"]["changes"]) == (None, {})
    assert found["short-timelines"]["extends"] == "baseline"
    assert found["short-timelines"]["changes"]["priors.direction_slope"] == "0.4 to 1.8"


def test_observations_keep_every_row(call: Call) -> None:
    for name in SERIES:
        rows = call.document("observations", name)["rows"]
        assert isinstance(rows, list)
        assert [row["key"] for row in rows] == [row.key for row in load_series(name)]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_tables_fit_and_keep_names_whole(call: Call, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    printed = {arguments: call(*arguments).out for arguments in READ_ONLY if arguments != ("doctor",)}
    for text in printed.values():
        assert "…" not in text
        assert "\x1b" not in text
        assert max(len(line.rstrip()) for line in text.splitlines()) <= max(columns, 80)
    for parameter in get_model("takeoff").parameters:
        assert re.search(rf"^{parameter.name} ", printed["models", "takeoff"], re.MULTILINE)
    for name in SERIES:
        listed = re.escape(name) + r" +\d+" + 3 * r"  \d{4}-\d\d-\d\d"
        assert re.search(rf"^{listed}  \S", printed[("observations",)], re.MULTILINE)
        for row in load_series(name):
            whole = rf"^{row.key} +{row.date}"
            assert re.search(whole, printed["observations", name], re.MULTILINE)
            assert f"{row.published}" in printed["observations", name]


def test_assumed_days_of_publication_are_marked(call: Call) -> None:
    rows = load_series("ai_code_share")
    text = call("observations", "ai_code_share").out
    for row in rows:
        if row.published_basis == "assumed":
            assert f"{row.published}*" in text


# check


def test_check_shows_what_differs(call: Call) -> None:
    found = call.document("check", "baseline", "--set", "priors.curvature=0.01", "--set", "data.rd_share=false")
    assert found["ok"] is True
    assert [prior["name"] for prior in found["priors"]] == ["curvature"]  # type: ignore[attr-defined]
    assert "rd_share" not in [series["series"] for series in found["data"]]  # type: ignore[attr-defined]
    text = call("check", "baseline", "--set", "priors.verifiability.direction=0.2").out
    assert "verifiability.direction" in text
    assert text.endswith("ok\n")


def test_check_knows_only_what_was_published(call: Call) -> None:
    found = call.document("check", "--set", "as_of=2026-06-05")["data"]
    assert isinstance(found, list)
    assert all(series["last_published"] <= "2026-06-05" for series in found if series["used"])
    later = call.document("check")["data"]
    assert isinstance(later, list)
    assert sum(s["known"] for s in found) < sum(s["known"] for s in later)


MISTAKES = {
    "missing scenario": (3, ["check", "basline"], 'did you mean "baseline"?'),
    "missing file": (3, ["check", "no/such.toml"], "no such file"),
    "misspelt prior": (3, ["check", "--set", "priors.curvatur=0.1"], 'did you mean "curvature"?'),
    "impossible interval": (3, ["check", "--set", "priors.curvature=5 to 2"], 'did you mean "2 to 5"?'),
    "unknown key": (3, ["check", "--set", "run.drwas=5"], 'did you mean "draws"?'),
    "unknown model": (3, ["check", "--set", "model=takeof"], 'did you mean "takeoff"?'),
    "unknown series": (3, ["check", "--set", "data.metr_horizon=true"], 'did you mean "metr_horizons"?'),
    "negative seed": (3, ["check", "--set", "run.seed=-1"], "from 0 to 4294967295"),
    "large seed": (3, ["check", "--set", "run.seed=4294967296"], "from 0 to 4294967295"),
    "no draws": (3, ["check", "--set", "run.draws=0"], "from 1 to 4294967296"),
    "negative draws": (3, ["check", "--set", "run.draws=-5"], "from 1 to 4294967296"),
    "absurd draws": (3, ["check", "--set", "run.draws=1e30"], "from 1 to 4294967296"),
    "no equals sign": (2, ["check", "--set", "run.draws"], "expected KEY=VALUE"),
    "no model": (2, ["models", "nothing like it"], "known: "),
    "no series": (2, ["observations", "rdshare"], 'did you mean "rd_share"?'),
    "unknown command": (2, ["chek"], 'did you mean "check"?'),
    "unknown option": (2, ["models", "--jsn"], "--json"),
    "extra argument": (2, ["check", "baseline", "more"], "more"),
    "no path": (2, ["init"], "PATH"),
}


@pytest.mark.parametrize(("code", "arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_one_line(call: Call, code: int, arguments: list[str], words: str) -> None:
    assert words in call.failure(code, *arguments)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("schema = 1\n[priors\n", "line 2"),
        ('schema = 1\nextends = "baseline"\nmodle = "takeoff"\n', "modle (line 3)"),
        ('extends = "baseline"\n[priors]\ncurvature = "5 to 2"\n', "priors.curvature (line 3)"),
        ('extends = "baseline"\n[priors]\ncurvatur = 1\n', "priors.curvatur (line 3)"),
    ],
)
def test_mistakes_in_a_file_name_the_line(call: Call, tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    line = call.failure(3, "check", str(path))
    assert str(path) in line
    assert place in line


# init


def test_init_then_check_then_refusal(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert call("init", str(path)).out == ""
    text = path.read_text()
    assert call.document("check", str(path))["priors"] == []
    assert "choose another name" in call.failure(1, "init", str(path))
    assert path.read_text() == text


def test_every_example_of_init_is_valid(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text, count = re.subn(r"^#(?=\w+ = |\[)", "", init.TEMPLATE, flags=re.MULTILINE)
    path.write_text(text)
    assert count >= 14
    assert len(call.document("check", str(path))["priors"]) >= 5  # type: ignore[arg-type]


def test_init_makes_no_folders(call: Call, tmp_path: Path) -> None:
    assert "no folder" in call.failure(1, "init", str(tmp_path / "a" / "mine.toml"))
    assert "a folder" in call.failure(1, "init", str(_folder(tmp_path / "b.toml")))
    assert ".toml" in call.failure(2, "init", str(tmp_path / "mine"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.toml"]


def test_init_is_quiet_when_asked(call: Call, tmp_path: Path) -> None:
    assert call("init", "--quiet", str(tmp_path / "mine.toml")) == (0, "", "")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


# doctor


def test_doctor_refuses_a_cache_that_cannot_be_written(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RSIMC_CACHE", str(tmp_path / "file" / "cache"))
    code, out, err = call("doctor", "--json")
    found = json.loads(out)
    assert (code, err, found["ok"], found["cache"]["writable"]) == (1, "", False, False)
    assert "RSIMC_CACHE" in found["verdict"]


def test_doctor_creates_nothing(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSIMC_CACHE", str(tmp_path / "a" / "b"))
    assert call("doctor").code == 0
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_what_is_missing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def devices() -> None:
        raise RuntimeError("Unable to initialize backend 'cuda'")

    monkeypatch.setattr(jax, "devices", devices)
    monkeypatch.setattr(doctor, "PACKAGES", ("rsimc", "no-such-package"))
    code, out, _ = call("doctor")
    assert code == 1
    verdict = "no-such-package is not installed; jax cannot start: Unable to initialize backend 'cuda'"
    assert verdict in " ".join(out.split())


# Options shared with the other commands


@click.command
@options.seed_option
@options.draws_option
@options.set_option
def echo(seed: int | None, draws: int | None, overrides: tuple[str, ...]) -> None:
    click.echo(json.dumps([seed, draws, list(overrides)]))


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ([], [None, None]),
        (["--draws", "1e6"], [None, 1_000_000]),
        (["--draws", "1_000_000"], [None, 1_000_000]),
        (["--draws", "4294967296", "--seed", "4294967295"], [2**32 - 1, 2**32]),
        (["--draws", "1", "--seed", "0"], [0, 1]),
        (["--draws", "2.5e1"], [None, 25]),
    ],
)
def test_counts_are_read(arguments: list[str], values: list[int | None]) -> None:
    assert json.loads(CliRunner().invoke(echo, arguments).output)[:2] == values


@pytest.mark.parametrize("text", ["0", "-5", "1e30", "1e999999999", "1.5", "nan", "inf", "ten", ""])
def test_impossible_draws_state_the_range(text: str) -> None:
    result = CliRunner().invoke(echo, ["--draws", text])
    assert result.exit_code == 2
    assert "from 1 to 4,294,967,296" in result.output


@pytest.mark.parametrize("text", ["-1", "4294967296", "1.5", "x"])
def test_impossible_seeds_state_the_range(text: str) -> None:
    result = CliRunner().invoke(echo, ["--seed", text])
    assert result.exit_code == 2
    assert "from 0 to 4,294,967,295" in result.output


def test_the_ranges_are_those_of_scenarios() -> None:
    assert options.MOST == SEEDS


# Failures


def test_debug_before_and_after_the_command(call: Call) -> None:
    for arguments in (["--debug", "check", "nope"], ["check", "nope", "--debug"]):
        code, out, err = call(*arguments)
        assert (code, out) == (3, "")
        assert err.startswith("Traceback")
        assert err.splitlines()[-1].startswith("error: nope")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            ValueError("a\nb"),
            1,
            "error: internal error: ValueError: a b; run again with --debug to see where",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "run/x"),
            1,
            "error: run/x: no space left on device; free some space, or write somewhere else",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "x"),
            1,
            "error: x: permission denied; choose a place that you may use",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "x"),
            1,
            "error: x: read-only file system; write somewhere else",
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_unexpected_errors_end_in_one_line(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(scenarios, "bundled", fail)
    result = call("scenarios")
    assert (result.code, result.out, result.err.rstrip("\n")) == (code, "", line)


@pytest.mark.parametrize("arguments", [("models", "takeoff"), ("scenarios", "--json")], ids=" ".join)
def test_a_closed_pipe_is_quiet(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(command_line(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # before anything is written, as `head` may do
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [("--help",), ("scenarios",), ("scenarios", "--json")], ids=" ".join)
def test_a_full_disk_is_one_line(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(command_line(*arguments), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: output: no space left on device; free some space, or write somewhere else\n"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_documents_keep_letters_that_the_terminal_lacks(encoding: str) -> None:
    code = "from rsimc.cli.options import emit_json; emit_json({'schema': 'r\\u00e9sum\\u00e9 \\U0001d400'})"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert json.loads(done.stdout) == {"schema": "r\u00e9sum\u00e9 \U0001d400"}
    assert ("\u00e9".encode() in done.stdout) == (encoding == "utf-8")


def test_completion_lists_commands_without_importing_them() -> None:
    environment = {**os.environ, "_RSIMC_COMPLETE": "bash_complete", "COMP_WORDS": "rsimc d", "COMP_CWORD": "1"}
    done = subprocess.run(command_line(), capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "plain,doctor\n"


# Progress off a terminal


def minutes(*, json_log: bool = False, quiet: bool = False) -> str:
    """What is written of a job of 40 chunks that takes a quarter of a minute for each."""
    now, out = [0.0], io.StringIO()
    bars = Bars(Console(file=out, quiet=quiet, force_terminal=False), json_log, lambda: now[0])
    with bars:
        for done in range(41):
            bars("simulate", done, 40)
            now[0] += 15.0
    return out.getvalue()


def test_off_a_terminal_progress_is_a_line_a_minute() -> None:
    lines = minutes().splitlines()
    assert lines[0] == "simulate: 40 chunks of 131,072"
    assert lines[1] == "simulate: 4 of 40 chunks of 131,072, 4 a minute, 9 min left"
    assert lines[-1] == "simulate: 40 of 40 chunks of 131,072, 4 a minute, 0 min left"
    assert len(lines) == 11
    assert minutes(quiet=True) == ""


def test_a_json_log_is_an_object_a_line() -> None:
    rows = [json.loads(line) for line in minutes(json_log=True).splitlines()]
    assert [(row["stage"], row["done"], row["total"]) for row in rows] == [("simulate", n, 40) for n in range(41)]
    assert all(datetime.fromisoformat(row["time"]).tzinfo is not None for row in rows)
    assert minutes(json_log=True, quiet=True) == ""
