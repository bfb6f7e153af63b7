"""The lowest 50 modes of one glass against scipy.sparse.linalg.eigsh(sigma=...), in one run.

    taskset -c 0 python -m benchmarks.modes [--particles 3000] [--number 50] [--repeats 3]

One pinned core, so one thread; repeats interleaved, medians. Ours include the count that proves them complete.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh

from vitrify.model.catalogue import parse
from vitrify.preparation import make_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.modes import lowest_modes

SIGMA = -1e-3  # just below the zero modes


def main() -> None:
    """Time both, check that they agree, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=3000)
    parser.add_argument("--number", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    glass = make_glass(
        parse("pss(rc=1.2)"),
        n_particles=chosen.particles,
        density=0.6,
        parent_temperature=5.4,
        rng=np.random.default_rng(1),
    )
    pairs = Pairs.of(glass)
    lowest_modes(Hessian(pairs), 5)  # compiles
    ours, theirs = [], []
    for _ in range(chosen.repeats):
        started = time.perf_counter()
        found = lowest_modes(Hessian(pairs), chosen.number)
        ours.append(time.perf_counter() - started)
        matrix = sparse.csc_matrix(Hessian(pairs).matrix())
        started = time.perf_counter()
        expected = eigsh(matrix, k=chosen.number + 3, sigma=SIGMA, return_eigenvectors=True)[0][3:]
        theirs.append(time.perf_counter() - started)
    off = float(np.abs(found.eigenvalues / np.sort(expected) - 1.0).max())
    residual = float(found.residuals.max() / found.eigenvalues[-1])
    print(f"N = {chosen.particles}, lowest {chosen.number} modes, medians of {chosen.repeats}, one thread")
    print(f"vitrify  {np.median(ours):7.2f} s  proof: {found.proof}; residual {residual:.1e} of the largest eigenvalue")
    print(f"eigsh    {np.median(theirs):7.2f} s  SuperLU, sigma = {SIGMA}; eigenvalues agree to {off:.1e}")
    print(f"ratio    {np.median(theirs) / np.median(ours):7.1f}")


if __name__ == "__main__":
    main()
