"""Two vector operations that a compiler does not find by itself, as LLVM vectors on the CPU and as plain loops elsewhere.

Measured on AVX-512 (Zen 4): fetching the positions of eight neighbours as eight rows that are then transposed costs a third
of three hardware gathers; packing the candidates inside a sphere into a row sixteen at a time costs a quarter of a loop
that writes one by one. LLVM lowers both to whatever the processor has, but for two things that AVX2 lacks and that are
written out for it: doubles of 64-bit integers, and packing under a mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import extending, float32, int32, types, uint64
from numba.core import cgutils

from .processor import has

intrinsic: Any = extending.intrinsic  # to a type checker a plain function
FETCHED = 8  # rows transposed at a time: doubles of one AVX-512 vector
KEPT = 16  # candidates tested at a time: single-precision numbers of one AVX-512 vector
SPECIES_BITS = 4  # of a neighbour's 32: they stand above its index
I1, I8, I16, I32, I64 = (ir.IntType(n) for n in (1, 8, 16, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()


@dataclass(frozen=True, slots=True)
class Vectors:
    """Functions by which a backend gathers neighbours: `fetch` stages a whole row, `fetched` gives one displacement;
    `fetch_single` and `fetched_single` the same of the upper halves of ticks, in single precision; `eight_a_turn`, the last
    line of a loop, says how wide its vector code is to be; `keep` appends candidates to a row, `keep_in_cell` does so where
    the cell is no cube, `pad` fills the row's end, `copy` moves sixteen candidates side by side. `lanes` neighbours are
    taken at a time: the length of a row is a multiple of it."""

    fetch: Any
    fetched: Any
    fetch_single: Any
    fetched_single: Any
    eight_a_turn: Any
    keep: Any
    keep_in_cell: Any
    pad: Any
    copy: Any
    lanes: int = FETCHED


# --- plain loops: what the two operations mean, for a thread of a GPU -----------------------------------------------


def fetch_nothing(ticks, row, count, mask, x, y, z, stage):
    """A thread of a GPU reads its neighbours one by one; the hardware does the rest."""


def displacement(stage, k, ticks, j, x, y, z):
    """x_i − x_j in ticks, by integer subtraction: the minimum image."""
    return float(x - ticks[j, 0]), float(y - ticks[j, 1]), float(z - ticks[j, 2])


def fetch_nothing_single(ticks, row, count, x, y, z, stage):
    """Fetch nothing; see fetch_nothing."""


def displacement_shared_of(upper_half: Any) -> Any:
    """x_i − x_j in units of 2^32 ticks, x_i being given so: the difference of two 32-bit integers is exact, and wraps.

    stage: upper halves that a block of threads shares, three per particle, and the first particle; none where it is < 0."""

    def displacement_shared(stage, k, ticks, j, x, y, z):
        shared, first = stage
        if first >= 0:
            at = uint64(3) * (j - uint64(first))  # unsigned: no test for a negative index
            theirs = shared[at], shared[at + uint64(1)], shared[at + uint64(2)]
        else:
            theirs = upper_half(ticks[j, 0]), upper_half(ticks[j, 1]), upper_half(ticks[j, 2])
        return float32(int32(x - theirs[0])), float32(int32(y - theirs[1])), float32(int32(z - theirs[2]))

    return displacement_shared


def upper_half(tick):
    """The upper 32 bits of a tick: a position in units of L/2^32."""
    return int32(tick >> 32)


def no_width():
    """A thread of a GPU has no vectors."""


def keep_plainly(here, candidates, limit, begin, end, row, count):
    """Append to row[count ...] the candidates of begin ... min(end, begin + 16) nearer than their limit; the new count.

    here: upper halves of a particle's ticks, and its own entry; candidates: kernels.views.Candidates; limit: of them with
    particles of its kind."""
    (x, y, z, itself), theirs, entries = here, candidates.upper, candidates.entries
    for k in range(begin, min(end, begin + uint64(KEPT))):
        dx, dy, dz = float32(int32(x - theirs[0, k])), float32(int32(y - theirs[1, k])), float32(int32(z - theirs[2, k]))
        if dx * dx + dy * dy + dz * dz < limit[k] and entries[k] != itself:
            row[count] = entries[k]
            count += uint64(1)  # a signed one beside it would make a float
    return count


def keep_in_cell_plainly(here, candidates, limit, begin, end, row, count, shape):
    """keep_plainly in a cell of any shape: h in single precision, xx, yy, zz, xy, xz, yz."""
    (x, y, z, itself), theirs, entries = here, candidates.upper, candidates.entries
    for k in range(begin, min(end, begin + uint64(KEPT))):
        dx, dy, dz = float32(int32(x - theirs[0, k])), float32(int32(y - theirs[1, k])), float32(int32(z - theirs[2, k]))
        lx, ly, lz = shape[0] * dx + shape[3] * dy + shape[4] * dz, shape[1] * dy + shape[5] * dz, shape[2] * dz
        if lx * lx + ly * ly + lz * lz < limit[k] and entries[k] != itself:
            row[count] = entries[k]
            count += uint64(1)
    return count


def pad_plainly(row, count, itself):
    """Fill eight places from `count` with the particle itself."""
    for k in range(count, count + uint64(FETCHED)):
        row[k] = itself


def copy_plainly(source, begin, target, at):
    """target[at ...] = source[begin ...], sixteen of them."""
    for k in range(uint64(KEPT)):
        target[at + k] = source[begin + k]


# --- LLVM vectors ----------------------------------------------------------------------------------------------------


def fetch_rows(ticks, row, count, mask, x, y, z, stage):
    """stage[d, k] = x_d − (x_d of neighbour k), in ticks, for the whole row."""
    for k in range(uint64(0), count, uint64(FETCHED)):
        _fetch_eight(ticks, row, k, mask, x, y, z, stage)


def staged(stage, k, ticks, j, x, y, z):
    """The displacement that fetch_rows left."""
    return stage[0, k], stage[1, k], stage[2, k]


def fetch_rows_single(ticks, row, count, x, y, z, stage):
    """stage[d, k] = x_d − (upper half of x_d of neighbour k), in units of 2^32 ticks, float32 in the row's first half."""
    for k in range(uint64(0), count, uint64(FETCHED)):
        _fetch_eight_single(ticks, row, k, x, y, z, stage)


def staged_single(stage, k, ticks, j, x, y, z):
    """The displacement that fetch_rows_single left."""
    return _single_at(stage, 0, k), _single_at(stage, 1, k), _single_at(stage, 2, k)


@intrinsic
def _fetch_eight(typingctx: Any, ticks: Any, row: Any, k: Any, mask: Any, x: Any, y: Any, z: Any, stage: Any) -> Any:
    """Eight neighbours of four ticks each: loaded whole, transposed, subtracted, converted."""
    signature = types.void(ticks, row, k, mask, x, y, z, stage)

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        ticks, row, stage = (context.make_array(signature.args[a])(context, b, args[a]) for a in (0, 1, 7))
        loaded = _eight_records(b, ticks, row, args[2], _vector(I64, 4))
        halves = [b.shuffle_vector(loaded[m], loaded[m + 4], _lanes(*range(8))) for m in range(4)]
        even, odd = (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)
        xz01, xz23 = (b.shuffle_vector(halves[m], halves[m + 1], _lanes(*even)) for m in (0, 2))
        y01, y23 = (b.shuffle_vector(halves[m], halves[m + 1], _lanes(*odd)) for m in (0, 2))
        low, high = _lanes(0, 1, 8, 9, 4, 5, 12, 13), _lanes(2, 3, 10, 11, 6, 7, 14, 15)
        theirs = (b.shuffle_vector(xz01, xz23, low), b.shuffle_vector(y01, y23, low), b.shuffle_vector(xz01, xz23, high))
        for d in range(3):
            difference = b.sub(_splat(b, args[4 + d], FETCHED), theirs[d])
            place = cgutils.get_item_pointer(context, b, signature.args[7], stage, [ir.Constant(I64, d), args[2]])
            stored = b.store(_doubles_of(b, difference), b.bitcast(place, _vector(F64, FETCHED).as_pointer()))
            stored.align = 8
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _fetch_eight_single(typingctx: Any, ticks: Any, row: Any, k: Any, x: Any, y: Any, z: Any, stage: Any) -> Any:
    """Eight neighbours' records loaded whole; the upper halves of their ticks picked, transposed, subtracted, converted."""
    signature = types.void(ticks, row, k, x, y, z, stage)

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        ticks, row, stage = (context.make_array(signature.args[a])(context, b, args[a]) for a in (0, 1, 6))
        loaded = _eight_records(b, ticks, row, args[2], _vector(I32, 8))
        # x y of two records in the lower half of a register, z in its upper one: one instruction a pair
        halves = [b.shuffle_vector(loaded[m], loaded[m + 1], _lanes(1, 3, 9, 11, 5, 7, 13, 15)) for m in (0, 2, 4, 6)]
        lower, upper = _lanes(0, 1, 2, 3, 8, 9, 10, 11), _lanes(4, 5, 6, 7, 12, 13, 14, 15)
        xy = [b.shuffle_vector(halves[m], halves[m + 2], lower) for m in (0, 1)]
        zw = [b.shuffle_vector(halves[m], halves[m + 2], upper) for m in (0, 1)]
        even, odd = _lanes(0, 2, 8, 10, 4, 6, 12, 14), _lanes(1, 3, 9, 11, 5, 7, 13, 15)
        theirs = (b.shuffle_vector(*xy, even), b.shuffle_vector(*xy, odd), b.shuffle_vector(*zw, even))
        for d in range(3):
            difference = b.sub(_splat(b, args[3 + d], FETCHED), theirs[d])
            place = _place_of_singles(context, b, signature.args[6], stage, ir.Constant(I64, d), args[2])
            stored = b.store(
                b.sitofp(difference, _vector(F32, FETCHED)), b.bitcast(place, _vector(F32, FETCHED).as_pointer())
            )
            stored.align = 4
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _single_at(typingctx: Any, stage: Any, d: Any, k: Any) -> Any:
    """Number k of those in single precision at stage[d]."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        stage = context.make_array(signature.args[0])(context, b, args[0])
        row, column = (context.cast(b, args[a], signature.args[a], types.uint64) for a in (1, 2))
        return b.load(_place_of_singles(context, b, signature.args[0], stage, row, column))

    return types.float32(stage, d, k), codegen


def _place_of_singles(context: Any, b: Any, kind: Any, stage: Any, d: Any, k: Any) -> Any:
    """A pointer to number k of those in single precision at stage[d], stage being of doubles."""
    start = cgutils.get_item_pointer(context, b, kind, stage, [d, ir.Constant(I64, 0)])
    return b.gep(b.bitcast(start, F32.as_pointer()), [k])


def _eight_records(b: Any, ticks: Any, row: Any, k: Any, kind: Any) -> list[Any]:
    """The records, 32 bytes each, of the eight neighbours from row[k] on. An entry that is shifted loses its species."""
    pairs = b.bitcast(ticks.data, I16.as_pointer())  # an index shifted by SPECIES_BITS = 4 counts in units of two bytes
    loaded = []
    for m in range(FETCHED):
        entry = b.load(b.gep(row.data, [b.add(k, ir.Constant(I64, m))]))
        place = b.gep(pairs, [b.zext(b.shl(entry, ir.Constant(I32, SPECIES_BITS)), I64)])
        loaded.append(_load(b, b.bitcast(place, kind.as_pointer()), align=8))
    return loaded


def _doubles_of(b: Any, whole: Any) -> Any:
    """64-bit integers as doubles, correctly rounded. Where no instruction does it, two halves are written into the digits
    of 2^84 and 2^52, which are then taken off: Numba's compiler would go through them one by one."""
    wide = whole.type.count
    if has("avx512dq") or not has("avx2"):
        return b.sitofp(whole, _vector(F64, wide))

    def all_of(value: int) -> Any:
        return ir.Constant(_vector(I64, wide), [value] * wide)

    doubles = _vector(F64, wide)
    exact = ("nsz",)  # without flags of their own they may be reordered, as all sums here
    low = b.or_(b.and_(whole, all_of(0xFFFFFFFF)), all_of(0x4330000000000000))  # 2^52 + lower half
    high = b.xor(b.lshr(whole, all_of(32)), all_of(0x4530000080000000))  # 2^84 + 2^63 + upper half · 2^32
    taken = ir.Constant(doubles, [2.0**84 + 2.0**63 + 2.0**52] * wide)
    return b.fadd(b.fsub(b.bitcast(high, doubles), taken, flags=exact), b.bitcast(low, doubles), flags=exact)


@intrinsic
def eight_a_turn(typingctx: Any) -> Any:
    """Let the loop of which this is the last line be vector code of eight a turn, of whatever numbers.

    LLVM would take sixteen in single precision on AVX-512, and what is left of a row of 24 in two turns of four."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        branch = b.branch

        def marked(target: Any) -> Any:
            """The jump back to the loop's head, which comes next, carries what is asked of the loop."""
            del b.branch
            jump = branch(target)
            jump.set_metadata("llvm.loop", _asked_of_loop(b.module))
            return jump

        b.branch = marked
        return context.get_dummy_value()

    return types.void(), codegen


def _asked_of_loop(module: Any) -> Any:
    """Metadata of one loop; its first operand is itself, which tells it from that of any other."""
    options = [
        module.add_metadata([ir.MetaDataString(module, f"llvm.loop.{name}"), ir.Constant(I32, value)])
        for name, value in (("vectorize.width", FETCHED), ("interleave.count", 1))
    ]
    loop = module.add_metadata([ir.MetaDataString(module, f"loop {len(module.metadata)}")])
    loop.operands = (loop, *options)
    return loop


@intrinsic
def keep(typingctx: Any, here: Any, candidates: Any, limit: Any, begin: Any, end: Any, row: Any, count: Any) -> Any:
    """keep_plainly without a branch: sixteen distances, a mask, and the entries under it packed to the front.

    Sixteen are always tested: what stands past the end must have a limit below zero."""
    return types.uint64(here, candidates, limit, begin, end, row, count), _keeping


@intrinsic
def keep_in_cell(
    typingctx: Any, here: Any, candidates: Any, limit: Any, begin: Any, end: Any, row: Any, count: Any, shape: Any
) -> Any:
    """keep_in_cell_plainly, as keep."""
    return types.uint64(here, candidates, limit, begin, end, row, count, shape), _keeping


def _keeping(context: Any, b: Any, signature: Any, args: Any) -> Any:
    """Code of keep, or with a shape as the last argument of keep_in_cell."""
    here, begin, count = args[0], args[3], args[6]
    (of_upper, upper), (_, entries) = (_field(context, b, signature.args[1], args[1], x) for x in ("upper", "entries"))
    limit, row = (context.make_array(signature.args[k])(context, b, args[k]) for k in (2, 5))

    def sixteen(place: Any, kind: Any) -> Any:
        return _load(b, b.bitcast(place, _vector(kind, KEPT).as_pointer()), align=4)

    away = []
    for d in range(3):
        theirs = cgutils.get_item_pointer(context, b, of_upper, upper, [ir.Constant(I64, d), begin])
        difference = b.sub(_splat(b, b.extract_value(here, d), KEPT), sixteen(theirs, I32))
        away.append(b.sitofp(difference, _vector(F32, KEPT)))
    if len(args) > SHAPE:
        away = _lengths(b, away, context.make_array(signature.args[SHAPE])(context, b, args[SHAPE]).data)
    squared = _sum_of_products(b, zip(away, away, strict=True))
    entry = sixteen(b.gep(entries.data, [begin]), I32)
    inside = b.fcmp_ordered("<", squared, sixteen(b.gep(limit.data, [begin]), F32))
    inside = b.and_(inside, b.icmp_unsigned("!=", entry, _splat(b, b.extract_value(here, 3), KEPT)))
    pack = _pack if has("avx512f") or not has("avx2") else _pack_by_table
    return pack(context, b, entry, inside, row.data, count)


def _field(context: Any, b: Any, kind: Any, view: Any, name: str) -> tuple[Any, Any]:
    """An array of a named tuple, with its type."""
    k = kind.fields.index(name)
    return kind.types[k], context.make_array(kind.types[k])(context, b, b.extract_value(view, k))


SHAPE = 7  # which argument it is
ROWS_OF_SHAPE = ((0, 3, 4), (1, 5), (2,))  # places of h that make x, y and z out of the last so many differences


def _lengths(b: Any, away: list[Any], shape: Any) -> list[Any]:
    """h times the differences of sixteen candidates."""
    h = [_splat(b, _load(b, b.gep(shape, [ir.Constant(I64, k)]), align=4), KEPT) for k in range(6)]
    return [_sum_of_products(b, zip([h[k] for k in row], away[d:], strict=True)) for d, row in enumerate(ROWS_OF_SHAPE)]


def _sum_of_products(b: Any, pairs: Any) -> Any:
    total = None
    for x, y in pairs:
        term = b.fmul(x, y, flags=("contract",))
        total = term if total is None else b.fadd(total, term, flags=("contract",))
    return total


def _pack(context: Any, b: Any, entry: Any, inside: Any, row: Any, count: Any) -> Any:
    """Write the entries that are inside side by side from row[count] on; the new count."""
    compress = cgutils.get_or_insert_function(
        b.module,
        ir.FunctionType(_vector(I32, KEPT), [_vector(I32, KEPT), _vector(I1, KEPT), _vector(I32, KEPT)]),
        f"llvm.experimental.vector.compress.v{KEPT}i32",
    )
    packed = b.call(compress, [entry, inside, ir.Constant(_vector(I32, KEPT), ir.Undefined)])
    b.store(packed, b.bitcast(b.gep(row, [count]), _vector(I32, KEPT).as_pointer())).align = 4
    return b.add(count, b.zext(b.ctpop(b.bitcast(inside, I16)), I64))


def _pack_by_table(context: Any, b: Any, entry: Any, inside: Any, row: Any, count: Any) -> Any:
    """_pack for AVX2, eight at a time: it permutes lanes, but does not pack them, so a table says how for each mask."""
    eight = _vector(I32, 8)
    permute = cgutils.get_or_insert_function(b.module, ir.FunctionType(eight, [eight, eight]), "llvm.x86.avx2.permd")
    table = context.insert_unique_const(b.module, "vitrify.packing", ir.Constant(ir.ArrayType(I64, 256), PACKING))
    for half in (_lanes(*range(8)), _lanes(*range(8, 16))):
        mask = b.bitcast(b.shuffle_vector(inside, inside, half), I8)
        place = b.gep(table, [ir.Constant(I64, 0), b.zext(mask, I64)], inbounds=True)
        order = b.zext(_load(b, b.bitcast(place, _vector(I8, 8).as_pointer()), align=8), eight)
        packed = b.call(permute, [b.shuffle_vector(entry, entry, half), order])
        b.store(packed, b.bitcast(b.gep(row, [count]), eight.as_pointer())).align = 4
        count = b.add(count, b.zext(b.ctpop(mask), I64))
    return count


def _packing(mask: int) -> int:
    """The lanes that a mask of eight bits holds, from the first on, a byte each."""
    lanes = [lane for lane in range(8) if mask >> lane & 1]
    return sum(lane << 8 * place for place, lane in enumerate(lanes))


PACKING = [_packing(mask) for mask in range(256)]


@intrinsic
def pad(typingctx: Any, row: Any, count: Any, itself: Any) -> Any:
    """pad_plainly as one store."""
    signature = types.void(row, count, itself)

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        row = context.make_array(signature.args[0])(context, b, args[0])
        place = b.bitcast(b.gep(row.data, [args[1]]), _vector(I32, FETCHED).as_pointer())
        b.store(_splat(b, args[2], FETCHED), place).align = 4
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def copy(typingctx: Any, source: Any, begin: Any, target: Any, at: Any) -> Any:
    """copy_plainly of 32-bit items as one load and one store."""
    signature = types.void(source, begin, target, at)

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        source, target = (context.make_array(signature.args[a])(context, b, args[a]) for a in (0, 2))
        kind = _vector(I32, KEPT).as_pointer()
        taken = _load(b, b.bitcast(b.gep(source.data, [args[1]]), kind), align=4)
        b.store(taken, b.bitcast(b.gep(target.data, [args[3]]), kind)).align = 4
        return context.get_dummy_value()

    return signature, codegen


def _vector(kind: Any, lanes: int) -> Any:
    return ir.VectorType(kind, lanes)


def _lanes(*values: int) -> Any:
    return ir.Constant(_vector(I32, len(values)), [ir.Constant(I32, v) for v in values])


def _splat(b: Any, value: Any, lanes: int) -> Any:
    undefined = ir.Constant(_vector(value.type, lanes), ir.Undefined)
    first = b.insert_element(undefined, value, ir.Constant(I32, 0))
    return b.shuffle_vector(first, undefined, _lanes(*[0] * lanes))


def _load(b: Any, pointer: Any, *, align: int) -> Any:
    loaded = b.load(pointer)
    loaded.align = align
    return loaded
