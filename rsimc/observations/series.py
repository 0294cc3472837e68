"""The series that come with rsimc: what each observes, in which unit, in which file, and what to beware of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DEFAULT_SUITES: Mapping[str, str] = MappingProxyType({"metr_horizons": "TH1.1"})
"""The suite that is taken where none is named. Other series have no suite."""


@dataclass(frozen=True)
class Series:
    """A bundled series: what it observes, in which unit, in which file, and what to beware of."""

    name: str
    title: str
    unit: str
    observes: str
    caveats: str

    @property
    def file(self) -> str:
        """The file among the bundled tables."""
        return f"{self.name}.csv"


_ALL = (
    Series(
        "metr_horizons",
        "METR time horizons",
        "minutes",
        "The length of software tasks, in minutes of a skilled human's time, that a model completes half of the time.",
        "Suites disagree by about half a doubling a year and the errors of one suite are common to its rows; above 16 "
        "hours (960 minutes) the suite is not reliable. `date` is the public release, internal use is earlier.",
    ),
    Series(
        "ai_code_share",
        "Share of code written by AI",
        "fraction",
        "The fraction of a firm's new or merged code that AI wrote.",
        "Self-reported, and definitions differ by a factor of two within one firm, so levels and slopes belong to the "
        "firm; a share of code is not an uplift.",
    ),
    Series(
        "rd_share",
        "Share of compute spent on research",
        "fraction",
        "The fraction of a lab's yearly spending on compute that goes to research and training, not to serving users.",
        "One lab and two years, derived from reported spending; a flow, so it speaks of mid-year.",
    ),
    Series(
        "lab_compute",
        "Compute of the leading labs",
        "H100e",
        "The compute that a lab uses for all purposes at the end of a year, in H100 equivalents (dense 8-bit peak).",
        "Estimated by Monte Carlo from power, spending and chip sales; its rows share random draws, so that no "
        "interval of a sum or a ratio follows from them.",
    ),
    Series(
        "workforce",
        "Staff of the leading labs",
        "persons",
        "The headcount of a whole company, OpenAI or Anthropic, at a date.",
        "Staff of all kinds: the share in research falls as sales and product grow, and only one number of it is "
        "public (Anthropic, 521 of 915 at the end of 2024). Reported in round numbers, 10% assumed. Google DeepMind "
        "is left out: its scope changed too often for a trend.",
    ),
    Series(
        "software_growth",
        "Growth of software efficiency",
        "factor/year",
        "The factor by which the compute needed for a given performance of language models fell each year.",
        "One estimate of one concept; others range from 1.3 to 60 a year. Read as the average over 2019 to 2023.",
    ),
    Series(
        "nanochat",
        "Training a model of GPT-2's quality",
        "x",
        "How much less hardware the training takes than in 2019 (`group` software), and how fast agents improved it "
        "against people (`group` agents).",
        "One small model and one metric, where ideas are public: gains that need scale do not show. The pace is "
        "between 1.5 and 5 by what is counted, and three quarters of the people's gain are one change of data set. "
        "After two rounds of agents no record came in 111 days.",
    ),
    Series(
        "speedrun",
        "Returns in the NanoGPT speed-run",
        "lambda/beta",
        "The slope of the log speed-up of training a small model on the log of the number of records so far.",
        "Records are what research puts out, not what it takes, so that this resembles returns to research and is no "
        "measure of them; one field of many. The slope falls: 1.0 over the first 21 records, 0.7 over the rest. AI is "
        "credited with 6% of the gain since September 2025.",
    ),
    Series(
        "ai_gains",
        "Gains in efficiency that AI made",
        "nats",
        "The log of the gain in a lab's effective compute from algorithms that AI found on its own, once.",
        "One lab, disclosed wins only, from secondary reports of company figures; a level and not a rate: a year later "
        "the same figure was repeated.",
    ),
    Series(
        "uplift_trials",
        "Trials of developers with AI",
        "x",
        "The factor by which developers who may use AI do tasks faster than without it, in randomised trials.",
        "Developers of open-source software, not staff of labs. In the trials of late 2025 (`group` selected) 30 to "
        "50% withheld tasks that they would not do without AI, so that the gain is read too low. Read in quotations.",
    ),
    Series(
        "uplift_surveys",
        "What staff say that AI multiplies",
        "x",
        "The factor by which staff say that AI multiplies the value of their work, their speed or their output "
        "(`group`).",
        "Self-reports: in METR's trial of 2025 developers felt 20% faster and were 19% slower; those who know of the "
        "bias say less. Questions about speed or output give more than those about value. A multiple of output is not "
        "one of progress.",
    ),
    Series(
        "agent_workdays",
        "Days of agents for a day of people",
        "ratio",
        "Eight-hour days for which coding agents run in OpenAI's research, for each day that people work there.",
        "Company telemetry with subagents, no interval; run time, not productivity. It tripled in two months while "
        "agents were being adopted: no trend. The first row is a crossing of 1, known from secondary reports.",
    ),
    Series(
        "research_debugging",
        "Help with research bugs, by length",
        "fraction",
        "The share of real bugs in OpenAI's research with which GPT-5.5 helped, by the time that they take people "
        "(`hours`).",
        "Help is less than a solution. About 41 bugs in five bins of sizes that are not public, hence 8 effective "
        "trials each; one model, graded by its own lab, read in a copy of its system card.",
    ),
    Series(
        "research_suites",
        "Suites of research and professional work",
        "fraction",
        "Scores of models over time in seven suites (`group`) whose work a program cannot check, or in part only.",
        "Levels say what a suite calls success and are no evidence; growth is. Rows of a suite share tasks and judges: "
        "a suite is worth about three. Four are run by labs for their own models; where a model grades (APEX-Agents), "
        "scores are about one logit too high; APEX-Agents and LMCA come from secondary reports; windows are short.",
    ),
    Series(
        "automated_work",
        "Share of research work that AI leads",
        "fraction",
        "The share of the person-time of Anthropic's AI research that Claude leads (level AL4 or above of its R&D "
        "Automation Index).",
        "A threshold on who leads, not on success, so that it can rise faster than the work that AI can do. Labelled "
        "by Claude, which agrees with people in 59% (people among themselves in 35%); the interval is ours, and "
        "February's bound is read from a chart and the press.",
    ),
    Series(
        "autonomy",
        "Long tasks without intervention",
        "fraction",
        "The share of the tasks of 4 to 8 hours that agents completed in OpenAI's research with no human intervention.",
        "The source says only that more than half needed one, so that value and interval are a reading of that. Of "
        "completed tasks, not of those tried.",
    ),
    Series(
        "whole_job",
        "Staff who see a junior replaced",
        "fraction",
        "The share of surveyed staff of Anthropic who say that a model can already replace an entry-level researcher.",
        "4 to 18 people of one firm who judge its own model, not independent; some took a yes back when asked again. "
        "Read in a copy of the system cards.",
    ),
    Series(
        "research_direction",
        "AI that directs research",
        "fraction",
        "How often the next step that Claude proposes would be preferred to people's (`group` judgement), and how much "
        "of agents' use is planning (`group` planning).",
        "Claude is the judge and knows how it came out. The win rate is known apart for moments at which people went "
        "wrong (64%) and were right (20%): how often each comes is a guess (Beta(2, 6)). The number for planning is a "
        "reading of `minimal fraction`, and a share of use is not a share of the work done.",
    ),
    Series(
        "expert_crossings",
        "When AI matched hours of an expert",
        "hours",
        "The hours of expert work whose result a model reached at a date, by specialism (`group`).",
        "Tasks with a metric to climb, and the best of many tries: they run ahead of other work. A crossing lies "
        "between two releases; scores depend on elicitation (190 to 427 for one model), and a later model fell below "
        "the first mark again.",
    ),
    Series(
        "merge_gap",
        "Horizon graded by program and by maintainer",
        "ratio",
        "A model's time horizon where a program grades its code, over that where maintainers say whether to merge it.",
        "One study, three repositories, four maintainers. Models could not answer comments, so that the ratio is "
        "rather too high; read from secondary text, and 3.3 or 6.2 by the conversion.",
    ),
)
SERIES: dict[str, Series] = {series.name: series for series in _ALL}
"""The bundled series by name."""
