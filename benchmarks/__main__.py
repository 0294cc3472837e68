"""The engine's speed, against C++, numpy and scipy: `uv run python -m benchmarks [--quick] [--label TEXT]`.

First a gate (`benchmarks/gate.py`): known answers of the generator, the same counts on any number of devices, dates of
what is timed against the engine's own and against float64 with the same noise, and the other programs' dates against
rsimc's. When it fails no time is printed. Times are CPU seconds of this process, medians of interleaved repeats, so
that the ratios stand on a shared machine; where several cores are asked for, wall seconds. Prints tables and writes
benchmarks/results/engine.json and engine.png, or as --name says (not with --quick).
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rsimc.engine.device import use_cpu_cores

use_cpu_cores()

import jax  # noqa: E402, after the devices are set

jax.config.update("jax_platforms", "cpu")  # CPU seconds say nothing of a GPU, which benchmarks/gpu.py measures

from benchmarks.engine import chunks, compiling, one_core, peak_gib, scaling  # noqa: E402
from benchmarks.functions import functions_of_a_step  # noqa: E402
from benchmarks.gate import opened  # noqa: E402
from benchmarks.others import compiled  # noqa: E402
from benchmarks.ready import make_ready, powers_of_two  # noqa: E402
from benchmarks.record import RESULTS, about, cpu  # noqa: E402
from benchmarks.stand_in import STEPS, stand_in_plan  # noqa: E402
from rsimc.api import load_study  # noqa: E402
from rsimc.engine.device import LANE, mesh_devices  # noqa: E402

AXES = {
    "trajectories": f"trajectories, of {STEPS} steps",
    "steps": "steps, of 16,384 trajectories",
    "width": "trajectories side by side",
}

NAMES = {"rsimc": "W", "flagship": "flagship", "numpy": "W in numpy", "scipy": "W in scipy"}


def show(document: dict[str, Any]) -> None:
    """The tables."""
    core, w, flagship = document["one_core"], document["chunks"]["w"], document["chunks"]["flagship"]
    device, count = document["device"], core["functions_of_flagship"]
    print(f"{cpu()}, {device['count']} devices of {device['kind']}; {document['versions']}; gate passed")
    print(f"W: {device['w']}; flagship: {device['flagship']}")
    rows = [(f"ns a trajectory-step on one core: {NAMES.get(name, name)}", ns) for name, ns in core["ns"].items()] + [
        ("W against C++, the fastest above (at most 1.6)", core.get("w_against_c", "no g++")),
        ("numpy against W (at least 8)", core["numpy_against_w"]),
        ("scipy against W (at least 400)", core["scipy_against_w"]),
        ("transcendental functions a step of W, in its equations", core["functions_of_w"]["equations"]),
        ("  in the optimised program", core["functions_of_w"]["program"]),
        ("  of the flagship, in its equations", count["equations"]),
        ("  in the optimised program", count["program"]),
        ("flagship per function against W (at most 1.3)", core["flagship_per_function_against_w"]),
        ("trajectories a second on one core, not counted: W", core["trajectories_per_second"]["rsimc"]),
        ("  flagship", core["trajectories_per_second"]["flagship"]),
    ]
    for name, found in (("W", w), ("flagship", flagship)):
        uncounted = core["ns"]["rsimc" if name == "W" else "flagship"]
        rows.append((f"{name} with counting, CPU ns", found["ns_counted"]))
        if 1 in found["trajectories_per_second"]:  # else cores that shared the work made these nanoseconds
            rows.append(("  of which counting and storing", round(found["ns_counted"] - uncounted, 1)))
        rows += [(f"  trajectories a second, devices: {n}", k) for n, k in found["trajectories_per_second"].items()]
        rows += [(f"  times one's, devices: {n} (two: at least 1.7)", k) for n, k in found["speed_up"].items()]
        rows.append(("  counts of one device, MiB", found["counts_mib"]))
    rows.append(("peak memory, GiB", document["peak_gib"]))
    for state, each in document.get("compiling", {}).items():
        rows += [(f"seconds until programs are ready, cache {state}: {k}", parts["all"]) for k, parts in each.items()]
    for row in document["scaling"]:
        what = f"{row['trajectories']:,} trajectories of {row['steps']} steps, {row['width']} side by side"
        rows.append((f"W, ns: {what}", row["ns"]))
    for name, value in rows:
        print(f"{name:<68}{value:>12}")


def main() -> None:
    """Check, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute: fewer repeats and sizes, nothing written")
    parser.add_argument("--label", default="", help="kept in the result")
    parser.add_argument("--name", default="engine", help="of the two files written")
    options = parser.parse_args()
    document = measured(options.quick, options.label)
    show(document)
    if not options.quick:
        from rsimc.publish.figures import save_png  # draws charts, for which a quick look has no time

        (RESULTS / f"{options.name}.json").write_text(json.dumps(document, indent=2) + "\n")
        save_png(picture(document["scaling"]), RESULTS / f"{options.name}.png")


def measured(quick: bool, label: str) -> dict[str, Any]:
    """Everything; SystemExit with what is wrong where the gate stays shut."""
    blocks, repeats = (64, 2) if quick else (256, 7)
    w = make_ready(stand_in_plan(), blocks, powers_of_two())
    flagship = make_ready(load_study("baseline").plan, blocks // 4, () if quick else (1,))
    ready = {"w": w, "flagship": flagship}
    with ThreadPoolExecutor() as pool:  # compilers side by side
        by_hand = pool.submit(compiled, not quick)
        counting = pool.map(lambda each: functions_of_a_step(each.plan.model), ready.values())
        list(pool.map(lambda each: each.work(), ready.values()))
    passed = opened(ready, by_hand.result())
    sizes = {name: f"{each.blocks} x {LANE} trajectories of {each.steps} steps" for name, each in ready.items()}
    document: dict[str, Any] = {
        **about("numpy", "scipy", label=label),
        "device": {"kind": jax.local_devices()[0].device_kind, "count": len(mesh_devices()), **sizes},
        "gate": passed,
        "one_core": one_core(ready, by_hand.result(), dict(zip(ready, counting, strict=True)), repeats, quick),
        "chunks": {name: chunks(each, 1 if quick else 5) for name, each in ready.items()},
        "peak_gib": peak_gib(),
        "scaling": scaling(3, quick),
    }
    return document if quick else document | {"compiling": compiling()}


def picture(rows: list[dict[str, Any]]) -> Any:
    """Cost of a trajectory-step against trajectories, steps and the width of a lane, on log scales."""
    import altair as alt

    panels, costs = [], [row["ns"] for row in rows]
    within = [min(costs) / 2, max(costs) * 2]
    for against, title in AXES.items():
        marks = alt.Chart(alt.Data(values=[row for row in rows if row["against"] == against])).mark_line(point=True)
        scale = alt.Scale(type="log")
        across = alt.X(f"{against}:Q", scale=scale, title=title)
        height = alt.Y("ns:Q", scale=alt.Scale(type="log", domain=within), title="ns a trajectory-step")
        panels.append(marks.encode(x=across, y=height).properties(width=240, height=220))
    return alt.hconcat(*panels, title="Workload W on one core")


if __name__ == "__main__":
    main()
