"""METR's own file of results, https://metr.org/assets/benchmark_results_1_1.yaml, as rows of `metr_horizons`.

The file has a suite in `benchmark_name` and, under `results`, a model each with `release_date`, `metrics` and its own
`benchmark_name`: METR carries some models of an older suite over into a newer one. Horizons are in minutes, intervals
95%. Files up to 2025 have the metrics one level deeper, under the agent that was run.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from rsimc.observations.catalogue import load_series
from rsimc.observations.node import Node, read_yaml
from rsimc.observations.rows import Observation

SERIES = "metr_horizons"
CEILING_MINUTES = 16.0 * 60.0
"""METR calls its suites unreliable above 16 hours."""

Version = tuple[int, int]


def read_metr(path: Path, published: date) -> tuple[Observation, ...]:
    """The rows of METR's YAML file, by date of release. The file does not say when it was published; that day names the
    vintage.

    Raises DataError, which names the file and the place in it, when the file cannot be read, is no YAML or not of
    METR's form, when a model comes twice, an interval does not hold its estimate, a model was released after the day of
    publication, or a result belongs to a newer suite than the file.
    """
    document = read_yaml(path)
    suite = _version(document["benchmark_name"])
    results = document["results"].members("a model with its metrics")
    labels = {row.key: row.label for row in load_series(SERIES)}
    rows = [_row(key, result, suite, published, labels.get(key, _label(key))) for key, result in results.items()]
    return tuple(sorted(rows, key=lambda row: (row.date, row.key)))


def _row(key: str, result: Node, suite: Version, published: date, label: str) -> Observation:
    if not key.isprintable() or key != key.strip() or not key:
        raise result.refusal("a name without spaces at its ends", f"{key!r}", "correct the name of the model")
    metrics = _metrics(result)
    horizon = metrics["p50_horizon_length"]
    value, low, high = (horizon[name].number() for name in ("estimate", "ci_low", "ci_high"))
    if not 0 < low <= value <= high:
        found = f"ci_low {low:g}, estimate {value:g}, ci_high {high:g}"
        raise horizon.refusal("minutes with 0 < ci_low <= estimate <= ci_high", found, "check the file against METR's")
    record = "is_sota_p50" if "is_sota_p50" in metrics else "is_sota"
    return Observation(
        series=SERIES,
        key=key,
        label=label,
        group="",
        value=value,
        unit="minutes",
        date=_released(result, published),
        published=published,
        published_basis="stated",
        low=low,
        high=high,
        interval="95% interval, METR's hierarchical bootstrap",
        sd=None,
        sd_scale="",
        kind="point" if value <= CEILING_MINUTES else "censored_above",
        state_of_the_art=metrics[record].flag(),
        suite=_suite(suite),
        vintage=published.isoformat(),
        source=f"METR, Time Horizon {suite[0]}.{suite[1]} results, https://metr.org, imported from {result.file_name}",
        licence="unknown",
        verification="imported",
        note="; ".join(part for part in (_carried_over(result, suite), "published as said at the import") if part),
    )


def _metrics(result: Node) -> Node:
    if "metrics" in result or "agents" not in result:
        return result["metrics"]
    agents = result["agents"].members("the agent that was run")
    if len(agents) > 1:
        advice = "leave the one that METR's chart shows"
        raise result["agents"].refusal("one agent for each model", f"{len(agents)}", advice)
    return next(iter(agents.values()))


def _released(result: Node, published: date) -> date:
    released = result["release_date"]
    day = released.day()
    if day > published:
        expected = f"no later than the day of publication {published.isoformat()}"
        raise released.refusal(expected, day.isoformat(), "correct --published, or the file")
    return day


def _carried_over(result: Node, suite: Version) -> str:
    """A note for a result that METR kept from an older suite. Raises DataError when it is from a newer one."""
    if "benchmark_name" not in result or (own := _version(result["benchmark_name"])) == suite:
        return ""
    if own > suite:
        expected = f"a suite no newer than that of the file, {_suite(suite)}"
        raise result["benchmark_name"].refusal(expected, _suite(own), "import the files of two suites one by one")
    return f"carried over from the {_suite(own)} suite into the {_suite(suite)} file, not run again"


def _version(name: Node) -> Version:
    """The version of a suite such as METR-Horizon-v1.1; that of METR-Horizon-v1 is 1.0."""
    text = name.text()
    match = re.fullmatch(r"METR-Horizon-v(\d{1,4})(?:\.(\d{1,4}))?", text)
    if match is None:
        raise name.refusal("the name of a suite such as METR-Horizon-v1.1", f'"{text}"', "import METR's own file")
    return int(match[1]), int(match[2] or 0)


def _suite(version: Version) -> str:
    """Its name in our tables."""
    return f"TH{version[0]}.{version[1]}"


def _label(key: str) -> str:
    return key.removesuffix("_inspect").replace("_", " ").strip() or key
