"""Figures that any study has, and the parts from which figures of a paper are made."""
