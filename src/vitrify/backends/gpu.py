"""numba-cuda: the same bodies, a thread a particle; in its simulator (NUMBA_ENABLE_CUDASIM=1) where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda, float64
from numpy.typing import NDArray

from .vectors import (
    Vectors,
    copy_plainly,
    displacement,
    displacement_single_of,
    fetch_nothing,
    fetch_nothing_single,
    keep_in_cell_plainly,
    keep_plainly,
    no_width,
    pad_plainly,
    upper_half,
)

BLOCK = 128  # threads


class Gpu:
    """Compiles bodies as device functions and launches them over a grid."""

    name = "cuda"

    def __init__(self) -> None:
        single = displacement_single_of(self.inline(upper_half))
        plain: tuple[Any, ...] = (
            fetch_nothing, displacement, fetch_nothing_single, single, no_width,
            keep_plainly, keep_in_cell_plainly, pad_plainly, copy_plainly,
        )  # fmt: skip
        self.vectors = Vectors(*[self.inline(x) for x in plain])
        self.kernels: dict[Callable[..., Any], Any] = {}  # by body

    def inline(self, function: Callable[..., Any]) -> Any:
        """A device function."""
        return cuda.jit(device=True)(function)

    def each(self, body: Callable[..., Any]) -> Callable[..., None]:
        """launch(n, width, *arguments): body(i, room, *arguments), a thread an i. Nothing is staged in `room` here."""
        if body not in self.kernels:
            self.kernels[body] = cuda.jit(grid_of(self.inline(body)))
        kernel = self.kernels[body]

        def launch(n: int, width: int, *arguments: Any) -> None:
            del width
            kernel[(n + BLOCK - 1) // BLOCK, min(BLOCK, n)](n, arguments)

        return launch

    def put(self, array: NDArray[Any]) -> Any:
        """A copy on the device."""
        return cuda.to_device(np.ascontiguousarray(array))

    def get(self, array: Any) -> NDArray[Any]:
        """A copy for NumPy."""
        return np.asarray(array.copy_to_host())

    def free_memory(self) -> int:
        """Bytes that the device has free."""
        return int(min(cuda.current_context().get_memory_info().free, 2**62))  # a simulator says infinity


def grid_of(body: Any) -> Callable[..., None]:
    """The kernel of a body: one thread an index."""

    def kernel(n, arguments):  # type: ignore[no-untyped-def]
        room = cuda.local.array((3, 1), float64)
        i = cuda.grid(1)
        if i < n:
            body(i, room, *arguments)

    return kernel
