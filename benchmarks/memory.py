"""Peak memory of each piece of work, alone in a fresh process: maximal resident set, interpreter and imports included."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .child import peak_megabytes
from .systems import PSS, advance, glass, liquid, new_glass
from .table import Row


def _make() -> None:
    new_glass(PSS, 1)


def _moduli() -> None:
    from vitrify.observables import elasticity

    elasticity(glass(PSS))


def _matscipy() -> None:
    from .peers import matscipy

    made = glass(PSS)
    matscipy.shear_and_bulk(matscipy.atoms_of(made.model, made.positions, made.species, made.box))


def _modes() -> None:
    from vitrify.statics.modes import lowest_modes

    lowest_modes(_hessian(), 50)


def _eigsh() -> None:
    from scipy import sparse
    from scipy.sparse.linalg import eigsh

    from .modes import SIGMA, ZEROS

    eigsh(sparse.csc_matrix(_hessian().matrix()), k=50 + ZEROS, sigma=SIGMA)


def _responses() -> None:
    from vitrify.statics.dipoles import bonds, responses

    hessian = _hessian()
    for _ in responses(hessian, bonds(hessian.pairs)[:64]):
        pass


def _mode() -> None:
    from vitrify.statics.quasilocalised import softest_mode

    softest_mode(_hessian())


def _large() -> None:
    start = liquid(PSS.of_size(4000)).replicated(4)
    advance(start.batch(), PSS.temperature, 500)


def _large_lammps() -> None:
    from vitrify.preparation.liquid import COUPLING

    from .peers import lammps

    with lammps.Lammps(liquid(PSS.of_size(4000)).replicated(4), "lj/cut/opt", 0.5) as peer:
        peer.thermostat(0.003, COUPLING)
        peer.run(10)


def _hessian() -> Any:
    from vitrify.statics import Hessian, Pairs

    return Hessian(Pairs.of(glass(PSS)))


WORK: dict[str, tuple[Callable[[], None], str, Callable[[], None] | None]] = {
    f"make a glass, {PSS}": (_make, "", None),
    f"moduli, {PSS}": (_moduli, "matscipy", _matscipy),
    f"lowest 50 modes, {PSS}": (_modes, "SciPy eigsh, SuperLU", _eigsh),
    f"64 dipole responses, {PSS}": (_responses, "", None),
    f"softest quasilocalised mode, {PSS}": (_mode, "", None),
    f"MD, {PSS.of_size(256_000)}": (_large, "LAMMPS lj/cut/opt", _large_lammps),
}


def rows(*, quick: bool) -> Iterator[Row]:
    """Each piece of work twice: ours and the peer's."""
    glass(PSS)
    liquid(PSS.of_size(4000))
    for name, (ours, peer, theirs) in list(WORK.items())[: 1 if quick else None]:
        mine, other = _peak(ours), _peak(theirs) if theirs else None
        note = f"the peer failed: {other}" if isinstance(other, str) else ""
        note = f"ours failed: {mine}" if isinstance(mine, str) else note
        value, against = (x if isinstance(x, float) else None for x in (mine, other))
        yield Row(work=f"peak memory: {name}", ours=value, unit="MB", peer=peer, theirs=against, note=note)


def _peak(work: Callable[[], None]) -> float | str:
    """Megabytes, or why there are none."""
    command = [sys.executable, "-m", "benchmarks.memory", work.__name__]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no message"])[-1][:100]
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print(peak_megabytes())
