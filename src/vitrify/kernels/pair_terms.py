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
