"""Bring the README's picture, sentence and table up to date from a finished run.

uv run rsimc forecast --set variants=all -o runs/readme && uv run python scripts/readme.py runs/readme
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rsimc.analysis.document import document
from rsimc.analysis.forecast import Forecast
from rsimc.api import open_run
from rsimc.publish.figures import cdf_chart, save_png

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "benchmarks" / "results" / "forecast.png"
BEGIN, END = "<!-- from a run: begin -->", "<!-- from a run: end -->"
SHOWN = ("coder", "closed_loop_95", "closed_loop", "multiplier_10", "multiplier_100", "multiplier_1000")
QUANTILES = ("0.05", "0.25", "0.5", "0.75", "0.95")
YEARS = ("2027", "2028", "2030", "2035")


def table(facts: dict[str, Any]) -> str:
    """The milestone table in Markdown."""
    until = facts["horizon"][:4]
    heads = ["milestone", *(f"{100 * float(q):g}%" for q in QUANTILES), *(f"by {y}" for y in YEARS), f"after {until}"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for name in SHOWN:
        found = facts["milestones"][name]
        dates = [(found["quantiles"][q] or f"> {until}")[:7] for q in QUANTILES]
        chances = [share(found["probability_by"][f"{y}-12-31"]) for y in YEARS]
        lines.append("| " + " | ".join([f"`{name}`", *dates, *chances, share(found["not_within_horizon"])]) + " |")
    return "\n".join(lines)


def share(estimate: dict[str, float]) -> str:
    """A probability with its Monte Carlo standard error, in percent."""
    return f"{100 * estimate['p']:.1f} ± {100 * estimate['se']:.1f}"


def forms(facts: dict[str, Any]) -> str:
    """The form, or how far the forms of a mixture lie apart."""
    told = facts["structural_range"]
    if told is None:
        return f"It is {facts['forms']}."
    by = told["range"]["closed_loop"]["probability_by"]["2030-12-31"]
    ends = told["range"]["closed_loop"]
    return (
        f"These numbers are {facts['forms']}. The forms disagree: the probability of `closed_loop` by the end of 2030 "
        f"ranges from {100 * by['low']:.0f}% ({by['low_form']}) to {100 * by['high']:.0f}% ({by['high_form']}), its "
        f"median from {ends['earliest_median']['date']} to {ends['latest_median']['date']}. A plain `rsimc forecast` "
        "takes one form, the curved one, and says so; `rsimc forecast --set variants=all` makes this mixture."
    )


def section(run: Forecast) -> str:
    """What stands between the markers."""
    facts = document(run)
    loop, checks = facts["milestones"]["closed_loop"], facts["diagnostics"]
    gone = 100 * facts["counts"]["conditioned_out"] / facts["n"]
    what = (
        f"Scenario `{facts['scenario']}` as of {facts['as_of']}, {facts['n']:,} trajectories of "
        f"model `{run.study.model.name}` {run.study.model.version}, run `{facts['id'][:8]}`. "
        "The loop is closed (every specialism of AI research at least 99% automated) by the end of 2030 with "
        f"probability {share(loop['probability_by']['2030-12-31'])} %, in the median by {loop['quantiles']['0.5']}."
    )
    how = (
        "Dates are quantiles; chances are percentages by the end of the year, ± one Monte Carlo standard error. "
        f"All is conditional on what had not happened by {facts['as_of']}; {gone:.0f}% of the trajectories were left "
        f"out for it. Posterior: {checks['draws']:,} draws, R-hat {checks['rhat_max']:.3f}, smallest effective sample "
        f"size {checks['ess_min']:.0f}. What the data do not decide is listed in the report."
    )
    how = f"{how}\n\n{forms(facts)}"
    picture = f"![When milestones are reached]({PICTURE.relative_to(ROOT).as_posix()})"
    return "\n\n".join((picture, what, table(facts), how))


def main() -> None:
    """Rewrite the part of the README between the markers, and the picture."""
    run = open_run(sys.argv[1])
    save_png(cdf_chart(run), PICTURE, 2.0)
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{section(run)}\n{END}{after}")


if __name__ == "__main__":
    main()
