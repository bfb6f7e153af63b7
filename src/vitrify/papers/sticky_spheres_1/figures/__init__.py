"""Figures of the paper, one file each, which draw what the store holds and compute nothing."""

from .catalogue import FIGURES

__all__ = ["FIGURES"]
