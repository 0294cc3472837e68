"""An orderly end on SIGTERM, which schedulers send before they kill: within ten seconds, with a word on how to go on.

Everything that a long job keeps is written whole, so that it may end at any instant. What the main thread does in a
compiled program no signal reaches: a thread waits beside it and ends the process when it does not end itself.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

INTERRUPTED = 130
PATIENCE = 7.0
"""Seconds for the main thread to finish what it is in, a chunk as a rule."""
RESUMABLE = ("forecast", "calibrate", "simulate", "influence", "backtest")


class Terminated(KeyboardInterrupt):
    """The process was asked to end."""


def how_to_go_on(arguments: Sequence[str]) -> str:
    """The command that goes on where a long job ended; empty for short ones, which are just run again."""
    if not any(word in RESUMABLE for word in arguments[:2]):
        return ""
    return f"what is done is kept; to go on: {shlex.join(['rsimc', *arguments])}"


def end_on_sigterm(arguments: Sequence[str]) -> None:
    """Let SIGTERM end the process as an interrupt does. To be called once, by the main thread."""
    if os.name != "posix":
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGTERM, _raise)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reader, how_to_go_on(arguments)), daemon=True).start()


def _raise(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _watch(reader: int, advice: str) -> None:
    while signal.SIGTERM not in os.read(reader, 64):
        pass
    time.sleep(PATIENCE)
    sys.stderr.write("\n".join(["terminated", *([advice] if advice else []), ""]))
    sys.stderr.flush()
    os._exit(INTERRUPTED)
