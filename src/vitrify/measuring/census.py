"""A census of soft spots in plain numbers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from vitrify.observables import SoftSpot
from vitrify.observables.soft_spots import SoftSpots
from vitrify.statics.anharmonic import Order


def census_in_words(found: SoftSpots, kind: Order) -> dict[str, Any]:
    """The census as `measure --json` has it."""
    about = {"kind": kind, "found": found.found, "starts": found.starts, "lost": found.lost}
    return {**about, "spots": [_in_words(x) for x in found.spots]}


def _in_words(spot: SoftSpot) -> dict[str, Any]:
    """One spot as a record of plain numbers."""
    profile = spot.profile
    shells = {"from": profile.inner, "particles": profile.particles, "square": profile.square}
    energies = {x.name: getattr(profile.split, x.name) for x in fields(profile.split)}
    return {
        **spot.values,
        "core": spot.core.tolist(),
        "found_by": spot.found_by,
        "coupling": spot.coupling.tolist(),
        "profile": {name: x.tolist() for name, x in {**shells, **energies}.items()},
    }
