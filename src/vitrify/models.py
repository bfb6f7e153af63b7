"""Named models: `vitrify.models.pss(rc=1.2)`, `vitrify.models.kob_andersen()`."""

from vitrify.model.catalogue import FAMILIES, __dir__, __getattr__, named, parse
from vitrify.model.checking import PotentialReport, check
from vitrify.model.glass_formers import GLASS_FORMERS, GlassFormer

__all__ = [
    "FAMILIES",
    "GLASS_FORMERS",
    "GlassFormer",
    "PotentialReport",
    "__dir__",
    "__getattr__",
    "check",
    "named",
    "parse",
]
