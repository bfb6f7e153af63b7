"""Numbers of many glasses, each with its error."""

from .bootstrap import bootstrap
from .distributions import DistributionFit, fit_distribution
from .estimate import Estimate
from .fluctuations import Fluctuation, fluctuation, relative_fluctuation, remove_outliers
from .means import mean
from .parent_temperature import ParentTemperature, find_parent_temperature
from .summary import EnsembleSummary, summarise

__all__ = [
    "DistributionFit",
    "EnsembleSummary",
    "Estimate",
    "Fluctuation",
    "ParentTemperature",
    "bootstrap",
    "find_parent_temperature",
    "fit_distribution",
    "fluctuation",
    "mean",
    "relative_fluctuation",
    "remove_outliers",
    "summarise",
]
