# A whole analysis, cell by cell: a forecast, questions to it, a scenario beside it, what it hangs on, what to watch.
#
#     python scripts/walkthrough.py [DRAWS]
#
# Editors and Jupyter (with jupytext) open it as a notebook: cells begin at the lines with two percent signs. It takes a
# run of the prior, which needs no calibration, so that all of it is done in two minutes; take out prior=True and give
# more draws for numbers to publish. Files go to a folder `walkthrough` below the current one.

# %% [markdown]
# ## A run
# Trajectory i is trajectory i: more draws keep the first ones, so a short run is the beginning of a long one.

# %%
import sys
from pathlib import Path

import rsimc

DRAWS = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdecimal() else 131_072
HORIZON = "run.horizon=2040"
folder = Path("walkthrough")
run = rsimc.simulate("baseline", [HORIZON], prior=True, draws=DRAWS, output=folder / "baseline")
print(run)
print("P(loop closed by 2030) =", run.probability("closed_loop", by="2030"))
print("median:", run.quantile("closed_loop", 0.5) or "after 2040")

# %% [markdown]
# ## Questions
# Every answer has its standard error, and says how many independent trajectories it is worth.

# %%
for question in (
    "P(closed_loop <= 2030-06 given horizon_hours@2027-12 > 160)",
    "median(closed_loop - closed_loop_90 given closed_loop <= 2039)",
    "P(class given closed_loop <= 2035)",
):
    answer = run.query(question)
    print(question)
    for one in answer.results:
        print("   ", one.label, one.value, "±", one.se)
    for warning in answer.warnings:
        print("   ", warning)

# %% [markdown]
# ## Another scenario
# A pause, on the same random numbers: the difference is known far better than either number.

# %%
(folder / "pause.toml").write_text("""\
schema = 1
extends = "baseline"
[[policy.pause]]
trigger = "closed_loop_90"
lasts_months = "6 to 24"
""")
paused = rsimc.simulate(str(folder / "pause.toml"), [HORIZON], prior=True, draws=DRAWS, output=folder / "pause")
(comparison,) = rsimc.compare([run, paused])
difference = comparison.probability("closed_loop", "2032")
print(f"{difference.difference:+.4f} ± {difference.se or float('nan'):.4f} by 2032")
delay = comparison.delay("closed_loop")
if delay is not None and delay.bought is not None:
    print(f"a month of pause buys {delay.bought.per_month:.2f} months")

# %% [markdown]
# ## What it hangs on
# Shares of the variance of the date's rank. `totals=True` also draws every parameter anew, in two minutes.

# %%
question = rsimc.Question("closed_loop", "2032-12-31")
(found,) = rsimc.sensitivity(run, [question], totals=False)
for driver in found.drivers[:5]:
    print(f"{driver.name:24} {driver.first.date.share:6.1%}   {driver.low.p:.3f} to {driver.high.p:.3f}")

# %% [markdown]
# ## What to watch
# Which reading would tell most, and how long before the loop closes others come.

# %%
information, times = rsimc.watch(run, question, ["horizon_hours > 160"])
for day, readings in list(information.by_day().items())[:4]:
    print(day, readings[0].observable, f"{readings[0].share:.0%} of all there is to know")
for time in times[:5]:
    print(f"{time.indicator:24} {time.years[0.5] or float('nan'):5.1f} years before, in {time.before.p:.0%}")

# %% [markdown]
# ## Beside somebody else's numbers
# A published distribution function, as a table of dates and probabilities.

# %%
(folder / "theirs.csv").write_text("date,p\n2026,0\n2028,0.05\n2030,0.2\n2035,0.55\n2039-12-31,0.7\n")
pool = rsimc.pool([run, folder / "theirs.csv"], "closed_loop", weights="2,1")
for one in (*pool.components, *pool.pools):
    median = one.quantile(0.5)
    print(f"{one.name:18} median {'after 2040' if median is None else f'{median:.1f}'}")

# %% [markdown]
# ## To hand out

# %%
for form, name in (("parquet", "numbers.parquet"), ("metaculus", "closed_loop.json"), ("png", "closed_loop.png")):
    path = folder / name
    path.unlink(missing_ok=True)  # a file that is there is never replaced
    print(rsimc.export(run, form, path))
