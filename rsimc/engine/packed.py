"""A tree of arrays as a few: what one program hands to another, in one buffer a type instead of one an array.

The flagship's start hands on 68 arrays a lane. One by one each is a kernel or two to compile, to load and to run, on
both sides of the border. Packed (they were 162 then), and with the functions of `rsimc.maths` lowered once a shape, its
programs were ready in 0.79 of the time with an empty cache and in 0.67 with a full one
(benchmarks/results/compiling.json).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

Array = jax.Array


@partial(jax.tree_util.register_dataclass, data_fields=["rows", "others"], meta_fields=["tree", "shapes"])
@dataclass(frozen=True)
class Packed:
    """rows [n, width] by type: the leaves that end in the axis `width`, one after the other; others: those that do not.

    tree, shapes: how the leaves hang together, and the shape and type of each that is packed, None of one that is not.
    """

    rows: dict[str, Array]
    others: tuple[Array, ...]
    tree: Any
    shapes: tuple[tuple[tuple[int, ...], str] | None, ...]


def pack(whole: Any, width: int, axes: int | None = None) -> Packed:
    """A tree of arrays, packed; axes: only those of so many axes."""
    leaves, tree = jax.tree.flatten(whole)
    shapes = tuple(
        (x.shape, str(x.dtype)) if x.shape[-1:] == (width,) and axes in (None, x.ndim) else None for x in leaves
    )
    parts: dict[str, list[Array]] = {}
    for leaf, shape in zip(leaves, shapes, strict=True):
        if shape is not None:
            parts.setdefault(shape[1], []).append(leaf.reshape(-1, width))
    others = tuple(leaf for leaf, shape in zip(leaves, shapes, strict=True) if shape is None)
    return Packed({kind: jnp.concatenate(rows) for kind, rows in parts.items()}, others, tree, shapes)


def unpack(packed: Packed) -> Any:
    """The tree again."""
    others = iter(packed.others)
    sizes = {kind: [math.prod(s[0][:-1]) for s in packed.shapes if s and s[1] == kind] for kind in packed.rows}
    parts = {kind: iter(jax.lax.split(rows, sizes[kind])) for kind, rows in packed.rows.items()}
    leaves = []
    for found in packed.shapes:
        if found is None:
            leaves.append(next(others))
            continue
        shape, kind = found
        leaves.append(next(parts[kind]).reshape(shape))
    return jax.tree.unflatten(packed.tree, leaves)
