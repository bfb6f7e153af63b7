"""Embedded atoms: molecular dynamics of a liquid alloy against LAMMPS' eam/alloy and eam/fs on the same file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vitrify import models
from vitrify.preparation.liquid import COUPLING, time_step

from .peers import lammps
from .systems import Liquid, System, advance, liquid, scratch
from .table import Row
from .timing import interleaved

WANTED = 1.0  # times the speed of LAMMPS
STYLES = {"eam/alloy": False, "eam/fs": True}
CUTOFF, ROWS, LARGEST = 5.4, 2000, 400.0  # Å; of each function; density
DENSITY, TEMPERATURE = 0.058, 0.15  # Å⁻³, eV
SKINS = (0.6, 1.0, 1.5)  # Å
PAIRS = {  # A, ξ (eV), p, q, r0 (Å) of Cleri and Rosato's form: copper, and a larger neighbour
    (0, 0): (0.0855, 1.224, 10.960, 2.278, 2.556),
    (0, 1): (0.1300, 1.700, 9.800, 2.250, 2.850),
    (1, 1): (0.1934, 2.279, 8.250, 2.249, 3.179),
}


def rows(*, quick: bool) -> Iterator[Row]:
    """A row for each style."""
    n, steps = (300, 500) if quick else (3000, 1000)
    for style, fs in STYLES.items():
        file = scratch() / f"CuZr.{style.replace('/', '.')}"
        _write(file, fs=fs)
        system = System(f"eam-{fs}", str(models.eam(file, "Cu,Zr")), n, DENSITY, TEMPERATURE)
        start = liquid(system)
        batch, step = start.batch(), time_step(system.model, TEMPERATURE)

        def ours(batch: Any = batch, steps: int = steps) -> float:
            started = time.perf_counter()
            advance(batch, TEMPERATURE, steps)
            return time.perf_counter() - started

        ours()  # compiles
        work, unit = f"MD, {style}, N = {n:,}, {ROWS:,} rows", "M particle-steps/s"
        why = lammps.missing()
        if why:
            spent = interleaved({"ours": ours}, 3)
            yield Row(
                work=work, ours=1e-6 * steps * n / spent["ours"], unit=unit, higher_is_better=True, peer=f"LAMMPS: {why}"
            )
            continue
        with _lammps(start, style, file, step) as peer:
            skin = min(SKINS, key=lambda x: _seconds(peer, x, steps // 5))
            peer.command(f"neighbor {skin} bin")
            spent = interleaved({"ours": ours, "theirs": lambda peer=peer: peer.run(steps)}, 3 if quick else 5)
        yield Row(
            work=work, ours=1e-6 * steps * n / spent["ours"], unit=unit, higher_is_better=True,
            peer=f"LAMMPS {style}, skin {skin} Å", theirs=1e-6 * steps * n / spent["theirs"], ratio_wanted=WANTED,
            note="splines of fifth degree against cubic ones",
        )  # fmt: skip


def _seconds(peer: lammps.Lammps, skin: float, steps: int) -> float:
    peer.command(f"neighbor {skin} bin")
    return peer.run(steps)


def _lammps(start: Liquid, style: str, file: Path, step: float) -> lammps.Lammps:
    """LAMMPS with our masses, under our thermostat."""
    peer = lammps.Lammps(start, style, SKINS[0], coefficients=f"* * {file} Cu Zr")
    peer.thermostat(step, COUPLING)
    return peer


def _write(file: Path, *, fs: bool) -> None:
    """A setfl file of the closed forms."""
    r, rho = np.arange(ROWS) * CUTOFF / ROWS, np.arange(ROWS) * LARGEST / ROWS
    x = np.clip((r / CUTOFF - 0.6) / 0.4, 0.0, 1.0)
    end = 1.0 - x**5 * (126.0 - 420.0 * x + 540.0 * x**2 - 315.0 * x**3 + 70.0 * x**4)

    def density(centre: int, far: int) -> Any:
        _, xi, _, q, r0 = PAIRS[min(centre, far), max(centre, far)] if fs else PAIRS[far, far]
        return xi**2 * np.exp(-2.0 * q * (r / r0 - 1.0)) * end

    def pair(i: int, j: int) -> Any:
        a, _, p, _, r0 = PAIRS[i, j]
        return 2.0 * a * r * np.exp(-p * (r / r0 - 1.0)) * end

    lines = ["#", "#", "#", "2 Cu Zr", f"{ROWS} {LARGEST / ROWS!r} {ROWS} {CUTOFF / ROWS!r} {CUTOFF!r}"]
    for k in (0, 1):
        lines.append(f"{(29, 40)[k]} 1.0 1.0 fcc")
        functions = [-np.sqrt(rho + 0.5), *(density(i, k) for i in ((0, 1) if fs else (k,)))]
        lines += [f"{x:.16e}" for values in functions for x in values]
    lines += [f"{x:.16e}" for i, j in ((0, 0), (0, 1), (1, 1)) for x in pair(i, j)]
    file.write_text("\n".join([*lines, ""]))
