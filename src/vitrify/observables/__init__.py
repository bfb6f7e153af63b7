"""Numbers of one glass, one equation a function."""

from .elasticity import elasticity
from .measurement import Measurement, measure
from .mechanics import mechanics

__all__ = ["Measurement", "elasticity", "measure", "mechanics"]
