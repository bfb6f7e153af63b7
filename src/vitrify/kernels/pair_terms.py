"""The pair terms of an inherent state: φ and its derivatives with respect to s = r², for every pair of a list."""

from __future__ import annotations

from typing import Any


def pair_terms_of(radial: Any) -> Any:
    """Fills terms (5, n_pairs) with φ, φ_s, φ_ss, φ_sss, φ_ssss at squared distance s (n_pairs,); u = s/λ²."""

    def pair_terms(squared, inverse_length2, numbers, terms):
        for p in range(len(squared)):
            w = inverse_length2[p]
            phi, d1, d2, d3, d4 = radial(squared[p] * w, numbers)
            terms[0, p] = phi
            terms[1, p] = d1 * w
            terms[2, p] = d2 * w * w
            terms[3, p] = d3 * w * w * w
            terms[4, p] = d4 * w * w * w * w

    return pair_terms


def count_pairs(first, last, ticks, species, neighbours, counts, range2, scale, number):
    """number[i]: listed neighbours of i closer than the range of their species."""
    for i in range(first, last):
        found = 0
        for k in range(counts[i]):
            j = neighbours[i, k] & 268435455
            r2 = 0.0
            for d in range(3):
                r2 += (float(ticks[j, d] - ticks[i, d]) * scale) ** 2
            found += 1 if (r2 < range2[species[i], species[j]]) & (i != j) else 0
        number[i] = found


def fill_pairs(first, last, ticks, species, neighbours, counts, range2, scale, start, target, r):
    """Rows of a compressed full list: target[start[i] ...] is j, r the vector from i to j."""
    for i in range(first, last):
        p = start[i]
        for k in range(counts[i]):
            j = neighbours[i, k] & 268435455
            x = float(ticks[j, 0] - ticks[i, 0]) * scale
            y = float(ticks[j, 1] - ticks[i, 1]) * scale
            z = float(ticks[j, 2] - ticks[i, 2]) * scale
            if (x * x + y * y + z * z < range2[species[i], species[j]]) & (i != j):
                target[p] = j
                r[p, 0], r[p, 1], r[p, 2] = x, y, z
                p += 1
