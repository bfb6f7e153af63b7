"""From a model to a glass: start, liquid, quench."""

from .make import Recipe, make_glass, make_glasses, quench_glass

__all__ = ["Recipe", "make_glass", "make_glasses", "quench_glass"]
