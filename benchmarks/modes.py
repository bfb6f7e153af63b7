"""The lowest modes of one glass against scipy.sparse.linalg.eigsh(sigma=...) and PRIMME. Ours are counted, too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from vitrify.statics import Hessian, Pairs
from vitrify.statics.modes import Modes, lowest_modes

from .systems import PSS, glass
from .table import Row
from .timing import interleaved

SIGMA = -1e-3  # just below the zero modes
ZEROS = 3
PRIMME_PRODUCTS = 40_000  # matrix-vector products: about a minute


class _Found:
    """The last answers, kept to be compared."""

    ours: Modes
    scipy: Any
    primme: Any


def rows(*, quick: bool) -> Iterator[Row]:
    """Fifty modes of PSS."""
    made = glass(PSS.of_size(1000) if quick else PSS)
    number = 10 if quick else 50
    pairs, found = Pairs.of(made), _Found()
    work = f"lowest {number} modes, {PSS.of_size(made.n_particles)}"
    matrix = sparse.csc_matrix(Hessian(pairs).matrix())
    lowest_modes(Hessian(pairs), 5)  # compiles

    def ours() -> float:
        started = time.perf_counter()
        found.ours = lowest_modes(Hessian(pairs), number)
        return time.perf_counter() - started

    def theirs() -> float:
        started = time.perf_counter()
        found.scipy = np.sort(eigsh(matrix, k=number + ZEROS, sigma=SIGMA)[0])[ZEROS:]
        return time.perf_counter() - started

    spent = interleaved({"ours": ours, "theirs": theirs}, 3)
    residual = float(found.ours.residuals.max() / found.ours.eigenvalues[-1])
    yield Row(
        work=work, ours=spent["ours"], peer=f"SciPy eigsh, shift-invert by SuperLU (default), σ = {SIGMA}",
        theirs=spent["theirs"], ratio_wanted=6.0,
        note=f"eigenvalues agree to {_off(found.ours, found.scipy):.0e}; ours proven complete by {found.ours.proof}, "
        f"residual {residual:.0e} of the largest",
    )  # fmt: skip
    yield _against_primme(work, spent["ours"], Hessian(pairs), found, number)


def _against_primme(work: str, spent: float, hessian: Hessian, found: _Found, number: int) -> Row:
    """PRIMME's default method with a block-Jacobi preconditioner, translations taken out by deflation."""
    if find_spec("primme") is None:
        return Row(work=work, ours=spent, peer="PRIMME: not installed")
    import primme

    matrix, n = sparse.csr_matrix(hessian.matrix()), hessian.pairs.n_particles
    inverse = np.linalg.inv(hessian.diagonal)
    jacobi = LinearOperator(
        matrix.shape, matvec=lambda x: np.einsum("nab,nb->na", inverse, x.reshape(n, 3)).ravel(),
        matmat=lambda x: np.einsum("nab,nbk->nak", inverse, x.reshape(n, 3, -1)).reshape(3 * n, -1), dtype=float,
    )  # fmt: skip
    translations = np.tile(np.eye(3), (n, 1)) / np.sqrt(n)
    started = time.perf_counter()
    try:
        values = primme.eigsh(
            matrix, k=number, which="SA", OPinv=jacobi, lock=translations, tol=1e-11, maxMatvecs=PRIMME_PRODUCTS,
            return_eigenvectors=False,
        )  # fmt: skip
    except primme.PrimmeError as error:
        late = f"not converged in {PRIMME_PRODUCTS:,} products and {time.perf_counter() - started:.0f} s: {str(error)[:80]}"
        return Row(work=work, ours=spent, peer="PRIMME, block-Jacobi preconditioner", note=late)
    seconds, off = time.perf_counter() - started, _off(found.ours, np.sort(values))
    return Row(
        work=work, ours=spent, peer="PRIMME, block-Jacobi preconditioner", theirs=seconds,
        note=f"one run; eigenvalues agree to {off:.0e}; tol 1e-11 of the norm",
    )  # fmt: skip


def _off(ours: Modes, expected: Any) -> float:
    return float(np.abs(ours.eigenvalues / expected - 1.0).max())
