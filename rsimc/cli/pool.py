"""`rsimc pool`: one distribution from several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsimc.cli.options import allow_code_option, console, emit_json, json_option
from rsimc.cli.tables import heading, say, table
from rsimc.cli.write import require_new_png

if TYPE_CHECKING:
    from rsimc.analysis.pool.opinions import Pool

BY = (2028, 2030, 2035)
LEVELS = (0.1, 0.5)


@click.command("pool")
@click.argument("parts", nargs=-1, type=click.Path(path_type=Path), metavar="RUN|CSV...")
@click.option("--milestone", default="closed_loop", metavar="NAME", help="Of the runs.", show_default=True)
@click.option(
    "--weights",
    metavar="W,W,...",
    help="Such as 2,1,1, or the word scores: by backtests that were made. Equal if not given.",
)
@click.option(
    "--until",
    metavar="DATE",
    help="The last day of the pool; if not given, the last one of the part that reaches farthest.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Draw it, as a .png.")
@allow_code_option
@json_option
def command(
    parts: tuple[Path, ...],
    milestone: str,
    weights: str | None,
    until: str | None,
    output: Path | None,
    allow_code: bool,
    as_json: bool,
) -> None:
    """The linear and the logarithmic pool of a milestone's date, with what they are of beside them.

    Each part is the folder of a run, or a CSV of a published distribution function with columns date and p (a year or a
    month means its last day). The linear pool is the mixture; the logarithmic one the normalised product of the
    densities to the powers of the weights.
    """
    require_new_png(output)
    from rsimc import comparing
    from rsimc.publish.figures import save_png
    from rsimc.publish.pool import document, pool_chart

    found = comparing.pool(parts, milestone, weights=weights, until=until, allow_code=allow_code)
    if output is not None:
        save_png(pool_chart(found), output)
    if as_json:
        emit_json(document(found))
        return
    _show(found)
    if output is not None:
        click.echo(str(output))


def _show(found: Pool) -> None:
    from rsimc.analysis.shared_milestones import differs
    from rsimc.dates import iso_date
    from rsimc.publish.pool import inside, probability
    from rsimc.publish.words import chance

    out = console()
    out.print(heading(f"{found.milestone}, {iso_date(found.first)} to {iso_date(found.last - 1e-3)}"))
    years = [year for year in BY if year in inside(found.pools[0])]
    right = (*(f"{q:.0%}" for q in LEVELS), *(f"by {year}" for year in years))
    listed = table("Weight", *right, right=right, wrap=("Weight",))
    weights = [*(f"{w:.3g} of " for w in found.weights), *("" for _ in found.pools)]
    for one, weight in zip((*found.components, *found.pools), weights, strict=True):
        days = [one.quantile(q) for q in LEVELS]
        chances = [probability(one, year) for year in years]
        said = [chance(p["p"], p["se"]) for p in chances]
        listed.add_row(f"{weight}{one.name}", *("beyond" if day is None else iso_date(day)[:7] for day in days), *said)
    out.print(listed)
    if any(one.name.endswith(")") for one in found.components) and differs(found.milestone):
        say(out, f"In brackets: the milestone that stands for it there. {differs(found.milestone)}")
    say(out, "± Monte Carlo standard errors; none of a table. Densities of the logarithmic pool are by quarters.")
