"""A worker of a Ray cluster: one GPU, or a group of cores, that makes chunks of one run."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from rsimc.engine.device import Chunk, compile_chunk
from rsimc.engine.source import Source
from rsimc.errors import RsimcError
from rsimc.runs.machine import prepare_devices
from rsimc.runs.manifest import run_inputs
from rsimc.runs.study import Study, resolve
from rsimc.runs.work import packed
from rsimc.scenario import Scenario, identity


@dataclass(frozen=True)
class Order:
    """What a worker must know of a run. scenario: as run.json has it, resolved again where the worker is, since a model
    may be a file; id: that this must come to; identity: as chunks carry it; source: the very numbers to sample from."""

    scenario: dict[str, Any]
    allow_code: bool
    id: str
    identity: str
    draws: int
    seed: int
    posterior: str | None
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
            scenario = Scenario.model_validate(order.scenario)
            study = resolve(scenario, allow_code=order.allow_code)
        except (RsimcError, ValueError) as error:
            return f"{platform.node()}: {error}"
        if identity(run_inputs(study, order.posterior, order.seed)) != order.id:
            return f"{platform.node()}: another version of rsimc, or of the model's file"
        order = replace(order, source=jax.tree.map(jnp.asarray, order.source))  # on the device, once
        self._work = study, order, compile_chunk(study.plan)
        return ""

    def make(self, index: int) -> tuple[bytes, bytes | None]:
        """A chunk as a file, and for chunk 0 the ensemble."""
        assert self._work is not None  # begin was called and had no complaint
        study, order, program = self._work
        made = packed(study, order.identity, program(index, order.draws, order.source), index, order.draws)
        return made.content, made.ensemble
