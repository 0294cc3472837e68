"""Takeoff models: the protocol, the registry, and the flagship."""

from rsimc.models.base import Form, Milestone, Model, Observable, Parameter, forms_of
from rsimc.models.registry import get_model, model_names

__all__ = ["Form", "Milestone", "Model", "Observable", "Parameter", "forms_of", "get_model", "model_names"]
