"""The README's ten questions, each with the command that answers it and what that command prints.

uv run rsimc forecast -o runs/readme && uv run python scripts/ten_questions.py runs/readme

Commands run in a folder of their own, in which the run is runs/baseline, and what they make is thrown away. The second
and later ones take minutes where the cache does not hold what they need.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- ten questions: begin -->", "<!-- ten questions: end -->"
RUN = "runs/baseline"
COLUMNS = "100"
PAUSED = """\
schema = 1
extends = "baseline"
[[policy.pause]]
trigger = "horizon_hours > 167"       # tasks that take a person a month
lasts_months = 12
"""


@dataclass(frozen=True)
class Question:
    """What a forecaster asks, the commands, and how much of the last one's output is shown.

    head: so many lines; then the line that is `block` with the indented ones below it, and those that hold one of
    `lines`. Everything where none of them is given.
    """

    asks: str
    commands: tuple[str, ...]
    head: int = 0
    block: str = ""
    lines: tuple[str, ...] = ()
    file: str = ""


QUESTIONS = (
    Question("When can AI build its own successor?", (f"rsimc query {RUN} 'quantile(closed_loop, 0.1, 0.5, 0.9)'",)),
    Question("How likely is it by the end of 2030?", (f"rsimc query {RUN} 'P(closed_loop <= 2030)'",)),
    Question(
        "And if AI does year-long tasks by the end of 2027?",
        (f"rsimc query {RUN} 'P(closed_loop <= 2030 given horizon_hours@2027-12 > 2000)'",),
    ),
    Question("How fast does it go then?", (f"rsimc query {RUN} 'P(class given closed_loop <= 2035)'",)),
    Question(
        "Does oversight thin out before the loop is closed?", (f"rsimc query {RUN} 'P(oversight_1pct < closed_loop)'",)
    ),
    Question(
        "What would a pause buy?",
        ("rsimc forecast paused.toml -o runs/paused -q > /dev/null", f"rsimc compare {RUN} runs/paused"),
        head=4,
        block="closed_loop",
        lines=("pause on", "or more, since"),
        file="paused.toml",
    ),
    Question("What does the answer hang on?", (f"rsimc sensitivity {RUN} -q",), head=9),
    Question("What should I look out for?", (f"rsimc watch {RUN}",), head=8),
    Question("How would it have done a year ago?", ("rsimc backtest baseline --as-of 2025-10-31 -q",), head=17),
    Question("Can anybody check the numbers?", (f"rsimc verify {RUN} --chunks 1 -q",)),
)


def asked(question: Question, folder: Path) -> str:
    """What the commands print in a folder, shortened as the question says."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    if question.file:
        (folder / question.file).write_text(PAUSED)
    out = ""
    for command in question.commands:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{command}: exit {done.returncode}: {done.stderr.strip()}")
        out = done.stdout
    return shortened([line.rstrip() for line in out.rstrip().splitlines()], question)


def shortened(lines: list[str], question: Question) -> str:
    """The lines that the question wants, with an ellipsis where some are left out."""
    if not question.head and not question.lines:
        return "\n".join(lines)
    kept, left, inside = lines[: question.head], False, False
    for line in lines[question.head :]:
        inside = line == question.block != "" or (inside and line.startswith(" "))
        if inside or any(part in line for part in question.lines):
            kept.append(line)
        else:
            left = True
    return "\n".join([*kept, *(["…"] if left else [])])


def section(run: Path) -> str:
    """What stands between the markers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        (folder / RUN).symlink_to(run.resolve(), target_is_directory=True)
        parts = [
            f"{n}. **{question.asks}**\n\n{_block(question, asked(question, folder))}"
            for n, question in enumerate(QUESTIONS, start=1)
        ]
    return "\n\n".join(parts)


def _block(question: Question, out: str) -> str:
    file = f"$ cat {question.file}\n{PAUSED.rstrip()}\n" if question.file else ""
    commands = "\n".join(f"$ {command}" for command in question.commands)
    return f"```console\n{file}{commands}\n{out}\n```"


def main() -> None:
    """Rewrite the part of the README between the markers."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    made = section(Path(sys.argv[1]))
    README.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
