"""Operators of one inherent state: its pairs, its Hessian, its response to strain."""

from vitrify.public_names import only

from .hessian import Hessian
from .pairs import Pairs
from .strain import BULK, SHEAR_XY, SHEAR_XZ, SHEAR_YZ, Modulus, bulk_modulus, strain_modulus

__all__ = [
    "BULK",
    "SHEAR_XY",
    "SHEAR_XZ",
    "SHEAR_YZ",
    "Hessian",
    "Modulus",
    "Pairs",
    "bulk_modulus",
    "strain_modulus",
]

__dir__ = only(__all__)
