"""`rsimc explore`: a page on this machine to change settings in."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec

import click

from rsimc.cli.options import allow_code_option, messages, quiet_option, set_option, whole_number
from rsimc.errors import UsageError

TRAJECTORIES = 10_240


@click.command("explore")
@click.argument("what", default="baseline", metavar="[RUN or SCENARIO]")
@set_option
@click.option(
    "--port", callback=whole_number(0, 65_535), default="0", metavar="N", help="Port, 0 for any that is free."
)
@click.option(
    "--trajectories",
    callback=whole_number(1024, 2**20),
    default=str(TRAJECTORIES),
    metavar="N",
    help="Trajectories of every setting (10,240).",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@allow_code_option
@quiet_option
def command(
    what: str,
    overrides: tuple[str, ...],
    port: int,
    trajectories: int,
    no_browser: bool,
    allow_code: bool,
    quiet: bool,
) -> None:
    """Explore a run or a scenario: sliders for priors, pauses and forms, the forecast follows at once.

    Opens a page that this machine serves to itself (127.0.0.1) until Ctrl-C. Of a run, or a scenario whose posterior
    the cache keeps, settings of the posterior are calibrated: other priors re-weight its draws while these suffice, and
    where a new calibration would be needed the page says so and shows no number.

    Needs the extra: pip install ".[explore]" in a clone of rsimc.
    """
    for package in ("marimo", "anywidget"):
        if find_spec(package) is None:
            raise UsageError(
                "explore", "marimo and anywidget", f"no {package}", 'pip install ".[explore]" in a clone of rsimc'
            )
    from rsimc import exploring
    from rsimc.publish.explorer.serve import serve

    said = messages(quiet)
    said.print("compiling", soft_wrap=True)
    bench = exploring.bench(what, overrides, trajectories=trajectories, allow_code=allow_code)

    def ready(address: str) -> None:
        click.echo(address)
        said.print("Ctrl-C ends it", soft_wrap=True)
        if not no_browser:
            webbrowser.open(address)

    serve(bench, exploring.named(what, bench), port, ready)
