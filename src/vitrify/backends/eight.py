"""Eight numbers side by side as one value of a kernel: an LLVM vector that keeps to registers.

Numba unrolls a loop over eight columns before it looks for vector code, and so finds none. `Eight` has +, −, * with its own
kind and with a number, and is loaded and stored by eight_of and put_eight; LLVM lowers it to whatever the processor has.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.extending import overload, register_model

intrinsic: Any = extending.intrinsic  # to a type checker a plain function: it does not see what typing an intrinsic gets
LANES = 8
VECTOR = ir.VectorType(ir.DoubleType(), LANES)


class _EightType(types.Type):
    """Numba's name for eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


EIGHT = _EightType()


@register_model(_EightType)
class _EightModel(PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)  # type: ignore[no-untyped-call]  # Numba has no types


@intrinsic
def eight_of(typingctx: Any, array: Any, i: Any, a: Any, c: Any) -> Any:
    """The eight at array[i, a, c ...]."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        loaded = b.load(_place(context, b, signature, args))
        loaded.align = 8
        return loaded

    return EIGHT(array, i, a, c), codegen


@intrinsic
def put_eight(typingctx: Any, array: Any, i: Any, a: Any, c: Any, value: Any) -> Any:
    """array[i, a, c ... c + 8] = value."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        b.store(args[4], _place(context, b, signature, args)).align = 8
        return context.get_dummy_value()

    return types.void(array, i, a, c, value), codegen


@intrinsic
def all_eight(typingctx: Any, value: Any) -> Any:
    """One number eight times."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        return _splat(b, context.cast(b, args[0], signature.args[0], types.float64))

    return EIGHT(value), codegen


def _overloaded(operation: Any, instruction: str) -> None:
    """One of + − * for Eight with Eight, and with a number on either side."""

    @intrinsic
    def combine(typingctx: Any, x: Any, y: Any) -> Any:
        def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
            both = [
                value if kind == EIGHT else _splat(b, context.cast(b, value, kind, types.float64))
                for value, kind in zip(args, signature.args, strict=True)
            ]
            return getattr(b, instruction)(*both, flags=("contract", "nsz"))

        return EIGHT(x, y), codegen

    @overload(operation, inline="always")
    def overloaded(x, y):  # type: ignore[no-untyped-def]  # Numba wants the signature of what it returns
        numbers = (types.Float, types.Integer)
        if (x == EIGHT and (y == EIGHT or isinstance(y, numbers))) or (isinstance(x, numbers) and y == EIGHT):
            return lambda x, y: combine(x, y)
        return None


for _operation, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _overloaded(_operation, _instruction)


def _place(context: Any, b: Any, signature: Any, args: Any) -> Any:
    """A pointer to the eight doubles at array[i, a, c]."""
    array = context.make_array(signature.args[0])(context, b, args[0])
    index = [context.cast(b, args[k], signature.args[k], types.intp) for k in (1, 2, 3)]
    place = cgutils.get_item_pointer(context, b, signature.args[0], array, index)
    return b.bitcast(place, VECTOR.as_pointer())


def _splat(b: Any, value: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = b.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return b.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
