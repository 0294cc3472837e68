"""What commands that make a run print of it: the whole run's table, or how much of it there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsimc.cli.options import console, emit_json

if TYPE_CHECKING:
    from rsimc.analysis.forecast import Forecast
    from rsimc.runs.driver import Partial


def show_run(made: Forecast, as_json: bool) -> None:
    """The milestone table and the closing lines of a run without a report, or its JSON document."""
    from rsimc.analysis.document import document
    from rsimc.publish.tables import closing_lines, milestone_table

    if as_json:
        emit_json(document(made))
        return
    out = console()
    out.print(milestone_table(made, out.width))
    for line in closing_lines(made, None):
        out.print(line, soft_wrap=True)


def emit_partial(made: Partial, shard: str | None = None) -> None:
    """The JSON document of a run that lacks chunks; shard: that was made just now."""
    head = {"schema": "rsimc.shard/1", "id": made.manifest.id, "folder": str(made.manifest.folder)}
    about = {} if shard is None else {"shard": shard}
    emit_json({**head, **about, "chunks": {"done": made.done, "total": made.total}})
