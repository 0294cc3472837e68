"""Compiled programs kept beside those that jax keeps, so that the next process neither traces nor compiles them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import jax

from rsimc.engine.device import Chunk, compile_chunk
from rsimc.engine.source import Source
from rsimc.errors import OutputError
from rsimc.models.guard import Guarded
from rsimc.runs.files import write_bytes
from rsimc.runs.machine import kind
from rsimc.runs.study import Study
from rsimc.scenario import identity

CODE = ("dates.py", "maths.py", "polynomials.py", "engine", "models", "priors")
"""What a program is traced from."""
DIGEST = hashlib.sha256().digest_size


class Programs:
    """The programs of what `inputs` describe, which with the code, the versions and the machine decide them."""

    def __init__(self, inputs: Mapping[str, object]) -> None:
        self.inputs = {
            **inputs,
            "code": _code(),
            "versions": [version("jax"), version("jaxlib"), version("numpy")],
            "machine": [kind(), _processor()],
            "flags": [os.environ.get("XLA_FLAGS", ""), bool(jax.config.jax_enable_x64)],
        }

    def get(self, name: str) -> bytes | None:
        """What is kept by that name, when it is whole."""
        path = self._path(name)
        try:
            stored = b"" if path is None else path.read_bytes()
        except OSError:
            return None
        content = stored[DIGEST:]
        return content if content and hashlib.sha256(content).digest() == stored[:DIGEST] else None

    def put(self, name: str, content: bytes) -> None:
        """Keep it, where there is a folder to keep it in."""
        path = self._path(name)
        if path is not None:
            with suppress(OutputError):
                write_bytes(path, hashlib.sha256(content).digest() + content)

    def _path(self, name: str) -> Path | None:
        folder = jax.config.jax_compilation_cache_dir
        if not folder or "://" in folder:  # jax's cache may be in a cloud's storage
            return None
        return Path(folder) / "programs" / identity({**self.inputs, "name": name})


def programs_of(study: Study, posterior: bool) -> Programs | None:
    """Those of a study's runs; None for a model that is not shipped, whose code may change unnoticed.

    posterior: whether a posterior holds the fitted parameters, whose priors are then in none of the programs.
    """
    if isinstance(study.model, Guarded):
        return None
    inputs = study.run_inputs(None, 0)
    if posterior:
        fresh = study.priors.entries[study.fitted.size :]
        inputs["priors"] = [list(study.priors.names), [asdict(prior) for _, _, prior in fresh]]
    return Programs({**inputs, "posterior": posterior})


def chunk_maker(study: Study, posterior: bool) -> Callable[[int, int, Source], Chunk]:
    """What makes the chunks of a study's runs, its programs kept; posterior: see `programs_of`."""
    return compile_chunk(study.plan, shelf=programs_of(study, posterior))


@cache
def _code() -> str:
    """SHA-256 of the code that programs are traced from."""
    root, state = Path(__file__).parents[1], hashlib.sha256()
    paths = {root / part for part in CODE} | {path for part in CODE for path in (root / part).rglob("*.py")}
    for path in sorted(path for path in paths if path.is_file()):
        state.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


@cache
def _processor() -> str:
    """What the processor says of itself: programs for one may be none for another of the same architecture."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    wanted = r"^(vendor_id|cpu family|model|model name|flags|Features|CPU [a-z]+)\s*:.*"
    return identity(sorted({line.group(0) for line in re.finditer(wanted, text, re.MULTILINE)}))
