"""What is simulated: potentials, mixtures and named glass formers; no numerics."""

from .mixture import Mixture
from .model import Model
from .potentials import Potential

__all__ = ["Mixture", "Model", "Potential"]
