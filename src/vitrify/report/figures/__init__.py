"""Figures that any study has, and what figures of a paper are made of."""
