"""Quantities of a glass that follow from forces and energies alone, without a solve and without modes."""

from __future__ import annotations

import numpy as np

from vitrify.glass import Glass
from vitrify.statics import Pairs

from .pressure import pressure
from .stickiness import stickiness


def mechanics(glass: Glass, pairs: Pairs | None = None) -> dict[str, float]:
    """Energy, largest force, pressure (Eqs. A4, A7), stickiness (Eq. 3) and coordination of a glass, by column name."""
    pairs = pairs or Pairs.of(glass)
    p = pressure(pairs)
    coordination = np.diff(pairs.start)
    return {
        "energy_per_particle": pairs.energy / glass.n_particles,
        "max_force": float(np.abs(pairs.forces()).max()),
        "mean_pair_force": float(np.abs(pairs.slope).mean()) if len(pairs.slope) else 0.0,
        "pressure": p.value,
        "pressure_positive": p.positive,
        "pressure_negative": p.negative,
        "p_over_p0": p.over_p0,
        "stickiness": stickiness(pairs),
        "coordination": float(coordination.mean()),
        "min_coordination": float(coordination.min()),
    }


def energy_by_term(glass: Glass) -> dict[str, float]:
    """The energy of a glass in ε, by the terms that its model has: "pairs", "bonds" and "angles" of molecules, and "beyond
    pairs", such as the angles between the bonds of silicon or all of the energy of embedded atoms.

    The bonds of one molecule are no pairs where they exclude one; a FENE bond has its repulsion. Raises SampleFailure where
    a bond is longer than its law allows."""
    return Pairs.of(glass).energy_by_term
