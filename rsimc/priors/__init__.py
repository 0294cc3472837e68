"""Priors: every one a smooth quantile function of a standard normal, so that one vector z ~ N(0, I) draws them all."""

from rsimc.priors.quantiles import Quantile
from rsimc.priors.text import parse_prior

__all__ = ["Quantile", "parse_prior"]
