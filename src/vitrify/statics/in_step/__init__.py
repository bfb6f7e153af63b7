"""Responses and modes of many small glasses at once, on a GPU or on the CPU."""

from .conjugate_gradients import solve_in_step
from .modes import modes_in_step
from .pairs import PairsInStep
from .strain import StrainResponses, strain_responses

__all__ = ["PairsInStep", "StrainResponses", "modes_in_step", "solve_in_step", "strain_responses"]
