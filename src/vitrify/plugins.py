"""What a plugin is made of: an observable, a step of a preparation or a file format of one's own. See docs/plugins.md."""

from vitrify.formats.format import Format, register_format
from vitrify.recipe import STEPS, Step, register_step
from vitrify.study.observable import OBSERVABLES, Column, Measured, Observable, option, register

__all__ = [
    "OBSERVABLES", "STEPS", "Column", "Format", "Measured", "Observable", "Step", "option", "register", "register_format",
    "register_step",
]  # fmt: skip
