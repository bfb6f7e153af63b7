"""Sums over all pairs in plain NumPy. Of a glass: no cells, no lists, each image of each neighbour looked at."""

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


def plain_forces(pairs, z, order):
    """M·z and F by NumPy, pair by pair."""
    delta = z[pairs.target] - z[pairs.source]
    first, second, third, fourth = pairs.terms[1:]
    a, b = 2 * np.einsum("pd,pd->p", pairs.r_pd, delta), np.einsum("pd,pd->p", delta, delta)
    if order == "cubic":
        along, across = 2 * third * a**2 + 4 * second * b, 4 * second * a
    elif order == "pseudo-harmonic":
        along, across = 0 * a, b
    elif order == "participation":
        along = across = 0 * a
    else:
        along, across = 12 * third * a * b + 2 * fourth * a**3, 12 * second * b + 6 * third * a**2
    linear = (2 * second * a)[:, None] * pairs.r_pd + (2 * first)[:, None] * delta
    force = along[:, None] * pairs.r_pd + across[:, None] * delta
    own = np.sum(z**2, axis=1)[:, None] * z if order == "participation" else 0.0
    return -pairs.sum_to_particles(linear), free(own - pairs.sum_to_particles(force))


def free(z):
    """Without its translation, which the force of participation alone has."""
    return z - z.mean(axis=0)
