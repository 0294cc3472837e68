"""The text form of priors, as a scenario file writes them.

"2 to 5"                                  90% interval (5% to 95%) of a lognormal, Squiggle's meaning
{ lognormal = [3.2, 0.4] }                median, sd of the log
{ normal = [0, 1] }                       mean, sd; optionally low = , high = to cut it
{ logitnormal = [0, 0.8], low = 0.1, high = 1 }   mean and sd of the logit, stretched to low..high
{ uniform = [0, 1] }  { loguniform = [1, 10] }  { beta = [3, 3] }  { kumaraswamy = [1, 1.5] }
{ triangular = [1.5, 2.5, 4.2] }          low, most likely, high
{ skewed = [1, 10, 1e4] }                 low, median, high: half on each side, each half uniform of logs; or of
                                          scale = "linear", or of "logit" between 0 and 1
{ cdf = [[1, 0], [4, 0.7], [9, 1]] }      value and probability of less, uniform from row to row
{ p10 = 0.9, p50 = 2.1, p90 = 3.3 }       smooth through the percentiles
{ mixture = ["1 to 2", "5 to 9"], weights = [0.5, 0.5] }
3.5                                       fixed
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from rsimc.errors import ScenarioError, nearest
from rsimc.priors import quantiles as q
from rsimc.priors.quantiles import Quantile

Z95 = 1.6448536269514722
LARGEST = float(np.finfo(np.float32).max)
"""Trajectories are of 32-bit numbers."""
FINITE = "{} finite number{}, of at most 3.4e38"
NAMED = {"normal": 2, "lognormal": 2, "logitnormal": 2, "uniform": 2, "loguniform": 2, "kumaraswamy": 2, "beta": 2}
TRIANGULAR, SKEWED, CDF = "triangular", "skewed", "cdf"
NUMBER = r"[-+]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
INTERVAL = re.compile(rf"^\s*({NUMBER})\s+to\s+({NUMBER})\s*$")


def parse_prior(spec: object, where: str) -> Quantile:
    """Read one prior.

    Arguments: spec as TOML gives it (number, text or table); where, for messages, e.g. `my.toml: priors.curvature`.
    Raises ScenarioError naming the place, what was expected and what was found.
    """
    if isinstance(spec, bool):
        raise ScenarioError(where, 'a number, a text like "2 to 5" or a table', str(spec).lower())
    if isinstance(spec, (int, float)):
        return _fixed(spec, where)
    if isinstance(spec, str):
        return _interval(spec, where)
    if isinstance(spec, Mapping):
        return _held(dict(spec), where)
    raise ScenarioError(where, 'a number, a text like "2 to 5" or a table', repr(spec))


def _held(spec: dict[str, Any], where: str) -> Quantile:
    """The prior of a table, refused when its numbers are so small, or so far apart, that arithmetic loses them."""
    try:
        with np.errstate(all="ignore"):  # what comes of it is looked at
            made = _table(spec, where)
    except ValueError:  # of scipy, when a value is not finite
        made = None
    if made is None or not np.isfinite([made.loc, made.scale, *made.values, *made.slopes]).all():
        raise ScenarioError(where, "numbers that a distribution can be computed from", repr(spec))
    return made


def _below(where: str, key: str) -> str:
    """The place of a key inside a prior; a line number stays at the end."""
    place, line, number = where.partition(" (line ")
    return f"{place}{key}{line}{number}"


def _finite(value: object) -> bool:
    """Whether a value is a number that trajectories can hold; whole numbers in TOML may be of any size."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _fixed(value: float, where: str) -> Quantile:
    if not _finite(value):
        raise ScenarioError(
            where, FINITE.format("a", ""), f"{value:.3g}" if isinstance(value, float) else "more digits"
        )
    return Quantile("fixed", f"{value:g}", loc=float(value))


def _interval(text: str, where: str) -> Quantile:
    match = INTERVAL.match(text)
    if not match:
        raise ScenarioError(where, 'an interval "LOW to HIGH"', f'"{text}"', 'for example "0.5 to 2.3"')
    low, high = (float(group) for group in match.groups())
    if low <= 0:
        advice = (
            f"a lognormal is positive: write {{ normal = [{(low + high) / 2:g}, {abs(high - low) / (2 * Z95):.3g}] }}"
        )
        raise ScenarioError(where, 'LOW > 0 in "LOW to HIGH"', f'"{text}"', advice)
    if not _finite(high):
        raise ScenarioError(where, 'two finite numbers in "LOW to HIGH"', f'"{text}"')
    if low >= high:
        raise ScenarioError(where, 'low < high in "LOW to HIGH"', f'"{text}"', f'did you mean "{high:g} to {low:g}"?')
    mean, sd = (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * Z95)
    return Quantile("exp", f"{low:g} to {high:g}", loc=mean, scale=sd)


def _table(spec: dict[str, Any], where: str) -> Quantile:
    if "mixture" in spec:
        return _mixture(spec, where)
    if spec and all(re.fullmatch(r"p\d+(\.\d+)?", key) for key in spec):
        return _percentiles(spec, where)
    if set(spec) == {TRIANGULAR}:
        return _triangular(spec[TRIANGULAR], _below(where, f".{TRIANGULAR}"))
    if set(spec) == {CDF}:
        return _cdf(spec[CDF], _below(where, f".{CDF}"))
    if SKEWED in spec:
        return _skewed(spec, where)
    names = [key for key in spec if key in NAMED]
    if len(names) != 1:
        found = ", ".join(spec) or "an empty table"
        hint = nearest(next(iter(spec), ""), [*NAMED, TRIANGULAR, SKEWED, CDF, "mixture", "p10"])
        raise ScenarioError(where, "one distribution, percentiles or a mixture", found, hint)
    name = names[0]
    extra = set(spec) - {name, "low", "high"}
    if extra:
        raise ScenarioError(_below(where, f".{sorted(extra)[0]}"), "low or high", sorted(extra)[0])
    return _named(name, _numbers(spec[name], NAMED[name], _below(where, f".{name}")), spec, where)


def _numbers(values: object, count: int, where: str) -> list[float]:
    good = isinstance(values, (list, tuple)) and len(values) == count
    if not good or not all(map(_finite, values)):  # type: ignore[call-overload]
        raise ScenarioError(where, FINITE.format(count, "s"), repr(values))
    return [float(v) for v in values]  # type: ignore[attr-defined]


def _named(name: str, ab: list[float], spec: Mapping[str, Any], where: str) -> Quantile:
    a, b = ab
    low, high = _bounds(name, spec, where)
    text = f"{name}({a:g}, {b:g})" + (f" in ({low:g}, {high:g})" if {"low", "high"} & set(spec) else "")
    if name in ("normal", "lognormal", "logitnormal") and b <= 0:
        raise ScenarioError(_below(where, f".{name}"), "a standard deviation > 0", f"{b:g}")
    if name in ("uniform", "loguniform") and a >= b:
        raise ScenarioError(_below(where, f".{name}"), "low < high", f"[{a:g}, {b:g}]")
    if name in ("lognormal", "loguniform") and a <= 0:
        raise ScenarioError(_below(where, f".{name}"), "a positive first number", f"{a:g}")
    if name in ("beta", "kumaraswamy") and min(a, b) <= 0:
        raise ScenarioError(_below(where, f".{name}"), "two positive numbers", f"[{a:g}, {b:g}]")
    if name == "normal":
        cut = math.isfinite(low) or math.isfinite(high)
        return q.truncated_normal(a, b, low, high, text) if cut else Quantile("identity", text, loc=a, scale=b)
    if name == "lognormal":
        return Quantile("exp", text, loc=math.log(a), scale=b)
    if name == "logitnormal":
        return Quantile("logistic", text, loc=a, scale=b, low=low, high=high)
    if name == "kumaraswamy":
        return q.kumaraswamy(a, b, text)
    if name == "beta":
        return q.beta(a, b, text)
    return q.uniform(a, b, text, log=name == "loguniform")


def _triangular(values: object, where: str) -> Quantile:
    low, mode, high = _numbers(values, 3, where)
    if not low <= mode <= high or low == high:
        raise ScenarioError(where, "low <= most likely <= high", repr(values))
    return q.triangular(low, mode, high, f"triangular({low:g}, {mode:g}, {high:g})")


def _cdf(rows: object, where: str) -> Quantile:
    if not isinstance(rows, (list, tuple)) or len(rows) < 2:
        raise ScenarioError(where, "two or more rows [VALUE, PROBABILITY OF LESS]", repr(rows)[:60])
    pairs = [_numbers(row, 2, where) for row in rows]
    (x, p) = ([pair[n] for pair in pairs] for n in (0, 1))
    rises = all(a < b for column in (x, p) for a, b in zip(column, column[1:], strict=False))
    if not rises or (p[0], p[-1]) != (0.0, 1.0):
        raise ScenarioError(where, "rows that rise, with probabilities from 0 to 1", repr(rows)[:60])
    return q.steps(x, p, f"cdf of {len(x)} rows from {x[0]:g} to {x[-1]:g}")


def _skewed(spec: dict[str, Any], where: str) -> Quantile:
    place, scale = _below(where, f".{SKEWED}"), spec.get("scale", "log")
    extra = sorted(set(spec) - {SKEWED, "scale"})
    if extra:
        raise ScenarioError(_below(where, f".{extra[0]}"), "skewed = [LOW, MEDIAN, HIGH], scale = ...", extra[0])
    if not isinstance(scale, str) or scale not in q.SKEWED:
        raise ScenarioError(_below(where, ".scale"), " or ".join(f'"{one}"' for one in q.SKEWED), repr(scale))
    low, median, high = _numbers(spec[SKEWED], 3, place)
    if not low < median < high:
        raise ScenarioError(place, "low < median < high", repr(spec[SKEWED]))
    if scale != "linear" and (low <= 0.0 or (scale == "logit" and high >= 1.0)):
        raise ScenarioError(
            place, "numbers above 0" if scale == "log" else "numbers between 0 and 1", repr(spec[SKEWED])
        )
    text = f"skewed({low:g}, {median:g}, {high:g})" + ("" if scale == "log" else f" on a {scale} scale")
    return q.skewed(low, median, high, scale, text)


def _bounds(name: str, spec: Mapping[str, Any], where: str) -> tuple[float, float]:
    default = (0.0, 1.0) if name == "logitnormal" else (-math.inf, math.inf)
    given = {"low", "high"} & set(spec)
    if given and name not in ("normal", "logitnormal"):
        raise ScenarioError(where, f"no low or high with {name}", ", ".join(sorted(given)))
    low, high = (
        _numbers([spec.get(k, 0.0)], 1, _below(where, f".{k}"))[0] if k in spec else d
        for k, d in zip(("low", "high"), default, strict=True)
    )
    if low >= high:
        raise ScenarioError(where, "low < high", f"low = {low:g}, high = {high:g}")
    return low, high


def _percentiles(spec: dict[str, Any], where: str) -> Quantile:
    points = {float(key[1:]) / 100: _numbers([value], 1, _below(where, f".{key}"))[0] for key, value in spec.items()}
    order = sorted(points)
    if len(points) < 2 or order[0] <= 0 or order[-1] >= 1:
        raise ScenarioError(where, "two or more percentiles between p0 and p100, both excluded", ", ".join(spec))
    values = [points[p] for p in order]
    if any(a >= b for a, b in zip(values, values[1:], strict=False)):
        raise ScenarioError(where, "percentiles whose values increase", repr(values))
    return q.percentiles(points, ", ".join(f"p{100 * p:g} = {points[p]:g}" for p in order))


def _mixture(spec: dict[str, Any], where: str) -> Quantile:
    parts, weights = spec["mixture"], spec.get("weights")
    extra = set(spec) - {"mixture", "weights"}
    if extra or not isinstance(parts, (list, tuple)) or len(parts) < 2:
        raise ScenarioError(where, "mixture = [PRIOR, PRIOR, ...], weights = [...]", repr(spec))
    shares = _numbers(
        weights if weights is not None else [1 / len(parts)] * len(parts), len(parts), _below(where, ".weights")
    )
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise ScenarioError(_below(where, ".weights"), "positive weights that sum to one", repr(shares))
    read = [parse_prior(part, _below(where, f".mixture[{n}]")) for n, part in enumerate(parts)]
    if any(part.kind == "fixed" for part in read):
        raise ScenarioError(where, "continuous parts", "a fixed number", "give it a narrow interval instead")
    text = " or ".join(f"{share:.0%}: {part.text}" for share, part in zip(shares, read, strict=True))
    return q.mixture(list(zip(shares, read, strict=True)), text)
