"""Products of the Hessian with eight vectors at once, and conjugate gradients on them.

Vectors are stored (n_particles, 3, 8), so that the eight stand side by side: no gathers, full vectors.
"""

from __future__ import annotations

from typing import Any

COLUMNS = 8


def product_of() -> Any:
    """Body: y_i = Σ_j k_ij (x_i − x_j) with the pair's stiffness k_ij = 2 φ_s + 4 φ_ss r⊗r."""

    def product(i, start, target, r, tension, stiffness, x, y):
        for c in range(8):
            y[i, 0, c] = 0.0
            y[i, 1, c] = 0.0
            y[i, 2, c] = 0.0
        for p in range(start[i], start[i + 1]):
            j = target[p]
            t, k = 2.0 * tension[p], 4.0 * stiffness[p]
            rx, ry, rz = r[p, 0], r[p, 1], r[p, 2]
            for c in range(8):
                dx = x[i, 0, c] - x[j, 0, c]
                dy = x[i, 1, c] - x[j, 1, c]
                dz = x[i, 2, c] - x[j, 2, c]
                along = k * (rx * dx + ry * dy + rz * dz)
                y[i, 0, c] += t * dx + along * rx
                y[i, 1, c] += t * dy + along * ry
                y[i, 2, c] += t * dz + along * rz

    return product


def solve_of(product: Any) -> Any:
    """Conjugate gradients with a block-Jacobi preconditioner for eight right-hand sides, each on its own.

    Stops when every residual has fallen to `tolerance` of its right-hand side, or at the first direction of negative
    curvature in a column (that column's state becomes −1), or after max_steps (state 0). State 1: converged."""

    def solve(start, target, r, tension, stiffness, inverse, b, tolerance, max_steps, x, res, z, d, md, state):
        n = b.shape[0]
        rz, limit, alpha, beta, new = state[1], state[2], state[3], state[4], state[5]
        for c in range(8):
            rz[c] = limit[c] = 0.0
        for i in range(n):
            for c in range(8):
                for a in range(3):
                    x[i, a, c] = 0.0
                    res[i, a, c] = b[i, a, c]
                    limit[c] += b[i, a, c] ** 2
                for a in range(3):
                    d[i, a, c] = (
                        inverse[i, a, 0] * b[i, 0, c] + inverse[i, a, 1] * b[i, 1, c] + inverse[i, a, 2] * b[i, 2, c]
                    )
                    rz[c] += d[i, a, c] * b[i, a, c]
        for c in range(8):
            state[0, c] = 1.0 if limit[c] == 0.0 else 0.0  # an empty column is solved
            limit[c] *= tolerance * tolerance
        for step in range(max_steps):
            for i in range(n):
                product(i, start, target, r, tension, stiffness, d, md)
            for c in range(8):
                new[c] = 0.0
            for i in range(n):
                for a in range(3):
                    for c in range(8):
                        new[c] += d[i, a, c] * md[i, a, c]
            for c in range(8):
                if state[0, c] == 0.0 and new[c] <= 0.0:
                    state[0, c] = -1.0
                alpha[c] = rz[c] / new[c] if state[0, c] == 0.0 else 0.0
                new[c] = 0.0
                beta[c] = 0.0
            for i in range(n):
                for a in range(3):
                    for c in range(8):
                        x[i, a, c] += alpha[c] * d[i, a, c]
                        res[i, a, c] -= alpha[c] * md[i, a, c]
                        beta[c] += res[i, a, c] ** 2
                for a in range(3):
                    for c in range(8):
                        z[i, a, c] = (
                            inverse[i, a, 0] * res[i, 0, c]
                            + inverse[i, a, 1] * res[i, 1, c]
                            + inverse[i, a, 2] * res[i, 2, c]
                        )
                        new[c] += z[i, a, c] * res[i, a, c]
            going = False
            for c in range(8):
                if state[0, c] == 0.0 and beta[c] <= limit[c]:
                    state[0, c] = 1.0
                going = going or state[0, c] == 0.0
                beta[c] = new[c] / rz[c] if state[0, c] == 0.0 else 0.0
                rz[c] = new[c]
            if not going:
                return step + 1
            for i in range(n):
                for a in range(3):
                    for c in range(8):
                        d[i, a, c] = z[i, a, c] + beta[c] * d[i, a, c]
        return max_steps

    return solve
