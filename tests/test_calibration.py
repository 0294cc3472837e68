"""Laws of the calibration: the sampler finds known posteriors, planted failures are seen, files are not trusted."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import arviz
import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from walk import Seen, Walk

from rsimc import api
from rsimc.analysis.document import document
from rsimc.analysis.forecast import open_run
from rsimc.calibration.fit import fit, fit_forms
from rsimc.calibration.posterior import assemble, contraction, mixture, prior_driven, tables, verdict
from rsimc.calibration.settings import DEFAULTS, HMC, NUTS, Draws, Settings
from rsimc.calibration.target import Target
from rsimc.calibration.terms import TERMS
from rsimc.calibration.verdict import judge, mixed
from rsimc.cli.main import main
from rsimc.engine.plan import BATCHES, BLOCK
from rsimc.errors import CalibrationError, RsimcError, RunError
from rsimc.models.base import prior_set
from rsimc.runs.posteriors import Posterior, cached_path, open_posterior, read_posterior, write_posterior
from rsimc.runs.sources import interleaved
from rsimc.runs.study import Study

USED = ("rd_share", "software_growth")
SHORT = [
    "run.horizon=2032",
    *(f"data.{name}=false" for name in TERMS if name not in USED),
    "calibration.chains=16",
    "calibration.warmup=64",
    "calibration.draws=64",
]
"""Few observations (shares of research, growth of software) and few draws: a real fit that takes seconds."""

Told = list[tuple[str, int, int]]


class Stop(Exception):
    """Raised in a progress function: the work began."""


def stop(stage: str, done: int, total: int) -> None:
    raise Stop(stage)


# The sampler against a posterior that is known


CONJUGATE = Settings(sampler=NUTS, chains=4, warmup=150, draws=1000, max_tree_depth=6, seed=3)
"""Of the reference; `test_chains` has the other sampler. Neither warm-up nor draws are a multiple of a piece."""


@pytest.fixture(scope="module")
def walk() -> Target:
    return Target(Walk(), (Seen(),), prior_set(Walk.parameters, {}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def known(walk: Target) -> Draws:
    return fit(walk, CONJUGATE, lambda *told: None)


def test_the_sampler_finds_a_posterior_with_a_closed_form(walk: Target, known: Draws) -> None:
    assert walk.innovations_shape == (4, 1)
    assert known.z.shape == (4, 1000, 2)
    assert known.innovations.shape == (4, 1000, 4, 1)
    total = 2.0**2 + 3 * Walk.STEP**2 + Seen.ERROR**2
    miss = Seen.rows[0].value - 1.0
    expected = {
        "level": (2.0 / total * miss, 1 - 2.0**2 / total),
        "unseen": (0.0, 1.0),
        "before": (0.0, 1.0),
        **{f"step {n}": (Walk.STEP / total * miss, 1 - Walk.STEP**2 / total) for n in range(3)},
    }
    found = np.concatenate([known.z, known.innovations[..., 0]], axis=-1)
    assert found.dtype == np.float64
    for n, (name, (mean, variance)) in enumerate(expected.items()):
        draws = xr.Dataset({"x": (("chain", "draw"), found[..., n])})
        errors = [float(arviz.mcse(draws, method=method)["x"]) for method in ("mean", "sd")]
        assert abs(found[..., n].mean() - mean) < 4 * errors[0], name
        assert abs(found[..., n].std() - math.sqrt(variance)) < 4 * errors[1], name
        assert errors[0] < 0.05
    assert not known.diverging.any()


def test_the_parts_of_a_small_fit_agree(walk: Target, known: Draws) -> None:
    tree = assemble(walk, known, CONJUGATE, {"id": "x"})
    level = tree["posterior"]["level"].values
    assert level == pytest.approx(1.0 + 2.0 * known.z[..., 0])
    ends = level + Walk.STEP * known.innovations[:, :, 1:, 0].sum(axis=-1)
    assert tree["posterior_predictive"]["value"].values[..., 0] == pytest.approx(ends)
    density = -0.5 * ((ends - 4.0) / 0.5) ** 2 - math.log(0.5 * math.sqrt(2 * math.pi))
    assert tree["log_likelihood"]["value"].values[..., 0] == pytest.approx(density)
    prior = (
        -0.5 * (known.z**2).sum(axis=-1) - 0.5 * (known.innovations**2).sum(axis=(-1, -2)) - 3 * math.log(2 * math.pi)
    )
    assert known.log_posterior == pytest.approx(prior + density)
    assert contraction(tree)["level"] == pytest.approx(0.8, abs=0.05)
    assert contraction(tree)["unseen"] == pytest.approx(0.0, abs=0.15)
    assert prior_driven(tree) == ["unseen"]
    assert verdict(tree).trusted
    assert verdict(tree) == judge(tree, CONJUGATE)
    assert tree["prior"]["level"].values.mean() == pytest.approx(1.0, abs=0.2)
    assert np.median(tree["prior"]["unseen"].values) == pytest.approx(3.0, rel=0.1)


def test_a_form_gets_more_draws_until_they_do_and_keeps_the_first(walk: Target, known: Draws) -> None:
    """Draws are of the same chains, however many are asked for, and a form takes no more than it needs."""
    asked: list[int] = []

    def enough(draws: Draws) -> bool:
        asked.append(draws.z.shape[1])
        return len(asked) > 1

    settings = replace(CONJUGATE, draws=400)
    longer = fit_forms(walk, settings, [walk.choice], lambda *told: None, enough)[0]
    assert asked == [400, 600] and longer.z.shape == (4, 600, 2)
    for one, other in ((longer.z, known.z), (longer.energy, known.energy)):
        assert np.array_equal(one, other[:, :600])
    never = fit_forms(walk, settings, [walk.choice] * 2, lambda *told: None, lambda draws: False)
    assert [one.z.shape[1] for one in never] == [800, 800]
    assert mixed(known, settings.groups)
    assert not mixed(replace(known, z=known.z + np.arange(4)[:, None, None]), settings.groups)


def test_a_mixture_of_forms_with_unequal_draws_takes_as_many_of_each(walk: Target, known: Draws) -> None:
    by_draw = (f.name for f in fields(known) if np.ndim(getattr(known, f.name)) > 1)
    short = replace(known, **{name: getattr(known, name)[:, :500] for name in by_draw})
    trees = [assemble(walk, draws, CONJUGATE, {"id": "x"}) for draws in (known, short)]
    both = mixture(trees, ["long", "short"], {"id": "both"})
    z = both["latent"]["z"].values
    assert z.shape == (8, 500, 2)
    assert np.array_equal(z[:4], known.z[:, ::2]) and np.array_equal(z[4:], short.z)
    assert both["prior"].sizes == trees[0]["prior"].sizes


def test_a_mixture_holds_its_forms_one_after_another(walk: Target, known: Draws) -> None:
    """Chains of a form stay together, in the order of the forms, and the verdict is the worst of theirs."""
    stuck = replace(known, z=known.z + np.arange(4)[:, None, None])  # chains that disagree
    trees = [assemble(walk, draws, CONJUGATE, {"id": "x"}) for draws in (known, stuck)]
    mixed = mixture(trees, ["good", "stuck"], {"id": "both"})
    values, past = tables(mixed, walk.priors)
    parts = [tables(tree, walk.priors) for tree in trees]
    assert np.array_equal(values, np.concatenate([part[0] for part in parts], axis=1))
    assert np.array_equal(past, np.concatenate([part[1] for part in parts], axis=2))
    assert np.array_equal(values[:, interleaved(values.shape[1], (0.5, 0.5))][:, ::2], parts[0][0])
    found = verdict(mixed)
    assert found.draws == 8000
    assert not found.trusted
    assert all(problem.startswith("stuck: ") for problem in found.problems)
    assert found.rhat_max == verdict(trees[1]).rhat_max
    assert mixed["posterior_predictive"]["value"].sizes["chain"] == 8
    assert mixed["prior"].sizes["chain"] == 1
    assert contraction(mixed)["unseen"] < 0.1


# The verdict against planted failures


def planted(draws: int = 1000, chains: int = 4, **changes: Callable[[np.ndarray], None]) -> xr.DataTree:
    """A perfect sample of two parameters and two innovations, spoilt by functions of each array."""
    random = np.random.default_rng(4)
    parts: dict[str, np.ndarray] = {
        "z": random.standard_normal((chains, draws, 2)),
        "innovations": random.standard_normal((chains, draws, 2, 1)),
        "lp": random.standard_normal((chains, draws)),
        "energy": random.standard_normal((chains, draws)),
        "diverging": np.zeros((chains, draws), bool),
        "tree_steps": np.full((chains, draws), 7),
    }
    for name, spoil in changes.items():
        spoil(parts[name])
    latent = {name: parts.pop(name) for name in ("z", "innovations")}
    dims = {"z": ["z_name"], "innovations": ["beat", "process"]}
    return arviz.from_dict({"latent": latent, "sample_stats": parts}, coords={"z_name": ["a", "b"]}, dims=dims)


def shift(x: np.ndarray) -> None:
    x[1, :, 1] += 0.5


def freeze(x: np.ndarray) -> None:
    x[..., 0, 0] = 1.0


def drift(x: np.ndarray) -> None:
    x += np.linspace(0, 1, x.shape[1])


def correlate(x: np.ndarray) -> None:
    for n in range(1, x.shape[1]):
        x[:, n] = 0.98 * x[:, n - 1] + math.sqrt(1 - 0.98**2) * x[:, n]


def diverge(x: np.ndarray) -> None:
    x[0, :12] = True


def contradict(x: np.ndarray) -> None:
    x[..., 1] -= 3.5


LONG = Settings(sampler=NUTS, chains=4)
MANY = Settings(sampler=HMC, chains=16)


@pytest.mark.parametrize("settings", [LONG, MANY], ids=["nuts", "hmc"])
def test_a_perfect_sample_is_trusted(settings: Settings) -> None:
    found = judge(planted(4000 // settings.chains, settings.chains), settings)
    assert (found.problems, found.advice, found.trusted) == ((), (), True)
    assert (found.draws, found.divergences, found.longest_trees) == (4000, 0, 0.0)
    assert found.rhat_max < 1.005
    assert min(found.ess_bulk_min, found.ess_tail_min) > 3000
    assert found.bfmi == pytest.approx(2.0, rel=0.2)  # of energies that know nothing of each other
    assert found.conflict < 0.1
    assert found.as_dict()["trusted"] is True


APART, FEW = "R-hat 1.0", "effective sample size"


@pytest.mark.filterwarnings("ignore:invalid value")  # R-hat of what does not move
@pytest.mark.parametrize(
    ("changes", "words", "advice", "worst"),
    [
        ({"z": shift}, [APART, FEW], "calibration.warmup", "z.b"),
        ({"innovations": freeze}, ["R-hat nan"], "calibration.warmup", "innovations[(0, 0)]"),
        ({"lp": drift}, [APART, FEW], "calibration.warmup", "log_posterior"),
        ({"diverging": diverge}, ["12 divergent transitions (0.30%)"], "target_accept", ""),
        ({"z": correlate}, ["R-hat 1.", FEW], "calibration.draws", "z."),
        ({"energy": correlate}, ["energy fraction 0.0"], "calibration.warmup", ""),
        ({"z": contradict}, ["b lies 3.5 prior standard deviations"], "the prior of b", ""),
    ],
    ids=["chains apart", "frozen", "drift", "divergences", "slow", "slow energy", "conflict"],
)
def test_planted_failures_are_seen(changes: dict[str, Any], words: list[str], advice: str, worst: str) -> None:
    found = judge(planted(**changes), LONG)
    assert not found.trusted
    assert len(found.problems) == len(found.advice) == len(words)
    assert all(problem.startswith(start) for problem, start in zip(found.problems, words, strict=True))
    assert any(advice in text for text in found.advice)
    assert found.rhat_worst.startswith(worst)


def test_few_draws_are_not_enough_however_good() -> None:
    found = judge(planted(draws=64, chains=2), replace(LONG, chains=2))
    assert any(problem.startswith("effective sample size") for problem in found.problems)
    assert any("calibration.draws" in text for text in found.advice)


def test_full_trees_are_reported() -> None:
    def full(x: np.ndarray) -> None:
        x[:2] = 2**8 - 1

    assert judge(planted(tree_steps=full), LONG).longest_trees == 0.5


def test_a_group_of_chains_apart_is_seen_and_a_chain_that_is_slow_alone_is_none() -> None:
    """Chains of a group may be too short to forget where they began, and yet together know the whole posterior."""

    def apart(x: np.ndarray) -> None:
        x[:8, :, 1] += 0.7

    def slow(x: np.ndarray) -> None:
        for n in range(1, x.shape[1]):
            x[:, n] = 0.8 * x[:, n - 1] + 0.6 * x[:, n]

    many = replace(MANY, chains=64)
    found = judge(planted(200, 64, z=apart), many)
    assert found.rhat_max > 1.01 and found.rhat_worst == "z.b"
    slowly = planted(200, 64, z=slow)
    assert judge(slowly, many).trusted
    assert judge(slowly, replace(many, sampler=NUTS)).rhat_max > judge(slowly, many).rhat_max


# A real fit


@pytest.fixture(scope="module")
def study() -> Study:
    return api.load_study("baseline", SHORT)


@pytest.fixture(scope="module")
def told() -> Told:
    return []


@pytest.fixture(scope="module")
def fitted(study: Study, told: Told) -> Posterior:
    found = api.calibrate("baseline", SHORT, lambda *what: told.append(what))
    assert found.fresh
    return found


def test_a_fit_tells_how_far_it_is(fitted: Posterior, told: Told) -> None:
    stages, done = [stage for stage, _, _ in told], [n for _, n, _ in told]
    assert told[0] == ("compile", 0, 128)
    kept = fitted.tree["posterior"].sizes["draw"]
    assert kept in (64, 96, 128)  # more where 64 do not do
    assert told[-1] == ("sampling", 64 + kept, 64 + kept)
    assert list(dict.fromkeys(stages)) == ["compile", "warm-up", "sampling"]
    assert done == sorted(done)
    assert max(n for stage, n, _ in told if stage == "warm-up") == 64


def test_a_posterior_is_found_again_by_its_identity(fitted: Posterior, study: Study) -> None:
    begun = time.monotonic()
    again = api.calibrate("baseline", [*SHORT, "run.draws=5", "run.seed=9", 'title="x"', "run.horizon=2040"], stop)
    assert time.monotonic() - begun < 20  # a fit takes longer to compile
    assert not again.fresh
    assert again.identity == fitted.identity == study.posterior_id
    assert again.tree.identical(fitted.tree)
    assert again.verdict == fitted.verdict
    assert cached_path(fitted.identity).exists()


@pytest.mark.parametrize(
    "change",
    ["priors.curvature=0.01", "calibration.seed=2", "calibration.draws=65", "data.rd_share=false", "as_of=2025-06-30"],
)
def test_what_matters_to_a_posterior_is_in_its_identity(study: Study, change: str) -> None:
    other = api.load_study("baseline", [*SHORT, change])
    assert other.posterior_id != study.posterior_id


def test_a_posterior_survives_netcdf(fitted: Posterior, study: Study, tmp_path: Path) -> None:
    path = write_posterior(tmp_path / "posterior.nc", fitted.tree)
    found = open_posterior(path, study)
    assert found.tree.identical(fitted.tree)
    assert not found.fresh
    assert found.verdict == fitted.verdict
    again = judge(found.tree, study.settings)  # but for the order in which a sum is taken
    assert again.problems == found.verdict.problems
    assert (again.rhat_max, again.ess_bulk_min, again.bfmi) == pytest.approx(
        (found.verdict.rhat_max, found.verdict.ess_bulk_min, found.verdict.bfmi), rel=1e-9
    )
    assert arviz.summary(found.tree, var_names=["serving_level"], fmt="wide").shape[0] == 1  # ArviZ takes it as it is


def test_the_command_says_every_diagnostic_in_words_and_as_json(
    fitted: Posterior, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["calibrate", "baseline", *(part for change in SHORT for part in ("--set", change))]
    found = fitted.verdict
    capsys.readouterr()
    assert main(arguments) == (0 if found.trusted else 4)
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"posterior", "R-hat", "ESS", "divergences", "energy", "conflict", "verdict", "file"} <= set(lines)
    assert f"{found.bfmi:.2f}" in lines["energy"]
    assert f"{found.conflict:.1f}" in lines["conflict"] and found.conflict_worst in lines["conflict"]
    main([*arguments, "--json"])
    assert json.loads(capsys.readouterr().out)["diagnostics"] == json.loads(json.dumps(found.as_dict()))


def test_values_are_the_quantiles_of_the_latent_draws(fitted: Posterior, study: Study) -> None:
    table, past = tables(fitted.tree, study.priors)
    z = fitted.tree["latent"]["z"].values.reshape(-1, study.priors.size)
    assert list(fitted.tree["latent"]["z_name"].values) == list(study.priors.names)
    draws = len(z)
    assert table.shape == (study.priors.size, draws)
    for n, (name, _, prior) in enumerate(study.priors.entries):
        assert table[n] == pytest.approx(prior.at(z[:, n]), rel=1e-12), name
    beats = fitted.tree["latent"]["innovations"].values.reshape(draws, *past.shape[:2])
    assert np.array_equal(past, np.moveaxis(beats, 0, -1))
    assert past.shape[0] == study.target.latent_beats + 1  # type: ignore[union-attr]


def test_the_log_likelihood_is_that_of_the_target(fitted: Posterior, study: Study) -> None:
    target, tree = study.target, fitted.tree
    assert target is not None
    assert [row.series for row in target.rows] == ["rd_share", "rd_share", "software_growth"]
    with jax.enable_x64(True):
        density = jax.jit(target.log_likelihood)
        for chain, draw in ((0, 0), (2, 30), (15, 63)):
            z, noise = (jnp.asarray(tree["latent"][name].values[chain, draw]) for name in ("z", "innovations"))
            rows = np.asarray(density(z, noise))
            assert tree["log_likelihood"]["value"].values[chain, draw] == pytest.approx(rows, rel=1e-8)
            evidence = float(target.log_evidence(z, noise))
            assert evidence <= rows.sum() + 1e-9  # the guide of what has not happened yet is at most 1
            whole = float(target.log_prior(z, noise)) + evidence
            assert tree["sample_stats"]["lp"].values[chain, draw] == pytest.approx(whole, rel=1e-8)


def test_the_data_inform_what_they_speak_of_and_leave_the_rest(fitted: Posterior) -> None:
    narrowed, z = contraction(fitted.tree), fitted.tree["latent"]["z"]
    assert all(-1 < value < 1 for value in narrowed.values())
    assert narrowed["serving_level"] > 0.5  # the share of research in 2024
    unmoved = prior_driven(fitted.tree)
    assert set(unmoved) < set(narrowed)
    assert "serving_level" not in unmoved
    for name in ("compute_growth_late", "slowdown_delay"):  # of years after the last observation
        draws = xr.Dataset({"z": z.sel(z_name=name)})
        mean, sd = (float(arviz.mcse(draws, method=method)["z"]) for method in ("mean", "sd"))
        assert abs(float(draws["z"].mean())) < 4 * mean
        assert abs(float(draws["z"].std()) - 1.0) < 4 * sd
    predicted = fitted.tree["posterior_predictive"]["value"].values
    for n, (low, high) in enumerate([(0.6, 0.85), (0.35, 0.7), (1.5, 8.0)]):  # around 0.72, 0.51 and 3.0
        assert low < np.median(predicted[..., n]) < high


# Posteriors that must not be trusted


@pytest.fixture(scope="module")
def untrusted(fitted: Posterior, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a posterior of this study whose chains disagree."""
    tree = fitted.tree.copy()
    tree.attrs["verdict"] = json.dumps(judge(planted(z=shift, diverging=diverge), LONG).as_dict())
    return write_posterior(tmp_path_factory.mktemp("posterior") / "untrusted.nc", tree)


def simulate(folder: Path, posterior: Path, *overrides: str, **options: Any) -> Any:
    return api.simulate("baseline", [*SHORT, *overrides], posterior=posterior, output=folder, draws=20_000, **options)


def test_an_untrusted_posterior_is_refused_unless_accepted(untrusted: Path, tmp_path: Path) -> None:
    with pytest.raises(CalibrationError) as caught:
        simulate(tmp_path / "run", untrusted)
    message = str(caught.value)
    assert caught.value.exit_code == 4
    assert "--accept-untrusted" in message
    assert "R-hat 1.0" in message
    assert "12 divergent transitions" in message
    assert "calibration.warmup" in message
    assert not (tmp_path / "run").exists()
    with pytest.raises(Stop):
        simulate(tmp_path / "run", untrusted, accept_untrusted=True, progress=stop)


def test_a_run_of_the_posterior_carries_its_draws_and_its_verdict(
    fitted: Posterior, untrusted: Path, study: Study, tmp_path: Path
) -> None:
    run = simulate(tmp_path / "run", untrusted, accept_untrusted=True)
    record = json.loads((run.folder / "run.json").read_text())
    assert record["posterior"] == record["inputs"]["posterior"] == fitted.identity
    assert record["verdict"]["trusted"] is False
    found = document(run)
    assert found["diagnostics"]["trusted"] is False
    assert len(found["diagnostics"]["problems"]) == 3  # chains apart, so few effective draws; divergences
    assert found["prior_driven"] == prior_driven(fitted.tree)
    again = open_run(run.folder)  # its posterior lies in the folder
    assert {**document(again), "seconds": {}} == {**found, "seconds": {}}

    rows = pq.read_table(run.folder / "ensemble.parquet")
    ids = np.arange(20_000)
    each = 16 * fitted.tree["posterior"].sizes["draw"] // BATCHES  # draws of a batch, 16 or more
    assert each in (16, 24, 32)
    draws = ids // BLOCK % BATCHES * each + ids % BLOCK % each
    assert np.array_equal(rows["draw"].to_numpy(), draws)
    table, _ = tables(fitted.tree, study.priors)
    for n, name in enumerate(study.priors.names):
        assert np.array_equal(rows[f"parameter.{name}"].to_numpy(), table[n].astype(np.float32)[draws]), name


def test_a_run_goes_on_with_the_posterior_of_its_folder(
    fitted: Posterior, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine has an empty cache, and would round otherwise."""
    options: dict[str, Any] = {"output": tmp_path / "run", "accept_untrusted": True}
    made = api.simulate("baseline", SHORT, draws=20_000, **options)
    monkeypatch.setenv("RSIMC_CACHE", str(tmp_path / "cache"))
    (made.folder / "chunks" / "00000000.npz").unlink()
    again = api.simulate("baseline", SHORT, draws=20_000, **options)
    assert np.array_equal(again.counts.milestones, made.counts.milestones)
    assert not (tmp_path / "cache" / "posteriors").exists()


def test_chunks_are_never_mixed_with_another_draw_of_the_same_posterior(fitted: Posterior, tmp_path: Path) -> None:
    made = api.simulate("baseline", SHORT, draws=20_000, output=tmp_path / "run", accept_untrusted=True)
    other = fitted.tree.copy()
    other["latent"]["z"] = other["latent"]["z"] + 1e-9
    elsewhere = write_posterior(tmp_path / "other.nc", other)
    before = (made.folder / "posterior.nc").read_bytes()
    with pytest.raises(RunError, match="put the file back as it was") as caught:
        api.simulate("baseline", SHORT, posterior=elsewhere, draws=20_000, output=made.folder, accept_untrusted=True)
    assert caught.value.exit_code == 5
    assert (made.folder / "posterior.nc").read_bytes() == before


def test_a_posterior_of_another_scenario_is_refused(untrusted: Path, tmp_path: Path) -> None:
    for change in ("priors.curvature=0.01", "calibration.seed=2", "as_of=2025-06-30"):
        with pytest.raises(RunError, match="posterior of this scenario") as caught:
            simulate(tmp_path / "run", untrusted, change, accept_untrusted=True)
        assert caught.value.exit_code == 5
        assert str(untrusted) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"not a posterior", b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_posterior_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "posterior.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match="rsimc calibrate") as caught:
        simulate(tmp_path / "run", path)
    assert caught.value.exit_code == 5
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # h5netcdf closes what it did not open
def test_a_damaged_posterior_is_never_taken_for_a_whole_one(fitted: Posterior, tmp_path: Path) -> None:
    content, random = cached_path(fitted.identity).read_bytes(), np.random.default_rng(6)
    damaged = [content[: int(share * len(content))] for share in (0.3, 0.9, 0.999)]
    for place in (3, 200, *random.integers(1000, len(content), 8)):
        damaged.append(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
    for n, spoilt in enumerate(damaged):
        path = tmp_path / f"{n}.nc"  # HDF5 remembers files by their names
        path.write_bytes(spoilt)
        found = read_posterior(path)
        assert found is None or (n > 2 and found.identical(fitted.tree)), n


def test_a_damaged_posterior_in_the_cache_is_fitted_again(fitted: Posterior) -> None:
    path = cached_path(fitted.identity)
    content = path.read_bytes()
    other = fitted.tree.copy()
    other.attrs["id"] = "0" * 64
    try:
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(Stop, match="compile"):
            api.calibrate("baseline", SHORT, stop)
        assert path.read_bytes() == content[: len(content) // 2]
        write_posterior(path, other)
        with pytest.raises(Stop, match="compile"):
            api.calibrate("baseline", SHORT, stop)
    finally:
        path.write_bytes(content)
    assert not api.calibrate("baseline", SHORT, stop).fresh


# Refused before any sampling


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["calibration.chains=1", "calibration.draws=1023"], "at least 1024, got 1 x 1023; raise calibration.draws"),
        (
            ["data.rd_share=false", "data.software_growth=false"],
            "observations to calibrate on, got none; switch on a series of data",
        ),
        (["as_of=2019-06-30"], "--prior"),
    ],
)
def test_too_little_is_refused_before_sampling(overrides: list[str], words: str) -> None:
    with pytest.raises(RsimcError) as caught:
        api.calibrate("baseline", [*SHORT, *overrides], stop)
    assert isinstance(caught.value, CalibrationError)
    assert caught.value.exit_code == 4
    assert words in str(caught.value)


def test_settings_come_from_the_scenario(study: Study) -> None:
    assert study.settings == replace(Settings(), chains=16, warmup=64, draws=64)
    for sampler in (HMC, NUTS):
        unsaid = api.load_study("baseline", [f"calibration.sampler={sampler}"])
        assert unsaid.settings == Settings(sampler=sampler, **DEFAULTS[sampler])
