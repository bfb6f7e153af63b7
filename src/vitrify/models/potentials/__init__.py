"""Pair potentials, one family per file: frozen records that know their cutoff, numbers and derivatives.

Every file of this folder is imported and registers its family; a new one needs no line here."""

from importlib import import_module
from pkgutil import iter_modules

from vitrify.models.potential import Potential, Radial, parameter, smooth_cutoff

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
    "parameter",
    "smooth_cutoff",
]

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")
