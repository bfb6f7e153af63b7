"""Formats of files: each reads and writes a Glass, and registers itself in `vitrify.glass_files`."""

from vitrify.public_names import only

from . import extxyz, gsd, lammps, lammps_dump, through_ase

__all__ = ["extxyz", "gsd", "lammps", "lammps_dump", "through_ase"]

__dir__ = only(__all__)
