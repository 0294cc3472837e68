"""All priors of a scenario as one vector: z ~ N(0, I) in, named parameters out, vectorised by kind of prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from rsimc.priors.quantiles import Z_GRID, Z_MAX, Z_STEP, Quantile

Array = jax.Array


@dataclass(frozen=True)
class PriorSet:
    """Priors in a fixed order. An entry is (parameter, label or None, prior); labels span a parameter's own axis.

    correlations: pairs of flat names with the correlation of their normal scores (a Gaussian copula); z stays
    independent, and each prior as it is.
    """

    entries: tuple[tuple[str, str | None, Quantile], ...]
    correlations: tuple[tuple[str, str, float], ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Flat names, `parameter` or `parameter.label`, in the order of z."""
        return tuple(name if label is None else f"{name}.{label}" for name, label, _ in self.entries)

    @property
    def size(self) -> int:
        """Length of z."""
        return len(self.entries)

    @cached_property
    def together(self) -> frozenset[str]:
        """Flat names of the parameters that are drawn together with others: their z are not they."""
        return frozenset(name for a, b, _ in self.correlations for name in (a, b))

    @cached_property
    def mixing(self) -> tuple[tuple[int, tuple[tuple[int, float], ...]], ...]:
        """Of each correlated entry its place, and the places whose z make up its normal score, with their weights.

        Raises ValueError when no distribution has these correlations.
        """
        pairs = {(self.names.index(a), self.names.index(b)): rho for a, b, rho in self.correlations}
        places = sorted({place for pair in pairs for place in pair})
        matrix = np.eye(len(places))
        for (a, b), rho in pairs.items():
            n, m = places.index(a), places.index(b)
            matrix[n, m] = matrix[m, n] = rho
        try:
            factor = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError as error:
            raise ValueError("correlations that no distribution has") from error
        weights = [[(places[m], float(w)) for m, w in enumerate(row) if w] for row in factor]
        return tuple((place, tuple(own)) for place, own in zip(places, weights, strict=True))

    def part(self, names: Sequence[str]) -> tuple[tuple[int, ...], PriorSet]:
        """Places of the parameters `names` and of those that their scores are made of, and these as a set."""
        wanted = {n for n, (name, _, _) in enumerate(self.entries) if name in names}
        correlated = [place for place, _ in self.mixing]
        last = max(wanted.intersection(correlated), default=-1)
        places = tuple(sorted(wanted.union(place for place in correlated if place <= last)))
        kept = {self.names[n] for n in places}
        pairs = tuple((a, b, rho) for a, b, rho in self.correlations if a in kept and b in kept)
        return places, PriorSet(tuple(self.entries[n] for n in places), pairs)

    def scores(self, z: Array) -> Array:
        """Normal scores [size, ...], correlated, of independent z [size, ...]."""
        if not self.mixing:
            return z
        # Sums, not a product of matrices: they round alike for every number of trajectories.
        mixed = [sum((weight * z[place] for place, weight in own), jnp.zeros_like(z[0])) for _, own in self.mixing]
        return z.at[np.array([place for place, _ in self.mixing])].set(jnp.stack(mixed))

    def correlated(self, z: np.ndarray) -> np.ndarray:
        """The numpy twin of `scores`, float64."""
        scores = np.array(z, dtype=np.float64)
        for place, own in self.mixing:
            scores[place] = sum(weight * z[other] for other, weight in own)
        return scores

    def at(self, z: np.ndarray) -> np.ndarray:
        """Values [size, ...] at z [size, ...], float64. The numpy twin of `from_normal`."""
        return np.stack([prior.at(row) for (_, _, prior), row in zip(self.entries, self.correlated(z), strict=True)])

    def from_normal(self, z: Array) -> Array:
        """Values [size, ...] of the parameters at z [size, ...], in the precision of z."""
        z = self.scores(z)
        pieces, order = [], []
        for kind in ("fixed", "identity", "exp", "logistic", "table"):
            rows = [n for n, (_, _, prior) in enumerate(self.entries) if prior.kind == kind]
            if rows:
                pieces.append(_evaluate(kind, [self.entries[n][2] for n in rows], z[np.array(rows)]))
                order += rows
        return jnp.concatenate(pieces, axis=0)[np.argsort(order)]

    def named(self, values: Array) -> dict[str, Array]:
        """The vector [size, ...] as parameters by name; one with labels keeps them as its first axis."""
        where: dict[str, list[int]] = {}
        for n, (name, _, _) in enumerate(self.entries):
            where.setdefault(name, []).append(n)
        scalar = {name for name, label, _ in self.entries if label is None}
        vector = jnp.asarray(values)
        # One split would be traced sooner, but gradients add up otherwise through it, and posteriors move with them.
        return {
            name: jax.lax.index_in_dim(vector, rows[0], keepdims=False)
            if name in scalar
            else jax.lax.slice_in_dim(vector, rows[0], rows[-1] + 1)
            for name, rows in where.items()
        }


def _column(values: Sequence[float] | np.ndarray, like: Array) -> Array:
    column = np.asarray(values)
    return jnp.asarray(column.reshape(column.shape[:1] + (1,) * (like.ndim - 1)), dtype=like.dtype)


def _evaluate(kind: str, priors: Sequence[Quantile], z: Array) -> Array:
    loc, scale = (_column([getattr(p, field) for p in priors], z) for field in ("loc", "scale"))
    if kind == "fixed":
        return jnp.broadcast_to(loc, z.shape)
    x = loc + scale * z
    if kind == "exp":
        return jnp.exp(x)
    if kind == "logistic":
        low, high = (_column([getattr(p, field) for p in priors], z) for field in ("low", "high"))
        return low + (high - low) * jax.nn.sigmoid(x)
    return _table(priors, z) if kind == "table" else x


def _table(priors: Sequence[Quantile], z: Array) -> Array:
    values, slopes = (
        jnp.asarray(np.array([getattr(p, f) for p in priors]), dtype=z.dtype) for f in ("values", "slopes")
    )
    x = jnp.clip(z, -Z_MAX, Z_MAX)
    index = jnp.clip(((x + Z_MAX) / Z_STEP).astype(jnp.int32), 0, len(Z_GRID) - 2)
    s = x / Z_STEP - (index.astype(z.dtype) - Z_MAX / Z_STEP)
    row = np.arange(len(priors)).reshape((-1,) + (1,) * (z.ndim - 1))
    a, b = values[row, index], values[row, index + 1]
    da, db = slopes[row, index] * Z_STEP, slopes[row, index + 1] * Z_STEP
    y = a + s * (da + s * ((3 * (b - a) - 2 * da - db) + s * (da + db - 2 * (b - a))))
    logs = _column([p.log for p in priors], z) > 0.5
    return jnp.where(logs, jnp.exp(jnp.where(logs, y, 0.0)), y)


def label_specs(spec: object, labels: Sequence[str]) -> Mapping[str, object] | None:
    """The table `{ label = prior }` when a scenario gives a labelled parameter label by label, else None."""
    if isinstance(spec, Mapping) and spec and any(key in labels for key in spec):
        return spec
    return None
