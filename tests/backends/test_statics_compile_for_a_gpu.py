"""Every line of the programs of statics compiles for a real GPU, where NVVM is installed: no GPU is needed for that."""

import numpy as np
import pytest

from compiling import compiling_machine
from vitrify.statics import SHEAR_XY, Pairs
from vitrify.statics.chebyshev import ChebyshevOperators
from vitrify.statics.hessians import Hessians


@pytest.mark.parametrize("in_blocks", [True, False])
def test_all_lines_of_statics(monkeypatch, pss_glass, in_blocks):
    machine, names = compiling_machine(monkeypatch, in_blocks=in_blocks)
    on = Hessians([Pairs.of(pss_glass)] * 2, machine)
    monkeypatch.setattr(on, "until_stopped", lambda run, view: run(view))  # nothing runs, so nothing stops
    x = on.put([np.ones((8, 160, 3))] * 2)
    y = on.zeros(*x.shape)
    on.strain(SHEAR_XY[None], x)
    on.solve(x, tolerance=1e-6)
    on.free(x)
    on.products(x, y)
    on.multiply(x, y)
    on.residuals(np.ones((2, 8)), x, y)
    on.overlaps(x, y)
    on.rotate(np.zeros((2, 8, 8)), x, y)
    many = ChebyshevOperators(on)
    many.largest = np.full(2, 2.0)
    many.moments(x, y, 4)
    many.filter(x, y, np.array([0.1, 0.2]))
    assert {
        "diagonal_of", "strain_force_of", "set_out_of", "begin_of", "multiply_of", "advance_of", "step_of", "judge_of", "end",
        "turn_of", "recurrence_of", "settle_of", "record_of", "expand_of", "along_of", "remove_of", "beside_of", "total_of",
        "products_of", "sums_of", "residuals_of", "overlaps_of", "shift_of", "rotate_of",
    } <= set(names)  # fmt: skip
