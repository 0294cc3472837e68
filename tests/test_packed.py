"""Trees of arrays packed at the border of two programs: what comes out is what went in."""

from __future__ import annotations

import jax
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rsimc.engine.packed import pack, unpack

KINDS = ("float32", "int32", "bool")
shapes = st.lists(
    st.tuples(st.lists(st.integers(1, 3), max_size=2), st.booleans(), st.sampled_from(KINDS)), min_size=1, max_size=12
)


@given(shapes, st.integers(2, 9), st.sampled_from((None, 1)))
def test_a_tree_comes_out_as_it_went_in(
    leaves: list[tuple[list[int], bool, str]], width: int, only: int | None
) -> None:
    made = [
        np.arange(np.prod([*axes, width]) if wide else np.prod(axes)).reshape((*axes, width) if wide else axes)
        for axes, wide, _ in leaves
    ]
    tree = {
        str(n): (x.astype(kind), {"x": np.int32(n)})
        for n, (x, (_, _, kind)) in enumerate(zip(made, leaves, strict=True))
    }
    packed = jax.tree.map(np.asarray, pack(jax.tree.map(jax.numpy.asarray, tree), width, only))
    assert all(rows.ndim == 2 and rows.shape[1] == width for rows in packed.rows.values())
    assert only is None or sum(map(len, packed.rows.values())) == sum(x.shape == (width,) for x in made)
    back = unpack(packed)
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    for one, other in zip(jax.tree.leaves(back), jax.tree.leaves(tree), strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_array_equal(one, other)


def test_a_march_gets_one_array_a_type() -> None:
    tree = [np.ones(8, np.float32), np.ones((3, 8), np.float32), np.ones((2, 2, 8), bool), np.float32(2.0)]
    packed = pack(jax.tree.map(jax.numpy.asarray, tree), 8)
    assert {kind: rows.shape for kind, rows in packed.rows.items()} == {"float32": (4, 8), "bool": (4, 8)}
    assert [float(x) for x in packed.others] == [2.0]
