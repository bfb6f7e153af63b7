"""Stress and elastic constants of a glass, as matrices."""

from __future__ import annotations

from typing import Any

from vitrify.glass import Glass
from vitrify.observables.elastic_constants import elastic_constants
from vitrify.statics import Hessian
from vitrify.study.observable import Column
from vitrify.study.observables.elastic_constants import AVERAGES, constants_columns

VOIGT = "by xx, yy, zz, yz, xz, xy (xx, yy, xy)"
MATRICES = {
    "stress": Column("ε/λ³", "σ, positive under tension"),
    "thermodynamic_constants": Column("ε/λ³", f"C_ijkl = (1/V) ∂²U/∂E∂E {VOIGT}"),
    "born_constants": Column("ε/λ³", "Born part of these"),
    "birch_coefficients": Column("ε/λ³", "B_ijkl, the change of σ_ij by a strain kl"),
}


def elastic_matrices(glass: Glass, hessian: Hessian) -> dict[str, Any]:
    """The matrices as lists of their rows, and the averages of Birch's coefficients. Raises SampleFailure as
    elastic_constants does."""
    found = elastic_constants(glass, hessian=hessian)
    matrices = (found.stress, found.thermodynamic, found.born, found.birch)
    averages = {k: x for k, x in constants_columns(found).items() if k.startswith((*AVERAGES, "universal"))}
    return {**{name: x.tolist() for name, x in zip(MATRICES, matrices, strict=True)}, **averages}
