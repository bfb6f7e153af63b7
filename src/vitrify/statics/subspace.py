"""A subspace that grows with each product M·v: modes and responses of a glass whose Hessian is known by its products alone.

The images M·v of its vectors are kept with them, so that no product is asked for twice: all modes and all responses are
sought in one space, by Rayleigh and Ritz, and what is left of a residual is the direction in which it grows. From a single
vector this is the method of Lanczos and of conjugate gradients, with all directions orthogonal to rounding. A subspace
that is full keeps its softest half; one that has as many vectors as there are degrees of freedom leaves nothing to ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.errors import SampleFailure
from vitrify.waiting import Doing, doing

from .differences import Differences

FloatArray = NDArray[np.float64]
CAPACITY = 1_000  # vectors of a subspace and as many images: 48 MB for 1,000 particles
EVERY = 8  # vectors between two looks at the modes: these are cubic in their number, a product is not
LOST = 1e-8  # part of a direction that lies outside the subspace, below which it is only rounding
SETTLED = 1e-4  # residual of a mode in its eigenvalue, whose error is then about its square
PROVEN = 1e-6  # part to which a random force is answered in a proof; it misses a mode to this part once in 30,000 times
BEYOND = 4  # modes beyond those that are wanted: they tell where the next lies, and quicken the proof
APART = 1e-3  # relative distance of two modes from which it is counted between them
ZERO = 1e-8  # of the scale of M: eigenvalues below it, or below the error of a product, count as zero
ROUGH = 10.0  # errors of a product that a residual may be of when there is no direction left
NOISY = 3.0  # errors of a product up to which the residual of a mode that has settled may be noise
OF_NORM = 2.0  # norm of a noisy symmetric matrix, in its product with any vector (Wigner): it moves no eigenvalue by more
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class LowModes:
    """The lowest modes, by rising eigenvalue."""

    eigenvalues: FloatArray  # (k,)
    vectors: FloatArray  # (k, size), orthonormal
    images: FloatArray  # (k, size) M·ψ
    counted_below: float  # eigenvalue below which none is missing, whatever the errors of products hide
    proof: str
    beyond: float  # the next eigenvalue; infinite where there is none


class Subspace:
    """Orthonormal vectors, their images under M, and what M is among them."""

    def __init__(self, differences: Differences, capacity: int = CAPACITY) -> None:
        self.of = differences
        self.degrees: int = differences.size - differences.d
        self.capacity = min(capacity, self.degrees)
        self._q, self._w = (np.empty((self.capacity, differences.size)) for _ in range(2))
        self._h = np.empty((self.capacity, self.capacity))
        self._inverse: FloatArray | None = None
        self.number: int = 0
        self.products = self._proofs = 0
        self._random = np.random.default_rng(seeds.MODES)
        self._add_random()

    @property
    def is_whole(self) -> bool:
        """Whether it has every direction but the translations."""
        return self.number == self.degrees

    @property
    def zero(self) -> float:
        """Magnitude below which an eigenvalue counts as zero."""
        return max(ZERO, self.of.product_error) * self.of.scale

    def ritz(self) -> tuple[FloatArray, FloatArray]:
        """Ritz values, (number,), and the coefficients of their vectors as columns."""
        values, columns = np.linalg.eigh(self._matrix)
        return np.asarray(values), np.asarray(columns)

    def lowest(self, number: int) -> LowModes:
        """The `number` lowest modes, with the proof that none is missing. Raises SampleFailure for a glass that is no
        minimum, or where they are not found."""
        number = min(number, self.degrees)
        with doing(f"the {number} lowest modes") as now:
            while True:
                found = self._settled(number, now)
                proof = self._proof(found, number)
                if proof:
                    return self._cut(found, number, proof)
                self._add_random()  # a mode was missed, as one of several with the same eigenvalue is

    def solve(self, force: FloatArray, tolerance: float, *, floor: float = 0.0, grow: bool = True) -> FloatArray:
        """x with |force − M·x| below tolerance · |force|, or below `floor`. Raises SampleFailure for a glass that is no
        minimum, and where no x is found. grow: whether products may be asked for; without them x is the best there is."""
        rest, x = self.of.free(force), np.zeros(self.of.size)
        limit = max(tolerance * float(np.linalg.norm(rest)), floor)
        if np.linalg.norm(rest) <= limit:
            return x
        for _ in range(MOST_STEPS):
            q, w = self._q[: self.number], self._w[: self.number]
            c = self._inverse_matrix() @ (q @ rest)
            x, rest = x + c @ q, rest - c @ w
            if np.linalg.norm(rest) <= limit or not grow:
                return x
            if not self._add(rest):
                rough = ROUGH * self.of.product_error * self.of.scale * float(np.linalg.norm(x))
                if self.is_whole or np.linalg.norm(rest) <= rough:
                    return x
                self._add_random()
        raise SampleFailure("a response to a force was not found: the forces are too rough, or the glass is no minimum")

    def lengths(self, forces: FloatArray) -> FloatArray:
        """|M⁺·f| of each force as far as the subspace knows it, without a product, (m,). forces: (m, size)."""
        c = self._inverse_matrix() @ (self._q[: self.number] @ forces.T)
        return np.asarray(np.linalg.norm(c, axis=0))

    @property
    def _matrix(self) -> FloatArray:
        h = self._h[: self.number, : self.number]
        return 0.5 * (h + h.T)

    def _inverse_matrix(self) -> FloatArray:
        """The inverse of M in the subspace, which is bordered where a vector was added. Raises SampleFailure where M is not
        positive."""
        old = 0 if self._inverse is None else len(self._inverse)
        if self._inverse is None or self.number - old > 1:
            values, columns = self.ritz()
            self._require_minimum(values, columns)
            self._inverse = (columns / values) @ columns.T
        elif self.number > old:
            h = self._matrix
            g = self._inverse @ h[:old, old]
            rest = float(h[old, old] - h[:old, old] @ g)
            if rest <= self.zero:
                self._require_minimum(*self.ritz())
                if rest <= 0.0:
                    raise SampleFailure("the glass is not a minimum: its Hessian has a zero mode beside the translations")
            wider = np.empty((old + 1, old + 1))
            wider[:old, :old] = self._inverse + np.outer(g, g) / rest
            wider[:old, old] = wider[old, :old] = -g / rest
            wider[old, old] = 1.0 / rest
            self._inverse = wider
        return self._inverse

    def _require_minimum(self, values: FloatArray, columns: FloatArray) -> None:
        """Raise SampleFailure where the lowest Ritz value is not positive. What six calls tell of its vector decides
        whether that is the glass or the noise of its forces."""
        if values[0] > self.zero:
            return
        vector = columns[:, 0] @ self._q[: self.number]
        image = self.of.accurate_product(vector)
        low, least = float(vector @ image.value), ZERO * self.of.scale
        negative = max(1, int(np.sum(values < -self.zero)))
        if low < -max(image.error, least):
            raise SampleFailure(
                f"the glass is a saddle, not a minimum: at least {negative} of its modes have negative eigenvalues, the "
                f"lowest {low:.3g}"
            )
        if abs(low) <= least or image.error <= least:
            zero = max(1, int(np.sum(np.abs(values) <= self.zero)))
            found = f"at least {zero + self.of.d} zero modes where a solid has {self.of.d}"
            raise SampleFailure(f"the glass has {found}: particles float, or parts of it do")
        if low < image.error or values[0] <= 0.0:
            raise SampleFailure(
                f"the calculator's forces are too rough to tell whether the glass is a minimum: along a soft direction two "
                f"calls a product give the eigenvalue {values[0]:.2g}, six give {low:.3g} ± {image.error:.1g}; forces in "
                "double precision would do"
            )

    def _add(self, direction: FloatArray) -> bool:
        """Add a direction; False where nothing of it lies outside."""
        if self.is_whole:
            return False
        if self.number == self.capacity:
            self._compress()
        q = self._q[: self.number]
        length = float(np.linalg.norm(direction))
        x = self.of.free(direction)
        for _ in range(2):  # twice is enough; a translation that rounding brings in would grow with each vector
            x = self.of.free(x - (q @ x) @ q)
        size = float(np.linalg.norm(x))
        if not size > LOST * length:
            return False
        x /= size
        m = self.number
        self._q[m], self._w[m] = x, self.of.product(x)
        self.number, self.products = m + 1, self.products + 1
        self._h[m, : m + 1] = self._q[: m + 1] @ self._w[m]
        self._h[:m, m] = self._w[:m] @ x
        return True

    def _add_random(self) -> None:
        self._add(self.of.free(self._random.normal(size=self.of.size)))

    def _compress(self) -> None:
        """Keep the softest half."""
        _, columns = self.ritz()
        kept = columns[:, : self.capacity // 2]
        half = kept.shape[1]
        self._q[:half], self._w[:half] = kept.T @ self._q[: self.number], kept.T @ self._w[: self.number]
        self.number, self._inverse = half, None
        self._h[:half, :half] = self._q[:half] @ self._w[:half].T

    def _settled(self, number: int, now: Doing) -> LowModes:
        """The lowest Ritz vectors, some more than `number`, once the residuals of `number` + 1 are small."""
        wanted = min(number + BEYOND, self.degrees)
        for _ in range(MOST_STEPS):
            values, columns = self.ritz()
            self._require_minimum(values, columns)
            chosen = columns[:, :wanted].T
            found = LowModes(
                values[:wanted], chosen @ self._q[: self.number], chosen @ self._w[: self.number], 0.0, "", 0.0
            )
            residuals = found.images - found.eigenvalues[:, None] * found.vectors
            sizes = np.linalg.norm(residuals, axis=1)
            limit = np.maximum(SETTLED * found.eigenvalues, NOISY * self.of.product_error * self.of.scale)
            short = np.flatnonzero(sizes > limit)[:1]
            if self.is_whole or (len(values) >= wanted and not (short.size and short[0] < min(number + 1, wanted))):
                return found
            now.reached(float(short[0]) if short.size else 0.0, number + 1)
            self._extend(residuals[short[0]] if short.size else np.zeros(self.of.size))
        raise SampleFailure(f"the {number} lowest modes were not found")

    def _extend(self, residual: FloatArray) -> None:
        """Add some directions: the residual, and what its image has that is new, as Lanczos does."""
        for _ in range(EVERY):
            if not self._add(residual):
                self._add_random()
            if self.is_whole:
                return
            residual = self._w[self.number - 1]

    def _proof(self, found: LowModes, number: int) -> str:
        """How it is known that nothing else lies below the middle between the last mode and the next; empty where it is
        not."""
        if self.is_whole:
            return "all directions"
        with doing("proof that no mode is missing"):
            return "deflated conjugate gradients" if self._nothing_below(found, number) else ""

    def _nothing_below(self, found: LowModes, number: int) -> bool:
        """Conjugate gradients on M − edge, orthogonal to what was found, from a new random force: convergence with positive
        curvature throughout leaves no room for a mode below the edge, along which the residual could only grow. A direction
        of negative curvature, which a mode that is missing brings, is added to the subspace."""
        edge = _edge(found, number)

        def projected(x: FloatArray) -> FloatArray:
            return self.of.free(x - (found.vectors @ x) @ found.vectors)

        self._proofs += 1  # a force that failed has nothing to say any more: what it missed is now in the subspace
        residual = projected(np.random.default_rng([seeds.PROOF_OF_MODES, self._proofs]).normal(size=self.of.size))
        limit = PROVEN * float(np.linalg.norm(residual))
        direction, square = residual.copy(), float(residual @ residual)
        for _ in range(MOST_STEPS):
            image = projected(self.of.product(direction) - edge * direction)
            self.products += 1
            curvature = float(direction @ image)
            if curvature <= 0.0:
                self._add(direction)
                return False
            residual = residual - square / curvature * image
            new = float(residual @ residual)
            if np.sqrt(new) < limit:
                return True
            direction, square = residual + new / square * direction, new
        return False

    def _cut(self, found: LowModes, number: int, proof: str) -> LowModes:
        part, values = slice(0, number), found.eigenvalues
        beyond = float(values[number]) if len(values) > number else np.inf
        unknown = (OF_NORM + NOISY) * self.of.product_error * self.of.scale  # of the matrix, and of what has settled
        below = max(_edge(found, number) - unknown, 0.0)
        return LowModes(values[part], found.vectors[part], found.images[part], below, proof, beyond)


def _edge(found: LowModes, number: int) -> float:
    """The middle between the last mode and the next, or a little below the last where both are one number: nothing can be
    counted between these."""
    last, beyond = found.eigenvalues[number - 1], found.eigenvalues[min(number, len(found.eigenvalues) - 1)]
    return float(0.5 * (last + beyond) if beyond > (1.0 + APART) * last else (1.0 - APART) * last)
