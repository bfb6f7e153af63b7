"""Numbers of one glass, one equation per function."""

from vitrify.public_names import only

from .dipoles import dipole_decay
from .elastic_constants import ElasticConstants, IsotropicModuli, elastic_constants
from .elasticity import elasticity
from .local_moduli import LocalModuli, local_moduli
from .measurement import Measurement, energy_only, measure
from .mechanics import energy_by_term, mechanics
from .modes import low_frequency_modes
from .of_calculator import CalculatorMeasurement, CalculatorModes, CalculatorSoftMode, measure_calculator
from .quasilocalised import QlmMeasurement, quasilocalised_mode
from .soft_spots import SoftSpot, SoftSpots, soft_spots
from .spectrum import DensityOfStates, density_of_states
from .structure import RadialDistribution, radial_distribution
from .vibrality import vibrality

__all__ = [
    "CalculatorMeasurement",
    "CalculatorModes",
    "CalculatorSoftMode",
    "DensityOfStates",
    "ElasticConstants",
    "IsotropicModuli",
    "LocalModuli",
    "Measurement",
    "QlmMeasurement",
    "RadialDistribution",
    "SoftSpot",
    "SoftSpots",
    "density_of_states",
    "dipole_decay",
    "elastic_constants",
    "elasticity",
    "energy_by_term",
    "energy_only",
    "local_moduli",
    "low_frequency_modes",
    "measure",
    "measure_calculator",
    "mechanics",
    "quasilocalised_mode",
    "radial_distribution",
    "soft_spots",
    "vibrality",
]

__dir__ = only(__all__)
