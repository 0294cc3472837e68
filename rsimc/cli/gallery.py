"""`rsimc gallery`: an index page of many runs and editions."""

from __future__ import annotations

from pathlib import Path

import click

from rsimc.cli.options import console, emit_json, json_option, messages

PAGE = Path("gallery.html")


@click.command("gallery")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=f"Where the page goes ({PAGE}).")
@json_option
def command(runs: tuple[Path, ...], output: Path | None, as_json: bool) -> None:
    """Write an index page of RUNS: folders of finished runs, or folders that runs lie below.

    Each run with its date, the median and the probability by 2030 of its milestone with their errors, its curve, its
    verdict and a link to its report; how the editions of one scenario moved. Runs are not opened, only what they
    published is read. What cannot be read is listed with the reason; the exit code is 5 when nothing can. An older
    index is replaced, another file never.
    """
    # Heavy imports wait until the command runs: its help must not pay for them.
    from rsimc import comparing

    page = output or PAGE
    found = comparing.gallery(runs, page)
    if as_json:
        from rsimc.publish.gallery.document import document

        emit_json({**document(found, page), "file": str(page)})
        return
    for failed in found.failures:
        messages().print(f"not in the index: {failed.reason}", soft_wrap=True)
    console().print(str(page), soft_wrap=True)
