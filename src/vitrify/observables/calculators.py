"""Calculators of others, and the configurations that they calculate, as `statics.force_calls` asks them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, shown
from vitrify.formats.objects.needs import require_package
from vitrify.glass import Glass
from vitrify.statics.force_calls import Calculator

FloatArray = NDArray[np.float64]
EXAMPLE = "a calculator of ASE, or a function of (positions, cell) that returns the energy and the forces"


def calculator_of(configuration: Any, calculator: Any, cell: Any) -> tuple[Calculator, FloatArray, FloatArray]:
    """The calculator as it is asked, positions (n, d) and cell (d, d). Raises UsageError."""
    if isinstance(calculator, type) and is_ase(calculator):
        name = calculator.__name__
        raise UsageError(f"calculator is the class {name}, must be a calculator that is made of it, such as {name}()")
    if isinstance(configuration, Glass):
        _require_no(cell, "a Glass")
        configuration = configuration.to_ase() if is_ase(calculator) else configuration
    if isinstance(configuration, Glass):
        positions, matrix, species = configuration.positions, configuration.cell.matrix, configuration.species.tobytes()
        return _of_function(calculator, species), np.array(positions), np.array(matrix)
    if hasattr(configuration, "get_chemical_symbols"):
        _require_no(cell, "ASE's Atoms")
        return _of_atoms(configuration, configuration.calc if calculator is None else calculator)
    if is_ase(calculator):
        raise UsageError("a calculator of ASE calculates Atoms; give these, or a Glass, in the place of positions")
    positions = _array("positions", configuration)
    if positions.ndim != 2 or positions.shape[1] not in (2, 3) or len(positions) < 2:
        raise UsageError(f"positions have the shape {positions.shape}, must be (n, 3) or (n, 2) of two particles or more")
    return _of_function(calculator), positions, _cell(cell, positions.shape[1])


def is_ase(calculator: Any) -> bool:
    """Whether an object is a calculator of ASE."""
    return hasattr(calculator, "get_potential_energy") and hasattr(calculator, "get_forces")


def _of_function(function: Any, species: bytes = b"") -> Calculator:
    if not callable(function) or isinstance(function, type):
        raise UsageError(f"calculator is {shown(function)}, must be {EXAMPLE}")
    return Calculator(
        function, lambda positions, cell, _: function(positions, cell), getattr(function, "jvp", None), species
    )


def _of_atoms(atoms: Any, calculator: Any) -> tuple[Calculator, FloatArray, FloatArray]:
    d, cell = _dimension(atoms), np.array(atoms.cell[:], dtype=float)
    positions = np.array(atoms.positions, dtype=float)[:, :d]
    species = np.array(atoms.numbers).tobytes() + np.array(atoms.get_tags()).tobytes()
    if not is_ase(calculator):
        return _of_function(calculator, species), positions, cell[:d, :d]
    asked = _Ase(atoms, calculator, d)
    push = asked.push if hasattr(calculator, "jvp") else None
    return Calculator(calculator, asked.ask, push, species), positions, cell[:d, :d]


def _dimension(atoms: Any) -> int:
    """3, or 2 of particles in one plane that is not repeated along c. Raises UsageError."""
    periodic = [bool(x) for x in atoms.pbc]
    cell = np.array(atoms.cell[:], dtype=float)
    flat = periodic == [True, True, False] and not np.ptp(atoms.positions[:, 2]) > 0.0 and not cell[:2, 2].any()
    if not (all(periodic) or flat):
        raise UsageError(
            "ASE's Atoms must be periodic in all directions, or lie in one plane and be periodic along a and b in it"
        )
    if len(atoms) < 2:
        raise UsageError(f"ASE's Atoms have {len(atoms)} particles, must have two or more")
    d = 2 if flat else 3
    if not abs(np.linalg.det(cell[:d, :d])) > 0.0:
        raise UsageError("ASE's Atoms have no cell; a periodic one is needed")
    return d


class _Ase:
    """A calculator of ASE, and Atoms of its own that it is asked of."""

    def __init__(self, atoms: Any, calculator: Any, d: int) -> None:
        self.d, self.body = d, atoms.copy()
        self.body.set_constraint()
        self.body.calc = calculator
        self.stressed = "stress" in getattr(calculator, "implemented_properties", ())
        self.missing = require_package("ase.calculators.calculator", "a calculator").PropertyNotImplementedError

    def ask(self, positions: FloatArray, cell: FloatArray, strained: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Energy, forces and, where the cell is strained, the stress that it may have."""
        self._place(positions, cell)
        energy, forces = self.body.get_potential_energy(), np.array(self.body.get_forces())
        energy = getattr(self.body.calc, "results", {}).get("free_energy", energy)  # of which forces are the slope
        return energy, forces[:, : self.d], self._stress() if strained and self.stressed else None

    def push(self, positions: FloatArray, cell: FloatArray, direction: FloatArray) -> FloatArray:
        """The derivative of the forces along a direction, by the calculator itself."""
        self._place(positions, cell)
        along = np.zeros((len(positions), 3))
        along[:, : self.d] = direction
        return np.array(self.body.calc.jvp(self.body, along))[:, : self.d]

    def _place(self, positions: FloatArray, cell: FloatArray) -> None:
        matrix = np.array(self.body.cell[:])
        matrix[: self.d, : self.d] = cell
        self.body.set_cell(matrix)
        self.body.positions[:, : self.d] = positions

    def _stress(self) -> FloatArray | None:
        """σ, (d, d); of a plane in force per length."""
        try:
            stress = np.array(self.body.get_stress(voigt=False))
        except self.missing:
            self.stressed = False
            return None
        return stress if self.d == 3 else stress[:2, :2] * float(np.linalg.norm(self.body.cell[2]))


def _cell(cell: Any, d: int) -> FloatArray:
    """Vectors (d, d) of an edge, of edges or of vectors. Raises UsageError."""
    if cell is None:
        raise UsageError("positions alone have no cell; give cell=..., an edge, edges or vectors as rows")
    given = _array("cell", cell)
    matrix = np.diag(np.full(d, given)) if given.ndim == 0 else np.diag(given) if given.ndim == 1 else given
    if matrix.shape != (d, d) or not abs(np.linalg.det(matrix)) > 0.0:
        raise UsageError(f"cell is {shown(cell)}, must be an edge, {d} edges, or {d} vectors as rows that span a volume")
    return matrix


def _array(name: str, given: Any) -> FloatArray:
    try:
        found = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.array(np.nan)
    if not np.isfinite(found).all():
        raise UsageError(f"{name} is {shown(given)}, must be finite numbers")
    return found


def _require_no(cell: Any, owner: str) -> None:
    if cell is not None:
        raise UsageError(f"cell is given, but {owner} has one of its own")
