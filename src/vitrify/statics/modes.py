"""Lowest modes of a glass, with a proof that none is missing.

Block Lanczos on a Chebyshev filter of M finds them with products alone; the count of eigenvalues below a number in the gap
above them, by Sylvester's law, shows that there are no others."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from vitrify import seeds
from vitrify.backends import Cpu, threads
from vitrify.errors import SampleFailure, or_failure
from vitrify.short_forms import Fact, ShortForm, span
from vitrify.solver_sizes import ALWAYS_FACTORED, DENSE, DENSEST_FACTORED, LARGEST_FACTORED

from .chebyshev import ChebyshevOperator
from .hessian import Hessian, together
from .linear_solvers.certificate import nothing_below
from .linear_solvers.inertia import Uncountable, count_below
from .pairs import Pairs
from .spectrum import spectral_density
from .stability import ZERO
from .subspace_iteration import RESIDUAL, lowest_ritz_pairs

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

FloatArray = NDArray[np.float64]
BLOCK = 8
SETTLED = 3e-11  # relative error of the filter's eigenvalues; at 1e-10 most sets need a second filtering, 15 % of the time
RISES = 12  # rises of the cut, where it was too low


@dataclass(frozen=True, slots=True, repr=False)
class Modes(ShortForm):
    """Modes ψ of M ψ = ω² ψ (Eq. A10), translations left out, by rising eigenvalue."""

    eigenvalues: FloatArray  # (k,) ω², ε/λ²/m
    vectors: FloatArray  # (k, n, 3), orthonormal
    residuals: FloatArray  # (k,) |M ψ − ω² ψ|
    counted_below: float  # eigenvalue: this many modes, and no more, lie below it
    proof: str  # "inertia", "deflated conjugate gradients" or "dense matrix"

    def _facts(self) -> list[Fact]:
        k, n = self.vectors.shape[:2]
        low = f"{span(self.frequencies)} √(ε/m)/λ"
        return [
            Fact("modes", f"{k:,}", f"{k:,} modes of {n:,} particles"),
            Fact("particles", f"{n:,}", ""),
            Fact("ω", low, f"ω = {low}"),
            Fact(
                "participation ratios",
                span(self.participation_ratios),
                f"participation ratio {span(self.participation_ratios)}",
            ),
            Fact("complete by", self.proof),
        ]

    @property
    def frequencies(self) -> FloatArray:
        """(k,) ω."""
        return np.asarray(np.sqrt(self.eigenvalues))

    @property
    def participation_ratios(self) -> FloatArray:
        """(k,) 1/(N Σ_i |ψ_i|⁴)."""
        return participation_ratio(self.vectors)


def participation_ratio(vectors: FloatArray) -> FloatArray:
    """e = (Σ_i |ψ_i|²)²/(N Σ_i |ψ_i|⁴): 1 for a translation, 1/N for one moving particle. vectors: (..., n, 3)."""
    square = np.sum(vectors**2, axis=-1)
    return np.asarray(square.sum(axis=-1) ** 2 / (square.shape[-1] * np.sum(square**2, axis=-1)))


def lowest_modes(hessian: Hessian, number: int) -> Modes:
    """The `number` lowest modes. Raises SampleFailure for a saddle, floating parts, or where they cannot be found."""
    d = hessian.pairs.dimension
    degrees = d * (hessian.pairs.n_particles - 1)
    number = min(number, degrees)
    if _small(hessian, number):
        return _dense(hessian, number)
    operator = ChebyshevOperator(hessian)
    density = spectral_density(operator, n_moments=128)
    grid = operator.largest * np.linspace(0.0, 1.0, 2_001) ** 2
    wanted = (1.5 * number + 8.0 + d) / (degrees + d)
    cut = float(np.interp(wanted, density.cumulative(grid), grid))
    for _ in range(RISES):
        values, vectors, residuals = _filtered_lanczos(hessian, operator, cut, number + 1)
        if len(values) > number:
            break
        cut = min(1.4 * cut, 0.5 * operator.largest)
    else:
        raise SampleFailure(f"the {number} lowest modes were not found below half the spectrum")
    edge = 0.5 * (values[-2] + values[-1])
    return _proven(hessian, operator, values[:-1], vectors[:-1], residuals[:-1], edge, _count_below(hessian, edge))


def modes_below(hessian: Hessian, eigenvalue: float) -> Modes:
    """All modes with ω² below `eigenvalue`. Raises SampleFailure as lowest_modes does."""
    if hessian.pairs.n_particles <= DENSE:
        return _dense(hessian, below=eigenvalue)
    operator = ChebyshevOperator(hessian)
    guess = _count_below(hessian, eigenvalue)
    if guess == 0:
        nothing = np.empty(0)
        return Modes(nothing, np.empty((0, hessian.pairs.n_particles, 3)), nothing, eigenvalue, "inertia")
    if guess is not None and _small(hessian, guess):
        return _dense(hessian, guess)
    values, vectors, residuals = _filtered_lanczos(hessian, operator, 1.4 * eigenvalue, guess)
    kept = values < eigenvalue
    return _proven(hessian, operator, values[kept], vectors[kept], residuals[kept], eigenvalue, guess)


def modes_of(
    hessians: Sequence[Hessian],
    machine: Cpu | Gpu,
    *,
    number: int = 0,
    below: Sequence[float] = (),
    block: int = 0,
) -> list[Modes | SampleFailure]:
    """The result of lowest_modes for each glass, or of modes_below a number of its own where `number` is 0. Glasses that
    fail say why.

    A CPU takes one glass after the other by block Lanczos. A GPU takes all at once by subspace iteration, and glasses for
    which that fails are left to the CPU. block: number of vectors per glass, by default one and a half times that of modes;
    where it is given a CPU iterates subspaces, too."""
    alone = lowest_modes if number else modes_below
    wanted: Sequence[Any] = [number] * len(hessians) if number else below
    proven: dict[int, Modes] = {}
    if block or not isinstance(machine, Cpu):
        counts = wanted if number else _counted(hessians, below)
        proven = _by_subspaces(hessians, machine, counts, () if number else below, block)
    return [proven[s] if s in proven else or_failure(alone, x, wanted[s]) for s, x in enumerate(hessians)]


def _by_subspaces(
    hessians: Sequence[Hessian], machine: Cpu | Gpu, wanted: Sequence[int], edges: Sequence[float], block: int
) -> dict[int, Modes]:
    """The lowest modes, wanted[s] of each glass for which subspace iteration is suited and where as many are counted below
    its edge.

    edges: eigenvalues below which so many were counted; by default they are found and counted here."""
    block = -(-(block or max((k * 3 // 2 + 16 for k in wanted), default=0)) // 8) * 8
    suited = [s for s, x in enumerate(hessians) if _fits(x, wanted[s], block)]
    if not suited:
        return {}
    numbers = np.array([wanted[s] for s in suited])
    ritz = lowest_ritz_pairs(together([hessians[s] for s in suited], machine), numbers, block)
    found = {suited[k]: x for k, x in ritz.items()}
    edge = {s: edges[s] if edges else float(x.eigenvalues[-2:].mean()) for s, x in found.items()}
    counted = [wanted[s] for s in edge] if edges else _counted([hessians[s] for s in edge], list(edge.values()))
    return {
        s: Modes(x.eigenvalues[:-1], x.vectors[:-1], x.residuals[:-1], edge[s], "inertia")
        for (s, x), count in zip(found.items(), counted, strict=True)
        if count == wanted[s] and x.eigenvalues[-2] < edge[s]
    }


def _counted(hessians: Sequence[Hessian], eigenvalues: Sequence[float]) -> list[int]:
    """Number of modes below an eigenvalue of each glass; also 0 where they cannot be counted."""
    with ThreadPoolExecutor(threads()) as pool:
        return [count or 0 for count in pool.map(_count_below, hessians, eigenvalues)]


def _fits(hessian: Hessian, number: int, block: int) -> bool:
    """Tell whether a subspace fits that is larger than the modes and smaller than the space."""
    return 1 < number + 1 < block < hessian.pairs.dimension * (hessian.pairs.n_particles - 1)


def _small(hessian: Hessian, number: int) -> bool:
    """Tell whether a dense matrix is the better way."""
    n, d = hessian.pairs.n_particles, hessian.pairs.dimension
    return n <= DENSE or 3 * (number + BLOCK) >= d * (n - 1)


def _dense(hessian: Hessian, number: int | None = None, below: float = np.inf) -> Modes:
    """Modes from the dense matrix, complete by construction."""
    matrix, d = hessian.matrix(), hessian.pairs.dimension
    dense, rows = matrix.toarray(), matrix.shape[0]
    if number is None:
        values, vectors = linalg.eigh(dense, subset_by_value=(-np.inf, below))
    else:
        values, vectors = linalg.eigh(dense, subset_by_index=(0, min(number + d, rows - 1)))
    zeros = np.sort(np.argsort(np.abs(values))[:d])
    values, vectors = np.delete(values, zeros), np.delete(vectors, zeros, axis=1)
    last = values[:0] if number is None else values[max(number - 1, 0) : number + 1]
    edge = float(last.mean()) if last.size else below  # one particle has no modes
    values, vectors = values[:number], vectors[:, :number]
    _require_minimum(hessian, values)
    residuals = np.linalg.norm(matrix @ vectors - vectors * values, axis=0)
    return Modes(values, hessian.pairs.in_space(np.ascontiguousarray(vectors.T)), residuals, edge, "dense matrix")


def _filtered_lanczos(
    hessian: Hessian, operator: ChebyshevOperator, cut: float, number: int | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Modes below the cut, at most `number`, by block Lanczos with full reorthogonalisation on the filter of M."""
    pairs, matrix = hessian.pairs, hessian.matrix()
    size = matrix.shape[0]
    degree = operator.degree(cut)
    storage = np.empty((12 * BLOCK, size))  # for the basis: one that grew by copies would take a tenth of the time
    basis, projected = storage[:0], np.empty((0, 0))
    block = _orthonormal(_free(np.random.default_rng(seeds.MODES).normal(size=(BLOCK, size)), pairs))
    while True:
        m = len(basis) + BLOCK
        if m > len(storage):
            storage = np.concatenate([basis, np.empty_like(basis)])
        storage[m - BLOCK : m] = block
        basis = storage[:m]
        image = _free(operator.filter(block, cut, degree), pairs)
        along = image @ basis.T
        image -= along @ basis
        again = image @ basis.T  # twice is enough
        image -= again @ basis
        along += again
        wider = np.zeros((m, m))
        wider[: m - BLOCK, : m - BLOCK] = projected
        wider[m - BLOCK :] = along
        wider[:, m - BLOCK :] = along.T
        projected = wider
        q, rest = np.linalg.qr(image.T)
        if m > (number or 0) + BLOCK or m + BLOCK > size - pairs.dimension:
            theta, s = np.linalg.eigh(0.5 * (projected + projected.T))
            above = np.abs(theta) > 1.05 * _at_cut(operator, cut, degree)  # the filter is below this above the cut
            error = np.linalg.norm(rest @ s[-BLOCK:], axis=0) / np.maximum(np.abs(theta), 1e-300)
            order = np.argsort(-np.abs(theta))[: int(above.sum())]
            order = order if number is None else order[:number]
            full = number is None or len(order) == number
            settled = len(order) > 0 and bool((error[order] < SETTLED).all())
            if (settled and (full or m > 3 * len(order) + 6 * BLOCK)) or m + BLOCK > min(size - pairs.dimension, 4000):
                break
            if len(order) == 0 and m > 20 * BLOCK:
                break
        block = np.ascontiguousarray(q.T)
    return _rayleigh_ritz(hessian, s[:, order].T @ basis, operator, cut, degree)


def _rayleigh_ritz(
    hessian: Hessian, rows: FloatArray, operator: ChebyshevOperator, cut: float, degree: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Eigenpairs of M in a subspace, which is filtered once more where residuals are not yet small."""
    for attempt in range(3):
        image = (hessian.matrix() @ rows.T).T
        values, s = np.linalg.eigh(rows @ image.T) if len(rows) else (np.empty(0), np.empty((0, 0)))
        rows, image = s.T @ rows, s.T @ image
        residuals = np.linalg.norm(image - values[:, None] * rows, axis=1)
        if len(rows) == 0 or residuals.max() < 0.5 * RESIDUAL * abs(values[-1]) or attempt == 2:
            break
        rows = _orthonormal(_free(operator.filter(rows, cut, degree), hessian.pairs))
    return values, hessian.pairs.in_space(rows), residuals


def _at_cut(operator: ChebyshevOperator, cut: float, degree: int) -> float:
    """Absolute value of the scaled filter at the cut: 1/T_degree at zero."""
    x = (operator.largest + cut) / (operator.largest - cut)
    return float(1.0 / np.cosh(degree * np.arccosh(x)))


def _proven(
    hessian: Hessian, operator: ChebyshevOperator, values: FloatArray, vectors: FloatArray, residuals: FloatArray,
    edge: float, counted: int | None,
) -> Modes:  # fmt: skip
    """The modes, if they are those of a minimum, well converged, and as many as there are below the edge.

    counted: number of modes by inertia, or None where they could not be counted."""
    _require_minimum(hessian, values)
    if len(values) and residuals.max() > RESIDUAL * values[-1]:
        raise SampleFailure(
            f"a mode did not converge: residual {residuals.max() / values[-1]:.1e} of the largest eigenvalue"
        )
    if counted is None:
        if not nothing_below(hessian, operator, vectors, edge):
            raise SampleFailure(
                "a mode may be missing: it could not be proven that the rest of the spectrum lies above the cut"
            )
        return Modes(values, vectors, residuals, edge, "deflated conjugate gradients")
    if counted != len(values):
        raise SampleFailure(f"{len(values)} modes were found, but {counted} lie below ω² = {edge:.6g}")
    return Modes(values, vectors, residuals, edge, "inertia")


def _count_below(hessian: Hessian, eigenvalue: float) -> int | None:
    """Number of modes below `eigenvalue` by inertia, translations left out, or None where no factor of M − σ1 can be
    made."""
    if not _factor_suits(hessian.pairs):
        return None
    try:
        return count_below(hessian.matrix(), eigenvalue) - hessian.pairs.dimension
    except Uncountable:
        return None


def _factor_suits(pairs: Pairs) -> bool:
    """Tell whether a factor of M stays sparse, or is at least small."""
    n = pairs.n_particles
    return n <= LARGEST_FACTORED and (n <= ALWAYS_FACTORED or len(pairs.target) <= DENSEST_FACTORED * n)


def _require_minimum(hessian: Hessian, values: FloatArray) -> None:
    scale = float(np.mean(np.einsum("nii->n", hessian.diagonal))) / 3.0
    negative, zero = int(np.sum(values < -ZERO * scale)), int(np.sum(np.abs(values) <= ZERO * scale))
    if negative:
        raise SampleFailure(f"the glass is a saddle, not a minimum: {negative} of its modes have negative eigenvalues")
    if zero:
        d = hessian.pairs.dimension
        found = f"at least {zero + d} zero modes where a solid has {d}"
        raise SampleFailure(f"the glass has {found}: {floating(hessian)}")


def floating(hessian: Hessian) -> str:
    """A description of what floats: rattlers, or parts that hang on nothing."""
    from scipy.sparse.csgraph import connected_components

    pairs = hessian.pairs
    d = pairs.dimension
    matrix = hessian.matrix()[::d, ::d]
    parts = int(connected_components(matrix, directed=False)[0])
    few = int(np.sum(np.diff(pairs.start) <= d))
    return f"{few} particles have at most {d} neighbours, and they form {parts} unconnected parts{pairs.told_of_rattlers()}"


def _free(rows: FloatArray, pairs: Pairs) -> FloatArray:
    """Vectors without their translations."""
    parts = rows.reshape(len(rows), pairs.n_particles, pairs.dimension)
    return np.asarray((parts - parts.mean(axis=1, keepdims=True)).reshape(rows.shape))


def _orthonormal(rows: FloatArray) -> FloatArray:
    return np.ascontiguousarray(np.linalg.qr(rows.T)[0].T)
