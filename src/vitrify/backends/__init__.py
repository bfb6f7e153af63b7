"""Backends turn plain scalar Python into fast loops: compilation, caching, launch; no algorithm and no physics."""

from vitrify.public_names import only

from .choose import DEVICES, backend, machine, no_gpu, number_of_gpus
from .cpu import Cpu
from .threads import set_threads, threads

__all__ = ["DEVICES", "Cpu", "backend", "machine", "no_gpu", "number_of_gpus", "set_threads", "threads"]

__dir__ = only(__all__)
