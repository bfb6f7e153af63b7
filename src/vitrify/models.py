"""Named glass formers: `vitrify.models.pss(rc=1.2)`."""

from vitrify.model.catalogue import FAMILIES, __dir__, __getattr__, named, parse
from vitrify.model.checking import PotentialReport, check

__all__ = ["FAMILIES", "PotentialReport", "__dir__", "__getattr__", "check", "named", "parse"]
