"""Chunks in full, one row a trajectory, as Parquet: parameters, milestone dates, durations, class, observables.

Chunk 0 always, in `ensemble.parquet`; where more are asked for, the next ones in `ensemble/`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rsimc.calibration.target import nuisance_parameters
from rsimc.dates import iso_date
from rsimc.engine.counts import gone_by, spans
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK, Plan
from rsimc.engine.simulate import Block
from rsimc.errors import RunError
from rsimc.priors.vector import PriorSet
from rsimc.reading import BINARY, regular

GROUP_ROWS = 16_384
DAMAGE = (OSError, ValueError, KeyError, NotImplementedError, MemoryError, pa.ArrowException)
"""What reading a damaged file raises."""
Columns = dict[str, np.ndarray]
About = dict[str, dict[str, str]]
Host = dict[str, list[np.ndarray]]
"""Fields of a block by name, one array a device: joined, each would take its memory twice."""


def ensemble(plan: Plan, priors: PriorSet, block: Block, rows: int, index: int = 0) -> bytes:
    """The first `rows` trajectories of chunk `index` as a Parquet file; block fields have a leading axis of lanes.

    Columns: trajectory, batch, draw, finite, conditioned_out, clipped; `parameter.NAME`; `date.MILESTONE` in decimal
    years, null when not within the horizon; `duration.NAME` in its unit; class; `OBSERVABLE@DATE` in the observable's
    unit at the stored dates from `as_of` on. Their metadata say units. Row groups keep the memory small.
    """
    host = {name: _shards(part) for name, part in block._asdict().items()}
    about, follow = _about(plan), _compile_follow(plan)
    buffer, writer = io.BytesIO(), None
    for first in range(0, rows, GROUP_ROWS):
        last = min(first + GROUP_ROWS, rows)
        part = {name: _rows(array, first, last) for name, array in host.items()}
        table = _table(_columns(plan, priors, part, index * CHUNK + np.arange(first, last), follow), about)
        writer = writer or _writer(buffer, table.schema, repeating=bool(np.any(host["draw"][0])))
        writer.write_table(table)
    if writer:
        writer.close()
    return buffer.getvalue()


def _table(columns: Columns, about: About) -> pa.Table:
    """NaN stands for 'none' here and becomes null."""
    table = pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})
    told = [field.with_metadata(about.get(_subject(field.name)) or {}) for field in table.schema]
    return table.cast(pa.schema(told))


def _subject(column: str) -> str:
    """What a column's metadata are about: a parameter of all its labels, an observable at any date."""
    return ".".join(column.split("@")[0].split(".")[:2]) if column.startswith("parameter.") else column.split("@")[0]


def _about(plan: Plan) -> About:
    """Metadata of columns: units; of observables also the scale between two dates, of times what they pass between."""
    model = plan.model
    parameters = (*model.parameters, *nuisance_parameters())
    times = {f"duration.{d.name}": {"ends": f"{d.start} {d.end}"} for d in model.durations if not d.clock}
    return {
        **{f"parameter.{p.name}": {"unit": p.unit} for p in parameters},
        **{f"date.{m.name}": {"unit": "decimal year"} for m in model.milestones},
        **{f"duration.{d.name}": {"unit": d.unit, **times.get(f"duration.{d.name}", {})} for d in model.durations},
        **{o.name: {"unit": o.unit, "scale": o.scale} for o in model.observables},
        "class": {"classes": json.dumps(model.classes)},
    }


def _shards(field: jax.Array) -> list[np.ndarray]:
    """What each device holds of a field, in order of lanes; no copy where the device is this machine."""
    return [np.asarray(shard.data) for shard in sorted(field.addressable_shards, key=lambda s: s.index[0].start or 0)]


def _rows(shards: list[np.ndarray], first: int, last: int) -> np.ndarray:
    """Trajectories first..last of arrays [lanes, ..., width], as [..., rows]."""
    width, each = shards[0].shape[-1], shards[0].shape[0]
    parts = []
    while first < last:
        lane, start = divmod(first, width)
        stop = min(width, start + last - first)
        parts.append(shards[lane // each][lane % each, ..., start:stop])
        first += stop - start
    return np.concatenate(parts, axis=-1)


def _writer(buffer: io.BytesIO, schema: pa.Schema, repeating: bool) -> pq.ParquetWriter:
    """repeating: parameters do, with the draw of a posterior. Observables are noise: packing them would take a second
    for 7% of their bytes."""
    often = [
        name for name in schema.names if name in ("class", "draw") or (repeating and name.startswith("parameter."))
    ]
    dates = [name for name in schema.names if name.startswith(("date.", "duration."))]
    packed = {name: "none" if "@" in name else "zstd" for name in schema.names}
    return pq.ParquetWriter(buffer, schema, compression=packed, use_dictionary=often, use_byte_stream_split=dates)


def ensemble_path(folder: Path, index: int = 0) -> Path:
    """Where a run keeps the trajectories of a chunk."""
    return folder / "ensemble" / f"{index:08d}.parquet" if index else folder / "ensemble.parquet"


def read_ensemble(folder: Path, columns: Sequence[str], chunks: int = 1) -> pa.Table | None:
    """Columns of the trajectories that a run folder holds of its first chunks; None when it holds none of a chunk.

    Raises RunError when a file is damaged, or lacks a column.
    """
    paths = [ensemble_path(folder, index) for index in range(chunks)]
    if not all(path.exists() for path in paths):
        return None
    return pa.concat_tables([_read(path, columns) for path in paths])


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        return pq.read_table(regular(path, BINARY), columns=list(columns)).select(list(columns))
    except DAMAGE as error:
        raise _damaged(path) from error


def read_schema(folder: Path) -> pa.Schema:
    """Names and units of the columns that a run folder keeps. Raises RunError when there is no such file, or it is
    damaged."""
    path = ensemble_path(folder)
    try:
        return pq.read_schema(regular(path, BINARY))
    except FileNotFoundError as error:
        raise RunError(
            str(path), "trajectories of the run", "none", "give the command that made the run again to make them"
        ) from error
    except DAMAGE as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> RunError:
    advice = "remove it, and give the command that made the run again to make it"
    return RunError(str(path), "trajectories of the run", "a damaged file", advice)


def row(plan: Plan, priors: PriorSet, block: Block, index: int) -> dict[str, object]:
    """Trajectory `index` of the run as its row would be, from the block of its chunk; None for what there is not."""
    host = {name: _shards(part) for name, part in block._asdict().items()}
    first = index % CHUNK
    part = {name: _rows(array, first, first + 1) for name, array in host.items()}
    return dict(_table(_columns(plan, priors, part, np.array([index]), _compile_follow(plan)), {}).to_pylist()[0])


def joined(block: Block) -> Columns:
    """Fields of a block, whose first axis is of lanes, as one array each [..., rows]."""
    return {name: joined_field(part) for name, part in block._asdict().items()}


def joined_field(part: jax.Array, *index: Any) -> np.ndarray:
    """A field of lanes as one array [..., rows], or what `index` takes of its axes between lanes and rows."""
    shards = [shard[(slice(None), *index)] for shard in _shards(part)]
    return np.concatenate([np.moveaxis(one, 0, -2).reshape(*one.shape[1:-1], -1) for one in shards], axis=-1)


def table_of(plan: Plan, priors: PriorSet, part: Columns, ids: np.ndarray) -> pa.Table:
    """Trajectories of any ids [rows] as the rows that a run would keep of them. part: as of `joined`."""
    return _table(_columns(plan, priors, part, ids, _compile_follow(plan)), _about(plan))


def _compile_follow(plan: Plan) -> Callable[[Columns], tuple[jax.Array, list[jax.Array], jax.Array]]:
    """A function of a block's fields [..., rows] of what follows from them: whether a trajectory is conditioned out,
    its durations and its class. One program: operation by operation it would be thirty, each compiled."""

    @jax.jit
    def follow(part: Columns) -> tuple[jax.Array, list[jax.Array], jax.Array]:
        block = Block(**{name: jnp.asarray(array) for name, array in part.items()})
        dates = {m.name: block.dates[n] for n, m in enumerate(plan.model.milestones)}
        horizon = jnp.asarray(np.float32(plan.grid.end - plan.grid.start))
        return gone_by(plan, block.dates), spans(plan, block.dates, block.readings), plan.model.classify(dates, horizon)

    return follow


def _columns(
    plan: Plan,
    priors: PriorSet,
    part: Columns,
    ids: np.ndarray,
    follow: Callable[[Columns], tuple[jax.Array, list[jax.Array], jax.Array]],
) -> Columns:
    """part: fields of a block [..., rows] of trajectories ids [rows]."""
    gone, passed, index = follow(part)
    columns: Columns = {"trajectory": ids, "batch": (ids // BLOCK % BATCHES).astype(np.int8), "draw": part["draw"]}
    columns |= {
        "finite": part["finite"],
        "conditioned_out": np.asarray(gone),
        "clipped": part["clipped"],
    }
    columns |= {f"parameter.{name}": part["values"][n] for n, name in enumerate(priors.names)}
    dates = {m.name: part["dates"][n] for n, m in enumerate(plan.model.milestones)}
    columns |= {f"date.{name}": plan.grid.start + _none(years.astype(np.float64)) for name, years in dates.items()}
    columns |= {f"duration.{d.name}": _none(np.asarray(x)) for d, x in zip(plan.model.durations, passed, strict=True)}
    columns["class"] = np.array(plan.model.classes)[np.asarray(index)]
    return columns | _observables(plan, part["observables"])


def _none(years: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(years), years, np.nan)


def _observables(plan: Plan, stored: np.ndarray) -> Columns:
    since = plan.grid.start + (plan.as_of or 0.0)
    columns: Columns = {}
    for slot, year in enumerate(plan.stored_years):
        if year < since:
            continue
        for n, observable in enumerate(plan.model.observables):
            values = stored[slot, n]
            # A 32-bit float holds e^88; what lies beyond is beyond any unit.
            values = np.exp(np.minimum(values, 88.0)) if observable.scale == "log" else values
            columns[f"{observable.name}@{iso_date(year - 1e-3)}"] = values
    return columns
