"""How fast the calibration is, how its samplers agree, what it hangs on and how it would have done.

    uv run python -m benchmarks.calibration speed|agreement|influence|update|backtest [--label TEXT]

Each part runs on the bundled baseline, prints what it finds and writes its part of benchmarks/results/calibration.json.
Posteriors are kept in the cache as usual; `speed` and `agreement` time fits of their own. Wall seconds are of this
machine on this day, programs compiled before (warm) where said.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import RESULTS, about
from rsimc.api import load_study, prepare_devices

FILE = RESULTS / "calibration.json"
SHORT, LONG = 48, 480
"""Draws of each of 64 chains for an effective sample size of 400, and for one of 4,000."""


def speed() -> dict[str, Any]:
    """Many chains, warm: seconds to a smallest effective sample size of 400 and of 4,000, and what each means."""
    from rsimc.calibration.fit import fit, longer
    from rsimc.calibration.settings import Settings
    from rsimc.calibration.verdict import mixing_of

    target = load_study("baseline").target
    assert target is not None
    fit(target, Settings(warmup=16, draws=4), silent)  # compiles; programs are kept on disk
    rows = []
    begun = time.monotonic()
    draws = fit(target, Settings(draws=SHORT), silent)
    for count in (SHORT, LONG):
        settings = Settings(draws=count)
        if count != SHORT:
            draws = longer(target, settings, [target.choice], [draws], silent)[0]
        seconds = time.monotonic() - begun
        mixing = mixing_of(draws, settings.groups)
        p = headline(draws)
        rows.append(
            {
                "draws": int(draws.z.shape[0] * draws.z.shape[1]),
                "seconds": round(seconds, 1),
                "rhat": round(mixing.rhat, 4),
                "ess_min": round(min(mixing.ess_bulk, mixing.ess_tail)),
                "leapfrogs_a_transition": round(float(draws.tree_steps[0].mean()), 1),
                "headline": {"closed_loop by 2030-12-31": p.as_dict()},
            }
        )
        print(rows[-1])
        begun += time.monotonic() - begun - seconds  # what measuring took does not count
    return {"fits": rows}


def agreement() -> dict[str, Any]:
    """NUTS and many chains on the same posterior: differences of means in posterior sds, and of the headline."""
    from rsimc.calibration.fit import fit
    from rsimc.calibration.settings import DEFAULTS, HMC, NUTS, Settings
    from rsimc.calibration.verdict import mixing_of

    target = load_study("baseline").target
    assert target is not None
    out: dict[str, Any] = {}
    found = {}
    for name in (HMC, NUTS):
        settings = Settings(sampler=name, **DEFAULTS[name])
        begun = time.monotonic()
        draws = fit(target, settings, silent)
        mixing = mixing_of(draws, settings.groups)
        found[name], p = draws, headline(draws)
        ess = round(min(mixing.ess_bulk, mixing.ess_tail))
        out[name] = {"seconds": round(time.monotonic() - begun, 1), "rhat": round(mixing.rhat, 4), "ess_min": ess}
        out[name]["headline"] = p.as_dict()
        print(name, out[name])
    a, b = (flat(found[name]) for name in (HMC, NUTS))
    sd = np.sqrt(0.5 * (a.var(axis=0) + b.var(axis=0)))
    difference = np.abs(a.mean(axis=0) - b.mean(axis=0)) / sd
    p, q = (out[name]["headline"] for name in (HMC, NUTS))
    out["max_mean_difference_sds"] = round(float(difference.max()), 4)
    out["headline_difference_in_combined_se"] = round(abs(p["p"] - q["p"]) / float(np.hypot(p["se"], q["se"])), 2)
    print(out["max_mean_difference_sds"], out["headline_difference_in_combined_se"])
    return out


def influence() -> dict[str, Any]:
    """Influence of all data, series and forms, from a posterior in the cache and an empty store of stages."""
    from rsimc import checking
    from rsimc.api import calibrate

    calibrate("baseline")
    begun = time.monotonic()
    found = checking.influence("baseline")
    base = found[0].p.p
    rows = [{"kind": one.kind, "name": one.name, "change": round(one.p.p - base, 4), **said(one)} for one in found[1:]]
    rows.sort(key=lambda row: -abs(row["change"]))
    document = {"seconds": round(time.monotonic() - begun, 1), "all": found[0].p.as_dict(), "without": rows}
    for row in rows[:25]:
        print(row)
    return document


def said(one: Any) -> dict[str, Any]:
    """How an influence was found."""
    errors = {"se": one.p.se, "change_se": one.change_se}
    return {**errors, "how": one.how, "khat": one.khat, "rhat": one.rhat, "ess": one.ess}


def update() -> dict[str, Any]:
    """Seconds to re-weight a run by a new datum, warm: a plausible later point of METR's suite."""
    from rsimc import checking
    from rsimc.api import calibrate, simulate

    calibrate("baseline")
    with tempfile.TemporaryDirectory() as folder:
        run = simulate("baseline", draws=131_072, output=Path(folder) / "run")
        old = next(row for row in run.study.rows if row.key == "gpt_5_2")
        day = date(2026, 12, 15)
        new = replace(old, key="later", label="later", value=900.0, low=500.0, high=1800.0, date=day, published=day)
        seconds = []
        for _ in range(6):
            begun = time.monotonic()
            found, _ = checking.update(run.folder, [new], refit=False)
            seconds.append(round(time.monotonic() - begun, 2))
    print(seconds, found.khat, found.effective)
    first, *warm = seconds
    return {
        "first_seconds": first,
        "seconds": sorted(warm)[len(warm) // 2],
        "all": warm,
        "khat": round(found.khat, 3),
        "effective_share": round(found.effective, 3),
    }


def backtest() -> dict[str, Any]:
    """The table of backtests, whole, with the seconds it takes from an empty store."""
    from rsimc import checking

    begun = time.monotonic()
    found = checking.backtest("baseline")
    for one in found:
        for line in one.lines:
            print(one.as_of, line.forecaster, line.same_suite.crps, line.revised_suite.crps)
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "unit": "log hours",
        "dates": [one.as_dict() for one in found],
    }


def headline(draws: Any) -> Any:
    """P(closed_loop by 2030-12-31) from draws in memory."""
    from rsimc.analysis.headline import headline as probability

    return probability(load_study("baseline"), draws)


def flat(draws: Any) -> np.ndarray:
    """All that was sampled [draws, size]."""
    return np.concatenate([draws.z, draws.innovations.reshape(*draws.z.shape[:2], -1)], -1).reshape(
        -1, draws.z.shape[-1] + draws.innovations[0, 0].size
    )


def silent(*told: Any) -> None:
    """Progress that nobody watches."""


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "speed": speed, "agreement": agreement, "influence": influence, "update": update, "backtest": backtest
}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--label", default="")
    options = parser.parse_args()
    prepare_devices()
    result = PARTS[options.part]()
    document = json.loads(FILE.read_text()) if FILE.exists() else {}
    document[options.part] = {**about("numpyro", "arviz", label=options.label), **result}
    FILE.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
