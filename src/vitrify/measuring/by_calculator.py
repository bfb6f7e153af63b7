"""A glass in a file, as a calculator of others takes it, and the calculator in a file of Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, hint
from vitrify.formats.configuration import Configuration, in_one_plane
from vitrify.formats.elements import are_elements
from vitrify.formats.objects.needs import require_package
from vitrify.glass_files import LAST, read_glasses
from vitrify.observables.calculators import is_ase
from vitrify.observables.of_calculator import CalculatorMeasurement, measure_calculator
from vitrify.plugin_files import load_file

FloatArray = NDArray[np.float64]


def calculator_in(text: str) -> Any:
    """The calculator of a text such as file.py:name; the file is run. Raises UsageError."""
    file, colon, name = text.rpartition(":")
    if not (file and colon and name.isidentifier()):
        raise UsageError(
            f"--calculator is {text!r}, must be a Python file and a name in it, such as potential.py:calculator"
        )
    module = load_file(Path(file).expanduser(), "calculator")
    if not hasattr(module, name):
        raise UsageError(f"{file} has no {name}{hint(name, [x for x in vars(module) if not x.startswith('_')])}")
    return getattr(module, name)


def measure_file(
    file: Path, calculator: Any, *, species: Mapping[str, str], frame: int = LAST, box: Any = None, **options: Any
) -> CalculatorMeasurement:
    """Measure the glass in a file with a calculator, whose units are those of the file. species: names in the file →
    elements, for a calculator of ASE; options: those of `measure_calculator`. Raises UsageError."""
    ((_, found),) = read_glasses(Configuration, file, frames=frame, box=box, as_said=True)
    assert found.vectors is not None
    flat = found.periodic == (True, True, False) or (found.planes and in_one_plane(found.positions))
    if is_ase(calculator):
        return measure_calculator(_atoms(found, species, flat), calculator, **options)
    if species:
        raise UsageError("--species names the elements of a calculator of ASE, and a function knows none; leave it out")
    d = 2 if flat else 3
    return measure_calculator(found.positions[:, :d], calculator, cell=found.vectors[:d, :d], **options)


def _atoms(found: Configuration, species: Mapping[str, str], flat: bool) -> Any:
    """ASE's Atoms of a configuration. Species that are no elements have the symbol X and are told apart by their tags, in
    the order of their names."""
    ase = require_package("ase", "--calculator")
    absent = [x for x in species if x not in found.names]
    if absent:
        raise UsageError(
            f"--species names {absent[0]}, which is not in the file, must name some of {', '.join(set(found.names))}"
        )
    names = [species.get(x, x) for x in found.names]
    kinds = sorted(set(names))
    symbols = names if are_elements(kinds) else np.zeros(len(names), dtype=int)
    return ase.Atoms(
        symbols,
        positions=found.positions,
        cell=found.vectors,
        pbc=(True, True, not flat),
        tags=[kinds.index(x) for x in names],
    )
