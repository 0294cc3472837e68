"""What is uncertain in the Full Takeoff Model, what it dates and what is kept."""

from __future__ import annotations

from rsimc.models.base import Duration, Milestone, Observable, Parameter
from rsimc.models.published.ftm.priors import requirement, skewed, skewed_share

# One row a parameter, as in a table: name, unit, prior, meaning, source.
# fmt: off
# ruff: noqa: E501
SOURCE = "Davidson 2023; epoch-research/ftm, presets of January 2023"
BIO = "Cotra 2020, as epoch-research/ftm takes it"
USES = ("capital_hardware", "labour_hardware", "compute_hardware", "labour_software", "compute_software", "gwp_compute", "training")
"""Shares of capital, labour, compute and gross world product, by what they are spent on; the rest makes goods."""
FLOOR = 1e-8
"""What the original takes for a ratio of 1, less 1, where it draws its log: half of these draws are 1 all but nothing."""

PARAMETERS = (
    Parameter("training_requirement", "log10 FLOP", requirement(), "training run that can do every task, with the algorithms of 2022", BIO),
    Parameter("training_gap", "x", skewed(10.0, 1e4, 1e8), "training: what all tasks ask for, against the easiest 20%", SOURCE),
    Parameter("training_ease_rnd", "x - 1", skewed(FLOOR, 2.0, 29.0), "training: tasks of goods against those of R&D", SOURCE),
    Parameter("runtime_requirement", "FLOP/s", skewed(1e15, 1.66667e16, 1e20), "compute that does as much as one worker at the hardest task", SOURCE),
    Parameter("runtime_gap", "x - 1", skewed(FLOOR, 9.0, 99.0), "run time: the hardest task against the easiest 20%", SOURCE),
    Parameter("runtime_ease_rnd", "x", skewed(30.0, 100.0, 300.0), "run time: tasks of goods against those of R&D", SOURCE),
    Parameter("tradeoff", "elasticity", skewed(0.8, 1.5, 3.0), "run-time compute saved by a larger training run; 0: none, and no smaller training run is enough", SOURCE),
    Parameter("tradeoff_limit", "x - 1", skewed(FLOOR, 29.0, 999.0), "by which a training run may fall short, and run-time compute make up for it", SOURCE),
    Parameter("task_complements_goods", "-exponent", skewed(0.2, 0.5, 2.0), "-rho: how badly tasks stand in for each other, in goods", SOURCE),
    Parameter("task_complements_rnd", "-exponent", skewed(0.2, 0.5, 2.0), "the same, in R&D", SOURCE),
    Parameter("capital_complements_goods", "-exponent", skewed(0.2, 0.4, 2.0), "how badly capital and tasks stand in for each other, in goods", SOURCE),
    Parameter("capital_complements_rnd", "-exponent", skewed(0.17, 0.25, 0.5), "the same in hardware R&D, before it is multiplied by `parallel`", SOURCE),
    Parameter("experiment_complements", "-exponent", 0.01, "how badly experiments and tasks stand in for each other, in software R&D", SOURCE),
    Parameter("experiment_returns", "elasticity", 0.4, "of experiments to all hardware", SOURCE),
    Parameter("hardware_returns", "doublings", skewed(3.0, 5.2, 7.0), "of price-performance, a doubling of what has been put in", SOURCE),
    Parameter("software_returns", "doublings", skewed(0.8, 1.25, 5.0), "of software, a doubling of what has been put in", SOURCE),
    Parameter("hardware_ceiling", "FLOP/$", skewed(1e23, 1e26, 1e29), "of price-performance", SOURCE),
    Parameter("software_ceiling", "x", skewed(1e8, 1e12, 1e16), "of software, against 2022", SOURCE),
    Parameter("parallel", "elasticity", skewed_share(0.2, 0.7, 0.99), "what more R&D at once is worth", SOURCE),
    Parameter("hardware_delay", "years", skewed(0.01, 1.0, 2.5), "from the invention of hardware to its purchase, 5 at most", SOURCE),
    Parameter("share_growth", "1/year", (0.01, 0.01, 0.01, 0.18, 0.18, skewed(0.07, 0.19, 0.37), skewed(0.163764182, 0.547528364, 0.931292546)), "of the shares spent, before wake-up", SOURCE, USES),
    Parameter("share_growth_awake", "1/year", (*(skewed(*ends) for ends in ((0.05, 0.14, 0.32), (0.05, 0.14, 0.32), (0.27, 0.67, 1.37), (0.12, 0.22, 0.37), (0.27, 0.67, 1.37), (0.07, 0.19, 0.37), (0.55, 1.1, 4.5))),), "of the shares spent, after wake-up", SOURCE, USES),
    Parameter("share_ceiling", "share", (*(skewed_share(*ends) for ends in ((0.01, 0.03, 0.1), (0.01, 0.03, 0.1), (0.05, 0.2, 0.35), (0.01, 0.03, 0.1), (0.05, 0.2, 0.35), (0.03, 0.1, 0.3), (0.03, 0.1, 0.2))),), "of the shares spent", SOURCE, USES),
    Parameter("share_start", "share", (0.002, 0.002, 0.002, 0.0002, 0.0002), "shares spent in 2022", SOURCE, USES[:5]),
    Parameter("largest_run", "FLOP", 3e24, "largest training run of 2022", SOURCE),
    Parameter("hardware_input_growth", "1/year", 0.047, "R&D of hardware a year, against what had been put in by 2022", SOURCE),
    Parameter("software_input_growth", "1/year", 0.2, "the same for software", SOURCE),
    Parameter("hardware_made", "FLOP/year", skewed(1e27, 1e28, 1e29), "hardware bought in 2022", SOURCE),
    Parameter("hardware_stock", "years", 2.0, "all hardware of 2022 against what is bought in a year", SOURCE),
    Parameter("price_performance", "FLOP/$", 1.5e17, "of what can be bought in 2022", SOURCE),
    Parameter("world_product", "$/year", 8.5e13, "gross world product of 2022", SOURCE),
    Parameter("labour_force", "people", 4e9, "in 2022", SOURCE),
    Parameter("task_share_goods", "share", skewed_share(0.3, 0.5, 0.65), "of income in goods that goes to tasks, in 2022", SOURCE),
    Parameter("task_share_hardware", "share", 0.7, "the same, in hardware R&D", SOURCE),
    Parameter("experiment_share_software", "share", 0.3, "of income in software R&D that goes to experiments, in 2022", SOURCE),
    Parameter("compute_share_goods", "share", 0.01, "of what goes to tasks in goods, in 2022", SOURCE),
    Parameter("compute_share_rnd", "share", 0.01, "the same, in R&D", SOURCE),
    Parameter("wake_up_at", "share", skewed_share(0.01, 0.06, 0.2), "of tasks in goods automated, at which spending wakes up", SOURCE),
    Parameter("capital_growth", "1/year", 0.0275, "in 2022", SOURCE),
    Parameter("labour_growth", "1/year", 0.01, "of people", SOURCE),
    Parameter("productivity_growth", "1/year", 0.01, "of all that capital and tasks make", SOURCE),
    Parameter("depreciation", "1/year", skewed_share(0.1, 0.2, 0.3), "of hardware", SOURCE),
    Parameter("run_money_cap", "$", skewed(4e8, 4e9, 2e10), "for a training run beyond which its share of compute stays, before wake-up", SOURCE),
)

MILESTONES = (
    Milestone("wake_up", "since_wake_up", 0.0, "so many tasks of goods are automated that spending on AI wakes up", headline=True),
    Milestone("sub_agi", "run_over_sub_agi", 0.0, "a training run is enough for 20% of the tasks in goods", seen=True),
    Milestone("agi", "run_over_agi", 0.0, "AGI: a training run is enough for every task", seen=True, headline=True),
    Milestone("goods_20", "tasks_goods", 20.0, "20% of the tasks in goods are automated: compute does more than ten times what labour does", seen=True),
    Milestone("goods_100", "tasks_goods", 100.0, "all tasks in goods are automated", seen=True, headline=True),
    Milestone("rnd_20", "tasks_rnd", 20.0, "20% of the tasks in R&D are automated", seen=True),
    Milestone("rnd_100", "tasks_rnd", 100.0, "all tasks in R&D are automated", seen=True, headline=True),
    Milestone("output_2x", "log_multiplier", 0.6931471805599453, "automation doubles the output of hardware R&D"),
    Milestone("output_10x", "log_multiplier", 2.302585092994046, "automation multiplies it by ten"),
    Milestone("growth_5", "growth", 0.05, "gross world product has grown by e^0.05 in a year", seen=True),
    Milestone("growth_20", "growth", 0.2, "gross world product has grown by e^0.2 in a year", seen=True),
)
DURATIONS = (
    Duration("goods_20", "goods_100"),
    Duration("rnd_20", "rnd_100"),
    Duration("sub_agi", "agi"),
    Duration("output_2x", "output_10x"),
    Duration("growth_5", "growth_20"),
)
OBSERVABLES = (
    Observable("gwp_growth", "growth", "nats/year", "growth of gross world product over the last year", "linear", -0.1, 3.0),
    Observable("goods_automated", "share_goods", "share", "of tasks in goods automated", "linear", 0.0, 1.0),
    Observable("rnd_automated", "share_rnd", "share", "of tasks in R&D automated", "linear", 0.0, 1.0),
    Observable("training_compute", "log10_run", "log10 FLOP", "largest training run, in FLOP with the algorithms of 2022", "linear", 23.0, 53.0),
    Observable("software", "log_software", "x", "effective compute a FLOP, against 2022", "log", 1.0, 1e16),
    Observable("hardware", "log_hardware", "FLOP/$", "price-performance of what can be bought", "log", 1e17, 1e29),
)
EQUATIONS = (
    "Y = A [a K^psi + (1 - a) V^psi]^{1/psi}, V a CES of 1 + 100 tasks     goods, hardware R&D, software R&D (K: Q^0.4)",
    "task j: F_j < T x limit,  r_j = max(1, R_j (F_j/T)^m) compute a worker     automation; T largest training run",
    "I' = Y^lambda;  d log h = (returns/lambda) (1 - log h/log ceiling) d log I     hardware h, software s",
    "Q' = GWP f_Q h(t - delay) - delta Q;  K' = 0.2 GWP;  T = Q s f_T     hardware, capital, training",
)
# fmt: on
