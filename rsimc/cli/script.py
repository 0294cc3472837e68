"""`rsimc script`: a batch run as a job array, on standard output."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from rsimc.cli.options import (
    allow_code_option,
    draws_option,
    ensemble_option,
    scenario_argument,
    seed_option,
    set_option,
    whole_number,
)
from rsimc.cli.simulate import MOST_SHARDS
from rsimc.errors import UsageError

SLURM = """\
#!/usr/bin/env bash
# One run of rsimc in {shards} shares. Submit it with sbatch; a task that is killed goes on where it was.
#SBATCH --job-name=rsimc
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={cores}
#SBATCH --requeue
set -euo pipefail
{command} --shard "${{SLURM_ARRAY_TASK_ID}}/{shards}"
"""
KUBERNETES = """\
# One run of rsimc in {shards} shares. Create it with kubectl create -f; a pod that is killed goes on where it was.
apiVersion: batch/v1
kind: Job
metadata:
  generateName: rsimc-
spec:
  completionMode: Indexed
  completions: {shards}
  parallelism: {shards}
  backoffLimitPerIndex: 20
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: rsimc
          image: {image}
          resources:
            requests: {{cpu: "{cores}"}}
            limits: {{cpu: "{cores}"}}
          workingDir: {mount}
          command: ["/bin/sh", "-c", {shell}]
          volumeMounts:
            - {{name: shared, mountPath: {mount}}}
      volumes:
        - name: shared
          persistentVolumeClaim: {{claimName: {claim}}}
"""


@click.command("script")
@click.argument("kind", type=click.Choice(["slurm", "kubernetes"]))
@scenario_argument
@set_option
@allow_code_option
@click.option("--posterior", type=click.Path(path_type=Path), metavar="FILE", help="As rsimc calibrate -o wrote it.")
@click.option("--prior", is_flag=True, help="Sample the prior.")
@draws_option
@ensemble_option
@seed_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="PATH", help="A shared folder.")
@click.option("--shards", required=True, callback=whole_number(1, MOST_SHARDS), metavar="N", help="Tasks of the array.")
@click.option("--cores", default="2", callback=whole_number(1, 4096), metavar="C", help="Of each task (2).")
@click.option("--image", default="rsimc", help="Of kubernetes: an image that holds rsimc.")
@click.option("--claim", default="rsimc", help="Of kubernetes: the claim of the shared volume.")
@click.option("--mount", default="/rsimc", help="Of kubernetes: where it is mounted; paths are relative to it.")
def command(
    kind: str,
    scenario: str,
    overrides: tuple[str, ...],
    allow_code: bool,
    posterior: Path | None,
    prior: bool,
    draws: int | None,
    ensemble: int | None,
    seed: int | None,
    output: Path,
    shards: int,
    cores: int,
    image: str,
    claim: str,
    mount: str,
) -> None:
    """Print a job array that runs `rsimc simulate` in N shares, as a script of Slurm or a job of Kubernetes.

    The tasks share a folder and nothing else, and any of them may die. Once all are done, `rsimc report` makes a page.
    """
    if prior == (posterior is not None):
        found = "both" if prior else "neither"
        once = f"the tasks would each calibrate: do it once, rsimc calibrate {shlex.quote(scenario)} -o FILE"
        advice = "leave one out" if prior else f"{once}, with the same --set and --allow-code"
        raise UsageError("script", "--posterior FILE or --prior", found, advice)
    words = ["rsimc", "simulate", scenario, "--quiet", "-o", str(output)]
    words += [word for override in overrides for word in ("--set", override)]
    words += ["--prior"] if prior else ["--posterior", str(posterior)]
    words += ["--allow-code"] if allow_code else []
    sizes = (("--draws", draws), ("--ensemble", ensemble), ("--seed", seed))
    words += [word for name, value in sizes if value is not None for word in (name, str(value))]
    line = shlex.join(words)
    if kind == "slurm":
        click.echo(SLURM.format(shards=shards, cores=cores, command=line), nl=False)
        return
    shell = json.dumps(f"exec {line} --shard $((JOB_COMPLETION_INDEX + 1))/{shards}")
    quoted = {"image": json.dumps(image), "claim": json.dumps(claim), "mount": json.dumps(mount)}
    click.echo(KUBERNETES.format(shards=shards, cores=cores, shell=shell, **quoted), nl=False)
