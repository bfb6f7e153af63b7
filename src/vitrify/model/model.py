"""A glass former: a pair potential and a mixture, under a name that a person can read."""

from __future__ import annotations

from dataclasses import dataclass

from vitrify.errors import UsageError, check

from .mixture import PAPERS, Mixture, require_number
from .offers import cutoff_of
from .potentials import Potential

LEAST_DENSITY, MOST_DENSITY = 1e-4, 1e6  # N/V in λ⁻³; below, the cells that neighbours are found in fill the memory


@dataclass(frozen=True, slots=True)
class Model:
    """What is simulated. Pair terms only so far; three-body and bonded terms will stand beside `potential`.

    Its readable form is its name, followed by the mixture where that is not the paper's. Raises UsageError."""

    name: str  # of the potential with its parameters, such as "pss(rc=1.2)"
    potential: Potential
    mixture: Mixture = PAPERS

    def __post_init__(self) -> None:
        named = isinstance(self.name, str) and bool(self.name.strip()) and self.name.isprintable()
        check(named, "model", "name", self.name, "a text on one line")
        mixed = isinstance(self.mixture, Mixture)
        check(mixed, "model", "mixture", self.mixture, 'a Mixture, such as Mixture.parse("[0.8:0.2; lengths 1,0.8,0.88]")')

    def __str__(self) -> str:
        return self.name if self.mixture == PAPERS else self.in_full

    @property
    def in_full(self) -> str:
        """Name and mixture, whichever it is."""
        return f"{self.name} {self.mixture}"

    @property
    def cutoff(self) -> float:
        """Largest range of any pair, in λ(small, small). Raises UsageError where the potential has no usable cutoff."""
        return cutoff_of(self.potential) * self.mixture.largest_length

    def fraction_counts(self, n_particles: int) -> tuple[int, ...]:
        """Particles of each species; raises UsageError where the fractions do not give whole numbers."""
        return self.mixture.counts(n_particles)

    def box_for(self, n_particles: int, density: float) -> float:
        """Edge of the cube, L = (N/ρ)^(1/3); raises UsageError unless it holds twice the cutoff, and for
        numbers and densities beyond the bounds.

        Below that a particle would meet two images of one neighbour."""
        require_number(n_particles)
        if not LEAST_DENSITY <= density <= MOST_DENSITY:
            raise UsageError(f"density is {density!r}, must be positive, from {LEAST_DENSITY:g} to {MOST_DENSITY:g}")
        box = float((n_particles / density) ** (1.0 / 3.0))
        if box < 2.0 * self.cutoff:
            least = int(density * (2.0 * self.cutoff) ** 3) + 1
            raise UsageError(
                f"{n_particles} particles at density {density:g} make a box of {box:.4g}, less than twice the cutoff "
                f"{self.cutoff:.4g} of {self}; take at least {self.mixture.nearest(least)} particles"
            )
        return box
