"""From a model to a glass: start, liquid, quench."""

from vitrify.recipe import Recipe

from .make import make_glass, make_glasses, quench_glass

__all__ = ["Recipe", "make_glass", "make_glasses", "quench_glass"]
