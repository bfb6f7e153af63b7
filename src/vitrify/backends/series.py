"""A truncated power series in t as one value of a kernel: c0 + c1 t + ... + c(n−1) t^(n−1).

A plain function written for numbers, given the series of a path x + t z in their place, gives the series of its value: all
its derivatives along z at once, right to rounding (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 13). `Series`
has + − * /, sqrt and exp, with its own kind and with numbers, and ** with numbers; it compares by its first coefficient,
which is what `int` takes of it too: the piece of a spline. It keeps to registers: a loop over coefficients would not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import register_model

intrinsic: Any = extending.intrinsic  # to a type checker plain functions
lower: Any = extending.lower_builtin
F64, I64 = ir.DoubleType(), ir.IntType(64)
FLAGS = ("contract", "nsz")
LONGEST = 4  # coefficients: to the third derivative of a force
ORDERED = {operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "=="}
MEANING = 2  # raised where what an operation does changes: kernels on disk are found by it
Coefficients = list[Any]


class _SeriesType(types.Type):
    """Numba's name for a series of n coefficients."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(name=f"Series of {n}, {MEANING}")


SERIES = {n: _SeriesType(n) for n in (2, LONGEST)}


@register_model(_SeriesType)
class _SeriesModel(PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.ArrayType(F64, kind.n))  # type: ignore[no-untyped-call]  # Numba has no types


def _maker(n: int) -> Any:
    @intrinsic
    def made(typingctx: Any, value: Any, first: Any, second: Any) -> Any:
        def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
            own = [context.cast(b, x, kind, types.float64) for x, kind in zip(args, signature.args, strict=True)]
            return _packed(b, [*own[:n], *[_number(0.0)] * (n - 3)])

        return SERIES[n](value, first, second), codegen

    return made


path = _maker(LONGEST)
path.__doc__ = "value + first t + second t²."
line = _maker(2)
line.__doc__ = "value + first t; what is of higher order is not asked for."


@intrinsic
def coefficient(typingctx: Any, series: Any, k: Any) -> Any:
    """The k-th coefficient of a series, k a literal."""

    def codegen(context: Any, b: Any, signature: Any, args: Any) -> Any:
        return b.extract_value(args[0], signature.args[1].literal_value)

    if isinstance(series, _SeriesType) and isinstance(k, types.IntegerLiteral):
        return types.float64(series, k), codegen
    return None


# --- what each operation gives -------------------------------------------------------------------------------------------


def _number(value: float) -> Any:
    return ir.Constant(F64, value)


def _packed(b: Any, coefficients: Sequence[Any]) -> Any:
    series = ir.Constant(ir.ArrayType(F64, len(coefficients)), ir.Undefined)
    for k, value in enumerate(coefficients):
        series = b.insert_value(series, value, k)
    return series


def _unpacked(context: Any, b: Any, value: Any, kind: Any, n: int) -> Coefficients:
    """Coefficients of a series, or of a number."""
    if isinstance(kind, _SeriesType):
        return [b.extract_value(value, k) for k in range(n)]
    return [context.cast(b, value, kind, types.float64), *[_number(0.0)] * (n - 1)]


def _sum(b: Any, values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = b.fadd(total, value, flags=FLAGS)
    return total


def _product(b: Any, x: Coefficients, y: Coefficients) -> Coefficients:
    def times(i: int, j: int) -> Any:
        return b.fmul(x[i], y[j], flags=FLAGS)

    return [_sum(b, [times(i, k - i) for i in range(k + 1)]) for k in range(len(x))]


def _quotient(b: Any, x: Coefficients, y: Coefficients) -> Coefficients:
    """q with q y = x."""
    inverse = b.fdiv(_number(1.0), y[0])
    q: Coefficients = []
    for k in range(len(x)):
        rest = x[k]
        for i in range(k):
            rest = b.fsub(rest, b.fmul(q[i], y[k - i], flags=FLAGS), flags=FLAGS)
        q.append(b.fmul(rest, inverse, flags=FLAGS))
    return q


def _root(b: Any, x: Coefficients) -> Coefficients:
    """w with w w = x."""
    w = [_called(b, "sqrt", x[0])]
    half = b.fdiv(_number(0.5), w[0])
    for k in range(1, len(x)):
        rest = x[k]
        for i in range(1, k):
            rest = b.fsub(rest, b.fmul(w[i], w[k - i], flags=FLAGS), flags=FLAGS)
        w.append(b.fmul(rest, half, flags=FLAGS))
    return w


def _exponential(b: Any, x: Coefficients) -> Coefficients:
    """w with w' = x' w."""
    w = [_called(b, "exp", x[0])]
    for k in range(1, len(x)):
        parts = [b.fmul(b.fmul(_number(i / k), x[i]), w[k - i], flags=FLAGS) for i in range(1, k + 1)]
        w.append(_sum(b, parts))
    return w


def _power(b: Any, x: Coefficients, a: Any) -> Coefficients:
    """w with w' x = a x' w, of a number a: w_k = Σ_i (a i − (k − i)) x_i w_(k−i) / (k x_0)."""
    w = [b.call(b.module.declare_intrinsic("llvm.pow", [F64]), [x[0], a])]
    inverse = b.fdiv(_number(1.0), x[0])
    for k in range(1, len(x)):
        parts = []
        for i in range(1, k + 1):
            factor = b.fsub(b.fmul(a, _number(i), flags=FLAGS), _number(k - i), flags=FLAGS)
            parts.append(b.fmul(b.fmul(factor, x[i], flags=FLAGS), w[k - i], flags=FLAGS))
        w.append(b.fmul(b.fmul(_sum(b, parts), inverse, flags=FLAGS), _number(1.0 / k), flags=FLAGS))
    return w


def _whole_power(b: Any, x: Coefficients, n: int) -> Coefficients:
    """x to the power of a whole number, by products: x may be zero where n is not negative."""
    one = [_number(1.0), *[_number(0.0)] * (len(x) - 1)]
    if n < 0:
        return _quotient(b, one, _whole_power(b, x, -n))
    if n < 2:
        return x if n else one
    half = _whole_power(b, x, n // 2)
    squared = _product(b, half, half)
    return _product(b, squared, x) if n % 2 else squared


def _called(b: Any, name: str, value: Any) -> Any:
    return b.call(b.module.declare_intrinsic(f"llvm.{name}", [F64]), [value])


def _length(kinds: Any) -> int:
    """The length of the series among these kinds, of which the others are numbers; 0 where there is none, or another."""
    of = {x.n for x in kinds if isinstance(x, _SeriesType)}
    others = all(isinstance(x, _SeriesType | types.Number) for x in kinds)
    return of.pop() if len(of) == 1 and others else 0


def _operation(operation: Any, arguments: int, result: Callable[[int], Any], instruction: Callable[..., Any]) -> None:
    """Let an operation be instruction(builder, *coefficients of each argument), where one of these is a series."""

    class Typed(AbstractTemplate):
        key = operation

        def generic(self, args: Any, kws: Any) -> Any:
            n = _length(args) if len(args) == arguments and not kws else 0
            return signature(result(n), *args) if n else None

    infer_global(operation, types.Function(Typed))

    def lowered(context: Any, b: Any, sig: Any, args: Any) -> Any:
        n = _length(sig.args)
        return instruction(b, *[_unpacked(context, b, x, kind, n) for x, kind in zip(args, sig.args, strict=True)])

    kinds = (_SeriesType, types.Number)
    for chosen in _choices(kinds, arguments):
        lower(operation, *chosen)(lowered)


def _choices(kinds: tuple[Any, ...], arguments: int) -> list[tuple[Any, ...]]:
    """Kinds of arguments of which at least one is a series."""
    if arguments == 1:
        return [(_SeriesType,)]
    return [(x, y) for x in kinds for y in kinds if _SeriesType in (x, y)]


def _each(instruction: str) -> Callable[..., Any]:
    def combined(b: Any, x: Coefficients, y: Coefficients) -> Any:
        return _packed(b, [getattr(b, instruction)(p, q, flags=FLAGS) for p, q in zip(x, y, strict=True)])

    return combined


_operation(operator.add, 2, SERIES.__getitem__, _each("fadd"))
_operation(operator.sub, 2, SERIES.__getitem__, _each("fsub"))
_operation(operator.mul, 2, SERIES.__getitem__, lambda b, x, y: _packed(b, _product(b, x, y)))
_operation(operator.truediv, 2, SERIES.__getitem__, lambda b, x, y: _packed(b, _quotient(b, x, y)))
_operation(operator.neg, 1, SERIES.__getitem__, lambda b, x: _packed(b, [b.fneg(p) for p in x]))
_operation(math.sqrt, 1, SERIES.__getitem__, lambda b, x: _packed(b, _root(b, x)))
_operation(math.exp, 1, SERIES.__getitem__, lambda b, x: _packed(b, _exponential(b, x)))
_operation(int, 1, lambda _: types.int64, lambda b, x: b.fptosi(x[0], I64))


class _Power(AbstractTemplate):
    """A series to the power of a number."""

    key = operator.pow
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        fits = len(args) == 2 and not kws and isinstance(args[0], _SeriesType) and isinstance(args[1], types.Number)
        return signature(args[0], *args) if fits else None


infer_global(operator.pow, types.Function(_Power))


@lower(operator.pow, _SeriesType, types.Number)
def _lowered_power(context: Any, b: Any, sig: Any, args: Any) -> Any:
    kind, exponent = sig.args
    x = _unpacked(context, b, args[0], kind, kind.n)
    if isinstance(exponent, types.IntegerLiteral):
        return _packed(b, _whole_power(b, x, exponent.literal_value))
    return _packed(b, _power(b, x, context.cast(b, args[1], exponent, types.float64)))


for _python, _llvm in ORDERED.items():
    _operation(_python, 2, lambda _: types.boolean, lambda b, x, y, llvm=_llvm: b.fcmp_ordered(llvm, x[0], y[0]))
