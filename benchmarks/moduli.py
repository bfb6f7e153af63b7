"""The Hessian and the elastic moduli of one glass against matscipy, on exactly the same potential."""

from __future__ import annotations

import time
from collections.abc import Iterator

from vitrify.observables import elasticity
from vitrify.statics import Hessian, Pairs

from .peers import matscipy
from .systems import PSS, glass
from .table import Row
from .timing import interleaved, seconds


def rows(*, quick: bool) -> Iterator[Row]:
    """The Hessian as a sparse matrix, the moduli with all that they need, and both together."""
    made = glass(PSS.of_size(500) if quick else PSS)
    size = f"{PSS.of_size(made.n_particles)}"
    found = elasticity(made)  # compiles
    Hessian(Pairs.of(made)).matrix()
    ours = {
        "hessian": lambda: seconds(lambda: Hessian(Pairs.of(made)).matrix()),
        "moduli": lambda: seconds(lambda: elasticity(made)),
    }
    why = matscipy.missing()
    if why:
        spent = interleaved(ours, 3)
        yield Row(work=f"Hessian, {size}", ours=spent["hessian"], peer=f"matscipy: {why}")
        yield Row(work=f"Hessian and moduli, {size}", ours=sum(spent.values()), ratio_wanted=10.0)
        return
    answer: list[tuple[float, float]] = []

    def their_hessian() -> float:
        atoms = matscipy.atoms_of(made.model, made.positions, made.species, made.box)
        return seconds(lambda: atoms.calc.get_property("hessian", atoms))

    def their_moduli() -> float:
        atoms = matscipy.atoms_of(made.model, made.positions, made.species, made.box)
        started = time.perf_counter()
        answer.append(matscipy.shear_and_bulk(atoms))
        return time.perf_counter() - started

    spent = interleaved(ours | {"their hessian": their_hessian, "their moduli": their_moduli}, 3)
    off = max(abs(found["shear_modulus"] / answer[-1][0] - 1.0), abs(found["bulk_modulus"] / answer[-1][1] - 1.0))
    yield Row(
        work=f"Hessian as a sparse matrix, {size}", ours=spent["hessian"], peer="matscipy", theirs=spent["their hessian"]
    )
    yield Row(
        work=f"moduli, {size}", ours=spent["moduli"], peer="matscipy, φ by Numba, cg to 1e-10",
        theirs=spent["their moduli"],
        note=f"G and K agree to {off:.0e}. Ours: G in 3 planes, K, proof of a minimum; matscipy: all 21 elastic constants",
    )  # fmt: skip
    yield Row(
        work=f"Hessian and moduli, {size}", ours=spent["hessian"] + spent["moduli"], peer="matscipy",
        theirs=spent["their hessian"] + spent["their moduli"], ratio_wanted=10.0, note="sum of the two lines above",
    )  # fmt: skip
