"""Pair potentials, one family a file: frozen records that know their cutoff, numbers and derivatives."""

from .base import Potential, Radial, smooth_cutoff
from .harmonic import Harmonic
from .hertzian import Hertzian
from .inverse_power import InversePower
from .lennard_jones import LennardJones
from .piecewise_sticky_spheres import PiecewiseStickySpheres
from .q_sticky_spheres import QStickySpheres

__all__ = [
    "Harmonic",
    "Hertzian",
    "InversePower",
    "LennardJones",
    "PiecewiseStickySpheres",
    "Potential",
    "QStickySpheres",
    "Radial",
    "smooth_cutoff",
]
