"""Products of the Hessian with eight vectors at once, and conjugate gradients on them.

Vectors are stored (n_particles, 3, 8), so that the eight stand side by side: no gathers, full vectors. Numbers of the eight
columns are rows of (rows, 1, 8).
"""

from __future__ import annotations

from typing import Any

from vitrify.backends.eight import all_eight, eight_of, put_eight

COLUMNS = 8


def product_of() -> Any:
    """Body: (M x)_i = Σ_j k_ij (x_i − x_j) with the pair's stiffness k_ij = 2 φ_s + 4 φ_ss r⊗r, as three Eights."""

    def product(i, start, target, r, tension, stiffness, x):
        here_x, here_y, here_z = eight_of(x, i, 0), eight_of(x, i, 1), eight_of(x, i, 2)
        fx = fy = fz = all_eight(0.0)
        for p in range(start[i], start[i + 1]):
            j = target[p]
            t, k = 2.0 * tension[p], 4.0 * stiffness[p]
            rx, ry, rz = r[p, 0], r[p, 1], r[p, 2]
            dx = here_x - eight_of(x, j, 0)
            dy = here_y - eight_of(x, j, 1)
            dz = here_z - eight_of(x, j, 2)
            along = k * (rx * dx + ry * dy + rz * dz)
            fx = fx + t * dx + rx * along
            fy = fy + t * dy + ry * along
            fz = fz + t * dz + rz * along
        return fx, fy, fz

    return product


def solve_of(product: Any) -> Any:
    """Conjugate gradients with a block-Jacobi preconditioner for eight right-hand sides, each on its own.

    Stops when every residual has fallen to `tolerance` of its right-hand side, or at the first direction of negative
    curvature in a column (that column's state becomes −1), or after max_steps (state 0). State 1: converged.
    state: (6, 1, 8), the columns' states and scratch."""

    def solve(start, target, r, tension, stiffness, inverse, b, tolerance, max_steps, x, res, z, d, md, state):
        n = b.shape[0]
        rz, limit, alpha, beta, new = state[1, 0], state[2, 0], state[3, 0], state[4, 0], state[5, 0]
        size = along = all_eight(0.0)
        for i in range(n):
            for a in range(3):
                put_eight(x, i, a, all_eight(0.0))
                put_eight(res, i, a, eight_of(b, i, a))
            for a in range(3):
                preconditioned = (
                    inverse[i, a, 0] * eight_of(b, i, 0)
                    + inverse[i, a, 1] * eight_of(b, i, 1)
                    + inverse[i, a, 2] * eight_of(b, i, 2)
                )
                put_eight(d, i, a, preconditioned)
                size = size + eight_of(b, i, a) * eight_of(b, i, a)
                along = along + preconditioned * eight_of(b, i, a)
        put_eight(state, 1, 0, along)
        put_eight(state, 2, 0, size)
        for c in range(8):
            state[0, 0, c] = 1.0 if limit[c] == 0.0 else 0.0  # an empty column is solved
            limit[c] *= tolerance * tolerance
        for step in range(max_steps):
            curvature = all_eight(0.0)
            for i in range(n):
                fx, fy, fz = product(i, start, target, r, tension, stiffness, d)
                put_eight(md, i, 0, fx)
                put_eight(md, i, 1, fy)
                put_eight(md, i, 2, fz)
                curvature = curvature + eight_of(d, i, 0) * fx + eight_of(d, i, 1) * fy + eight_of(d, i, 2) * fz
            put_eight(state, 5, 0, curvature)
            for c in range(8):
                if state[0, 0, c] == 0.0 and new[c] <= 0.0:
                    state[0, 0, c] = -1.0
                alpha[c] = rz[c] / new[c] if state[0, 0, c] == 0.0 else 0.0
            far = eight_of(state, 3, 0)
            size = along = all_eight(0.0)
            for i in range(n):
                for a in range(3):
                    rest = eight_of(res, i, a) - far * eight_of(md, i, a)
                    put_eight(x, i, a, eight_of(x, i, a) + far * eight_of(d, i, a))
                    put_eight(res, i, a, rest)
                    size = size + rest * rest
                for a in range(3):
                    preconditioned = (
                        inverse[i, a, 0] * eight_of(res, i, 0)
                        + inverse[i, a, 1] * eight_of(res, i, 1)
                        + inverse[i, a, 2] * eight_of(res, i, 2)
                    )
                    put_eight(z, i, a, preconditioned)
                    along = along + preconditioned * eight_of(res, i, a)
            put_eight(state, 4, 0, size)
            put_eight(state, 5, 0, along)
            going = False
            for c in range(8):
                if state[0, 0, c] == 0.0 and beta[c] <= limit[c]:
                    state[0, 0, c] = 1.0
                going = going or state[0, 0, c] == 0.0
                beta[c] = new[c] / rz[c] if state[0, 0, c] == 0.0 else 0.0
                rz[c] = new[c]
            if not going:
                return step + 1
            turn = eight_of(state, 4, 0)
            for i in range(n):
                for a in range(3):
                    put_eight(d, i, a, eight_of(z, i, a) + turn * eight_of(d, i, a))
        return max_steps

    return solve
