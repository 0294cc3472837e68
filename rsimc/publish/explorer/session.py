"""What the page asks and is answered, as plain data: one session a page."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping
from typing import Any

from rsimc.analysis.compare.paired import at_most, probability_difference, quantile_difference
from rsimc.analysis.explore.bench import Bench
from rsimc.analysis.explore.outcome import Outcome
from rsimc.analysis.explore.setting import Setting, read, scenario_of
from rsimc.analysis.explore.standing import Standing
from rsimc.errors import RsimcError, UsageError
from rsimc.models.own import is_file
from rsimc.publish.answers import shown
from rsimc.publish.explorer import charts, rows
from rsimc.publish.scenario_text import as_toml, changes
from rsimc.scenario import Scenario

Answer = dict[str, Any]
MOST_PINS = 4
LONGEST_REQUEST = 20_000
"""Letters of a setting or a question, so that nobody's address keeps the page busy."""


class Session:
    """Requests of one page. bench: of all pages, since it only remembers programs; lead: the milestone in front."""

    def __init__(self, bench: Bench, lead: str) -> None:
        self.bench, self.lead = bench, lead
        self._now: Outcome | None = None
        self._pins: dict[str, Outcome] = {}
        self._until = bench.start.until

    def answer(self, request: Mapping[str, Any]) -> Answer:
        """The answer to a request: `kind` and `n` as they came, and either what was asked for or `error`, in words."""
        begun, kind = time.perf_counter(), request.get("kind")
        work: dict[object, Callable[[Mapping[str, Any]], Answer]] = {
            "simulate": self._simulate,
            "pin": self._pin,
            "unpin": self._unpin,
            "path": self._path,
            "ask": self._ask,
            "file": self._file,
            "command": self._command,
        }
        found: Answer
        try:
            if kind not in work or len(json.dumps(dict(request))) > LONGEST_REQUEST:
                raise UsageError("request", " or ".join(map(str, work)), repr(kind)[:40])
            found = work[kind](request)
        except RsimcError as error:
            found = {"error": str(error)}
        except Exception as error:  # the page waits for an answer: a fault of ours must not leave it waiting
            found = {"error": f"internal error: {type(error).__name__}: {error}"}
        return {"kind": kind, "n": request.get("n"), **found, "ms": round(1e3 * (time.perf_counter() - begun), 1)}

    def _simulate(self, request: Mapping[str, Any]) -> Answer:
        self._now = None  # whatever comes of it, what was in front no longer is
        setting = read(request.get("setting"))
        found = self.bench.simulate(setting)
        told = self._told(setting, found if isinstance(found, Standing) else found.standing)
        if isinstance(found, Standing):
            return {**told, "result": None, "pins": self._compared()}
        self._now = found
        if setting.until != self._until:  # other years on the axes
            self._until, told = setting.until, {**told, "charts": charts.specs(found, self.lead)}
        return {**told, "result": rows.result(found, self.lead), "pins": self._compared()}

    def _told(self, setting: Setting, standing: Standing) -> Answer:
        """What is said of a setting whether or not it has numbers."""
        priors = self.bench.priors(setting, self.bench.structure(setting).study)
        changed = [*setting.moved, *setting.typed]
        return {
            "setting": setting.as_dict(),
            "standing": _standing(standing),
            "priors": {name: priors[name].text for name in changed},
        }

    def _command(self, request: Mapping[str, Any]) -> Answer:
        """The command that makes a whole run of a setting; None where there is none."""
        setting = read(request.get("setting"))
        if setting.source == "values":
            return {"command": None}
        return {"command": command(scenario_of(setting, self.bench.study), prior=setting.source == "prior")}

    def _pin(self, request: Mapping[str, Any]) -> Answer:
        name = str(request.get("name") or "")[:60]
        if self._now is None:
            raise UsageError("pin", "a setting with numbers", "one that takes a new calibration")
        if len(self._pins) >= MOST_PINS and name not in self._pins:
            raise UsageError("pin", f"at most {MOST_PINS} pins", "one more", "remove one first")
        self._pins[name or f"setting {len(self._pins) + 1}"] = self._now
        return {"pins": self._compared()}

    def _unpin(self, request: Mapping[str, Any]) -> Answer:
        self._pins.pop(str(request.get("name")), None)
        return {"pins": self._compared()}

    def _compared(self) -> list[dict[str, Any]]:
        """Pinned settings, each with how the one in front differs from it, by paired errors."""
        found = []
        for name, pinned in self._pins.items():
            one: dict[str, Any] = {
                "name": name,
                "setting": pinned.setting.as_dict(),
                "standing": _standing(pinned.standing),
            }
            one |= {"curve": rows.lead_rows(pinned, self.lead, name)}
            if self._now is not None:
                one["differences"] = self._differences(pinned, self._now)
            found.append(one)
        return found

    def _differences(self, pinned: Outcome, now: Outcome) -> list[dict[str, str]]:
        first, second = pinned.curve(self.lead), now.curve(self.lead)
        out = []
        for year in rows.years(now):
            if min(first.edges[-1], second.edges[-1]) > year:
                found = probability_difference(at_most(first, year + 1.0), at_most(second, year + 1.0))
                out.append({"what": f"by the end of {year}", **rows.difference_text(found, points=True)})
        median = quantile_difference(first, second, 0.5)
        return [*out, {"what": "median", **rows.difference_text(median, points=False)}]

    def _path(self, request: Mapping[str, Any]) -> Answer:
        now, place = self._now, request.get("place")
        if now is None:
            raise UsageError("trajectory", "a setting with numbers", "one that takes a new calibration")
        if not isinstance(place, int) or not 0 <= place < len(now.ids):
            raise UsageError("trajectory", f"a number from 0 to {len(now.ids) - 1}", repr(place)[:40])
        if request.get("id") not in (None, int(now.ids[place])):
            raise UsageError("trajectory", "one of the setting in front", "one of a setting before", "choose it again")
        return {"path": rows.path(now, place, self.bench.path(now.setting, place))}

    def _ask(self, request: Mapping[str, Any]) -> Answer:
        if self._now is None:
            raise UsageError("question", "a setting with numbers", "one that takes a new calibration")
        found = self._now.asker.ask(str(request.get("question") or ""))
        return {"lines": list(shown(found, int(self._now.plan.grid.end)))}

    def _file(self, request: Mapping[str, Any]) -> Answer:
        """The setting as a scenario file."""
        setting = read(request.get("setting"))
        if setting.source == "values":
            raise UsageError("scenario", "a setting of the prior or the posterior", "one value for every parameter")
        scenario = scenario_of(setting, self.bench.study)
        return {"name": f"{scenario.name}-explored.toml", "text": as_toml(scenario)}


def _standing(standing: Standing) -> dict[str, Any]:
    about = {"kind": standing.kind, "title": standing.title, "why": standing.why}
    return {**about, "calibrated": standing.calibrated}


def command(scenario: Scenario, prior: bool) -> str:
    """The command line of a whole run, with `--set` for what a bundled scenario has otherwise, else with a file."""
    sets = changes(scenario)
    name = scenario.name if sets is not None else f"{scenario.name}-explored.toml"
    start = ["rsimc", "simulate", name, "--prior"] if prior else ["rsimc", "forecast", name]
    code = ["--allow-code"] if is_file(scenario.model) else []
    return shlex.join([*start, *(part for pair in sets or [] for part in ("--set", pair)), *code])
