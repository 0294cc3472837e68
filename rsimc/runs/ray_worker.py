"""A worker of a Ray cluster: one GPU, or a group of cores, that makes chunks of one run."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from rsimc.engine.device import Chunk
from rsimc.engine.source import PosteriorSource, PriorSource, Source
from rsimc.errors import RsimcError
from rsimc.models.base import redraw_of
from rsimc.observations import Observation
from rsimc.runs.machine import prepare_devices
from rsimc.runs.manifest import Manifest, run_inputs
from rsimc.runs.programs import chunk_maker
from rsimc.runs.study import Study, resolve
from rsimc.runs.work import packed
from rsimc.scenario import Scenario, identity


@dataclass(frozen=True)
class Order:
    """What a worker must know of a run. The scenario of the record is resolved again where the worker is, since a model
    may be a file, and must come to the same id; rows: the data by series, which are not read there; source: the very
    numbers to sample from."""

    manifest: Manifest
    rows: dict[str, tuple[Observation, ...]]
    allow_code: bool
    source: Source


class Worker:
    """Begins with an order, then makes chunks. To be made an actor; nothing is kept that could not be made again."""

    def __init__(self, cores: int) -> None:
        """cores: that it may use; what XLA_FLAGS says of them is of the process that started the cluster."""
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = re.sub(r"--xla_force_host_platform_device_count=\d+", "", flags)
        prepare_devices(cores)
        self._work: tuple[Study, Order, Callable[[int, int, Source], Chunk]] | None = None

    def begin(self, order: Order) -> str:
        """Take an order; why this worker cannot, empty when it can. (An exception would lose its parts on the way.)"""
        try:
            scenario = Scenario.model_validate(order.manifest.scenario)
            study = resolve(scenario, allow_code=order.allow_code, replaced=order.rows)
        except (RsimcError, ValueError) as error:
            return f"{platform.node()}: {error}"
        if identity(run_inputs(study, order.manifest.posterior, order.manifest.seed)) != order.manifest.id:
            return f"{platform.node()}: another version of rsimc, or of the model's file"
        source = jax.tree.map(jnp.asarray, order.source)  # on the device, once
        if isinstance(source, PriorSource):
            source = replace(source, redraw=redraw_of(study.model))
        order = replace(order, source=source)
        self._work = study, order, chunk_maker(study, isinstance(source, PosteriorSource))
        return ""

    def make(self, index: int) -> tuple[bytes, bytes | None]:
        """A chunk as a file, and its trajectories where they are kept."""
        assert self._work is not None  # begin was called and had no complaint
        study, order, program = self._work
        made = packed(study, order.manifest, program(index, order.manifest.draws, order.source), index)
        return made.content, made.ensemble
