"""The soft spots that `vitrify measure --soft-spots` shows."""

from __future__ import annotations

from typing import Any

HEAD = ("", "frequency", "core", "size", "participation", "dilation/shear", "found by", "residual")


def soft_spots_table(found: dict[str, Any]) -> str:
    """The census as a table for people."""
    rows = [HEAD, *(_row(k, x) for k, x in enumerate(found["spots"]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(x.rjust(w) for x, w in zip(row, widths, strict=True)) for row in rows]
    lost = f"; {found['lost']} starts led to none" if found["lost"] else ""
    kept = "softest" if len(found["spots"]) == 1 else f"{len(found['spots'])} softest"
    return "\n".join([
        f"soft spots, {found['kind']}: the {kept} of {found['found']} found from "
        f"{found['starts']} starts{lost}; ω in √(ε/m)/λ, place and size of the core in λ",
        *lines,
    ])  # fmt: skip


def _row(k: int, spot: dict[str, Any]) -> tuple[str, ...]:
    core = " ".join(f"{x:.3f}" for x in spot["core"])
    numbers = (f"{spot[x]:.4g}" for x in ("size", "participation_ratio", "dilation_over_shear"))
    return (str(k), f"{spot['frequency']:.6g}", core, *numbers, str(spot["found_by"]), f"{spot['residual']:.0e}")
