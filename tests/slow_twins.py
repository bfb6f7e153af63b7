"""Sums over all pairs of a glass in plain NumPy: no cells, no lists, each image of each neighbour looked at."""

import numpy as np

from samples import pair_scales


def slow_sums(glass):
    """Energy, forces (n, d) and virial pressure, of the nearest image of each pair, in a cell of any shape."""
    i, j = np.triu_indices(glass.n_particles, 1)
    shifts = np.array(list(np.ndindex(*[3] * glass.dimension))) - 1
    images = (glass.positions[j] - glass.positions[i])[:, None] + shifts @ glass.cell.matrix
    r = images[np.arange(len(i)), np.argmin(np.linalg.norm(images, axis=2), axis=1)]
    length, depth = pair_scales(glass.model.mixture, glass.species, glass.sizes, i, j)
    u = np.sum(r**2, axis=1) / length**2
    near = u < glass.model.potential.cutoff**2
    phi, phi_u = (np.where(near, depth * x, 0.0) for x in glass.model.potential.evaluate(np.where(near, u, 1.0))[:2])
    pull = (2.0 * phi_u / length**2)[:, None] * r  # on i
    forces = np.zeros_like(glass.positions)
    np.add.at(forces, i, pull)
    np.add.at(forces, j, -pull)
    area_or_volume = abs(np.linalg.det(glass.cell.matrix))
    return phi.sum(), forces, -np.sum(pull * r) / (glass.dimension * area_or_volume)
