"""From an exception to one line on standard error and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

import click

from rsimc.cli.options import messages
from rsimc.cli.stopping import INTERRUPTED, Terminated, how_to_go_on
from rsimc.errors import PointedError, RsimcError

OS_ADVICE = {
    errno.ENOSPC: "free some space, or write somewhere else",
    errno.EDQUOT: "free some space, or write somewhere else",
    errno.EACCES: "choose a place that you may use",
    errno.EPERM: "choose a place that you may use",
    errno.EROFS: "write somewhere else",
}


def report(error: BaseException, debug: bool, arguments: Sequence[str] = ()) -> int:
    """Print what went wrong, after the traceback when debugging; the exit code. arguments: of the command line."""
    from rich.text import Text  # not needed for --help

    stderr = messages()
    if debug:
        stderr.print(traceback.format_exc().rstrip(), soft_wrap=True)
    if isinstance(error, BrokenPipeError):  # the reader has what it wanted: `rsimc models takeoff | head`
        return 1
    if isinstance(error, KeyboardInterrupt | click.Abort):
        stderr.print("terminated" if isinstance(error, Terminated) else "interrupted")
        if advice := how_to_go_on(arguments):
            stderr.print(advice, soft_wrap=True)
        return INTERRUPTED
    if type(error).__name__ == "NoArgsIsHelpError":  # new in click 8.2: the help in place of a message
        stderr.print(str(error), soft_wrap=True)
        return 2
    line, code = _described(error)
    stderr.print(Text("error:", "bold red"), " ".join(line.split()), soft_wrap=True)
    if isinstance(error, PointedError):
        stderr.print(error.pointer, soft_wrap=True)
    return code


def _described(error: BaseException) -> tuple[str, int]:
    """The line and the exit code of an error."""
    if isinstance(error, RsimcError):
        return str(error), error.exit_code
    if isinstance(error, click.UsageError):
        return _usage(error), error.exit_code
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, OSError) and error.errno is not None:
        return _system(error), 1
    return f"internal error: {type(error).__name__}: {error}; run again with --debug to see where", 1


def _usage(error: click.UsageError) -> str:
    text = error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx else "rsimc"
    return f"{text[:1].lower()}{text[1:]} (see {command} -h)"


def _system(error: OSError) -> str:
    """Files and folders as the operating system sees them; without a name it was standard output."""
    where = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else "output"
    advice = OS_ADVICE.get(error.errno or 0, "run again with --debug to see where")
    return f"{where}: {(error.strerror or str(error)).lower()}; {advice}"


def settle_output() -> None:
    """Drop what cannot be written any more: the interpreter would complain about it at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
