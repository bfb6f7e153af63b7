"""One file a figure of the paper: draws what the store holds, computes nothing."""

from .catalogue import FIGURES

__all__ = ["FIGURES"]
