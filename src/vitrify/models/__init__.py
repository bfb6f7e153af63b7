"""Models of glass formers: potentials, mixtures, and each known one by name, as in `models.pss(rc=1.2)`; no numerics."""

from vitrify.public_names import only

from .catalogue import __getattr__ as __getattr__
from .catalogue import named, parse
from .checking import PotentialReport, check
from .mixture import LEAST_PARTICLES, MOST_PARTICLES, Mixture
from .model import LEAST_DENSITY, MOST_DENSITY, Model
from .molecule import Molecule
from .potentials import Potential, parameter, smooth_cutoff
from .quoted import formula, tabulated
from .registry import FAMILIES, GLASS_FORMERS, GlassFormer
from .sizes import Sizes
from .topology import Topology

__all__ = [
    "FAMILIES",
    "GLASS_FORMERS",
    "LEAST_DENSITY",
    "LEAST_PARTICLES",
    "MOST_DENSITY",
    "MOST_PARTICLES",
    "GlassFormer",
    "Mixture",
    "Model",
    "Molecule",
    "Potential",
    "PotentialReport",
    "Sizes",
    "Topology",
    "check",
    "formula",
    "named",
    "parameter",
    "parse",
    "smooth_cutoff",
    "tabulated",
]

__dir__ = only(__all__, FAMILIES, GLASS_FORMERS)
