"""Embedded atoms, read from a file: metals and their glasses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check
from vitrify.models.embedded_splines import COEFFICIENTS, EmbeddedSplines, EmbeddingError
from vitrify.models.many_body import ManyBody
from vitrify.models.mixture import Mixture
from vitrify.models.potential import Potential, Radial, law_of_u, no_pairs
from vitrify.models.setfl import EamFile, chosen_elements, eam_of, remember_eam

FloatArray = NDArray[np.float64]
HEAD = 6  # numbers before those of pairs: elements, 1/Δr, last piece, 1/Δρ, last piece, place of the embeddings
PLACE_BITS = 31
PLACES = 2**PLACE_BITS - 1  # mask of places in the numbers: a compiler sees that none is negative, and asks no more
OF_PAIR = 2  # numbers of a pair: place of the density here, above which stands how far that there is; and of the next piece


@dataclass(frozen=True, slots=True)
class EmbeddedAtom(Potential):
    """U = Σ_i F_i(ρ_i) + ½ Σ_ij φ_ij(r), with the density ρ_i = Σ_j f(r_ij) of the elements of j, or of i and j: Daw and
    Baskes, Phys. Rev. B 29, 6443 (1984); Finnis and Sinclair, Phil. Mag. A 50, 45 (1984).

    The functions are splines through the rows of a file (eam.alloy or eam.fs of LAMMPS), whose λ is 1 Å and whose ε is
    1 eV. Derivatives to the fourth are continuous; the fourth has a kink at each row, and noise where the rows have few
    digits: `error` tells how much. At the cutoff value, slope and curvature vanish; beyond the largest ρ of the file F goes
    straight on. Raises UsageError."""

    file: str  # as a person reads it
    digest: str  # of its content
    elements: tuple[str, ...]  # of the species of the mixture, in order

    summary: ClassVar[str] = "embedded atoms of a file of yours, LAMMPS' eam.alloy or eam.fs: metals and metallic glasses"

    def __post_init__(self) -> None:
        owner = f"potential {self.file!r}"
        named = isinstance(self.elements, tuple) and bool(self.elements)
        check(named, owner, "elements", self.elements, 'names of elements of the file, such as ("Cu", "Zr")')
        if not Path(self.file).name == self.file or '"' in self.file:
            raise UsageError(f"{owner} has a name that is no plain file name")
        _ = self.splines.cold

    @property
    def content(self) -> EamFile:
        """What stands in the file."""
        return eam_of(self.digest, self.file)

    @property
    def splines(self) -> EmbeddedSplines:
        """Its functions of these elements."""
        return _splines(self.digest, self.file, self.elements)

    @property
    def cutoff(self) -> float:
        return self.splines.cutoff

    @property
    def error(self) -> EmbeddingError:
        """The error of the interpolation."""
        return self.splines.error

    @property
    def usual_mixture(self) -> Mixture:  # type: ignore[override]  # of a class for all others
        """Equal parts of the elements, each of mass 1."""
        n = len(self.elements)
        ones = tuple((1.0,) * n for _ in range(n))
        return Mixture(composition=(1.0 / n,) * n, lengths=ones, labels=self.elements)

    def parameters(self) -> dict[str, float]:
        """None that is a number."""
        return {}

    def numbers(self) -> FloatArray:
        return _numbers(self.digest, self.file, self.elements)

    def derivatives(self) -> Radial:
        """Nothing: the energy of pairs stands beside that of the densities, as it depends on the elements."""
        return no_pairs

    def many_body(self) -> ManyBody:
        """All of the energy, as moments the density at a particle and half of its pair energies."""
        return ManyBody(
            2, _radial, _moment, _joined, _nothing, _energy, _slopes, _pull, turned=_turned, located=_located, along=_along
        )

    def neighbour_distance(self) -> float:
        """That of the smallest element in its cold fcc crystal."""
        return min(x for x, _ in self.splines.cold)

    def contact_laws(self, u: FloatArray) -> FloatArray:
        """φ + F'_i f + F'_j f of each pair of elements, with F' at the densities of cold crystals."""
        r, n = np.sqrt(u), len(self.elements)
        laws = []
        for i in range(n):
            for j in range(i, n):
                energy, slope, curvature = self.splines.contact(i, j, r)
                laws.append(law_of_u(u, energy, slope, curvature))
        return np.array(laws)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the content of the file."""
        return _restored, (self.file, self.digest, self.elements, self.content)


def _restored(file: str, digest: str, elements: tuple[str, ...], content: EamFile) -> EmbeddedAtom:
    remember_eam(content)
    return EmbeddedAtom(file, digest, elements)


@cache
def _splines(digest: str, file: str, elements: tuple[str, ...]) -> EmbeddedSplines:
    content = eam_of(digest, file)
    return EmbeddedSplines(content, chosen_elements(content, elements))


@cache
def _numbers(digest: str, file: str, elements: tuple[str, ...]) -> FloatArray:
    """The head, the places of each ordered pair, the pieces of each pair side by side (r φ, density of one element at the
    other, and the density the other way where the elements differ), and those of the embeddings."""
    splines = _splines(digest, file, elements)
    n, pieces = len(elements), splines.pieces
    places, blocks = np.zeros((n, n, OF_PAIR)), []
    at = HEAD + places.size
    for i in range(n):
        for j in range(i, n):
            own = [splines.pair[i, j], splines.density[i, j]] + ([splines.density[j, i]] if i != j else [])
            blocks.append(np.concatenate(own, axis=1).ravel())
            apart, stride = COEFFICIENTS if i != j else 0, COEFFICIENTS * len(own)
            first = at + COEFFICIENTS
            places[i, j] = first + (COEFFICIENTS + apart) * 2**PLACE_BITS, stride
            places[j, i] = first + apart + (COEFFICIENTS - apart) * 2**PLACE_BITS, stride
            at += len(blocks[-1])
    embedding = splines.embedding
    head = [n, 1.0 / splines.content.r_step, pieces - 1, 1.0 / splines.content.rho_step, embedding.shape[1] - 1, at]
    numbers = np.concatenate([head, places.ravel(), *blocks, embedding.ravel()])
    if not np.isfinite(numbers).all():
        raise UsageError(f"potential {file!r} has numbers that are too large for the computer")
    numbers.flags.writeable = False
    return numbers


def _located(s, w, mine, theirs, c):
    """1/r, where r is between two rows, and the place of the pieces there."""
    k = (HEAD + OF_PAIR * (int(c[0]) * mine + theirs)) & PLACES
    x = s * w * c[1]
    piece = min(int(x), int(c[2]))
    return w, x - piece, c[k] + piece * c[k + 1]


def _radial(located, mine, theirs, c):  # noqa: ARG001  # all terms have one signature
    """The density here and at the far end, half the energy of the pair, and what times r gives their slopes, the same
    order. Horner's rule, with each derivative beside its value: one multiplication a coefficient."""
    w, t, place = located
    both = int(place)
    a = both & PLACES
    b = (a + (both >> PLACE_BITS) - COEFFICIENTS) & PLACES
    d = (min(a, b) - COEFFICIENTS) & PLACES
    here, there, z = c[a + 4] + t * c[a + 5], c[b + 4] + t * c[b + 5], c[d + 4] + t * c[d + 5]
    of_here, of_there, of_z = here + t * c[a + 5], there + t * c[b + 5], z + t * c[d + 5]
    here, there, z = c[a + 3] + t * here, c[b + 3] + t * there, c[d + 3] + t * z
    of_here, of_there, of_z = here + t * of_here, there + t * of_there, z + t * of_z
    here, there, z = c[a + 2] + t * here, c[b + 2] + t * there, c[d + 2] + t * z
    of_here, of_there, of_z = here + t * of_here, there + t * of_there, z + t * of_z
    here, there, z = c[a + 1] + t * here, c[b + 1] + t * there, c[d + 1] + t * z
    of_here, of_there, of_z = here + t * of_here, there + t * of_there, z + t * of_z
    h, phi = w * c[1], w * (c[d] + t * z)
    return c[a] + t * here, c[b] + t * there, 0.5 * phi, h * of_here, h * of_there, 0.5 * w * (h * of_z - w * phi)


def _turned(radial):
    return radial[1], radial[0], radial[2], radial[4], radial[3], radial[5]


def _along(radial):
    return radial[3], radial[5]


def _moment(radial, x, y, z):  # noqa: ARG001  # all terms have one signature
    return radial[0], radial[2]


def _joined(p, q):
    return p[0] + q[0], p[1] + q[1]


def _nothing(zero):
    return zero, zero


def _energy(m, mine, c):
    x = m[0] * c[3]
    piece = max(0, min(int(x), int(c[4])))
    t = x - piece
    k = (int(c[5]) + COEFFICIENTS * ((int(c[4]) + 1) * mine + piece)) & PLACES
    return c[k] + t * (c[k + 1] + t * (c[k + 2] + t * (c[k + 3] + t * (c[k + 4] + t * c[k + 5])))) + m[1]


def _slopes(m, mine, c):
    x = m[0] * c[3]
    piece = max(0, min(int(x), int(c[4])))
    t = x - piece
    k = (int(c[5]) + COEFFICIENTS * ((int(c[4]) + 1) * mine + piece)) & PLACES
    of_x = c[k + 1] + t * (2.0 * c[k + 2] + t * (3.0 * c[k + 3] + t * (4.0 * c[k + 4] + t * (5.0 * c[k + 5]))))
    return c[3] * of_x, 1.0


def _pull(radial, x, y, z, m):
    along = radial[3] * m[0] + radial[5] * m[1]
    return along * x, along * y, along * z
