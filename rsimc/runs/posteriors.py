"""Posteriors on disk: found by identity in the cache, or fitted and kept there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py  # type: ignore[import-untyped]
import numpy as np
import xarray as xr

from rsimc.calibration.settings import Draws
from rsimc.calibration.target import Target
from rsimc.calibration.verdict import Verdict
from rsimc.errors import CalibrationError, RunError
from rsimc.reading import BINARY, regular
from rsimc.runs.cache import cache_dir
from rsimc.runs.files import write_bytes
from rsimc.runs.study import Study
from rsimc.runs.unfinished import Unfinished
from rsimc.scenario import canonical_json

Progress = Callable[[str, int, int], None]
ENGINE: Literal["h5netcdf"] = "h5netcdf"
MIN_DRAWS = 1024  # 16 for each of the 64 batches


@dataclass(frozen=True)
class Posterior:
    """A posterior as run folders use it. tree: the ArviZ DataTree; fresh: it was fitted just now."""

    identity: str
    tree: xr.DataTree
    fresh: bool

    @property
    def verdict(self) -> Verdict:
        """Its diagnostics."""
        from rsimc.calibration.posterior import verdict

        return verdict(self.tree)


def cached_path(identity: str) -> Path:
    """Where the cache keeps a posterior."""
    return cache_dir() / "posteriors" / f"{identity}.nc"


def find_or_fit(study: Study, progress: Progress) -> Posterior:
    """The study's posterior, from the cache or fitted now (minutes). Raises CalibrationError without data."""
    if study.target is None:
        raise CalibrationError(
            study.scenario.where("data"),
            "observations to calibrate on",
            "none",
            "switch on a series of data, set a later as_of, or run the prior: rsimc simulate --prior",
        )
    settings = study.settings
    if settings.chains * settings.draws < MIN_DRAWS:
        found = f"{settings.chains} x {settings.draws}"
        raise CalibrationError(
            study.scenario.where("calibration"),
            f"chains x draws of at least {MIN_DRAWS}",
            found,
            "raise calibration.draws",
        )
    if (known := cached(study)) is not None:
        return known
    forms = _of_forms(study.parts or (study,), progress)
    return _mixture(study, forms) if study.parts else forms[0]


def _of_forms(studies: tuple[Study, ...], progress: Progress) -> list[Posterior]:
    """The posteriors of single forms, from the cache or fitted now, all at once, and kept.

    All or none: rounding, and so every byte, hangs on how many chains a program has.
    """
    found = {study.posterior_id: cached(study) for study in studies}
    todo = studies if None in found.values() else ()
    if todo:
        from rsimc.calibration.fit import fit_forms
        from rsimc.calibration.verdict import mixed

        targets = [study.target for study in todo if study.target is not None]
        settings = todo[0].settings
        choices = [target.choice for target in targets]
        unfinished = Unfinished([study.posterior_id for study in todo])
        enough = lambda one: mixed(one, settings.groups)  # noqa: E731
        kept = _keep(todo, targets, fit_forms(targets[0], settings, choices, progress, enough, unfinished))
        unfinished.forget()
        return kept
    return [posterior for posterior in found.values() if posterior is not None]


def _keep(studies: Sequence[Study], targets: Sequence[Target], draws: Sequence[Draws]) -> list[Posterior]:
    """What was just sampled for single forms, as posteriors in the cache."""
    from rsimc.calibration.posterior import assemble, row_reader

    read, kept = row_reader(targets[0]), []
    for study, target, mine in zip(studies, targets, draws, strict=True):
        tree = assemble(target, mine, study.settings, _attrs(study), read)
        write_posterior(cached_path(study.posterior_id), tree)
        kept.append(Posterior(study.posterior_id, tree, fresh=True))
    return kept


def lengthened(study: Study, shorter: Study, progress: Progress) -> Posterior:
    """The study's posterior, its chains going on from those of a study that asks for fewer draws, else the same.

    The posterior is the one that `find_or_fit` would give, draw for draw, and is kept like it. Chains that cannot go on
    are sampled from the beginning.
    """
    if (known := cached(study)) is not None:
        return known
    from rsimc.calibration.fit import can_go_on, longer
    from rsimc.calibration.posterior import drawn

    parts, before = study.parts or (study,), shorter.parts or (shorter,)
    earlier = [drawn(one.tree) for part in before if (one := cached(part)) is not None]
    targets = [part.target for part in parts if part.target is not None]
    if len(earlier) != len(parts) or len(targets) != len(parts) or not can_go_on(earlier, study.settings.draws):
        return find_or_fit(study, progress)
    draws = longer(targets[0], parts[0].settings, [target.choice for target in targets], earlier, progress)
    forms = _keep(parts, targets, draws)
    return _mixture(study, forms) if study.parts else forms[0]


def _mixture(study: Study, found: list[Posterior]) -> Posterior:
    """The posteriors of all forms of a study as one, kept in the cache."""
    from rsimc.calibration.posterior import mixture

    tree = mixture([one.tree for one in found], [part.form for part in study.parts], _attrs(study))
    write_posterior(cached_path(study.posterior_id), tree)
    return Posterior(study.posterior_id, tree, fresh=any(one.fresh for one in found))


def cached(study: Study) -> Posterior | None:
    """The study's posterior, where the cache keeps it whole."""
    return _whole(cached_path(study.posterior_id), study)


def _attrs(study: Study) -> dict[str, str]:
    return {
        "id": study.posterior_id,
        "scenario": json.dumps(json.loads(canonical_json(study.scenario))),
        "model": f"{study.model.name} {study.model.version}",
    }


def write_posterior(path: Path, tree: xr.DataTree) -> Path:
    """Write a posterior atomically as NetCDF (through memory: HDF5 reports a full disk in ways of its own)."""
    stored = tree.copy()
    stored.attrs["checksum"] = digest(tree)
    return write_bytes(path, bytes(stored.to_netcdf(engine=ENGINE)))


def digest(tree: xr.DataTree) -> str:
    """SHA-256 over all that a posterior holds: names, attributes, labels and numbers."""
    state = hashlib.sha256()
    for node in tree.subtree:
        attrs = {str(name): np.ravel(np.asarray(value)).tolist() for name, value in node.attrs.items()}
        state.update(json.dumps([node.path, attrs], sort_keys=True, default=str).encode())
        for name, array in sorted(node.variables.items(), key=lambda item: str(item[0])):
            values = np.asarray(array.values)
            state.update(f"{name}{array.dims}{values.shape}".encode())
            state.update(repr(values.tolist()).encode() if values.dtype.kind in "OUS" else values.tobytes())
    return state.hexdigest()


def open_posterior(path: Path, study: Study) -> Posterior:
    """A posterior that the user names. Raises RunError when it is missing, damaged, or of other inputs."""
    tree = read_posterior(path)
    if tree is None:
        raise RunError(
            str(path), "a posterior file written by rsimc calibrate", "none that can be read", "run rsimc calibrate"
        )
    if tree.attrs.get("id") != study.posterior_id:
        found = f"one of id {str(tree.attrs.get('id'))[:8]}"
        advice = "it was fitted to another model, priors, data or settings: calibrate this scenario"
        raise RunError(str(path), f"the posterior of this scenario, id {study.posterior_id[:8]}", found, advice)
    return Posterior(study.posterior_id, tree, fresh=False)


def kept_in(folder: Path, study: Study) -> Posterior | None:
    """The posterior that a run folder holds; None when there is none, or it is damaged or of other inputs."""
    return _whole(folder / "posterior.nc", study)


def _whole(path: Path, study: Study) -> Posterior | None:
    tree = read_posterior(path)
    if tree is None or tree.attrs.get("id") != study.posterior_id:
        return None
    return Posterior(study.posterior_id, tree, fresh=False)


def require_trusted(
    posterior: Posterior, accept: bool, otherwise: str = "or accept it with --accept-untrusted"
) -> None:
    """Raises CalibrationError (exit 4) for a posterior whose diagnostics failed, unless the user accepts it by name.

    otherwise: the last advice, what else the user may do.
    """
    verdict = posterior.verdict
    if verdict.problems and not accept:
        advice = "; ".join((*verdict.advice, otherwise))
        raise CalibrationError("calibration not trusted", "", "", f"{'; '.join(verdict.problems)}; {advice}")


def read_posterior(path: Path) -> xr.DataTree | None:
    """A posterior file in memory, or None when it is absent or damaged."""
    try:
        h5py.File(
            regular(path, BINARY), "r"
        ).close()  # h5netcdf complains on standard error of a file that is none of its own
        with xr.open_datatree(path, engine=ENGINE) as tree:
            if sum(array.nbytes for node in tree.subtree for array in node.variables.values()) > BINARY:
                return None
            loaded = tree.load()
        finite = np.isfinite(np.asarray(loaded["latent"]["z"].values)).all()
        return loaded if loaded.attrs.pop("checksum") == digest(loaded) and finite else None
    except Exception:  # one flipped bit and HDF5 or xarray fail in a way of their own
        return None
