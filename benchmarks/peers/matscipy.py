"""matscipy's pair potential calculator set to exactly our potential: forces for ASE, Hessian and elastic constants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numba import njit

from vitrify.models import Model, Potential

CG = {"x0": None, "rtol": 1e-10, "maxiter": None, "M": None, "callback": None, "atol": 0.0}  # as exact as ours


def missing() -> str:
    """Why there is no matscipy, or nothing."""
    absent = [name for name in ("ase", "matscipy") if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


@dataclass(frozen=True)
class Radial:
    """φ(r) with its two derivatives, from φ(u) by the chain rule. scale: λ_ij."""

    model: Model
    scale: float

    def __call__(self, r: Any, *_: Any) -> Any:
        return self._of(r)[0]

    @property
    def cutoff(self) -> float:
        return float(self.model.potential.cutoff * self.scale)

    def get_cutoff(self) -> float:
        return self.cutoff

    def first_derivative(self, r: Any, *_: Any) -> Any:
        return 2 * r / self.scale**2 * self._of(r)[1]

    def second_derivative(self, r: Any, *_: Any) -> Any:
        _, once, twice = self._of(r)
        return 2 / self.scale**2 * once + 4 * r**2 / self.scale**4 * twice

    def derivative(self, n: int = 1) -> Any:
        return {1: self.first_derivative, 2: self.second_derivative}[n]

    def _of(self, r: Any) -> Any:
        return _compiled(self.model.potential)(np.asarray(r, dtype=float) / self.scale)


@cache
def _compiled(potential: Potential) -> Any:
    """φ, φ_u, φ_uu of an array of r/λ, compiled: the peer is not to pay for a loop in Python."""
    radial, numbers, cutoff = njit(potential.derivatives()), np.array(potential.numbers()), potential.cutoff

    @njit
    def values(x):  # type: ignore[no-untyped-def]  # an array in, an array out
        found = np.zeros((3, len(x)))
        for k in range(len(x)):
            if x[k] < cutoff:
                found[0, k], found[1, k], found[2, k] = radial(x[k] ** 2, numbers)[:3]
        return found

    return values


def atoms_of(model: Model, positions: Any, species: Any, box: float) -> Any:
    """An ase.Atoms with its calculator."""
    from ase import Atoms
    from matscipy.calculators.pair_potential import PairPotential

    lengths = model.mixture.lengths
    atoms = Atoms(numbers=np.array([1, 2])[species], positions=positions, cell=[box] * 3, pbc=True)
    atoms.calc = PairPotential({(i + 1, j + 1): Radial(model, lengths[i][j]) for i in range(2) for j in range(i, 2)})
    return atoms


def shear_and_bulk(atoms: Any) -> tuple[float, float]:
    """G_xy of Eq. (A1) and K of Eq. (A3), from its Birch coefficients and stress."""
    from matscipy.elasticity import Voigt_6x6_to_full_3x3x3x3

    full = np.asarray(atoms.calc.get_elastic_constants(atoms, cg_parameters=CG))
    full = Voigt_6x6_to_full_3x3x3x3(full) if full.shape == (6, 6) else full
    stress = atoms.get_stress(voigt=False)
    return float(full[0, 1, 0, 1] + 0.5 * (stress[1, 1] - stress[0, 0])), float(np.einsum("aabb", full) / 9)
