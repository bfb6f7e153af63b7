"""Named glass formers: `vitrify.models.pss(rc=1.2)`."""

from vitrify.model.catalogue import FAMILIES, __dir__, __getattr__, named, parse

__all__ = ["FAMILIES", "__dir__", "__getattr__", "named", "parse"]
