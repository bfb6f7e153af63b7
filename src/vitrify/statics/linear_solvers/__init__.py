"""Solvers of M x = b and counters of its eigenvalues, one per file."""
