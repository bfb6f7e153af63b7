"""The Hessians of one glass or of many on one machine, and the operations on columns of vectors that all solvers share.

A vector has the shape (n, 3, w): the particles of all glasses one after the other, with w columns side by side. Each method
is one program: a CPU runs it on one glass after the other, a GPU on all of them at once. Sums have one fixed order, so that
results depend neither on the other glasses nor on the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import Cpu
from vitrify.backends.lanes import lanes_of
from vitrify.backends.memory import available_memory
from vitrify.backends.program import BEGINS, Layout, Line, Program, layout_of
from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.kernels import block_jacobi_cg as cg
from vitrify.kernels import chebyshev, hessian, lanczos, subspace
from vitrify.kernels.hessian import Blocks, DiagonalView, ProductView, Springs, StrainView, block_of_pair, pulled
from vitrify.kernels.subspace import ChangeView, SumView

from .pairs import Pairs

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FINE = 32  # particles of a chunk at least: columns side by side keep threads busy
COARSE = 256  # particles of a chunk for overlaps: with fewer their sums would take more memory than the vectors
BYTES_A_PAIR, BYTES_A_PARTICLE = 150, 300  # of Pairs here, and of Springs here and there; of blocks
FRACTION = 0.6  # part of the free memory that may be used


class Hessians:
    """M of each glass. Arrays named on_... are on the machine, others here; x and y are vectors on the machine."""

    def __init__(self, samples: Sequence[Pairs], machine: Cpu | Gpu) -> None:
        self.pairs = list(samples)
        of_blocks = any(x.surroundings is not None for x in samples)
        if of_blocks and not isinstance(machine, Cpu):
            raise UsageError("the energy is not one of pairs alone, which runs on a CPU alone; leave out --device cuda")
        self.machine, self.programs, self.lanes = machine, programs(machine, of_blocks), lanes_of(machine)
        self.sizes, self.volumes = [x.n_particles for x in samples], np.array([x.volume for x in samples])
        self.dimensions = [x.dimension for x in samples]
        self.first = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)
        self.n, self.n_samples = int(self.first[-1]), len(samples)
        self.layout = layout_of(self.sizes, machine, FINE)
        self.coarse = layout_of(self.sizes, machine, COARSE)._replace(active=self.layout.active)
        joined = _together([x.rows for x in samples], self.first)
        self.on_springs = type(joined)(*[machine.put(x) for x in joined])
        self._partials: dict[tuple[int, ...], Any] = {}
        self._busy = np.empty(0, dtype=np.int64)
        self.let_go()

    def let_go(self, which: IntArray | None = None) -> None:
        """Restrict the following operations to the samples with a 1 in `which`; by default all take part."""
        self._busy = np.ones(self.n_samples, dtype=np.int64) if which is None else which.astype(np.int64)
        self._begin(1)

    def put(self, rows: Sequence[FloatArray]) -> Any:
        """Vectors on the machine from rows of vectors of each sample, (m, n, 3)."""
        packed = np.zeros((self.n, 3, self.lanes.width(len(rows[0]))))
        for a, x in zip(self.first, rows, strict=False):
            packed[a : a + x.shape[1], :, : len(x)] = x.transpose(1, 2, 0)
        return self.machine.put(packed)

    def get(self, x: Any, number: int) -> list[FloatArray]:
        """The first columns of vectors on the machine as rows of vectors of each sample, (number, n, 3)."""
        here = self.machine.get(x)[:, :, :number]
        return [here[a:b].transpose(2, 0, 1) for a, b in zip(self.first, self.first[1:], strict=False)]

    def random(self, number: int, seed: int) -> list[FloatArray]:
        """Rows of normal vectors of each sample, (number, n, 3); those of two dimensions lie in the plane."""
        rows = [np.random.default_rng(seed).normal(size=(number, n, 3)) for n in self.sizes]
        for x, dimension in zip(rows, self.dimensions, strict=True):
            x[:, :, dimension:] = 0.0
        return rows

    def zeros(self, *shape: int) -> Any:
        """Vectors of zeros on the machine."""
        return self.machine.put(np.zeros(shape))

    def counters(self) -> Any:
        """Zeros on the machine to count with, (samples,)."""
        return self.machine.put(np.zeros(self.n_samples, dtype=np.int64))

    # --- the Hessians themselves -------------------------------------------------------------------------------------

    @cached_property
    def on_blocks(self) -> tuple[Any, Any]:
        """The diagonal blocks of M and their inverses, (n, 3, 3)."""
        dimension = self.machine.put(np.array(self.dimensions, dtype=np.int64))
        view = DiagonalView(self.layout, self.on_springs, dimension, *(self.zeros(self.n, 3, 3) for _ in range(2)))
        self._of_all(self.programs.diagonal, view)
        return view.diagonal, view.inverse

    def multiply(self, x: Any, y: Any) -> None:
        """y ← M x."""
        self.programs.multiply(ProductView(self.layout, x.shape[2], self.on_springs, x, y))

    def strain(self, strains: FloatArray, on_force: Any) -> FloatArray:
        """Ξ of each strain, added to its column of a force. Also, by sample, (samples, 2, w), ∂U/∂γ and the quadratic form
        of the strain in the pair stiffnesses. strains: (m, 3, 3) displacement gradients per γ."""
        w = on_force.shape[2]
        gradients = np.zeros((3, 3, w))
        gradients[:, :, : len(strains)] = np.moveaxis(strains, 0, 2)
        partial, found = self.scratch(2, w), self.zeros(self.n_samples, 2, w)
        if self.programs.of_blocks:
            return self._strain_beyond_pairs(strains, on_force)
        on_strains = self.machine.put(gradients)
        self.programs.strain(StrainView(self.layout, w, self.on_springs, on_strains, on_force, partial, found))
        return self.machine.get(found)

    def _strain_beyond_pairs(self, strains: FloatArray, on_force: Any) -> FloatArray:
        """The result of `strain` where energies are not those of pairs alone: one glass and one strain after the other."""
        force, found = self.machine.get(on_force).copy(), np.zeros((self.n_samples, 2, on_force.shape[2]))
        for s, (pairs, first) in enumerate(zip(self.pairs, self.first, strict=False)):
            for k, strain in enumerate(strains):
                delta = pairs.r_pd @ strain.T
                pull, xi = pairs.pull(delta), np.zeros((pairs.n_particles, 3))
                slope, born = (
                    0.5 * float(np.vdot(pairs.springs.tension[:, None] * pairs.r_pd, delta)),
                    0.5 * float(np.vdot(pull, delta)),
                )
                xi -= pairs.sum_to_particles(pull)
                if pairs.surroundings is not None:
                    parts = pairs.surroundings.under(strain)
                    xi, slope, born = xi + parts[0], slope + parts[1], born + parts[2]
                force[first : first + pairs.n_particles, :, k] += xi
                found[s, :, k] = slope, born
        self.machine.set(on_force, force)
        return found

    def solve(self, b: Any, *, tolerance: float, max_steps: int = 20_000) -> tuple[Any, FloatArray, IntArray]:
        """x of M x = b. Also, by sample and column, 1 (converged), −1 (not positive) or 0 (too many steps), and the steps
        by sample.

        b: free of translations."""
        w, (_, inverse) = b.shape[2], self.on_blocks
        x, residual, d, image = (self.zeros(self.n, 3, w) for _ in range(4))
        state, partial, steps = self.zeros(self.n_samples, cg.ROWS, w), self.scratch(2, w), self.counters()
        view = cg.SolveView(
            self.layout,
            w,
            self.on_springs,
            inverse,
            b,
            x,
            residual,
            d,
            image,
            state,
            partial,
            steps,
            tolerance,
            max_steps,
        )
        self.until_stopped(self.programs.solve, view)
        return x, self.machine.get(state)[:, cg.SOLVED], self.machine.get(steps)

    # --- sums and what is done with them -----------------------------------------------------------------------------

    def products(self, x: Any, y: Any) -> tuple[FloatArray, FloatArray]:
        """x·y and y·y, each (samples, w)."""
        found = self._sums(self.programs.products, x, y, 2)
        return found[:, 0], found[:, 1]

    def residuals(self, theta: FloatArray, x: Any, y: Any) -> FloatArray:
        """|y − θ x|, (samples, w). theta: (samples, w)."""
        on_theta = self.machine.put(np.ascontiguousarray(theta[:, None]))
        return np.asarray(np.sqrt(self._sums(self.programs.residuals, x, y, 1, on_theta)[:, 0]))

    def overlaps(self, x: Any, y: Any) -> FloatArray:
        """xᵀx and xᵀy, (samples, 2, w, w)."""
        w = x.shape[2]
        partial, found = self.scratch(2, w * w, self.coarse), self.zeros(self.n_samples, 2, w * w)
        self.programs.overlaps(SumView(self.coarse, w * w, x, y, found, partial, found))
        return self.machine.get(found).reshape(-1, 2, w, w)

    def free(self, x: Any) -> None:
        """Take the translations out of x."""
        self._sums(self.programs.free, x, x, 3)

    def rotate(self, rotation: FloatArray, x: Any, y: Any) -> None:
        """y ← x R for all samples. rotation: (samples, w, w)."""
        self._of_all(self.programs.rotate, ChangeView(self.layout, x.shape[2], x, y, self.machine.put(rotation)))

    def _sums(self, run: Callable[[Any], None], x: Any, y: Any, rows: int, theta: Any = None) -> FloatArray:
        """Sums (samples, rows, w), on the host."""
        w = x.shape[2]
        partial, found = self.scratch(rows, w), self.zeros(self.n_samples, rows, w)
        run(SumView(self.layout, w, x, y, found if theta is None else theta, partial, found))
        return self.machine.get(found)

    def scratch(self, rows: int, width: int, layout: Layout | None = None) -> Any:
        """Scratch for the sums of chunks, (chunks, rows, width), used by one sum after the other."""
        shape = (int((layout or self.layout).chunk_sample.shape[0]), rows, width)
        if shape not in self._partials:
            self._partials[shape] = self.zeros(*shape)
        return self._partials[shape]

    # --- how programs run --------------------------------------------------------------------------------------------

    def until_stopped(self, run: Callable[..., None], view: Any) -> None:
        """A program that repeats until each active sample has stopped."""
        self._begin(BEGINS)
        if isinstance(self.machine, Cpu):
            run(view)
        else:
            while self.machine.get(self.layout.active).any():
                run(view)
        self._begin(1)

    def _of_all(self, run: Callable[[Any], None], view: Any) -> None:
        """A program for all samples, whether busy or not."""
        self.machine.set(self.layout.active, np.ones(self.n_samples, dtype=np.int64))
        run(view)
        self._begin(1)

    def _begin(self, value: int) -> None:
        self.machine.set(self.layout.active, value * self._busy)


def at_once(pairs: Pairs, columns: int, machine: Cpu | Gpu) -> int:
    """Number of glasses like this one, each with so many columns of vectors, that fit side by side into the memory of
    machine and host. On a CPU it is one, as that fits in a cache."""
    if isinstance(machine, Cpu):
        return 1
    size = BYTES_A_PAIR * len(pairs.target) + pairs.n_particles * (BYTES_A_PARTICLE + 24 * columns)
    return max(int(FRACTION * min(machine.free_memory(), available_memory()) / size), 1)


def of_one_dimension(glasses: Sequence[Glass], size: int) -> list[Sequence[Glass]]:
    """Glasses in parts of at most `size`, in their order. Each part has one dimension, as each dimension has its own
    strains."""
    parts: list[list[Glass]] = []
    for glass in glasses:
        if not parts or len(parts[-1]) == size or parts[-1][0].dimension != glass.dimension:
            parts.append([])
        parts[-1].append(glass)
    return list(parts)


def _together(springs: Sequence[Springs | Blocks], first: IntArray) -> Springs | Blocks:
    """The pairs, or blocks, of all samples joined one after the other."""
    if len(springs) == 1:
        return springs[0]
    begin = np.cumsum([0, *(len(x.target) for x in springs)])
    start = [x.start[:-1] + b for x, b in zip(springs, begin, strict=False)]
    target = [x.target + a for x, a in zip(springs, first, strict=False)]
    kind = type(springs[0])
    rest = (np.concatenate([getattr(x, name) for x in springs]) for name in kind._fields[2:])
    return kind(np.concatenate([*start, begin[-1:]]), np.concatenate(target), *rest)


class Programs:
    """The programs of a machine, each compiled when it is first used."""

    def __init__(self, machine: Cpu | Gpu, of_blocks: bool = False) -> None:
        self.machine, self.lanes, inline, self.of_blocks = machine, lanes_of(machine), machine.inline, of_blocks
        self.pulled, self.summed = inline(pulled), inline(subspace.summed)
        self.triple, self.put_triple = inline(hessian.triple_of(self.lanes)), inline(hessian.put_triple_of(self.lanes))
        of_rows = hessian.product_of_blocks(self.lanes, self.triple)
        self.product = inline(of_rows if of_blocks else hessian.product_of(self.lanes, self.triple, self.pulled))
        self.vectors = (self.lanes, self.triple, self.put_triple)
        self.ends = (inline(chebyshev.forth), inline(chebyshev.back))
        self.total = Line("sample columns", subspace.total_of(self.summed))

    @cached_property
    def diagonal(self) -> Any:
        inline = self.machine.inline
        inverted = inline(hessian.inverted)
        of_pairs = hessian.diagonal_of(inline(block_of_pair), inverted)
        body = hessian.diagonal_of_blocks(inverted) if self.of_blocks else of_pairs
        return self._once(Line("particles", body))

    @cached_property
    def multiply(self) -> Any:
        return self._once(Line("particle columns", hessian.multiply_of(self.product, self.put_triple)))

    @cached_property
    def strain(self) -> Any:
        return self._once(Line("chunk columns", hessian.strain_force_of(*self.vectors, self.pulled)), self.total)

    @cached_property
    def solve(self) -> Any:
        preconditioned = self.machine.inline(cg.preconditioned)
        opening = (
            Line("chunk columns", cg.set_out_of(*self.vectors, preconditioned)),
            Line("sample columns", cg.begin_of(self.summed)),
        )
        lines = (
            Line("chunk columns", cg.multiply_of(*self.vectors, self.product)),
            Line("sample columns", cg.advance_of(self.summed)),
            Line("chunk columns", cg.step_of(*self.vectors, preconditioned)),
            Line("sample columns", cg.judge_of(self.summed)),
            Line("particle columns", cg.turn_of(*self.vectors, preconditioned)),
            Line("samples", cg.end),
        )
        return self.machine.program(Program(lines, opening))

    @cached_property
    def filter(self) -> Any:
        return self.machine.program(Program((*self.steps, Line("samples", chebyshev.end))))

    @cached_property
    def moments(self) -> Any:
        lines = [
            line
            for k, (step, ends) in enumerate(zip(self.steps, self.ends, strict=True))
            for line in (
                step,
                Line("chunk columns", chebyshev.sums_of(self.lanes, self.triple, ends)),
                Line("sample columns", chebyshev.record_of(self.summed, k)),
            )
        ]
        return self.machine.program(Program((*lines, Line("samples", chebyshev.end))))

    @cached_property
    def steps(self) -> list[Line]:
        """One step of the recurrence forth, and one back."""
        bodies = [chebyshev.recurrence_of(*self.vectors, self.product, ends, k) for k, ends in enumerate(self.ends)]
        return [Line("chunk columns", body) for body in bodies]

    @cached_property
    def lanczos(self) -> Any:
        lines = [
            line
            for k, ends in enumerate(self.ends)
            for line in (
                Line("chunk columns", lanczos.expand_of(*self.vectors, self.product, ends)),
                Line("sample columns", lanczos.along_of(self.summed, k)),
                Line("chunk columns", lanczos.remove_of(*self.vectors, ends)),
                Line("sample columns", lanczos.beside_of(self.summed, k)),
            )
        ]
        return self.machine.program(Program((*lines, Line("samples", lanczos.end))))

    @cached_property
    def settle(self) -> Any:
        return self._once(Line("particle columns", chebyshev.settle_of(self.triple, self.put_triple)))

    @cached_property
    def products(self) -> Any:
        return self._once(Line("chunk columns", subspace.products_of(self.lanes, self.triple)), self.total)

    @cached_property
    def free(self) -> Any:
        sums, shift = subspace.sums_of(*self.vectors), subspace.shift_of(*self.vectors)
        return self._once(Line("chunk columns", sums), self.total, Line("particle columns", shift))

    @cached_property
    def residuals(self) -> Any:
        return self._once(Line("chunk columns", subspace.residuals_of(self.lanes, self.triple)), self.total)

    @cached_property
    def overlaps(self) -> Any:
        return self._once(Line("chunk columns", subspace.overlaps_of(self.lanes, self.triple)), self.total)

    @cached_property
    def rotate(self) -> Any:
        return self._once(Line("particle columns", subspace.rotate_of(self.lanes, self.put_triple)))

    def _once(self, *lines: Line) -> Any:
        return self.machine.program(Program(lines, repeats=False))


@cache
def programs(machine: Cpu | Gpu, of_blocks: bool = False) -> Programs:
    """The programs of a machine for Hessians of springs or of blocks, made once."""
    return Programs(machine, of_blocks)
