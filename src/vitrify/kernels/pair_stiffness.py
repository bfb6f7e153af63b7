"""The stiffness of a pair, k_ij = t 1 + k r⊗r with t = 2 φ_s = φ'/r and k = 4 φ_ss: the block of M = ∂²U/∂x∂x that it is.

Everything that a Hessian is used for is made of the two functions here: t and k come from statics.pairs.Pairs.springs."""

from __future__ import annotations


def pulled(f, t, k, r, d):
    """f + k_ij δ. Vectors are triples; f and δ may be lanes."""
    along = k * (r[0] * d[0] + r[1] * d[1] + r[2] * d[2])
    return f[0] + t * d[0] + r[0] * along, f[1] + t * d[1] + r[1] * along, f[2] + t * d[2] + r[2] * along


def block_of_pair(t, k, r):
    """k_ij by its entries xx, yy, zz, xy, xz, yz. Products of r come first, so that a block does not depend on its sign."""
    x, y, z = r
    return k * (x * x) + t, k * (y * y) + t, k * (z * z) + t, k * (x * y), k * (x * z), k * (y * z)
