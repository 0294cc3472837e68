"""`rsimc`: a table of commands, each imported when it is called, and the one place where their errors end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import TextIOWrapper
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem, shell_complete

from rsimc.cli.failures import report, settle_output
from rsimc.cli.stopping import end_on_sigterm
from rsimc.errors import nearest

COMPLETION = "_RSIMC_COMPLETE"
"""Set by the shell function that click generates: `eval "$(_RSIMC_COMPLETE=bash_source rsimc)"`."""


class Entry(NamedTuple):
    """A command before its module is imported. The module holds the click command as `command`."""

    module: str
    help: str


COMMANDS = {
    "forecast": Entry("rsimc.cli.forecast", "Calibrate, simulate and report: the main job."),
    "scenarios": Entry("rsimc.cli.scenarios", "List the bundled scenarios and what each of them changes."),
    "models": Entry("rsimc.cli.models", "List the models, or show all that one of them states."),
    "observations": Entry("rsimc.cli.observations", "List the observed series, or show the rows of one."),
    "import": Entry("rsimc.cli.imports", "Read the parameter file of a published model as a scenario."),
    "init": Entry("rsimc.cli.init", "Write a commented scenario file to start from."),
    "check": Entry("rsimc.cli.check", "Validate a scenario; show its priors, data and settings."),
    "calibrate": Entry("rsimc.cli.calibrate", "Fit the posterior of a scenario and say whether to trust it."),
    "influence": Entry("rsimc.cli.influence", "The headline without each datum and series, and under each form."),
    "backtest": Entry("rsimc.cli.backtest", "What it would have said on earlier dates, scored on what came after."),
    "simulate": Entry("rsimc.cli.simulate", "Run a batch of trajectories; run it again to resume."),
    "verify": Entry("rsimc.cli.verify", "Check every file of a run, and compute some of it again."),
    "replay": Entry("rsimc.cli.replay", "One trajectory of a run in full."),
    "reproduce": Entry("rsimc.cli.reproduce", "Make a run again from its record, and compare."),
    "merge": Entry("rsimc.cli.merge", "Join shares of a run that were made in several folders."),
    "script": Entry("rsimc.cli.script", "Print a job array that makes a run in shares (Slurm, Kubernetes)."),
    "update": Entry("rsimc.cli.update", "What a new datum changes in a run."),
    "score": Entry("rsimc.cli.score", "Score an old run on what was published since."),
    "query": Entry("rsimc.cli.query", "Answer questions from a run: conditional probabilities with their errors."),
    "compare": Entry("rsimc.cli.compare", "Hold runs against the first of them, on shared random numbers."),
    "sensitivity": Entry("rsimc.cli.sensitivity", "What a run's answer hangs on: parameters, noise, data."),
    "watch": Entry("rsimc.cli.watch", "What to look out for: readings that would move a run's answer, and when."),
    "pool": Entry("rsimc.cli.pool", "One distribution from several: runs, or published tables."),
    "history": Entry("rsimc.cli.history", "How dated editions of a forecast moved, and why."),
    "explore": Entry("rsimc.cli.explore", "A page to change settings in, and see the forecast follow."),
    "report": Entry("rsimc.cli.report", "Write the HTML report of a run, or of several beside each other."),
    "gallery": Entry("rsimc.cli.gallery", "Write an index page of many runs and editions."),
    "export": Entry("rsimc.cli.export", "Write a run's results in other formats."),
    "doctor": Entry("rsimc.cli.doctor", "Show versions, devices, memory and caches."),
}
"""In the order of a user's journey. The help stands here so that `rsimc --help` need not import any of them."""


@dataclass
class Flags:
    """What holds for the whole call, whatever the command."""

    debug: bool = False


def _remember_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Flags).debug = True


def _debug_option() -> click.Option:
    text = "Show where an error happened."
    return click.Option(["--debug"], is_flag=True, expose_value=False, callback=_remember_debug, help=text)


class Commands(click.Group):
    """The commands of the table whose modules exist, imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the table."""
        return [name for name, entry in COMMANDS.items() if find_spec(entry.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, which takes --debug like all of them."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(COMMANDS[cmd_name].module).command
        if all(parameter.name != "debug" for parameter in command.params):
            command.params.append(_debug_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises click's UsageError with the nearest command."""
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            raise click.UsageError(f'no such command "{args[0]}"; {nearest(args[0], known)}', ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin like this, from the table alone."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=COMMANDS[name].help) for name in names] + options

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="rsimc COMMAND -h shows the options of a command.",
)
@click.version_option(package_name="rsimc", message="%(prog)s %(version)s")
def cli() -> None:
    """Forecast recursive self-improvement in AI: Monte Carlo over takeoff models, calibrated on observed data."""


cli.params.append(_debug_option())


def _dispatch(arguments: Sequence[str], flags: Flags) -> int:
    instruction = os.environ.get(COMPLETION)
    if instruction:
        return shell_complete(cli, {}, "rsimc", COMPLETION, instruction)
    try:
        with cli.make_context("rsimc", list(arguments), obj=flags) as context:
            cli.invoke(context)
    except click.exceptions.Exit as done:  # --help, --version, and commands that end with a code of their own
        return done.exit_code
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code. Every error ends here, as one line on standard error."""
    flags = Flags()
    try:
        code = _dispatch(arguments, flags)
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk or a closed pipe shows here, where it is still reported
    except (Exception, KeyboardInterrupt) as error:
        code = report(error, flags.debug, arguments)
        settle_output()
    return code


def run() -> None:
    """The console entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks is no reason to fail
    end_on_sigterm(sys.argv[1:])
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
