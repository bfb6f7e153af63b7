"""How plain scalar Python becomes a fast loop: compilation, caching and launch; no algorithm and no physics."""

from .choose import DEVICES, backend, machine, no_gpu, number_of_gpus
from .cpu import Cpu
from .threads import set_threads, threads

__all__ = ["DEVICES", "Cpu", "backend", "machine", "no_gpu", "number_of_gpus", "set_threads", "threads"]
