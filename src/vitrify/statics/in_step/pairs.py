"""The pairs of many samples, one after the other, on one machine; and the sums that solvers of all kinds take there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import Cpu
from vitrify.kernels import statics_in_step as bodies
from vitrify.kernels.hessian_product import COLUMNS
from vitrify.statics.pairs import Pairs

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class PairsInStep:
    """Pairs of `samples` as Hessian products take them. Arrays named on_... stand on the machine, others here."""

    def __init__(self, samples: Sequence[Pairs], machine: Cpu | Gpu) -> None:
        self.machine, self.launch = machine, launches(machine)
        self.n_samples, self.volumes = len(samples), np.array([x.volume for x in samples])
        self.first = np.concatenate([[0], np.cumsum([x.n_particles for x in samples])]).astype(np.int64)
        self.n = int(self.first[-1])
        begin = np.cumsum([0, *(len(x.target) for x in samples)])
        start = [x.start[:-1] + b for x, b in zip(samples, begin[:-1], strict=True)]
        target = [x.target + a for x, a in zip(samples, self.first[:-1], strict=True)]
        self.on_pairs = tuple(
            machine.put(np.ascontiguousarray(np.concatenate(x)))
            for x in (
                [*start, begin[-1:]], target, [x.r_pd for x in samples], [x.terms[1] for x in samples],
                [x.terms[2] for x in samples],
            )
        )  # fmt: skip
        self.on_sample_of = machine.put(np.repeat(np.arange(self.n_samples), np.diff(self.first)))
        self.on_first = machine.put(self.first)
        self._partials: dict[tuple[int, ...], Any] = {}
        self.few, self.many = (Shares(self.first, size, machine) for size in (SHARE, OVERLAP_SHARE))

    def everyone(self) -> Any:
        """(samples,) on the machine: all are busy."""
        return self.machine.put(np.ones(self.n_samples, dtype=np.int64))

    def width(self, columns: int) -> int:
        """So many columns, and what this machine wants beside them."""
        lanes = self.launch.lanes
        return -(-columns // lanes) * lanes

    def zeros(self, rows: int, width: int) -> Any:
        """(n, rows, width) vectors on the machine."""
        return self.machine.put(np.zeros((self.n, rows, width)))

    def partial(self, *shape: int) -> Any:
        """Room on the machine for the sums of shares, used by one sum after the other."""
        if shape not in self._partials:
            self._partials[shape] = self.machine.put(np.zeros(shape))
        return self._partials[shape]

    def threads(self, rows: int, width: int) -> tuple[int, int]:
        """How many indices a launch over rows of so many columns has, and the width of a thread's room."""
        return rows * (width // self.launch.lanes), self.launch.lanes

    def multiply(self, busy: Any, x: Any, y: Any) -> None:
        """y ← M x."""
        self.launch.multiply(*self.threads(self.n, x.shape[2]), busy, self.on_sample_of, self.on_pairs, x, y)

    def products(self, busy: Any, x: Any, y: Any) -> FloatArray:
        """(samples, width) x·y, here."""
        shares, w = self.few, x.shape[2]
        partial = self.partial(shares.number, 1, w)
        self.launch.products(*self.threads(shares.number, w), busy, shares.on_parts, x, y, partial)
        return self.totals(busy, partial)

    def sums(self, busy: Any, x: Any) -> tuple[Any, FloatArray]:
        """(samples, rows, width) Σ_i x_i, on the machine and here."""
        shares, rows, w = self.few, x.shape[1], x.shape[2]
        partial = self.partial(shares.number, rows, w)
        self.launch.sums(*self.threads(shares.number, w), busy, shares.on_parts, x, partial)
        return self._total(busy, shares, partial)

    def totals(self, busy: Any, partial: Any) -> FloatArray:
        """(samples, width) sums over shares, here. partial: (shares, 1, width)."""
        return self._total(busy, self.few, partial)[1][:, 0]

    def free(self, busy: Any, x: Any) -> None:
        """Take the translations out of x, (n, 3, width)."""
        on_sums, _ = self.sums(busy, x)
        self.launch.shift(*self.threads(self.n, x.shape[2]), busy, self.on_sample_of, self.on_first, on_sums, x)

    def combine(self, busy: Any, keep: FloatArray, gain: FloatArray, x: Any, y: Any) -> None:
        """y ← gain (y − keep x). keep, gain: (samples, width), here."""
        put = self.machine.put
        self.launch.combine(*self.threads(self.n, x.shape[2]), busy, self.on_sample_of, put(keep), put(gain), x, y)

    def overlaps(self, busy: Any, x: Any, y: Any) -> FloatArray:
        """(samples, 2, width, width) xᵀx and xᵀy, here."""
        shares, w = self.many, x.shape[2]
        partial = self.partial(shares.number, 2, w, w)
        self.launch.overlap(*self.threads(shares.number * w, w), busy, shares.on_parts, x, y, partial)
        _, found = self._total(busy, shares, partial.reshape((shares.number, 2 * w, w)))
        return found.reshape(self.n_samples, 2, w, w)

    def _total(self, busy: Any, shares: Shares, partial: Any) -> tuple[Any, FloatArray]:
        rows, w = partial.shape[1:]
        found = self.machine.put(np.zeros((self.n_samples, rows, w)))
        self.launch.total(self.n_samples * rows * w, 1, busy, shares.on_shares, partial, found)
        return found, self.machine.get(found)


SHARE = 32  # particles a partial sum
OVERLAP_SHARE = 256  # particles: with fewer the partial sums of overlaps would take more room than the vectors


class Shares:
    """Shares of at most `size` particles, none across samples: on_shares[s] ... on_shares[s + 1] are those of sample s."""

    def __init__(self, first: IntArray, size: int, machine: Cpu | Gpu) -> None:
        shares, begin, end, of = shares_of(first, size)
        self.number, self.on_shares = int(shares[-1]), machine.put(shares)
        self.on_parts = tuple(machine.put(x) for x in (of, begin, end))


class Launches:
    """Every kernel of statics in step on a machine, compiled when it is first launched."""

    def __init__(self, machine: Cpu | Gpu) -> None:
        self.lanes = lanes = COLUMNS if isinstance(machine, Cpu) else 1
        each, image = machine.each, machine.inline(bodies.image_of(lanes))
        for name in ("inverse_block", "advance", "set_out", "judge", "total"):
            setattr(self, name, each(getattr(bodies, name)))
        for name in (
            "strain_force",
            "step",
            "turn",
            "products",
            "sums",
            "shift",
            "combine",
            "overlap",
            "rotate",
            "residual",
        ):
            setattr(self, name, each(getattr(bodies, f"{name}_of")(lanes)))
        self.multiply, self.filter = each(bodies.multiply_of(lanes, image)), each(bodies.filter_of(lanes, image))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no launch {name!r}")  # all are set above; here for the type checker


@cache
def launches(machine: Cpu | Gpu) -> Launches:
    """The kernels of a machine, made once."""
    return Launches(machine)


def shares_of(first: IntArray, size: int) -> tuple[IntArray, ...]:
    """The shares of all samples: shares[s] ... shares[s + 1] are those of s; first, last and sample of each."""
    numbers = -(-np.diff(first) // size)
    shares = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int64)
    of = np.repeat(np.arange(len(numbers)), numbers)
    begin = first[of] + size * (np.arange(shares[-1]) - shares[of])
    return shares, begin, np.minimum(begin + size, first[of + 1]), of
