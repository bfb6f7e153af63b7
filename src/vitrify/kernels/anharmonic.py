"""Forms of third or fourth degree in a displacement z, and what Newton's method needs of them: sums over pairs.

With a = 2 r·δ and b = δ² of a pair's relative displacement δ = z_j − z_i, s(r + tδ) = r² + a t + b t², so that
U''':δ³ = Σ φ_sss a³ + 6 φ_ss a b and U''''::δ⁴ = Σ φ_ssss a⁴ + 12 φ_sss a² b + 12 φ_ss b². terms: (5, p) φ, φ_s ... φ_ssss.
Two forms know nothing of φ: Σ b² of pseudo-harmonic modes, and Σ_i (z_i·z_i)², a sum over particles, for participation.

The force of a form is its gradient over its degree, F·z = form."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes


def cubic_pull(second, third, fourth, a, b):
    """Parts along r and along δ of a pair's share of U''':zz."""
    return 2.0 * third * (a * a) + 4.0 * second * b, 4.0 * second * a


def quartic_pull(second, third, fourth, a, b):
    """Parts along r and along δ of a pair's share of U''''⋮zzz."""
    square = a * a
    return (12.0 * third * b + 2.0 * fourth * square) * a, 12.0 * second * b + 6.0 * third * square


def pseudo_harmonic_pull(second, third, fourth, a, b):
    """Parts along r and along δ of a pair's share of the force of Σ (δ·δ)²."""
    return 0.0 * a, b


def no_pull(second, third, fourth, a, b):
    """Parts of a pair in a form that is a sum over particles."""
    return 0.0 * a, 0.0 * b


def cubic_slope(second, third, fourth, a, b):
    """Parts r⊗r, r⊗δ + δ⊗r, δ⊗δ and 1 of a pair's block of ∂(U''':zz)/∂z."""
    return 8.0 * third * a, 8.0 * second, 0.0, 4.0 * second * a


def quartic_slope(second, third, fourth, a, b):
    """Parts r⊗r, r⊗δ + δ⊗r, δ⊗δ and 1 of a pair's block of ∂(U''''⋮zzz)/∂z."""
    square, cross = a * a, 24.0 * third * a
    return 24.0 * third * b + 12.0 * fourth * square, cross, 24.0 * second, 12.0 * second * b + 6.0 * third * square


def pseudo_harmonic_slope(second, third, fourth, a, b):
    """Parts r⊗r, r⊗δ + δ⊗r, δ⊗δ and 1 of a pair's block of the slope of the force of Σ (δ·δ)²."""
    return 0.0, 0.0, 2.0, b


def no_slope(second, third, fourth, a, b):
    """Parts of a pair in a form that is a sum over particles."""
    return 0.0, 0.0, 0.0, 0.0


def no_own_pull(here, zero):
    """A particle's own share of the force of a form that is a sum over pairs."""
    return zero, zero, zero


def participation_pull(here, zero):
    """A particle's own share of the force of Σ_i (z_i·z_i)²."""
    square = here[0] * here[0] + here[1] * here[1] + here[2] * here[2]
    return square * here[0], square * here[1], square * here[2]


def no_own_slope(mode, i, d, weight):
    """A particle's own share of −weight ∂F/∂z·d of a form that is a sum over pairs."""
    return 0.0, 0.0, 0.0


def participation_slope(mode, i, d, weight):
    """A particle's own share of −weight ∂F/∂z·d of Σ_i (z_i·z_i)²: −weight (|z_i|² d_i + 2 z_i (z_i·d_i))."""
    x, y, z = mode[i, 0], mode[i, 1], mode[i, 2]
    square, twice = x * x + y * y + z * z, 2.0 * (x * d[i, 0] + y * d[i, 1] + z * d[i, 2])
    return (
        -weight * (square * d[i, 0] + twice * x),
        -weight * (square * d[i, 1] + twice * y),
        -weight * (square * d[i, 2] + twice * z),
    )


def as_it_is(x):
    """What a form of pairs needs in the place of `free`: its J moves nothing by translations."""


def free(x):
    """Take the translations out of x (n, 3)."""
    for c in range(3):
        mean = 0.0
        for i in range(x.shape[0]):
            mean += x[i, c]
        mean /= x.shape[0]
        for i in range(x.shape[0]):
            x[i, c] -= mean


class Form(NamedTuple):
    """One form of third or fourth degree: a pair's shares, a particle's own, and what becomes of translations."""

    pull: Any
    slope: Any
    own_pull: Any
    own_slope: Any
    freed: Any


OF_PAIRS = (no_own_pull, no_own_slope, as_it_is)
FORMS = {
    "cubic": Form(cubic_pull, cubic_slope, *OF_PAIRS),
    "quartic": Form(quartic_pull, quartic_slope, *OF_PAIRS),
    "pseudo-harmonic": Form(pseudo_harmonic_pull, pseudo_harmonic_slope, *OF_PAIRS),
    "participation": Form(no_pull, no_slope, participation_pull, participation_slope, free),
}


class ForcesView(NamedTuple):
    """Displacements and the forces that they meet; all (n, 3, w)."""

    layout: Any
    width: int
    springs: Any
    terms: Any  # (5, p) φ, φ_s ... φ_ssss
    z: Any
    linear: Any  # M·z
    force: Any  # U''':zz, U''''⋮zzz or that of another form


class BlocksView(NamedTuple):
    """The pairs of one glass at a displacement z (n, 3), and their blocks."""

    springs: Any
    terms: Any
    z: Any
    weight: float
    block: Any  # (p, 6) xx, yy, zz, xy, xz, yz


class NewtonView(NamedTuple):
    """J x = b of one glass, J from its pairs' blocks, and its scratch arrays. Displacements are (n, 3)."""

    springs: Any
    block: Any  # (p, 6)
    weight: float  # of ∂F/∂z in J
    inverse: Any  # (n, 3, 3) of M's diagonal blocks
    mode: Any
    normal: Any
    b: Any
    x: Any
    rest: Any
    z: Any
    d: Any
    image: Any  # J d
    tolerance: float
    max_steps: int


def both_of(lanes: Lanes, triple: Any, put_triple: Any, pulled: Any, pull: Any, own_pull: Any) -> Any:
    """Particle: M·z and the force of a form of displacements in one sweep over its pairs."""
    splat = lanes.splat

    def both(i, s, c, view):
        springs, terms = view.springs, view.terms
        here, zero = triple(view.z, i, c), splat(0.0)
        linear = (zero, zero, zero)
        fx, fy, fz = own_pull(here, zero)
        for p in range(springs.start[i], springs.start[i + 1]):
            there, r = triple(view.z, springs.target[p], c), (springs.r[p, 0], springs.r[p, 1], springs.r[p, 2])
            d = (here[0] - there[0], here[1] - there[1], here[2] - there[2])  # −δ
            linear = pulled(linear, springs.tension[p], springs.stiffness[p], r, d)
            a, b = -2.0 * (r[0] * d[0] + r[1] * d[1] + r[2] * d[2]), d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
            along, across = pull(terms[2, p], terms[3, p], terms[4, p], a, b)
            fx, fy, fz = (
                fx - r[0] * along + across * d[0],
                fy - r[1] * along + across * d[1],
                fz - r[2] * along + across * d[2],
            )
        put_triple(view.linear, i, c, linear)
        put_triple(view.force, i, c, (fx, fy, fz))

    return both


def blocks_of(slope: Any, block_of_pair: Any) -> Any:
    """Fill the block of each pair of M − weight ∂F/∂z."""

    def blocks(view):
        springs, terms, z, block, weight = view.springs, view.terms, view.z, view.block, view.weight
        for i in range(z.shape[0]):
            for p in range(springs.start[i], springs.start[i + 1]):
                j, r = springs.target[p], (springs.r[p, 0], springs.r[p, 1], springs.r[p, 2])
                dx, dy, dz = z[j, 0] - z[i, 0], z[j, 1] - z[i, 1], z[j, 2] - z[i, 2]
                a, b = 2.0 * (r[0] * dx + r[1] * dy + r[2] * dz), dx * dx + dy * dy + dz * dz
                rr, rd, dd, one = slope(terms[2, p], terms[3, p], terms[4, p], a, b)
                rd, dd = -weight * rd, -weight * dd
                xx, yy, zz, xy, xz, yz = block_of_pair(
                    springs.tension[p] - weight * one, springs.stiffness[p] - weight * rr, r
                )
                block[p, 0] = xx + 2.0 * rd * r[0] * dx + dd * dx * dx
                block[p, 1] = yy + 2.0 * rd * r[1] * dy + dd * dy * dy
                block[p, 2] = zz + 2.0 * rd * r[2] * dz + dd * dz * dz
                block[p, 3] = xy + rd * (r[0] * dy + r[1] * dx) + dd * dx * dy
                block[p, 4] = xz + rd * (r[0] * dz + r[2] * dx) + dd * dx * dz
                block[p, 5] = yz + rd * (r[1] * dz + r[2] * dy) + dd * dy * dz

    return blocks


def newton_of(own_slope: Any, freed: Any) -> Any:
    """Newton's linear system of one form."""

    def newton(view):
        """Conjugate gradients for J x = b among the displacements x·normal = 0; b·mode = 0, and none of b, mode and normal
        has a translation.

        Projections are oblique: v − mode (normal·v) of displacements, f − normal (mode·f) of forces, mode·normal = 1.
        Stops when |b − J x| has fallen to `tolerance` of |b|, at a direction of negative curvature, or after max_steps.
        Returns steps, negative where curvature was."""
        start, target, block, inverse, mode, normal = (
            view.springs.start, view.springs.target, view.block, view.inverse, view.mode, view.normal,
        )  # fmt: skip
        b, x, rest, z, d, jd = view.b, view.x, view.rest, view.z, view.d, view.image
        n, size, along = b.shape[0], 0.0, 0.0
        for i in range(n):
            for c in range(3):
                x[i, c], rest[i, c] = 0.0, b[i, c]
                z[i, c] = inverse[i, c, 0] * b[i, 0] + inverse[i, c, 1] * b[i, 1] + inverse[i, c, 2] * b[i, 2]
                size += b[i, c] * b[i, c]
                along += normal[i, c] * z[i, c]
        freed(z)
        limit, descent = view.tolerance * view.tolerance * size, 0.0
        for i in range(n):
            for c in range(3):
                d[i, c] = z[i, c] - along * mode[i, c]
                descent += d[i, c] * rest[i, c]
        for step in range(view.max_steps):
            curvature = share = 0.0
            for i in range(n):
                fx, fy, fz = own_slope(mode, i, d, view.weight)
                for p in range(start[i], start[i + 1]):
                    j = target[p]
                    dx, dy, dz = d[i, 0] - d[j, 0], d[i, 1] - d[j, 1], d[i, 2] - d[j, 2]
                    fx += block[p, 0] * dx + block[p, 3] * dy + block[p, 4] * dz
                    fy += block[p, 3] * dx + block[p, 1] * dy + block[p, 5] * dz
                    fz += block[p, 4] * dx + block[p, 5] * dy + block[p, 2] * dz
                jd[i, 0], jd[i, 1], jd[i, 2] = fx, fy, fz
                curvature += d[i, 0] * fx + d[i, 1] * fy + d[i, 2] * fz
                share += mode[i, 0] * fx + mode[i, 1] * fy + mode[i, 2] * fz
            freed(jd)
            if curvature <= 0.0:
                return -step - 1
            far = descent / curvature
            size = along = 0.0
            for i in range(n):
                for c in range(3):
                    x[i, c] += far * d[i, c]
                    rest[i, c] -= far * (jd[i, c] - share * normal[i, c])
                    size += rest[i, c] * rest[i, c]
                for c in range(3):
                    z[i, c] = inverse[i, c, 0] * rest[i, 0] + inverse[i, c, 1] * rest[i, 1] + inverse[i, c, 2] * rest[i, 2]
                    along += normal[i, c] * z[i, c]
            if size <= limit:
                return step + 1
            freed(z)
            new = 0.0
            for i in range(n):
                for c in range(3):
                    z[i, c] -= along * mode[i, c]
                    new += z[i, c] * rest[i, c]
            turn, descent = new / descent, new
            for i in range(n):
                for c in range(3):
                    d[i, c] = z[i, c] + turn * d[i, c]
        return view.max_steps

    return newton
