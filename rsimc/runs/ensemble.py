"""Chunk 0 in full, one row a trajectory, as Parquet: parameters, milestone dates, durations, class, observables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rsimc.dates import iso_date
from rsimc.engine.counts import gone_by, spans
from rsimc.engine.plan import BATCHES, BLOCK, CHUNK, Plan
from rsimc.engine.simulate import Block
from rsimc.errors import RunError
from rsimc.priors.vector import PriorSet
from rsimc.reading import BINARY, regular

GROUP_ROWS = 16_384
Columns = dict[str, np.ndarray]
Host = dict[str, list[np.ndarray]]
"""Fields of a block by name, one array a device: joined, each would take its memory twice."""


def ensemble(plan: Plan, priors: PriorSet, block: Block, rows: int) -> bytes:
    """The first `rows` trajectories of the first chunk as a Parquet file; block fields have a leading axis of lanes.

    Columns: trajectory, batch, draw, finite, conditioned_out, clipped; `parameter.NAME`; `date.MILESTONE` in decimal
    years, null when not within the horizon; `duration.NAME` in its unit; class; `OBSERVABLE@DATE` in the observable's
    unit at the stored dates from `as_of` on. Row groups keep the memory small.
    """
    host = {name: _shards(part) for name, part in block._asdict().items()}
    buffer, writer = io.BytesIO(), None
    for first in range(0, rows, GROUP_ROWS):
        table = _table(_columns(plan, priors, host, first, min(first + GROUP_ROWS, rows), 0))
        writer = writer or _writer(buffer, table.schema, repeating=bool(np.any(host["draw"][0])))
        writer.write_table(table)
    if writer:
        writer.close()
    return buffer.getvalue()


def _table(columns: Columns) -> pa.Table:
    """NaN stands for 'none' here and becomes null."""
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})


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


def ensemble_path(folder: Path) -> Path:
    """Where a run keeps its first trajectories."""
    return folder / "ensemble.parquet"


def read_ensemble(folder: Path, columns: Sequence[str]) -> pa.Table | None:
    """Columns of the trajectories that a run folder holds; None when it holds none.

    Raises RunError when the file is damaged, or lacks a column.
    """
    path = ensemble_path(folder)
    if not path.exists():
        return None
    try:
        return pq.read_table(regular(path, BINARY), columns=list(columns)).select(list(columns))
    except (OSError, ValueError, KeyError, NotImplementedError, MemoryError, pa.ArrowException) as error:
        advice = "remove it, and run simulate again to make it"
        raise RunError(str(path), "trajectories of the run", "a damaged file", advice) from error


def row(plan: Plan, priors: PriorSet, block: Block, index: int) -> dict[str, object]:
    """Trajectory `index` of the run as its row would be, from the block of its chunk; None for what there is not."""
    host = {name: _shards(part) for name, part in block._asdict().items()}
    first = index % CHUNK
    table = _table(_columns(plan, priors, host, first, first + 1, index - first))
    return dict(table.to_pylist()[0])


def _columns(plan: Plan, priors: PriorSet, host: Host, first: int, last: int, before: int) -> Columns:
    """before: trajectories of the chunks before this one."""
    part = {name: _rows(array, first, last) for name, array in host.items()}
    ids = before + np.arange(first, last)
    columns: Columns = {"trajectory": ids, "batch": (ids // BLOCK % BATCHES).astype(np.int8), "draw": part["draw"]}
    columns |= {
        "finite": part["finite"],
        "conditioned_out": np.asarray(gone_by(plan, jnp.asarray(part["dates"]))),
        "clipped": part["clipped"],
    }
    columns |= {f"parameter.{name}": part["values"][n] for n, name in enumerate(priors.names)}
    dates = {m.name: part["dates"][n] for n, m in enumerate(plan.model.milestones)}
    columns |= {f"date.{name}": plan.grid.start + _none(years.astype(np.float64)) for name, years in dates.items()}
    passed = spans(plan, Block(**{name: jnp.asarray(array) for name, array in part.items()}))
    columns |= {f"duration.{d.name}": _none(np.asarray(x)) for d, x in zip(plan.model.durations, passed, strict=True)}
    horizon = np.float32(plan.grid.end - plan.grid.start)
    index = np.asarray(
        plan.model.classify({name: jnp.asarray(years) for name, years in dates.items()}, jnp.asarray(horizon))
    )
    columns["class"] = np.array(plan.model.classes)[index]
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
