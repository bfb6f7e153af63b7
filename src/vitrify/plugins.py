"""The parts from which a plugin is made: an observable, a step of a preparation, a file format, a potential or a glass
former of one's own. See docs/plugins.md; figures and papers are made from the parts in `vitrify.report`."""

from vitrify.glass_files import Format, register_format
from vitrify.models import Mixture, Potential, Sizes, parameter, smooth_cutoff
from vitrify.models.registry import GlassFormer, register_glass_former, register_potential
from vitrify.public_names import only
from vitrify.recipe import STEPS, Step, register_step
from vitrify.study.observable import OBSERVABLES, Column, Measured, Observable, option, register

__all__ = [
    "OBSERVABLES", "STEPS", "Column", "Format", "GlassFormer", "Measured", "Mixture", "Observable", "Potential", "Sizes",
    "Step", "option", "parameter", "register", "register_format", "register_glass_former", "register_potential",
    "register_step", "smooth_cutoff",
]  # fmt: skip
__dir__ = only(__all__)
