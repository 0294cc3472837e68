"""A posterior as an ArviZ DataTree: named parameters, the latent z, past noise, predictions, diagnostics.

Groups: posterior (parameters in their units), latent (z and innovations, standard normal a priori), sample_stats,
prior (draws of the priors), posterior_predictive (what every row would read), log_likelihood, observed_data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from rsimc.calibration.host import on_host
from rsimc.calibration.settings import Draws, Importance, Settings, Standing
from rsimc.calibration.target import Target
from rsimc.calibration.verdict import Verdict, judge, scores, worst
from rsimc.priors.vector import PriorSet

Array = jax.Array
PRIOR_DRAWS = 2000
BATCH = 256
PRIOR_DRIVEN = 0.1


def assemble(
    target: Target, draws: Draws, settings: Settings, attrs: Mapping[str, str], read: RowReader | None = None
) -> xr.DataTree:
    """The tree of a fit, with its verdict in `attrs["verdict"]` as JSON. read: a reader made before, for its model."""
    import arviz  # seconds to import: only those who calibrate pay

    predictive, log_likelihood, kept = _row_quantities(read or row_reader(target), target, draws)
    keys = [f"{row.series}/{row.key}" for row in target.rows]
    coords: dict[str, object] = {
        "z_name": list(target.priors.names),
        "row": keys,
        "process": list(target.model.innovations),
    }
    coords |= {f"{name}_label": labels for name, labels in _labels(target.priors).items()}
    dims = {"z": ["z_name"], "scores": ["z_name"], "innovations": ["beat", "process"]} | {
        n: [f"{n}_label"] for n in _labels(target.priors)
    }
    dims |= {"value": ["row"]}
    posterior = _parameters(target.priors, draws.z)
    prior = _parameters(
        target.priors, np.random.default_rng(settings.seed).standard_normal((1, PRIOR_DRAWS, target.priors.size))
    )
    groups = {
        "posterior": posterior,
        "latent": {"z": draws.z, "innovations": draws.innovations, **_scores(target.priors, draws.z)},
        "sample_stats": {
            "lp": draws.log_posterior,
            "diverging": draws.diverging,
            "energy": draws.energy,
            "tree_steps": draws.tree_steps,
            "acceptance_rate": draws.accept_prob,
            "kept": kept,
        },
        "prior": prior,
        "posterior_predictive": {"value": predictive},
        "log_likelihood": {"value": log_likelihood},
        "observed_data": {"value": np.array([row.value for row in target.rows])},
    }
    tree = arviz.from_dict(groups, coords=coords, dims=dims)
    typical = float(np.exp(np.mean(np.log(draws.step_size))))
    tree.attrs = {**attrs, "step_size": json.dumps(draws.step_size.tolist()), "typical_step": repr(typical)}
    tree.attrs["reseeded"] = str(draws.reseeded)
    if draws.importance is not None:
        tree.attrs["importance"] = json.dumps(asdict(draws.importance))
    tree.attrs["verdict"] = json.dumps(judge(tree, settings).as_dict())
    if draws.standing is not None:
        tree["standing"] = _stored(draws.standing)
    return tree


def _stored(standing: Standing) -> xr.Dataset:
    """Where the chains stand, so that they can go on."""
    variables = {
        "q": (("chain", "place"), standing.q),
        "key": (("chain", "word"), standing.key.astype(np.int64)),
        "inverse_mass": (("place",), standing.inverse_mass),
        "step": ((), standing.step),
        "count": ((), standing.count),
    }
    return xr.Dataset(variables)


def standing(tree: xr.DataTree) -> Standing | None:
    """Where the chains of a posterior of one form stand; None for those that cannot go on."""
    if "standing" not in tree:
        return None
    stored = {str(name): np.asarray(array.values) for name, array in tree["standing"].to_dataset().data_vars.items()}
    key = stored["key"].astype(np.uint32)
    return Standing(stored["q"], key, float(stored["step"]), stored["inverse_mass"], int(stored["count"]))


def drawn(tree: xr.DataTree) -> Draws:
    """The draws of a posterior of one form as its sampler gave them."""
    latent, stats = (tree[name].to_dataset().transpose("chain", "draw", ...) for name in ("latent", "sample_stats"))
    return Draws(
        z=np.asarray(latent["z"].values),
        innovations=np.asarray(latent["innovations"].values),
        log_posterior=np.asarray(stats["lp"].values),
        diverging=np.asarray(stats["diverging"].values),
        energy=np.asarray(stats["energy"].values),
        tree_steps=np.asarray(stats["tree_steps"].values),
        accept_prob=np.asarray(stats["acceptance_rate"].values),
        step_size=np.array(json.loads(tree.attrs["step_size"])),
        reseeded=int(tree.attrs["reseeded"]),
        standing=standing(tree),
        importance=weighted(tree),
    )


def weighted(tree: xr.DataTree) -> Importance | None:
    """What the weights of a posterior of one form are worth; None where it has none."""
    return Importance(**json.loads(tree.attrs["importance"])) if "importance" in tree.attrs else None


def verdict(tree: xr.DataTree) -> Verdict:
    """The verdict that was stored with a posterior."""
    stored = json.loads(tree.attrs["verdict"])
    stored.pop("trusted")
    return Verdict(**{**stored, "problems": tuple(stored["problems"]), "advice": tuple(stored["advice"])})


def tables(tree: xr.DataTree, priors: PriorSet) -> tuple[np.ndarray, np.ndarray]:
    """Parameter values [parameters, draws] in the order of the priors, and past innovations [beats, processes, draws].

    Draws in chain order, float64.
    """
    posterior = tree["posterior"].to_dataset()
    rows = []
    for name, label, _ in priors.entries:
        array = posterior[name] if label is None else posterior[name].sel({f"{name}_label": label})
        rows.append(array.transpose("chain", "draw").values.reshape(-1))
    past = tree["latent"]["innovations"].transpose("beat", "process", "chain", "draw").values
    return np.stack(rows), past.reshape(*past.shape[:2], past.shape[2] * past.shape[3])


def kept_shares(tree: xr.DataTree, forms: int) -> np.ndarray:
    """Share of the draws of each form that the forecast keeps [forms]: in the rest a milestone has been passed."""
    kept = np.asarray(tree["sample_stats"]["kept"].values, np.float64)
    return kept.reshape(forms, -1).mean(axis=1)


def _scores(priors: PriorSet, z: np.ndarray) -> dict[str, np.ndarray]:
    """Normal scores of the parameters [chain, draw, size] where priors are drawn together and z are not they."""
    if not priors.correlations:
        return {}
    return {"scores": np.moveaxis(priors.correlated(np.moveaxis(z, -1, 0)), 0, -1)}


def contraction(tree: xr.DataTree) -> dict[str, float]:
    """How much the data narrowed each parameter: 1 - posterior variance of z, whose prior variance is 1."""
    z = scores(tree["latent"].to_dataset())
    return {name: 1.0 - value for name, value in _by_name(tree, z.var(axis=(0, 1))).items()}


def prior_driven(tree: xr.DataTree) -> list[str]:
    """Parameters that the data neither narrowed by a tenth of their variance nor moved by 0.2 prior sds."""
    shift = _by_name(tree, np.abs(scores(tree["latent"].to_dataset()).mean(axis=(0, 1))))
    free = {name for name, spread in _spreads(tree["posterior"].to_dataset()).items() if spread > 0}
    narrowed = contraction(tree)
    return [name for name in narrowed if name in free and narrowed[name] < PRIOR_DRIVEN and shift[name] < 0.2]


def _spreads(draws: xr.Dataset) -> dict[str, float]:
    """Standard deviation of every parameter by flat name; 0 for those that are fixed."""
    out: dict[str, float] = {}
    for name, array in draws.data_vars.items():
        spread = np.asarray(array.transpose("chain", "draw", ...).values).std(axis=(0, 1))
        labels = [str(label) for label in array[f"{name}_label"].values] if spread.ndim else []
        out |= {f"{name}.{label}": float(spread[n]) for n, label in enumerate(labels)} or {str(name): float(spread)}
    return out


def _by_name(tree: xr.DataTree, values: np.ndarray) -> dict[str, float]:
    """Values of the directions of z by their names."""
    names = np.asarray(tree["latent"].to_dataset()["z_name"].values)
    return {str(name): float(value) for name, value in zip(names, values, strict=True)}


def _labels(priors: PriorSet) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name, label, _ in priors.entries:
        if label is not None:
            out.setdefault(name, []).append(label)
    return out


def _parameters(priors: PriorSet, z: np.ndarray) -> dict[str, np.ndarray]:
    """Named values [chain, draw(, label)] of z [chain, draw, size]."""
    out: dict[str, list[np.ndarray]] = {}
    for (name, _, _), values in zip(priors.entries, priors.at(np.moveaxis(z, -1, 0)), strict=True):
        out.setdefault(name, []).append(values)
    labelled = _labels(priors)
    return {name: np.stack(parts, axis=-1) if name in labelled else parts[0] for name, parts in out.items()}


RowReader = Callable[[Array, Array, Array], tuple[Array, Array, Array]]


def row_reader(target: Target) -> RowReader:
    """A function of (z [n, size], innovations [n, beats, processes], choice): predictions and log likelihoods of all
    rows [n, rows], and whether nothing that the world would have seen has happened [n], by the same simulator; compiled
    when first used, for any form of the target's model."""

    def one(point: tuple[Array, Array], choice: Array) -> tuple[Array, Array, Array]:
        path, params = target.simulate(*point, choice)
        predicted = jnp.concatenate([term.predict(path, params) for term in target.terms])
        density = target.rows_of(path, params, target.data)
        return predicted, density, target.log_not_yet(path) == 0.0

    return jax.jit(lambda z, u, choice: jax.lax.map(lambda pair: one(pair, choice), (z, u), batch_size=BATCH))


def _row_quantities(read: RowReader, target: Target, draws: Draws) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictions and log likelihoods of all rows [chain, draw, rows]; which draws the forecast keeps [chain, draw]."""
    shape = draws.z.shape[:2]
    z = draws.z.reshape(-1, draws.z.shape[-1])
    innovations = draws.innovations.reshape(len(z), *draws.innovations.shape[2:])  # a model may have no noise at all
    with on_host():
        choice = jnp.asarray(list(target.choice.values()), jnp.float64)
        both = read(jnp.asarray(z), jnp.asarray(innovations), choice)
        predicted, density, kept = (np.asarray(part).reshape(*shape, *part.shape[1:]) for part in both)
    return predicted, density, kept


def mixture(trees: Sequence[xr.DataTree], labels: Sequence[str], attrs: Mapping[str, str]) -> xr.DataTree:
    """Posteriors of several forms as one, chains after chains in the order of the forms; the verdict is the worst.

    The chains of different forms sample different distributions: diagnostics compare chains within a form only.
    """
    offset, groups = 0, []
    fewest = min(tree["posterior"].sizes["draw"] for tree in trees)
    for tree in trees:
        chains = tree["posterior"].sizes["chain"]
        parts = {name: group.to_dataset() for name, group in tree.children.items() if name != "standing"}
        sampled = {name for name, part in parts.items() if "chain" in part.dims and name != "prior"}
        groups.append({n: _from_chain(part, offset, fewest) if n in sampled else part for n, part in parts.items()})
        offset += chains
    joined = {}
    for name in groups[0]:
        of_forms = [group[name] for group in groups]
        joined[name] = xr.concat(of_forms, dim="chain") if name in sampled else of_forms[0]
    out = xr.DataTree.from_dict(joined)
    found = [verdict(tree) for tree in trees]
    out.attrs = {**attrs, "forms": json.dumps(list(labels)), "verdict": json.dumps(worst(found, labels).as_dict())}
    return out


def _from_chain(group: xr.Dataset, first: int, fewest: int) -> xr.Dataset:
    """Chains numbered from `first`; where a form needed more draws, `fewest` of them, evenly spread."""
    draws = group.sizes["draw"]
    spread = group if draws <= fewest else group.isel(draw=np.arange(fewest) * draws // fewest)
    return spread.assign_coords(chain=group["chain"].values + first, draw=np.arange(min(draws, fewest)))
