"""The observables that a study can ask for, one file each. Those of plugins follow."""

from importlib import import_module

from vitrify.study.observable import OBSERVABLES

__all__ = ["OBSERVABLES"]

_NAMES = (  # in the order of a table
    "mechanics", "elasticity", "structure", "spectrum", "modes", "qlm", "dipoles", "elastic_constants", "local_moduli",
    "soft_spots", "vibrality",
)  # fmt: skip
for _name in _NAMES:
    import_module(f"{__name__}.{_name}")
