"""Preparation of glasses from a model: start, liquid, quench."""

from vitrify.public_names import only
from vitrify.recipe import Recipe
from vitrify.renamed import renamed

from .make import prepare_glass, prepare_glasses, quench_glass

__all__ = ["Recipe", "prepare_glass", "prepare_glasses", "quench_glass"]

__getattr__ = renamed(__name__, {"make_glass": f"{__name__}.prepare_glass", "make_glasses": f"{__name__}.prepare_glasses"})

__dir__ = only(__all__)
