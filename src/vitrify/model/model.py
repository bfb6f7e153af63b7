"""A glass former: a pair potential and a mixture, under a name that a person can read."""

from __future__ import annotations

from dataclasses import dataclass, field

from vitrify.errors import UsageError

from .mixture import Mixture, require_number
from .offers import cutoff_of
from .potentials import Potential

LEAST_DENSITY, MOST_DENSITY = 1e-4, 1e6  # N/V in λ⁻³; below, the cells that neighbours are found in fill the memory


@dataclass(frozen=True, slots=True)
class Model:
    """What is simulated. Pair terms only so far; three-body and bonded terms will stand beside `potential`."""

    name: str  # readable form, such as "pss(rc=1.2)"
    potential: Potential
    mixture: Mixture = field(default_factory=Mixture)

    def __str__(self) -> str:
        return self.name

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
                f"{self.cutoff:.4g} of {self.name}; take at least {least + least % 2} particles"
            )
        return box
