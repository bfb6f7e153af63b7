"""The observables that a study can ask for: a file each, then those of plugins."""

from importlib import import_module

from vitrify.plugin_files import load_files, load_group
from vitrify.study.observable import OBSERVABLES

__all__ = ["OBSERVABLES"]

for _name in ("mechanics", "elasticity", "structure", "spectrum", "modes", "qlm", "dipoles"):  # in the order of a table
    import_module(f"{__name__}.{_name}")
load_group("vitrify.observables")
load_files()
