"""Numbers of one glass, one equation a function."""

from .dipoles import dipole_decay
from .elasticity import elasticity
from .measurement import Measurement, measure
from .mechanics import mechanics
from .modes import low_frequency_modes
from .quasilocalised import QlmMeasurement, quasilocalised_mode
from .spectrum import DensityOfStates, density_of_states
from .structure import RadialDistribution, radial_distribution

__all__ = [
    "DensityOfStates",
    "Measurement",
    "QlmMeasurement",
    "RadialDistribution",
    "density_of_states",
    "dipole_decay",
    "elasticity",
    "low_frequency_modes",
    "measure",
    "mechanics",
    "quasilocalised_mode",
    "radial_distribution",
]
