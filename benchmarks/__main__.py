"""The engine's speed, against C++, numpy and scipy: `uv run python -m benchmarks [--quick] [--label TEXT]`.

First a gate: known answers of the generator, the same counts on one device and on all, dates against float64 with the
same noise. When it fails no time is printed. Times are CPU seconds of this process, medians of interleaved repeats, so
that the ratios stand on a shared machine; where two cores are asked for, wall seconds. Prints a table and writes
benchmarks/results/engine.json and engine.png (not with --quick).
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from rsimc.engine.device import use_cpu_cores

use_cpu_cores()

import altair as alt  # noqa: E402, after the devices are set

from benchmarks.engine import chunks, compiling, gate, one_core, scaling  # noqa: E402
from benchmarks.record import RESULTS, about, cpu  # noqa: E402
from benchmarks.stand_in import stand_in_plan  # noqa: E402
from rsimc.publish.figures import save_png  # noqa: E402

AXES = {
    "trajectories": "trajectories, of 432 steps",
    "steps": "steps, of 16,384 trajectories",
    "width": "trajectories side by side",
}


def show(document: dict[str, Any]) -> None:
    """The table."""
    core, whole, count = document["one_core"], document["chunks"], document["one_core"]["functions_of_flagship"]
    print(f"{cpu()}, {whole['cores']} cores; {document['versions']}; gate passed: {document['gate']}")
    rows = [(f"{name}, ns a trajectory-step on one core", value) for name, value in core["ns"].items()] + [
        ("flagship with counting, ns", whole["ns_counted_one_core"]),
        ("  of which counting and storing", round(whole["ns_counted_one_core"] - core["ns"]["flagship"], 1)),
        ("W against C++ (at most 1.6)", core.get("w_against_c", "no g++")),
        ("numpy against W (at least 8)", core["numpy_against_w"]),
        ("scipy against W (at least 400)", core["scipy_against_w"]),
        ("transcendental functions a step, W", core["functions_of_w"]),
        ("  flagship, in the equations", count["equations"]),
        ("  flagship, in the optimised program", count["program"]),
        ("flagship per function against W (at most 1.3)", core["flagship_per_function_against_w"]),
        ("trajectories a second, one core", whole["trajectories_per_second"]["one core"]),
        ("  all cores", whole["trajectories_per_second"]["all cores"]),
        ("all cores against one (two: at least 1.7)", whole["speed_up"]),
        ("counts of one device, MiB", whole["counts_mib"]),
        ("peak memory, GiB", whole["peak_gib"]),
    ]
    for state, found in document.get("compiling", {}).items():
        rows += [(f"seconds to compile, cache {state}: {name}", parts["compile"]) for name, parts in found.items()]
    for name, value in rows:
        print(f"{name:<56}{value:>12}")


def main() -> None:
    """Check, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute: fewer repeats, no scaling, nothing written")
    parser.add_argument("--label", default="")
    options = parser.parse_args()
    repeats = 3 if options.quick else 7
    document: dict[str, Any] = {
        **about("numpy", "scipy", label=options.label),
        "gate": gate(stand_in_plan()),
        "one_core": one_core(repeats, options.quick),
        "chunks": chunks(2 if options.quick else 5),
    }
    if options.quick:
        show(document)
        return
    document["compiling"] = compiling()
    show(document)
    document["scaling"] = scaling(3)
    (RESULTS / "engine.json").write_text(json.dumps(document, indent=2) + "\n")
    save_png(picture(document["scaling"]), RESULTS / "engine.png")


def picture(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Cost of a trajectory-step against trajectories, steps and the width of a lane, on log scales."""
    panels = []
    for against, title in AXES.items():
        marks = alt.Chart(alt.Data(values=[row for row in rows if row["against"] == against])).mark_line(point=True)
        scale = alt.Scale(type="log")
        across = alt.X(f"{against}:Q", scale=scale, title=title)
        height = alt.Y("ns:Q", scale=alt.Scale(type="log", domain=[5, 50]), title="ns a trajectory-step")
        panels.append(marks.encode(x=across, y=height).properties(width=240, height=220))
    return alt.hconcat(*panels, title="Workload W on one core")


if __name__ == "__main__":
    main()
