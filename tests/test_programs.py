"""Compiled programs that outlive their process: the same counts, nothing traced, and never another plan's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsimc.api import load_study
from rsimc.cli.main import main
from rsimc.engine.device import Chunk
from rsimc.engine.kept import loaded
from rsimc.engine.plan import CHUNK
from rsimc.runs import programs
from rsimc.runs.machine import prepare_devices
from rsimc.runs.programs import Programs, chunk_maker, programs_of
from rsimc.runs.sources import make_source
from rsimc.runs.study import Study

SMALL = ("run.horizon=2031",)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("kwa-2026", SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty place for compiled programs."""
    with keeping_in(tmp_path):
        yield tmp_path / "programs"


@contextmanager
def keeping_in(folder: Path) -> Iterator[None]:
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(folder))
    yield
    jax.config.update("jax_compilation_cache_dir", before)


def chunk(study: Study) -> tuple[Chunk, int]:
    """The first chunk, as a new process would make it, and how many programs were traced for it."""
    traced = []

    def heard(event: str, duration: float, **_: str | int) -> None:
        if event.endswith("jaxpr_trace_duration"):
            traced.append(duration)

    source = make_source(study, None, 1)
    jax.monitoring.register_event_duration_secs_listener(heard)
    try:
        made = chunk_maker(study, posterior=False)(0, CHUNK, source)
    finally:
        jax.monitoring.unregister_event_duration_listener(heard)
    return made, len(traced)


def same(one: Chunk, other: Chunk) -> None:
    for name, counted in vars(one.counts).items():
        np.testing.assert_array_equal(counted, getattr(other.counts, name))
    for a, b in zip(one.block, other.block, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_what_is_kept_gives_the_same_and_traces_nothing(study: Study, folder: Path) -> None:
    threshold = jax.config.jax_persistent_cache_min_compile_time_secs
    first, traced = chunk(study)
    (kept,) = folder.iterdir()
    assert traced > 0
    for program in ("begin", "march", "count"):
        assert not list(folder.parent.glob(f"jit_{program}*"))  # by jax, a second time
    assert jax.config.jax_persistent_cache_min_compile_time_secs == threshold
    again, traced = chunk(study)
    assert traced == 0
    same(first, again)
    kept.write_bytes(kept.read_bytes()[:-1])
    anew, traced = chunk(study)
    assert traced > 0
    same(first, anew)
    assert chunk(study)[1] == 0


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04N.", b"\x80\x04]K\x01a."])
def test_what_is_no_program_is_not_loaded(content: bytes) -> None:
    assert loaded(content, jax.local_devices()) is None


@given(st.binary(min_size=1, max_size=80), st.data())
def test_what_was_kept_comes_back_whole_or_not_at_all(content: bytes, data: st.DataObject) -> None:
    with TemporaryDirectory() as place, keeping_in(Path(place)):
        shelf = Programs({})
        assert shelf.get("one") is None
        shelf.put("one", content)
        assert shelf.get("one") == content and shelf.get("other") is None
        (path,) = (Path(place) / "programs").iterdir()
        whole = path.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        path.write_bytes(
            whole[:at] if data.draw(st.booleans()) else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        )
        assert shelf.get("one") is None


def test_nothing_is_kept_where_nothing_can_be_written(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    shelf = Programs({})
    shelf.put("one", b"content")
    assert shelf.get("one") is None
    jax.config.update("jax_compilation_cache_dir", None)
    shelf.put("one", b"content")
    assert shelf.get("one") is None


def asked(scenario: str, *overrides: str, posterior: bool = False) -> dict[str, object]:
    """What decides the programs of a scenario's runs."""
    found = programs_of(load_study(scenario, [*SMALL, *overrides]), posterior)
    assert found is not None
    return found.inputs


PRIOR = 'priors.returns_to_research="0.5 to 1.5"'
PAUSE = 'policy.pause=[{{trigger = "2027-06-01", lag_months = "1 to {}"}}]'


def test_other_plans_priors_and_models_have_programs_of_their_own() -> None:
    plain = asked("baseline")
    assert asked("baseline") == plain
    every = [
        plain,
        asked("baseline", "run.horizon=2032"),
        asked("baseline", PRIOR),
        asked("baseline", PAUSE.format(6)),
        asked("baseline", posterior=True),
        asked("kwa-2026"),
    ]
    assert all(one != other for n, one in enumerate(every) for other in every[:n])


def test_of_a_posterior_only_priors_that_it_does_not_hold_decide() -> None:
    assert asked("baseline", PRIOR, posterior=True) == asked("baseline", posterior=True)
    lags = [asked("baseline", PAUSE.format(months), posterior=True) for months in (6, 7)]
    assert lags[0] != lags[1]


def test_a_model_of_the_users_has_none(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from rsimc.models.published.kwa import Kwa as Mine\n")
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\nas_of = 2026-11-22\nmodel = "mine.py:Mine"\n')
    assert programs_of(load_study(path, allow_code=True), posterior=False) is None


def test_flags_and_code_decide(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def inputs() -> dict[str, object]:
        found = programs_of(study, posterior=False)
        assert found is not None
        return found.inputs

    plain = inputs()
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_max_isa=SSE4_2")
    assert inputs() != plain
    monkeypatch.undo()
    monkeypatch.setattr(programs, "_code", lambda: "other")
    assert inputs() != plain


@pytest.mark.parametrize("flag", ["--xla_cpu_enable_fast_math", "--xla_gpu_enable_fast_math=true"])
def test_fast_mathematics_are_refused(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XLA_FLAGS", f"--xla_cpu_max_isa=AVX2 {flag}")
    assert main(["simulate", "--prior", "-o", str(tmp_path / "run")]) == 2
    assert f"take {flag} out of XLA_FLAGS" in capsys.readouterr().err and not (tmp_path / "run").exists()
    assert main(["doctor"]) == 1 and "exact mathematics" in capsys.readouterr().out
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    prepare_devices()


def test_all_that_a_program_is_traced_from_is_in_its_identity() -> None:
    """In a process of its own: what the engine and all models import of rsimc, beside what only reads and complains."""
    walk = """
import importlib, pkgutil, sys, rsimc.engine, rsimc.models
for package in (rsimc.engine, rsimc.models):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("rsimc.")}))
"""
    found = subprocess.run([sys.executable, "-c", walk], capture_output=True, text=True, check=True).stdout.split()
    hashed = {part.removesuffix(".py") for part in programs.CODE}
    assert set(found) - hashed == {"errors", "reading"}
    assert hashed <= set(found)
