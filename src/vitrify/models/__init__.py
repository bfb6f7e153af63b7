"""Models of glass formers: potentials, mixtures, and each known one by name, as in `models.pss(rc=1.2)`; no numerics."""

from vitrify.public_names import only

from .catalogue import __getattr__ as __getattr__
from .catalogue import named, parse, register
from .checking import PotentialReport, check
from .many_body import ManyBody
from .mixture import LEAST_PARTICLES, MOST_PARTICLES, Mixture
from .model import LEAST_DENSITY, MOST_DENSITY, Model
from .molecule import Molecule
from .own_files import from_file
from .potentials import Potential, parameter, smooth_cutoff
from .quoted import eam, formula, tabulated
from .registry import FAMILIES, GLASS_FORMERS, OWN_MODELS, GlassFormer
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
    "ManyBody",
    "Mixture",
    "Model",
    "Molecule",
    "Potential",
    "PotentialReport",
    "Sizes",
    "Topology",
    "check",
    "eam",
    "formula",
    "from_file",
    "named",
    "parameter",
    "parse",
    "register",
    "smooth_cutoff",
    "tabulated",
]

__dir__ = only(__all__, FAMILIES, GLASS_FORMERS, OWN_MODELS)
