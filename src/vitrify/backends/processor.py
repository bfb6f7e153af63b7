"""The processor that kernels are compiled for. Its instructions decide the last bits of what is computed."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
VECTORS = {8: "avx512f", 4: "avx2"}  # doubles of a vector, and the feature that gives it
NARROWEST = 2  # of SSE2 and of Arm's NEON


@cache
def processor() -> str:
    """Model name as Linux tells it on x86-64; elsewhere as LLVM knows it, such as "neoverse-n1" or "apple-m2"."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else _known_to_llvm() or platform.processor() or platform.machine()


@cache
def vector_doubles() -> int:
    """Doubles in a vector of the instructions that kernels are compiled to, which NUMBA_CPU_FEATURES may narrow."""
    features = _features()
    return next((width for width, name in VECTORS.items() if name in features), NARROWEST)


def processor_kind() -> str:
    """Model name and instructions, such as "AMD EPYC 9634 (avx512f)"."""
    return f"{processor()} ({VECTORS.get(vector_doubles(), platform.machine())})"


def has(feature: str) -> bool:
    """Whether kernels are compiled to instructions of this name, such as "avx2"."""
    return feature in _features()


def _known_to_llvm() -> str:
    from llvmlite import binding

    name = str(binding.get_host_cpu_name())
    return "" if name == "generic" else name


def _features() -> set[str]:
    from llvmlite import binding
    from numba import config

    chosen = vars(config).get("CPU_FEATURES")  # of the environment, or of Numba's own file
    if chosen is not None:
        return {x[1:] for x in str(chosen).split(",") if x.startswith("+")}
    return {name for name, there in binding.get_host_cpu_features().items() if there}
