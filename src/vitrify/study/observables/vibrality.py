"""Vibrality of each particle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.study.observable import Column, Measured, Observable, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class Vibrality(Observable):
    """Ψ_i = Σ_k |ψ_k,i|²/ω_k², which the store keeps as the array `vibrality` (n,)."""

    name: ClassVar[str] = "vibrality"
    summary: ClassVar[str] = (
        "vibrality Ψ_i of each particle: its mean squared displacement in harmonic vibration, divided by k_B T"
    )
    columns: ClassVar[Mapping[str, Column]] = {
        "vibrality_mean": Column("λ²/ε", "Ψ_i of Tong and Xu, mean over particles"),
        "vibrality_max": Column("λ²/ε", "largest Ψ_i"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import vibrality

        found = vibrality(glass)
        values = {"vibrality_mean": float(found.mean()), "vibrality_max": float(found.max())}
        return Measured(values, {"vibrality": found})
