"""A GPU backend that compiles each line of a program for a real GPU, and runs nothing: no GPU is needed for that."""

from types import SimpleNamespace

import numpy as np
import pytest

H100 = (9, 0)


def compiling_machine(monkeypatch):
    """The machine, and the names of the bodies that it compiled so far. Skips where NVVM is not installed."""
    pytest.importorskip("numba_cuda")
    from numba import cuda, typeof, types
    from numba.cuda import dispatcher

    from vitrify.backends.gpu import Gpu

    try:
        cuda.compile_ptx(lambda n: None, types.void(types.int64), cc=H100)
    except Exception:
        pytest.skip("NVVM is not installed (numba-cuda[cu12] brings it)")
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=H100))
    names = []

    class Compiling(Gpu):
        def put(self, array):
            return np.ascontiguousarray(array)

        def set(self, array, values):
            array[:] = values

        def get(self, array):
            return np.asarray(array)

        def line(self, line, **options):
            launch = super().line(line, **options)
            name = line.body.__qualname__.split(".")[0]

            def noted(view):
                launch(view)
                names.append(name)

            return noted

        def kernel(self, function):
            class Launched:
                def __getitem__(self, grid):
                    return self

                def __call__(self, view):
                    code, _ = cuda.compile_ptx(function, types.void(typeof(view)), cc=H100)
                    assert "sm_90" in code

            return Launched()

    return Compiling(), names
