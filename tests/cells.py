"""Arrangements in cells of any shape."""

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.optimize import minimize

from crystals import ONE_KIND
from vitrify.glass import Glass
from vitrify.models import Model, catalogue
from vitrify.preparation import quench_glass
from vitrify.statics import Hessian, Pairs

PSS = Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND)
MINIMUM = 2.0 ** (1 / 6)  # of φ, where k = φ'' = 72/2^(1/3)
SPRING = 72.0 / 2.0 ** (1 / 3)
FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]) * MINIMUM * np.sqrt(2.0)
SHEARED = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]])  # integers: the same lattice of cells


def in_cell(glass, vectors):
    """The same arrangement in the cell of so many vectors of its cube each."""
    return replace(glass, box=vectors @ glass.cell.matrix)


def copies(glass, times):
    """So many cells side by side as one."""
    shifts = np.array(list(np.ndindex(*times))) @ glass.cell.matrix
    positions = (glass.positions + shifts[:, None]).reshape(-1, glass.dimension)
    species, sizes = (None if x is None else np.tile(x, len(shifts)) for x in (glass.species, glass.sizes))
    return Glass(positions, glass.cell.repeated(times), species, glass.model, sizes=sizes)


def fcc(times, spacing=MINIMUM):
    edge = spacing * np.sqrt(2.0)
    return copies(Glass(FCC * spacing / MINIMUM, edge, np.zeros(4), PSS), times)


def primitive():
    """fcc by its smallest cell: one particle and its own images."""
    a = MINIMUM
    cell = [[a, 0, 0], [a / 2, a * np.sqrt(3) / 2, 0], [a / 2, a / np.sqrt(12), a * np.sqrt(2 / 3)]]
    return Glass(np.zeros((1, 3)), cell, [0], PSS)


def relaxed(glass):
    """The inherent state beside a glass, whatever its cell, by another's minimiser on our pairs and then Newton's method."""

    def energy(flat):
        pairs = Pairs.of(glass.with_positions(flat.reshape(shape)))
        return 0.5 * pairs.terms[0].sum(), -pairs.forces()[:, : glass.dimension].ravel()

    shape = glass.positions.shape
    near = minimize(
        energy, glass.positions.ravel(), jac=True, method="L-BFGS-B", options={"gtol": 1e-6, "ftol": 0, "maxiter": 5000}
    )
    glass = glass.with_positions(near.x.reshape(shape))
    for _ in range(20):
        pairs = Pairs.of(glass)
        force = pairs.forces()[:, : glass.dimension]
        if np.abs(force).max() < 1e-11:
            return glass
        step = np.linalg.pinv(Hessian(pairs).matrix().toarray(), rcond=1e-10, hermitian=True) @ force.ravel()
        glass = glass.with_positions(glass.positions + step.reshape(shape))
    raise AssertionError("not relaxed")


@cache
def tilted(glass):
    """An inherent state of a cubic glass's particles in a cell that is no cube's in disguise."""
    gradient = np.array([[0.02, 0.08, -0.05], [0, -0.01, 0.06], [0, 0, 0.015]])
    return relaxed(glass.strained(gradient))


@cache
def flat_glass():
    """A glass of two dimensions, by a quench from a lattice in disorder."""
    rng, box = np.random.default_rng(3), (100 / 0.75) ** 0.5
    spots = np.stack(np.meshgrid(*[np.arange(10)] * 2, indexing="ij"), -1).reshape(-1, 2)
    species = rng.permutation(100) % 2
    return quench_glass(Glass((spots + 0.6 * rng.random((100, 2))) * box / 10, box, species, catalogue.pss(rc=1.3)))


@cache
def tilted_flat_glass():
    """Its inherent state in a cell that is no square's, whose stress is no pressure."""
    return relaxed(flat_glass().strained(np.array([[0.03, 0.07], [0.0, -0.02]])))
