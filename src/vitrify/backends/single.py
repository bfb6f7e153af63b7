"""A number of single precision that stays one: what a radial function runs on where single precision is enough.

Numba makes a double of a float32 that meets a whole number or a double. `Single` has + − * / **, comparisons, min, max,
abs, sqrt, exp and log with its own kind and with any number, and stays `Single`; so a plain function written for doubles
runs in single precision as it stands. Compiled, it is a float of 32 bits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.imputils import lower_cast
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import register_model

intrinsic: Any = extending.intrinsic  # to a type checker plain functions
lower: Any = extending.lower_builtin
cast_from: Any = lower_cast
F32 = ir.FloatType()
ARITHMETIC = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}
ORDERED = {operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "=="}
FUNCTIONS: dict[Any, str] = {math.sqrt: "sqrt", math.exp: "exp", math.log: "log", abs: "fabs"}
FUNCTIONS |= {np.sqrt: "sqrt", np.exp: "exp", np.log: "log"}
MEANING = 1  # raised where what an operation does changes: kernels on disk are found by it
MOST_MULTIPLIED = 64  # the highest power that is written out as products


class _SingleType(types.Type):
    """Numba's name for it. A variable that is now a Single and now another number is a Single."""

    def __init__(self) -> None:
        super().__init__(name=f"Single, {MEANING}")

    def unify(self, typingctx: Any, other: Any) -> Any:
        return self if isinstance(other, types.Number) else None

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        return Conversion.unsafe if isinstance(other, types.Number) else None


SINGLE = _SingleType()


@register_model(_SingleType)
class _SingleModel(PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, F32)  # type: ignore[no-untyped-call]  # Numba has no types


@cast_from(types.Number, SINGLE)
def _from_number(context: Any, b: Any, given: Any, wanted: Any, value: Any) -> Any:
    return context.cast(b, value, given, types.float32)


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function with its floating-point constants in single precision: a number chosen between two of them is not
    widened on its way."""
    code = function.__code__
    constants = tuple(np.float32(x) if isinstance(x, float) else x for x in code.co_consts)
    changed = FunctionType(
        code.replace(co_consts=constants), function.__globals__, function.__name__, function.__defaults__,
        function.__closure__,
    )  # fmt: skip
    changed.__kwdefaults__, changed.__module__ = function.__kwdefaults__, function.__module__
    return changed


@intrinsic
def single(typingctx: Any, value: Any) -> Any:
    """A number as a Single."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        return context.cast(b, args[0], signature.args[0], SINGLE)

    return SINGLE(value), codegen


@intrinsic
def as_float32(typingctx: Any, value: Any) -> Any:
    """A Single, or another number, as Numba's own float32."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        return context.cast(b, args[0], signature.args[0], SINGLE)

    return types.float32(value), codegen


# --- what each operation gives, and its instruction ------------------------------------------------------------------


def _are_single(kinds: Any) -> bool:
    """Whether at least one is a Single and the others are numbers."""
    return SINGLE in kinds and all(x == SINGLE or isinstance(x, types.Number) for x in kinds)


def _operation(operation: Any, n: int, result: Any, instruction: Callable[..., Any]) -> None:
    """Let an operation on n numbers, one of them a Single, be instruction(builder, *numbers)."""

    class Typed(AbstractTemplate):
        key = operation

        def generic(self, args: Any, kws: Any) -> Any:
            return signature(result, *[SINGLE] * n) if len(args) == n and not kws and _are_single(args) else None

    infer_global(operation, types.Function(Typed))  # as a decorator it asks for a ufunc's module, unknown before NumPy 2.2

    @lower(operation, *[SINGLE] * n)
    def lowered(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return instruction(b, *args)


def _called(b: Any, name: str, *args: Any) -> Any:
    """A function that LLVM knows."""
    return b.call(b.module.declare_intrinsic(f"llvm.{name}", [F32]), list(args))


for _python, _llvm in ARITHMETIC.items():
    _operation(_python, 2, SINGLE, lambda b, x, y, llvm=_llvm: getattr(b, llvm)(x, y))
for _python, _llvm in ORDERED.items():
    _operation(_python, 2, types.boolean, lambda b, x, y, llvm=_llvm: b.fcmp_ordered(llvm, x, y))
for _python, _llvm in FUNCTIONS.items():
    _operation(_python, 1, SINGLE, lambda b, x, llvm=_llvm: _called(b, llvm, x))
_operation(operator.ne, 2, types.boolean, lambda b, x, y: b.fcmp_unordered("!=", x, y))
_operation(operator.neg, 1, SINGLE, lambda b, x: b.fneg(x))
_operation(operator.pos, 1, SINGLE, lambda b, x: x)
_operation(max, 2, SINGLE, lambda b, x, y: b.select(b.fcmp_ordered(">", y, x), y, x))  # as Python: the first of equals
_operation(min, 2, SINGLE, lambda b, x, y: b.select(b.fcmp_ordered("<", y, x), y, x))


class _Power(AbstractTemplate):
    """Single ** whole number, and powers of two numbers of which one is a Single."""

    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        if len(args) != 2 or not _are_single(args):
            return None
        known = args[0] == SINGLE and isinstance(args[1], types.IntegerLiteral)
        return signature(SINGLE, SINGLE, args[1] if known else SINGLE)


infer_global(operator.pow)(_Power)


@lower(operator.pow, SINGLE, SINGLE)
def _power(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return _called(b, "pow", *args)


@lower(operator.pow, SINGLE, types.IntegerLiteral)
def _known_power(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Products by repeated squaring."""
    wanted = sig.args[1].literal_value
    exponent, square, result = abs(wanted), args[0], ir.Constant(F32, 1.0)
    if exponent > MOST_MULTIPLIED:
        return _called(b, "pow", args[0], ir.Constant(F32, float(wanted)))
    while exponent:
        if exponent & 1:
            result = b.fmul(result, square)
        exponent >>= 1
        square = b.fmul(square, square) if exponent else square
    return result if wanted >= 0 else b.fdiv(ir.Constant(F32, 1.0), result)
