"""Laws of job arrays: what is printed is a script, a manifest, and together its tasks make the run."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rsimc.analysis.forecast import open_run
from rsimc.cli.main import main

HOSTILE = r"""it's $(touch pwned) "\; `id` {x}"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["script", *arguments]) == 0
    return capsys.readouterr().out


def test_the_tasks_of_an_array_make_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--prior", "--draws", "140000", "--set", "run.horizon=2032", "-o", "a run", "--shards", "2")
    scenario = "kwa-2026"
    script = tmp_path / "job.sh"
    script.write_text(printed(capsys, "slurm", scenario, *options))
    (tmp_path / "rsimc").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m rsimc.cli.main "$@"\n')
    (tmp_path / "rsimc").chmod(0o755)
    for task in ("2", "1"):
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": task, "HOME": str(tmp_path)}
        subprocess.run(["bash", str(script)], cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert open_run(tmp_path / "a run").counts.n == 140_000


@pytest.mark.parametrize("name", ["plain", HOSTILE, "-o", "two words"])
def test_names_stay_words(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ("--prior", "-o", f"./{name}", "--set", f"title={name}", "--shards", "3")
    script = printed(capsys, "slurm", "baseline", *options)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    spy = "rsimc() { printf '%s\\0' \"$@\"; }\nSLURM_ARRAY_TASK_ID=2\n"
    seen = subprocess.run(["bash"], input=spy + script, text=True, capture_output=True, check=True, cwd=tmp_path).stdout
    words = seen.split("\0")[:-1]
    assert words[words.index("--set") + 1] == f"title={name}"
    assert words[-1] == "2/3"
    job = yaml.safe_load(printed(capsys, "kubernetes", "baseline", *options, "--image", name, "--claim", name))
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert (job["spec"]["completions"], container["image"]) == (3, name)
    shell = spy.replace("SLURM_ARRAY_TASK_ID=2", "JOB_COMPLETION_INDEX=1") + container["command"][2].removeprefix(
        "exec "
    )
    seen = subprocess.run(["sh"], input=shell, text=True, capture_output=True, check=True, cwd=tmp_path).stdout
    assert seen.split("\0")[:-1] == words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ((), "rsimc calibrate baseline -o FILE, with the same --set and --allow-code"),
        (("--prior", "--posterior", "p.nc"), "got both; leave one out"),
    ],
)
def test_tasks_never_calibrate_each_for_itself(
    options: tuple[str, ...], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["script", "slurm", "baseline", "-o", "x", "--shards", "2", *options]) == 2
    assert advice in capsys.readouterr().err


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/999999", "1/2/3"])
def test_a_share_that_is_none_is_refused(shard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--prior", "--shard", shard]) == 2
    assert "I/N" in capsys.readouterr().err
