"""What is simulated: potentials, mixtures and named glass formers; no numerics."""

from .mixture import LEAST_PARTICLES, MOST_PARTICLES, Mixture
from .model import LEAST_DENSITY, MOST_DENSITY, Model
from .potentials import Potential, smooth_cutoff
from .sizes import Sizes

__all__ = [
    "LEAST_DENSITY",
    "LEAST_PARTICLES",
    "MOST_DENSITY",
    "MOST_PARTICLES",
    "Mixture",
    "Model",
    "Potential",
    "Sizes",
    "smooth_cutoff",
]
