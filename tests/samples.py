"""Small glasses for tests, and the energy of each written a second time, straight from the paper, in JAX."""

from __future__ import annotations

from math import perm, prod

import jax.numpy as jnp
import numpy as np

from vitrify.backends import backend
from vitrify.models.catalogue import parse
from vitrify.preparation import Recipe, prepare_glass
from vitrify.preparation.places import OnHost
from vitrify.preparation.programs import FORCES

# name → model, particles, density, temperature of the liquid
GLASSES = {
    "pss": ("pss(rc=1.2)", 160, 0.60, 6.0),
    "pss_short": ("pss(rc=1.1)", 160, 0.60, 9.0),
    "qss": ("qss(q=12, xc=2.0)", 160, 0.698, 4.0),
    "lennard_jones": ("lennard_jones(rc=1.8)", 160, 0.70, 3.0),
    "inverse_power": ("inverse_power(exponent=10, rc=1.48, smooth_to=3)", 160, 0.82, 3.0),
    "hertzian": ("hertzian()", 160, 0.95, 0.02),
    "kob_andersen": ("kob_andersen()", 160, 1.2, 3.0),
    "polydisperse": ("polydisperse_ipl()", 160, 0.58, 1.5),
}


def make(name):
    model, n, density, temperature = GLASSES[name]
    return prepare_glass(
        parse(model),
        n_particles=n,
        density=density,
        parent_temperature=temperature,
        rng=np.random.default_rng(12),
        recipe=Recipe(melt_msd=2.0),
    )


def forces(batch):
    """The force of every particle of sample 0, left in batch.force."""
    OnHost(batch, backend()).done(FORCES, [0])


TABLE_II = {  # a, b, c0, c2, c4, c6 as printed
    1.1: (
        -2065.398715559462,
        -6775.790387829389,
        -25758.833604839492,
        35758.32100717132,
        -17961.4634217834,
        3172.8363373043844,
    ),
    1.15: (
        -360.56276228220503,
        -1087.3468598689665,
        -3686.241663716159,
        4884.979422475693,
        -2333.6422601463023,
        390.72335017374587,
    ),
    1.2: (
        -106.991613526652,
        -304.918469059567,
        -939.388037994211,
        1190.70962256002,
        -541.3001315875512,
        85.86849369147127,
    ),
    1.3: (
        -17.7556513878655,
        -50.37332289908061,
        -138.58271673010657,
        161.71576064627635,
        -66.7252832098764,
        9.50283097488097,
    ),
    1.5: (
        1.1582440286928275,
        -2.2619482444770567,
        -12.414700446492716,
        12.584354590303674,
        -4.320508006050397,
        0.49862551162881885,
    ),
}


def phi(potential, x):
    """φ(x), x = r/λ, below the cutoff, as the paper (or the definition) writes it."""
    name = type(potential).__name__
    if name == "PiecewiseStickySpheres":
        a, b, c0, c2, c4, c6 = TABLE_II[potential.rc]
        tail = a * x**-12.0 - b * x**-6.0 + c0 + c2 * x**2 + c4 * x**4 + c6 * x**6
        return jnp.where(x < 2.0 ** (1 / 6), 4.0 * (x**-12.0 - x**-6.0), tail)
    if name == "QStickySpheres":
        q, xc = float(potential.q), potential.xc  # Eq. (B1), c0 put right
        c0 = 0.25 * xc ** (-2 * q) * (2 + q) * ((4 + q) * xc**q - 2 * (q + 1))
        c2 = -0.5 * q * xc ** (-2 * (q + 1)) * ((4 + q) * xc**q - 2 * (q + 2))
        c4 = 0.25 * q * xc ** (-2 * (2 + q)) * ((2 + q) * xc**q - 2 * (q + 1))
        return x ** (-2 * q) - 2 * x ** (-q) + c0 + c2 * x**2 + c4 * x**4
    if name == "Harmonic":
        return 0.5 * jnp.maximum(1.0 - x, 0.0) ** 2
    if name == "Hertzian":
        return 0.4 * jnp.maximum(1.0 - x, 0.0) ** 2.5
    terms = {"InversePower": {float(getattr(potential, "exponent", 0)): 1.0}, "LennardJones": {12.0: 4.0, 6.0: -4.0}}[name]
    smoothing = even_powers(terms, potential.cutoff, getattr(potential, "smooth_to", 2))
    return sum(a * x**-n for n, a in terms.items()) + sum(a * x ** (2 * k) for k, a in enumerate(smoothing))


def even_powers(terms, cutoff, smooth_to):
    """a0, a2, ... of the even polynomial in r that takes Σ a r^-n and its r-derivatives to the smooth_to-th to zero at the
    cutoff: the solution of so many linear conditions. terms: a by n."""
    orders = range(smooth_to + 1)
    rows = [[perm(2 * k, m) * cutoff ** float(2 * k - m) for k in orders] for m in orders]
    bare = [
        sum(a * (-1) ** m * prod(n + k for k in range(m)) * cutoff ** (-n - m) for n, a in terms.items()) for m in orders
    ]
    return np.linalg.solve(rows, -np.array(bare))


def pair_scales(mixture, species, sizes, i, j):
    """λ_ij and ε_ij of pairs of particles, as the definition says."""
    if sizes is None:
        return np.array(mixture.lengths)[species[i], species[j]], np.array(mixture.energies)[species[i], species[j]]
    length = 0.5 * (sizes[i] + sizes[j]) * (1 - mixture.nonadditivity * np.abs(sizes[i] - sizes[j]))
    return length, np.ones(np.shape(length))


def energy_function(glass):
    """U(positions, gradient): energy after the affine map x → (1 + gradient)·x of particles and box, pairs held."""
    i, j = np.triu_indices(glass.n_particles, 1)
    r = glass.positions[j] - glass.positions[i]
    image = r - glass.cell.nearest(r)
    lam, eps = pair_scales(glass.model.mixture, glass.species, glass.sizes, i, j)
    near = np.linalg.norm(r - image, axis=1) < 1.3 * glass.model.potential.cutoff * lam
    i, j, image, lam, eps = i[near], j[near], image[near], lam[near], eps[near]

    def energy(positions, gradient):
        vector = (positions[j] - positions[i] - image) @ (jnp.eye(glass.dimension) + gradient).T
        x = jnp.sqrt(jnp.sum(vector**2, axis=1)) / lam
        inside = x < glass.model.potential.cutoff
        return jnp.sum(jnp.where(inside, eps * phi(glass.model.potential, jnp.where(inside, x, 1.0)), 0.0))

    return energy
