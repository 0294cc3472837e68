"""What the user writes: a scenario file, read, checked and named by its content."""

from rsimc.scenario.identity import canonical_json, differences, differing, dotted, identity
from rsimc.scenario.load import bundled, load_scenario
from rsimc.scenario.schema import CalibrationSettings, PriorText, RunSettings, Scenario, SeriesChoice

__all__ = [
    "CalibrationSettings",
    "PriorText",
    "RunSettings",
    "Scenario",
    "SeriesChoice",
    "bundled",
    "canonical_json",
    "differences",
    "differing",
    "dotted",
    "identity",
    "load_scenario",
]
