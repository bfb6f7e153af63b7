"""The backend in use."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from numba import config

from vitrify.errors import UsageError, wrong

from .cpu import Cpu

if TYPE_CHECKING:
    from .gpu import Gpu

DEVICES = ("cpu", "cuda")


@cache
def backend() -> Cpu:
    """The CPU backend of this process. Raises UsageError where the compiler is switched off."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]  # Numba sets it as it reads its settings
        raise UsageError("NUMBA_DISABLE_JIT is set, but kernels must be compiled; unset it")
    return Cpu()


@cache
def gpu() -> Gpu:
    """The GPU backend of this process. Raises UsageError where there is none, with the reason."""
    reason = no_gpu()
    if reason:
        raise UsageError(f"device is 'cuda', but {reason}; must be 'cpu' here")
    from .gpu import Gpu

    return Gpu()


def no_gpu() -> str | None:
    """The reason why no GPU can be used; None where one can."""
    if not find_spec("numba_cuda"):
        return 'numba-cuda is not installed (pip install ".[gpu]")'
    try:
        from numba import cuda

        return None if cuda.is_available() else "no CUDA GPU was found"
    except Exception as error:  # a broken driver must not break the CPU
        return f"the CUDA driver is not usable ({type(error).__name__})"


def number_of_gpus() -> int:
    """GPUs that this process sees, or the one of the simulator."""
    if no_gpu():
        return 0
    from numba import cuda

    return len(cuda.gpus)


def machine(device: str) -> Cpu | Gpu:
    """The backend of this name. Raises UsageError for an unknown name, or for "cuda" where there is no GPU."""
    if device not in DEVICES:
        raise wrong("", "device", device, " or ".join(map(repr, DEVICES)))
    return backend() if device == "cpu" else gpu()
