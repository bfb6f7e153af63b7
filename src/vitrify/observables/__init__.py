"""Numbers of one glass, one equation a function."""

from .elasticity import elasticity
from .mechanics import mechanics
from .measurement import Measurement, measure

__all__ = ["Measurement", "elasticity", "measure", "mechanics"]
