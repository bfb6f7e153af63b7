"""A census of soft spots: the softest nonlinear modes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from vitrify.study.observable import NUMBER, Column, Measured, Observable, Option, option, register

if TYPE_CHECKING:
    import numpy as np

    from vitrify.glass import Glass
    from vitrify.observables import SoftSpots as Found

NUMBERS = (  # of each spot, kept as arrays (k,)
    "frequency", "residual", "participation_ratio", "size", "derivative", "cubic", "quartic", "k_plus", "k_minus", "f_plus",
    "f_minus", "dilation_over_shear",
)  # fmt: skip


@register
@dataclass(frozen=True)
class SoftSpots(Observable):
    """The softest modes. The store keeps as arrays, by rising frequency: each number of a spot (k,), `core` (k, d),
    `coupling` (k, d, d), `found_by` (k,), profiles about the core by `shell` (s,), λ: `profile_square` and
    `profile_k_plus` ... `profile_f_minus` (k, s), and `vector` (k, n, d) where it is asked for."""

    number: int = option(16, "number of softest modes", at_least=1)
    kind: str = option(
        "quartic", "kind of nonlinear mode", choices=("quartic", "cubic", "pseudo-harmonic", "participation")
    )
    vectors: bool = option(False, "whether the displacements of the modes are kept")

    name: ClassVar[str] = "soft_spots"
    summary: ClassVar[str] = (
        "the `number` softest of all nonlinear modes that a systematic search finds, with their places, sizes and profiles"
    )
    columns: ClassVar[Mapping[str, Column]] = {
        "n_soft_spots": Column(NUMBER, "soft spots kept, the softest of those found", int),
        "soft_spots_found": Column(NUMBER, "different nonlinear modes that the census found", int),
        "soft_spots_starts": Column(NUMBER, "starts of the census", int),
        "soft_spots_lost": Column(NUMBER, "starts that led to no mode", int),
        "soft_spot_frequency": Column("√(ε/m)/λ", "ω of the softest one"),
        "soft_spot_participation_ratio": Column(NUMBER, "participation ratio of the softest one"),
        "soft_spot_size": Column("λ", "radius of gyration of the softest one, weights |π_i|⁴"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import soft_spots

        kind: Any = self.kind
        return _measured(soft_spots(glass, self.number, kind=kind), vectors=self.vectors)


def _measured(found: Found, *, vectors: bool) -> Measured:
    softest = found.spots[0].values
    values: dict[str, Option] = {
        "n_soft_spots": len(found.spots),
        "soft_spots_found": found.found,
        "soft_spots_starts": found.starts,
        "soft_spots_lost": found.lost,
        "soft_spot_frequency": softest["frequency"],
        "soft_spot_participation_ratio": softest["participation_ratio"],
        "soft_spot_size": softest["size"],
    }
    return Measured(values, _arrays(found) | (_vectors(found) if vectors else {}))


def _arrays(found: Found) -> dict[str, np.ndarray[Any, Any]]:
    import numpy as np

    spots = found.spots
    numbers = {name: np.array([x.values[name] for x in spots]) for name in NUMBERS}
    places = {name: np.array([getattr(x, name) for x in spots]) for name in ("core", "coupling", "found_by")}
    parts = [x.name for x in fields(spots[0].profile.split)]
    profiles = {"profile_square": np.array([x.profile.square for x in spots])} | {
        f"profile_{name}": np.array([getattr(x.profile.split, name) for x in spots]) for name in parts
    }
    particles = np.array([x.profile.particles for x in spots])
    return {**numbers, **places, "shell": spots[0].profile.inner, "profile_particles": particles, **profiles}


def _vectors(found: Found) -> dict[str, np.ndarray[Any, Any]]:
    import numpy as np

    return {"vector": np.array([x.vector for x in found.spots])}
