"""Numbers of many glasses, each with its error."""

from vitrify.public_names import only

from .bootstrap import bootstrap, ratio_of_means
from .density_of_states import TailFit, fit_tail, fit_windows
from .dipole_length import DipoleLength, dipole_length
from .distributions import DistributionFit, fit_distribution
from .estimate import Estimate
from .fluctuations import Fluctuation, fluctuation, relative_fluctuation, remove_outliers
from .means import mean
from .microscopic import DipoleDecays, GlassCount, LowModes, Microscopic, microscopic
from .parent_temperature import ParentTemperature, find_parent_temperature, is_hot_enough, least_temperature
from .scales import (
    PowerLaw,
    characteristic_frequency,
    fit_power_law,
    frequency_at_density,
    number_density,
    stz_size,
)
from .soft_spots import SpotDensity, soft_spot_density
from .summary import EnsembleSummary, summarise
from .widths import correlation, decades_spanned, relative_width, standard_deviation

__all__ = [
    "DipoleDecays",
    "DipoleLength",
    "DistributionFit",
    "EnsembleSummary",
    "Estimate",
    "Fluctuation",
    "GlassCount",
    "LowModes",
    "Microscopic",
    "ParentTemperature",
    "PowerLaw",
    "SpotDensity",
    "TailFit",
    "bootstrap",
    "characteristic_frequency",
    "correlation",
    "decades_spanned",
    "dipole_length",
    "find_parent_temperature",
    "fit_distribution",
    "fit_power_law",
    "fit_tail",
    "fit_windows",
    "fluctuation",
    "frequency_at_density",
    "is_hot_enough",
    "least_temperature",
    "mean",
    "microscopic",
    "number_density",
    "ratio_of_means",
    "relative_fluctuation",
    "relative_width",
    "remove_outliers",
    "soft_spot_density",
    "standard_deviation",
    "stz_size",
    "summarise",
]

__dir__ = only(__all__)
