"""A GPU backend that compiles what it would launch for a real GPU, and runs nothing: no GPU is needed for that."""

from types import SimpleNamespace

import numpy as np
import pytest

H100 = (9, 0)


def compiling_machine(monkeypatch, *, in_blocks):
    """The machine, and the names of the bodies that it compiled so far; in_blocks: a block of threads a sample, or a launch a
    line. Skips where NVVM is not installed."""
    pytest.importorskip("numba_cuda")
    from numba import cuda, typeof, types
    from numba.cuda import dispatcher

    from vitrify.backends import gpu

    try:
        cuda.compile_ptx(lambda n: None, types.void(types.int64), cc=H100)
    except Exception:
        pytest.skip("NVVM is not installed (numba-cuda[cu12] brings it)")
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=H100))
    monkeypatch.setattr(gpu, "fits_blocks", lambda view: in_blocks)
    names = []

    class Compiling(gpu.Gpu):
        def put(self, array):
            return np.ascontiguousarray(array)

        def set(self, array, values):
            array[:] = values

        def get(self, array):
            return np.asarray(array)

        def put_by_column(self, array):
            return np.asfortranarray(array)

        def program(self, program):
            run = super().program(program)

            def noted(view, *rest):
                run(view, *rest)
                names.extend(x.body.__qualname__.split(".")[0] for x in (*program.opening, *program.lines))

            noted.repeats = run.repeats
            return noted

        def kernel(self, function, registers=None):
            class Launched:
                def __getitem__(self, grid):
                    return self

                def __call__(self, *arguments):
                    code, _ = cuda.compile_ptx(function, types.void(*map(typeof, arguments)), cc=H100)
                    assert "sm_90" in code

            return Launched()

    return Compiling(), names
