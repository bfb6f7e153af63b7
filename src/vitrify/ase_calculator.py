"""A calculator of ASE for a model: energy, forces and stress of Atoms by our pairs. It is imported where ASE is
installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from numpy.typing import NDArray

from vitrify.errors import check
from vitrify.formats.objects.ase import particles_of
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.plain_numbers import finite_number
from vitrify.statics import Pairs
from vitrify.statics.elastic_tensor import virial

FloatArray = NDArray[np.float64]
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))  # ASE's order: xx, yy, zz, yz, xz, xy


class ModelCalculator(Calculator):  # type: ignore[misc]  # ASE's class is unknown to mypy where ASE is not installed
    """Energy, forces and stress of the particles of ASE's Atoms.

    E = ½ Σ_ij ε φ, f_i = Σ_j φ' r_ij/r, σ = (1/2V) Σ_ij (φ'/r) r_ij ⊗ r_ij over all pairs within their range, each met
    twice. As in ASE σ is positive under tension. Of a plane V is the volume of ASE's cell, and σ has no part along z.

    model: of the particles; species: symbols of the atoms → labels, where they differ (symbols X are told apart by tags);
    epsilon: ε, in eV where results shall be; length: λ(small, small), in Å where the atoms are. Raises UsageError, when it
    calculates too: for atoms that the model cannot have, or without a periodic cell."""

    implemented_properties = ("energy", "free_energy", "energies", "forces", "stress")

    def __init__(
        self, model: Model, species: Mapping[str, str] | None = None, *, epsilon: float = 1.0, length: float = 1.0
    ) -> None:
        super().__init__()
        for name, value in (("epsilon", epsilon), ("length", length)):
            number = finite_number(value)
            check(number is not None and number > 0.0, "calculator", name, value, "positive")
        self.model, self.species = model, species
        self.epsilon, self.length = float(epsilon), float(length)

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Find all properties of the atoms at once."""
        super().calculate(atoms, properties, system_changes)
        glass, rotation = self._glass()
        pairs = Pairs.of(glass)
        energies = self.epsilon * pairs.energies
        energy = float(energies.sum())
        forces = self.epsilon / self.length * pairs.forces() @ rotation.T
        self.results = {"energy": energy, "free_energy": energy, "energies": energies, "forces": forces}
        if volume := float(self.atoms.cell.volume):  # of a plane ASE's cell may have none
            turned = self.epsilon * rotation @ virial(pairs) @ rotation.T
            self.results["stress"] = np.array([turned[i, j] for i, j in VOIGT]) / volume

    def _glass(self) -> tuple[Glass, FloatArray]:
        """The atoms as a glass in units of the model, and the rotation (3, 3) that took their vectors to its own."""
        found = particles_of(self.atoms, self.model).in_units(self.length)
        _, turn = found.cell()
        rotation = np.eye(3)
        rotation[: len(turn), : len(turn)] = turn
        species = {k: v for k, v in (self.species or {}).items() if k in found.names}  # of all that these or others have
        return found.of_any_composition(self.model, species), rotation
