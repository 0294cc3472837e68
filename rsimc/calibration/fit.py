"""Posteriors of a target, in float64: by many chains at once (`chains`), by NumPyro's sampler (`nuts`), or by
weighting draws (`importance`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rsimc.calibration.chain_run import PIECE
from rsimc.calibration.chains import go_on, many_chains
from rsimc.calibration.host import on_host
from rsimc.calibration.importance import importance
from rsimc.calibration.nuts import nuts
from rsimc.calibration.settings import HMC, IMPORTANCE, Draws, Keeper, Progress, Settings
from rsimc.calibration.target import Target

Choice = Mapping[str, float]
Enough = Callable[[Draws], bool]


def fit(target: Target, settings: Settings, progress: Progress) -> Draws:
    """Sample the posterior of a target."""
    return fit_forms(target, settings, [target.choice], progress)[0]


def fit_forms(
    target: Target,
    settings: Settings,
    choices: Sequence[Choice],
    progress: Progress,
    enough: Enough | None = None,
    keeper: Keeper | None = None,
) -> list[Draws]:
    """Sample the posteriors of several forms of the target's model at once.

    choices: the values of the parameters that choose each form. progress(stage, done, total) is called between pieces,
    `stage` being `compile`, `warm-up` or `sampling`; an exception raised in it (such as an interrupt) ends the fit.

    enough: whether the draws of a form do. A form of which they do not gets half as many more, and again, up to twice
    `settings.draws`, whatever the others do; without it `settings.draws` are all.

    keeper: where many chains leave what they have at the end of each stage, and go on from; NUTS begins anew.
    """
    with on_host():
        if settings.sampler != HMC:
            begun = (importance if settings.sampler == IMPORTANCE else nuts)(target, settings, choices, progress)
            return _enough_for_each(begun, len(choices), settings, enough)
        run = many_chains(target, settings, choices, progress, keeper=keeper)
        found = _enough_for_each(run.draws, len(choices), settings, enough)
        return [replace(draws, reseeded=run.reseeded) for draws in found]


def can_go_on(earlier: Sequence[Draws], draws: int) -> bool:
    """Whether chains can go on to more draws: all stand where as many whole pieces of transitions ended."""
    lengths = {one.z.shape[1] for one in earlier}
    return len(lengths) == 1 and min(lengths) < draws and min(lengths) % PIECE == 0 and all(d.standing for d in earlier)


def longer(
    target: Target, settings: Settings, choices: Sequence[Choice], earlier: Sequence[Draws], progress: Progress
) -> list[Draws]:
    """As many draws of every chain as the settings ask for, chains going on from where earlier fits ended.

    What comes out is what one longer fit would have drawn. earlier: of each form, all with a `standing`.
    """
    with on_host():
        standing = [one.standing for one in earlier if one.standing is not None]
        run = go_on(target, settings, choices, standing, progress)
        more = run.draws(settings.draws - earlier[0].z.shape[1])
    return [_joined(first, then) for first, then in zip(earlier, more, strict=True)]


def _joined(first: Draws, then: Draws) -> Draws:
    def both(name: str) -> np.ndarray:
        return np.concatenate([getattr(first, name), getattr(then, name)], axis=1)

    return replace(
        then,
        z=both("z"),
        innovations=both("innovations"),
        log_posterior=both("log_posterior"),
        diverging=both("diverging"),
        energy=both("energy"),
        tree_steps=both("tree_steps"),
        accept_prob=both("accept_prob"),
        reseeded=first.reseeded,
    )


def _enough_for_each(
    every: Callable[[int], list[Draws]], forms: int, settings: Settings, enough: Enough | None
) -> list[Draws]:
    """The draws of every form, of each as many as it needs; every(count): the first draws of all."""
    asked = settings.draws
    most = asked if enough is None else 2 * asked
    found: dict[int, Draws] = {}
    for count in dict.fromkeys((asked, min(asked + asked // 2, most), most)):
        of_forms = every(count)
        for form in (n for n in range(forms) if n not in found):
            if count == most or enough is None or enough(of_forms[form]):
                found[form] = of_forms[form]
        if len(found) == forms:
            break
    return [found[form] for form in range(forms)]
