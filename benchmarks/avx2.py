"""Molecular dynamics as a processor with AVX2 and without AVX-512 does it: most laptops, and many clusters.

python -m benchmarks.avx2 SYSTEM N QUICK in the environment of avx2_alone(): prints million particle-steps a second."""

from __future__ import annotations

import os
import sys

# Haswell's
NAMES = (
    "sse sse2 sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi bmi2 lzcnt f16c movbe cx16 cmov fxsr xsave mmx sahf 64bit"
)


def avx2_alone() -> dict[str, str]:
    """The environment in which Numba compiles so."""
    return os.environ | {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ",".join(f"+{x}" for x in NAMES.split())}


def main(name: str, n_particles: str, quick: str) -> None:
    """Five runs on the liquid that the case has made; their median."""
    from . import molecular_dynamics as md
    from .systems import LIQUIDS, liquid
    from .timing import interleaved

    system = {x.name: x for x in LIQUIDS}[name].of_size(int(n_particles))
    ours = md.Ours(liquid(system), md.steps_of(system, quick=bool(int(quick))))
    ours.run()  # compiles
    print(ours.rate(interleaved({"ours": ours.run}, 5)["ours"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
