"""`rsimc query`: questions to a run, with the errors of their answers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import console, emit_json, json_option
from rsimc.cli.tables import heading, say
from rsimc.errors import UsageError
from rsimc.reading import TEXT, content

if TYPE_CHECKING:
    from rsimc.analysis.query.ask import Answer

MOST = 1000
EXPECTED = 'a table [questions] of texts, such as loop = "P(closed_loop <= 2030)"'


@click.command("query")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("questions", nargs=-1)
@click.option("-f", "--file", type=click.Path(path_type=Path), metavar="FILE", help=f"A TOML file with {EXPECTED}.")
@json_option
def command(run: Path, questions: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Answer QUESTIONS from the trajectories that RUN keeps in full.

    \b
    P(closed_loop <= 2030-06 given horizon_hours@2027-12 > 160)
    P(multiplier_10 - closed_loop < 18 months and not class = fizzle)
    median(closed_loop given returns_to_research > 1)
    quantile(closed_loop..multiplier_10, 0.1, 0.5, 0.9)
    mean(horizon_hours@2028)
    P(class given closed_loop <= 2030)

    Names are milestones (dates), durations, parameters, and observables at a date; rsimc models NAME lists them. A
    year or a month means its last day. What the end of the trajectories (run.horizon, a year) leaves open is neither
    true nor false, and is counted; a class is as of that end, undetermined where it came too soon to tell.
    """
    asked = {text: text for text in questions} | ({} if file is None else read_questions(file))
    if not asked:
        raise UsageError("questions", "a question, or a file of them with -f", "none", "see rsimc query -h")
    from rsimc.analysis.query.ask import asker_of
    from rsimc.publish.answers import document
    from rsimc.runs.manifest import read_manifest

    manifest = read_manifest(run)
    asker = asker_of(manifest)
    answers = {name: asker.ask(text) for name, text in asked.items()}
    if as_json:
        emit_json(document(answers, manifest))
        return
    for name, answer in answers.items():
        _show(name, answer, int(asker.columns.horizon))


def _show(name: str, answer: Answer, horizon: int) -> None:
    from rsimc.publish.answers import shown

    out = console()
    out.print(heading(name), soft_wrap=True)
    for line in shown(answer, horizon):
        say(out, line, hang=2)


def read_questions(path: Path) -> dict[str, str]:
    """Questions of a file by name. Raises UsageError when it cannot be read, or holds none."""
    try:
        document = tomllib.loads(content(path, TEXT).decode("utf-8"))
    except OSError as error:
        raise UsageError(str(path), "a file of questions", (error.strerror or str(error)).lower()) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(str(path), "a TOML file", str(error) or "too deep nesting") from error
    asked = document.get("questions")
    if set(document) != {"questions"} or not isinstance(asked, dict) or not 0 < len(asked) <= MOST:
        raise UsageError(str(path), f"{EXPECTED}, and at most {MOST}", "something else")
    for name, text in asked.items():
        if not isinstance(text, str):
            raise UsageError(str(path), EXPECTED, f"questions.{name} = {text!r}")
    return asked
