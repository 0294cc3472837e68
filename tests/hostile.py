"""What strangers, torn disks and tired fingers may hand to the commands: mutated files and values, by the thousand.

Each case is a command line over files that were just made. `trouble` runs it in this process and says what is wrong
with how it ended: another exit code than 0, 2, 3, 4 or 5, a traceback or an internal error, more than a line of
complaint, ten seconds, a changed file. benchmarks/hostile.py runs 20,000 of them, tests/test_hostile.py a few.
"""

# ruff: noqa: E501
from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import signal
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from rsimc import api
from rsimc.cli.main import main
from rsimc.runs.driver import Share
from rsimc.scenario import identity

REPORTED = ("summary.nc", "SHA256SUMS", "report.html")
"""What `report` writes anew."""
SLOW_SHARE = 0.02
CODES = (0, 2, 3, 4, 5)
SECONDS, SLOW_SECONDS = 10.0, 60.0
"""Until a command counts as hanging; of those that simulate, on a machine that does other work."""
SLOW = ("verify", "report", "update")
NASTY_TEXT = (
    "", " ", "\0", "\x1b[31mred", "<script>alert(1)</script>", "../../../etc/passwd", "/dev/zero", "~root", "${HOME}",
    "%s%n", "{0.__class__}", "__import__('os').system('true')", "NaN", "Infinity", "1e400", "-0.0", "9" * 400, "é" * 300,
    "\u202eevil", "a" * 70_000, "2026-02-30", "9999-12-31", "0001-01-01", "true", "null", "5 to 2", "1 to 1e308",
    "1e-320 to 1e-310", "0 to 0", "inf to inf", "nan to nan", "-1 to 1", "takeoff", "all", "closed_loop", "no/such.py:M",
    "os:system", "horizon_hours > 1e999", "horizon_hours >", "> 3", "closed_loop and coder", "; drop table", "\ud83d\ude00",
)  # fmt: skip
NASTY_NUMBER = (
    "0", "-1", "1", "-0.0", "1e308", "-1e308", "1e-308", "5e-324", "nan", "-nan", "inf", "-inf", "1e999", "1_0", "0x10",
    "9" * 30, "-" + "9" * 30, "9" * 5000, "4294967296", "2147483648", "0.1e-999", "1.7976931348623157e308", "2.5", "3",
)  # fmt: skip
NASTY_TOML = (
    "true", "false", "[]", "{}", "[[]]", "{ a = 1 }", "[1, 'a', true]", "2026-11-22", "2026-11-22T10:00:00Z", "10:00:00",
    "{ normal = [0, 1e308] }", "{ normal = [0, -1] }", "{ normal = [] }", "{ lognormal = ['a', 1] }", "{ p10 = 3, p50 = 2 }",
    "{ p0 = 1, p100 = 2 }", "{ p50 = 1 }", "{ mixture = [] }", "{ mixture = ['1 to 2'], weights = [0] }",
    "{ uniform = [1, 1] }", "{ kumaraswamy = [1e300, 1e300] }", "{ beta = [1, 2] }", "{ loguniform = [0, 1] }",
    "{ logitnormal = [0, 1], low = 2, high = 1 }", "{ p1 = 1e-300, p50 = 1, p99 = 1e300 }", "'all'", "'none'",
    "[" * 200 + "]" * 200, "{ a = " * 60 + "1" + " }" * 60, "{ mixture = [" * 40 + "1" + "] }" * 40,
    "'" + "x" * 5000 + "'", "'''\n'''", '"\\u0000"', '"\\U0001F600"',
)  # fmt: skip
RICH = """\
schema = 1
extends = "baseline"
title = "A stranger's"
model = "takeoff"
as_of = 2026-11-22
variants = "none"

[priors]
returns_to_research = "0.5 to 2.3"
verifiability_gap = { p10 = 0.9, p50 = 2.1, p90 = 3.3 }
curvature = { normal = [0.0, 0.02] }
labour_share = { kumaraswamy = [2, 2] }
compute_growth = { mixture = ["1 to 2", "2 to 3"], weights = [0.5, 0.5] }

[data]
ai_code_share = false
metr_horizons = { use = true, suite = "TH1.1" }

[calibration]
chains = 64
draws = 200

[run]
seed = 7
draws = 5
horizon = 2032

[[policy.pause]]
trigger = "horizon_hours > 160"
lag_months = 3
lasts_months = "6 to 24"
strength = 0.9
labs = ["leader"]

[labs.rivals.second]
compute = { logitnormal = [1.0, 0.8] }
"""
METR = """\
benchmark_name: METR-Horizon-v1.1
results:
  a_model:
    release_date: 2025-03-01
    metrics: {is_sota: true, p50_horizon_length: {ci_high: 90.5, ci_low: 20.0, estimate: 50.0}}
  another:
    release_date: 2026-01-15
    metrics: {is_sota: false, p50_horizon_length: {ci_high: 900.0, ci_low: 200.0, estimate: 500.0}}
"""
YAML_BOMBS = (
    "!!python/object/apply:os.system ['touch pwned']", "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b]", "a: b: c", "- - - -",
    "&a [*a]", "!!binary aGVsbG8=", "<<: 3", "? [1]\n: 2", "%YAML 9.9\n---\na", "a: " + "[" * 3000, "--- a\n--- b", "\t- a",
)  # fmt: skip

QUESTIONS = (
    "P(closed_loop <= 2029-06 given horizon_hours@2027-12 > 160 and multiplier_10 > 2027)", "P(class given coder <= 2028)",
    "P(multiplier_10 - closed_loop < 18 months and not (class in {fast, slow} or -labour_share / 2 < ln(0.5)))",
    "quantile(max(coder, closed_loop..multiplier_10 + 2027), 0.1, 50% | 2027 < coder <= 2029-12-31)",
    "mean(abs(horizon_hours@2027-08 - 1e3) given returns_to_research > 1)", 'median("threshold_offset.coding" * 3)',
)  # fmt: skip
NASTY_WORDS = (
    "(", ")", "((((", "not ", "-", "*", "/ 0", "@", "@2028", ",", "|", "given ", "in {", "}", '"', "'", ";", "--", "\\", "1e400",
    "9" * 400, "2030-02-30", "0000", "9999-12", "coder", "class", "kept", "$class0", "NULL", "abs(", "min(", "exp(", "é", "\0",
    "DROP TABLE kept", "read_csv('/etc/passwd')", "P(", "%", "min(" * 60, "abs(" * 30, "- " * 200, " or coder < 2028" * 60,
)  # fmt: skip


class Case(NamedTuple):
    """A command line, and what it is about."""

    kind: str
    arguments: list[str]


def mutated(text: str, chance: random.Random) -> str:
    """A text with one to four lines, words or letters changed."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        lines = text.split("\n")
        n = chance.randrange(len(lines))
        how = chance.randrange(9)
        if how == 0:
            del lines[n]
        elif how == 1:
            lines.insert(n, lines[chance.randrange(len(lines))])
        elif how == 2:
            lines[n] = lines[n][: chance.randrange(len(lines[n]) + 1)]
        elif how == 3:
            place = chance.randrange(len(lines[n]) + 1)
            lines[n] = lines[n][:place] + chance.choice(("'", '"', "[", "]", "{", "=", "\0", "é", "#", ",", "\\", "\r"))
        elif how == 4 and "=" in lines[n]:
            lines[n] = f"{lines[n].split('=')[0]}= {nasty_toml(chance)}"
        elif how == 5:
            lines[n] = lines[n].replace(chance.choice(lines[n].split() or ["x"]), chance.choice(NASTY_NUMBER), 1)
        elif how == 6:
            lines[n] = lines[n].replace(chance.choice(lines[n].split() or ["x"]), chance.choice(NASTY_TEXT), 1)
        elif how == 7:
            lines.insert(
                n, f"{chance.choice(('priors', 'run', 'extends', 'model', 'x.y', 'é'))} = {nasty_toml(chance)}"
            )
        else:
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chr(chance.choice((0, 9, 13, 34, 255, 0x2028, 0xFEFF))) + text[place + 1 :]
            continue
        text = "\n".join(lines)
    return text


def nasty_toml(chance: random.Random) -> str:
    """A value as TOML, or what pretends to be one."""
    which = chance.randrange(3)
    if which == 0:
        return chance.choice(NASTY_TOML)
    return chance.choice(NASTY_NUMBER) if which == 1 else json.dumps(chance.choice(NASTY_TEXT))


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes with some flipped, cut off, doubled or blanked."""
    how, n = chance.randrange(5), chance.randrange(max(len(content), 1))
    if how == 0:
        return content[:n]
    if how == 1:
        return content[:n] + bytes([content[n] ^ (1 << chance.randrange(8))]) + content[n + 1 :] if content else b"x"
    if how == 2:
        return content + content[n:]
    if how == 3:
        return content[:n] + bytes(min(64, len(content) - n)) + content[n + 64 :]
    return bytes(chance.randrange(256) for _ in range(chance.randrange(300)))


def parts(folder: Path) -> None:
    """Two parts of one run, part1 and part2, that `merge` joins. The ensemble of the first is cut short: it would be
    copied for every case."""
    for number in (1, 2):
        share, place = Share(number, 2), folder / f"part{number}"
        api.simulate_share(
            "baseline", ["run.horizon=2030"], share=share, prior=True, draws=140_000, seed=3, output=place
        )
    table = folder / "part1" / "ensemble.parquet"
    table.write_bytes(table.read_bytes()[:100_000])


class Workshop:
    """Makes cases in a folder. runs: a folder of finished runs, one below each name, to be copied and damaged."""

    def __init__(self, folder: Path, runs: Path, seed: int) -> None:
        self.folder, self.runs, self.chance = folder, runs, random.Random(seed)
        self.keys = list(_paths(tomllib.loads(RICH)))
        self.tables = sorted(
            one.name for one in files("rsimc.observations").joinpath("data").iterdir() if ".csv" in one.name
        )
        self.scenarios = [RICH, *(self._bundled(name) for name in ("baseline", "short-timelines", "long-timelines"))]

    def case(self) -> Case:
        """The next one; the folder holds its files and no other."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        makers: list[tuple[int, Callable[[], Case]]] = [
            (28, self._scenario), (18, self._override), (14, self._prior), (14, self._table), (5, self._yaml), (14, self._run),
            (10, self._question),
        ]  # fmt: skip
        return self.chance.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()

    def _bundled(self, name: str) -> str:
        return files("rsimc.scenario").joinpath("library", f"{name}.toml").read_text(encoding="utf-8")

    def _scenario(self) -> Case:
        text = mutated(self.chance.choice(self.scenarios), self.chance)
        name = self.chance.choice(
            ("my.toml", "<script>alert(1)</script".replace("/", "") + ".toml", "é ü.toml", "-q.toml")
        )
        path = self.folder / name
        raw = text.encode("utf-8", "surrogatepass")
        path.write_bytes(damaged(raw, self.chance) if self.chance.random() < 0.2 else raw)
        command = self.chance.choice((["check"], ["check", "--json"], ["script", "slurm"]))
        more = ["--prior", "--shards", "3", "-o", "run"] if command[0] == "script" else []
        return Case("scenario", [*command, *more, "--", str(path)])

    def _override(self) -> Case:
        key = self.chance.choice((*self.keys, "data.metr_horizons.file", "labs.diffusion", "condition_on_not_yet"))
        odd = self.chance.choice((f"{key}.x", key[:-1], f"priors.{key}", "", "a.b.c.d.e.f.g" * 20, key.upper()))
        key = odd if self.chance.random() < 0.3 else key
        value = self.chance.choice((nasty_toml(self.chance), self.chance.choice(NASTY_TEXT)))
        return Case("override", ["check", "--set", f"{key}={value}".replace("\0", "")])

    def _prior(self) -> Case:
        kinds = ("normal", "lognormal", "logitnormal", "uniform", "loguniform", "kumaraswamy")
        numbers = [self.chance.choice(NASTY_NUMBER) for _ in range(self.chance.choice((1, 2, 2, 2, 3)))]
        points = ", ".join(f"p{self.chance.choice((0, 1, 10, 50, 50.5, 90, 99.9, 100, 101))} = {x}" for x in numbers)
        text = self.chance.choice((
            f"{{ {self.chance.choice(kinds)} = [{', '.join(numbers)}] }}",
            f"{{ {self.chance.choice(kinds)} = [0.5, 1], low = {numbers[0]}, high = {numbers[-1]} }}",
            f"{{ {points} }}",
            f'"{numbers[0]} to {numbers[-1]}"',
            f"{{ mixture = [{', '.join(numbers)}], weights = [{', '.join(reversed(numbers))}] }}",
        ))  # fmt: skip
        name = self.chance.choice(
            ("curvature", "returns_to_research", "labour_share", "threshold_offset", "horizon_form")
        )
        return Case("prior", ["check", "--set", f"priors.{name}={text}"])

    def _table(self) -> Case:
        name = self.chance.choice(self.tables)
        text = files("rsimc.observations").joinpath("data", name).read_text(encoding="utf-8")
        raw = mutated(text, self.chance).encode("utf-8", "surrogatepass")
        path = self.folder / name
        path.write_bytes(damaged(raw, self.chance) if self.chance.random() < 0.2 else raw)
        series = name.removesuffix(".csv")
        if self.chance.random() < 0.5:
            return Case("table", ["observations", "--import", str(path), "--series", series])
        return Case("table", ["check", "--set", f"data.{series}.file={path}"])

    def _yaml(self) -> Case:
        text = self.chance.choice(
            (mutated(METR, self.chance), mutated(METR, self.chance), self.chance.choice(YAML_BOMBS))
        )
        path = self.folder / "metr.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return Case("yaml", ["observations", "--import", str(path), "--published", "2026-11-01"])

    def _run(self) -> Case:
        copy = self.folder / "run"
        name = self.chance.choice(sorted(path.name for path in self.runs.iterdir()))
        shutil.copytree(self.runs / name, copy)
        path = self.chance.choice(sorted(one for one in copy.rglob("*") if one.is_file()))
        self._spoil(path)
        if name.startswith("part") and self.chance.random() < 0.7:
            others = [str(self.runs / one) for one in ("part1", "part2") if one != name]
            return Case(f"run: {path.name}", ["merge", str(copy), *others, "-o", str(self.folder / "new")])
        other = self.runs / self.chance.choice(sorted(one.name for one in self.runs.iterdir()))
        command = self.chance.choice((
            ["export", str(copy)],
            ["export", str(copy), "--format", "csv"],
            ["merge", str(copy), str(other), "-o", str(self.folder / "new")],
            ["score", str(copy)],
            ["replay", str(copy), "--index", "999999"],
            ["query", str(copy), self.chance.choice(QUESTIONS)],
            ["compare", str(copy), str(self.runs / "run1")],
            ["sensitivity", str(copy), "--quick", "--by", "2029"],
            ["watch", str(copy), "--by", "2029"],
            ["history", str(copy), str(self.runs / "run1"), "--by", "2029"],
            ["pool", str(copy), str(self.runs / "run2")],
            ["gallery", str(copy), str(self.runs / "run1"), "-o", str(self.folder / "index.html")],
            ["gallery", str(copy), "-o", str(self.folder / "index.html")],
            ["export", str(copy), "--format", self.chance.choice(("flusight", "metaculus", "csv")), "--table", "cdf"],
        ))  # fmt: skip
        if self.chance.random() < SLOW_SHARE:
            beside = [str(self.runs / "run1"), "-o", str(self.folder / "both.html")]
            extra = {
                "update": ["--add", str(self._rows()), "--series", "metr_horizons", "--no-refit"],
                "report": self.chance.choice(([], beside)),
            }
            command = [kind := self.chance.choice(SLOW), str(copy), *extra.get(kind, [])]
        return Case(f"run: {path.name}", command)

    def _question(self) -> Case:
        text = self.chance.choice(QUESTIONS)
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            first = self.chance.randrange(len(text) + 1)
            last = first + self.chance.choice((0, 0, 1, 3, 10))
            text = text[:first] + self.chance.choice((*NASTY_WORDS, *NASTY_NUMBER, *NASTY_TEXT)) + text[last:]
        run = str(self.runs / "run1")
        if self.chance.random() < 0.7:
            return Case("question", ["query", run, "--", text.replace("\0", "")])
        path = self.folder / "asked.toml"
        lines = "".join(f"q{n} = {json.dumps(one)}\n" for n, one in enumerate((*QUESTIONS[:2], text)))
        raw = mutated(f"[questions]\n{lines}", self.chance).encode("utf-8", "surrogatepass")
        path.write_bytes(damaged(raw, self.chance) if self.chance.random() < 0.2 else raw)
        return Case("question", ["query", run, "-f", str(path)])

    def _rows(self) -> Path:
        text = files("rsimc.observations").joinpath("data", "metr_horizons.csv").read_text(encoding="utf-8")
        header, *rows = text.splitlines()
        path = self.folder / "new.csv"
        path.write_text(mutated(f"{header}\n{self.chance.choice(rows)}\n", self.chance), errors="replace")
        return path

    def _spoil(self, path: Path) -> None:
        how = self.chance.randrange(8)
        if how == 0:
            path.unlink()
        elif how == 1:
            path.unlink()
            make = self.chance.choice((lambda: path.mkdir(), lambda: os.mkfifo(path), lambda: path.symlink_to(path)))
            make()
        elif how == 2:
            path.unlink()
            path.symlink_to(self.chance.choice(("/dev/zero", "/etc/passwd", "/dev/null", "/")))
        elif how == 3 and path.suffix == ".npz":
            self._bomb(path)
        elif how in (3, 4, 5) and path.name == "run.json":
            path.write_text(json.dumps(self._record(json.loads(path.read_text()))))
        else:
            path.write_bytes(damaged(path.read_bytes(), self.chance))

    def _bomb(self, path: Path) -> None:
        """A chunk that claims to hold more than memory does, or unpacks to much of it."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            shape = self.chance.choice((10**12, 2**28, 3))
            head = f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({shape},), }}".ljust(117) + "\n"
            magic = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()
            for name in ("milestones", "durations", "classes", "fans", "accounts", "maker", "checksum"):
                archive.writestr(f"{name}.npy", magic + bytes(self.chance.choice((0, 8 * 10**6))))

    def _record(self, document: dict[str, Any]) -> Any:
        """A record with one value changed, half of the time so that its id agrees again."""
        place: Any = document
        while True:
            key = self.chance.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
            if not isinstance(place[key], dict | list) or not place[key] or self.chance.random() < 0.2:
                break
            place = place[key]
        nothing: list[Any] = [
            None,
            [],
            {},
            "",
            -1,
            0,
            10**30,
            1e308,
            True,
            "../../x",
            "<script>",
            [[[]]],
            {"a": {"b": 1}},
        ]
        place[key] = self.chance.choice(nothing)
        if isinstance(document.get("inputs"), dict) and self.chance.random() < 0.5:
            document["id"] = identity(document["inputs"])
        return document


def _paths(table: dict[str, Any], *before: str) -> Iterator[str]:
    """Dotted paths of all values of a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _paths(value, *before, key)
        else:
            yield ".".join((*before, key))


class _Slow(BaseException):
    pass


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise _Slow


def patience(arguments: list[str]) -> float:
    """Seconds that a command may take."""
    return SLOW_SECONDS if arguments[0] in SLOW else SECONDS


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends what takes longer."""
    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def state(folder: Path) -> dict[str, str]:
    """Every file, folder and link below a folder, by what it holds; pipes and links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path)] = "other"
    return found


def complaint(code: int, out: str, err: str, arguments: list[str]) -> str:
    """What is wrong with how a command ended; empty when nothing is."""
    lines = [line for line in err.splitlines() if line]
    if code not in CODES:
        return f"exit {code}: {err[:300]}"
    if "Traceback" in err or "internal error" in err:
        return f"a traceback: {err[:300]}"
    if "Warning" in err:
        return f"a warning of a library: {err[:300]}"
    if arguments[0] == "verify" and out:  # what it found is its answer
        return ""
    shown = code == 2 and arguments[0] == "query" and ", character " in lines[0]  # with the place below it
    if code and (not err.startswith("error: ") or len(lines) != (3 if shown else 1)):
        return f"exit {code} with {len(lines)} lines: {err[:300]}"
    if code and out and arguments[0] != "check":
        return f"exit {code} and something printed: {out[:100]}"
    return ""


def trouble(case: Case, folder: Path) -> str:
    """Run a case in this process; what is wrong with how it ended, empty when nothing is."""
    before, out, err = state(folder), io.StringIO(), io.StringIO()
    begun = time.monotonic()
    try:
        with (
            _limited(patience(case.arguments)),
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(case.arguments)
    except _Slow:
        return f"more than {patience(case.arguments):.0f} s"
    except BaseException as error:
        return f"{type(error).__name__} got out: {str(error)[:200]}"
    if time.monotonic() - begun > patience(case.arguments):
        return f"{time.monotonic() - begun:.1f} s"
    return changes(before, folder, code, case.arguments) or complaint(
        code, out.getvalue(), err.getvalue(), case.arguments
    )


def changes(before: dict[str, str], folder: Path, code: int, arguments: list[str]) -> str:
    """Which files a command changed, or left behind when it failed; empty when none."""
    after = state(folder)
    changed = [name for name in before if after.get(name) != before[name]]
    changed = [name for name in changed if arguments[0] != "report" or Path(name).name not in REPORTED]
    if changed or (code and set(after) - set(before)):
        return f"exit {code}, and files changed: {changed or sorted(set(after) - set(before))[:3]}"
    return ""
