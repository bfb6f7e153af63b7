"""Embedded atoms in closed form, of two species or one, and the setfl files that tabulate them."""

import jax.numpy as jnp
import numpy as np

from vitrify import models

CUTOFF = 5.4  # Å
# A, ξ (eV), p, q, r0 (Å): Cleri and Rosato's copper, and a larger, softer neighbour that likes it
PAIRS = {
    (0, 0): (0.0855, 1.224, 10.960, 2.278, 2.556),
    (0, 1): (0.1300, 1.700, 9.800, 2.250, 2.850),
    (1, 1): (0.1934, 2.279, 8.250, 2.249, 3.179),
}
ELEMENTS, WEIGHTS = ("Cu", "Zr"), (63.546, 91.224)
ASYMMETRY = 1.25  # of the density of the second at the first, in eam.fs: the two directions differ


def law(i, j):
    return PAIRS[min(i, j), max(i, j)]


def ending(r, xp=jnp):
    """1 at short distances, 0 at the cutoff, with four derivatives."""
    x = xp.clip((r / CUTOFF - 0.6) / 0.4, 0.0, 1.0)
    return 1.0 - x**5 * (126.0 - 420.0 * x + 540.0 * x**2 - 315.0 * x**3 + 70.0 * x**4)


def pair(i, j, r, xp=jnp):
    """φ of two species."""
    a, _, p, _, r0 = law(i, j)
    return 2.0 * a * xp.exp(-p * (r / r0 - 1.0)) * ending(r, xp)


def density(centre, far, r, xp=jnp, *, fs=True):
    """f at a particle of one species of one of another; in eam.alloy of the far one alone."""
    own = law(centre, far) if fs else law(far, far)
    more = ASYMMETRY if fs and centre < far else 1.0
    return more * own[1] ** 2 * xp.exp(-2.0 * own[3] * (r / own[4] - 1.0)) * ending(r, xp)


def embedding(k, rho, xp=jnp):
    """−√ρ, rounded off at nothing so that a table can have it, and a little more for one of both."""
    return -xp.sqrt(rho + 0.5) + (0.0, 1e-4)[k] * rho**2


def write(path, *, n_species=2, fs=True, n_rho=2000, n_r=2000, digits=17, largest=400.0):
    """A setfl file of them; returns its path."""
    r, rho = np.arange(n_r) * CUTOFF / n_r, np.arange(n_rho) * largest / n_rho
    lines = ["# closed forms", "#", "#", " ".join([str(n_species), *ELEMENTS[:n_species]])]
    lines.append(f"{n_rho} {largest / n_rho!r} {n_r} {CUTOFF / n_r!r} {CUTOFF!r}")
    kinds = range(n_species)
    for k in kinds:
        lines.append(f"{(29, 40)[k]} {WEIGHTS[k]} {(3.615, 4.5)[k]} fcc")
        densities = [density(i, k, r, np, fs=fs) for i in (kinds if fs else (k,))]
        for values in (embedding(k, rho, np), *densities):
            lines += rows(values, digits)
    for i in kinds:
        for j in range(i + 1):
            lines += rows(r * pair(i, j, r, np), digits)
    path.write_text("\n".join(lines) + "\n")
    return path


def rows(values, digits):
    words = [f"{x:.{digits - 1}e}" for x in values]
    return [" ".join(words[k : k + 5]) for k in range(0, len(words), 5)]


def energy_function(glass, *, fs=True, splines=None):
    """U(positions, gradient) of a glass, from the closed forms, or from the very splines of its potential in JAX."""
    i, j, shift = bonds(glass)
    n, species = glass.n_particles, glass.species
    of = functions(fs) if splines is None else pieces_of(splines)

    def energy(positions, gradient):
        vector = (positions[j] - positions[i] + shift) @ (jnp.eye(3) + gradient).T
        r = jnp.sqrt(jnp.sum(vector**2, axis=1))
        rho, total = jnp.zeros(n), 0.0
        kinds = int(species.max()) + 1
        for a in range(kinds):
            for b in range(kinds):
                here = np.flatnonzero((species[i] == a) & (species[j] == b))
                inside = r[here] < glass.model.potential.cutoff
                rho = rho.at[i[here]].add(jnp.where(inside, of["density"](a, b, r[here]), 0.0))
                total = total + 0.5 * jnp.sum(jnp.where(inside, of["pair"](a, b, r[here]), 0.0))
        return total + sum(jnp.sum(of["embedding"](a, rho[np.flatnonzero(species == a)])) for a in range(kinds))

    return energy


def bonds(glass):
    """Both directions of all bonds a little beyond the cutoff, with images: i, j, and the shift of j."""
    cell, reach = np.asarray(glass.cell.matrix), glass.model.potential.cutoff + 0.3
    times = np.ceil(reach / glass.cell.heights).astype(int)
    found = []
    for k in np.ndindex(*(2 * times + 1)):
        shift = (np.array(k) - times) @ cell
        r = np.linalg.norm(glass.positions[None] - glass.positions[:, None] + shift, axis=2)
        i, j = np.nonzero((r < reach) & (r > 1e-9))
        found.append((i, j, np.tile(shift, (len(i), 1))))
    return [np.concatenate(x) for x in zip(*found, strict=True)]


def functions(fs):
    return {"density": lambda a, b, r: density(a, b, r, fs=fs), "pair": pair, "embedding": embedding}


def pieces_of(splines):
    """The polynomials of EmbeddedSplines, evaluated by JAX."""
    steps = {"r": splines.content.r_step, "rho": splines.content.rho_step}

    def value(pieces, x):
        pieces = jnp.array(pieces)
        piece = jnp.clip(x.astype(int), 0, len(pieces) - 1)
        return jnp.sum(pieces[piece] * (x - piece)[:, None] ** jnp.arange(6), axis=1)

    return {
        "density": lambda a, b, r: value(splines.density[a, b], r / steps["r"]),
        "pair": lambda a, b, r: value(splines.pair[a, b], r / steps["r"]) / r,
        "embedding": lambda a, rho: value(splines.embedding[a], rho / steps["rho"]),
    }


def model(path, **options):
    return models.eam(write(path, **options), ELEMENTS[: options.get("n_species", 2)])
