"""How plain scalar Python becomes a fast loop: compilation, caching and launch; no algorithm and no physics."""

from .choose import backend
from .cpu import Cpu

__all__ = ["Cpu", "backend"]
