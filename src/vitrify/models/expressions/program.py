"""A formula with its four derivatives with respect to u = r²/λ² as a plain function, by SymPy.

SymPy gets the tree node by node and never a text. What it returns is written as a syntax tree of Python: assignments of
sums, products, powers and functions of numbers and of earlier assignments, and nothing else. Python makes a code object of
that tree, and of this a function, which Numba compiles as it does a family that was written by hand.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from vitrify.errors import UsageError
from vitrify.models.potential import Radial

from .grammar import FUNCTIONS, Expression

LARGEST_POWER = 1000  # of a number or of r; the largest of a family by hand is 10,000, which is too much for most cutoffs
MOST_OPERATIONS = 4000  # of one derivative; a force with so many is a hundred times as slow as Lennard-Jones
DIGITS = 40  # of the derivatives at the cutoff, from which the terms follow that take them to zero
BEHIND = 20_000  # lines behind the end of this file, where the code objects say that they stand


@dataclass(frozen=True, slots=True)
class Program:
    """φ ... φ_uuuu of a formula; parameters keep their names, except those that were given as numbers."""

    derivatives: tuple[Any, ...]  # expressions of SymPy
    parameters: tuple[str, ...]  # names whose values arrive behind the coefficients of the cutoff

    def at(self, u: float, values: Mapping[str, float], orders: int) -> tuple[float, ...]:
        """The first derivatives at u to all digits of a float; NaN where one is no finite number."""
        return tuple(_exact(x, u, values) for x in self.derivatives[: orders + 1])

    def radial(self, smooth_to: int) -> Radial:
        """The function (u, c) -> φ ... φ_uuuu, with c0 + c1 u + ... to the smooth_to-th power added. c holds these
        coefficients, then the values of the parameters. Raises UsageError for what cannot be written."""
        return _function(_Writer(self.parameters, smooth_to).code(self.derivatives))


@cache
def program_of(tree: Expression, text: str, numbers: tuple[tuple[str, float], ...], parameters: tuple[str, ...]) -> Program:
    """Differentiate a formula. numbers: the values of those parameters that are compiled in, such as exponents; text: the
    formula as it stands in errors. Raises UsageError."""
    import sympy  # a third of a second, which only those who write formulas spend

    owner = f"formula {text!r}"
    u = sympy.Symbol("u", positive=True)
    values = {"r": sympy.sqrt(u), "l": sympy.Integer(1), "epsilon": sympy.Integer(1), "pi": sympy.pi}
    values |= {name: sympy.Rational(repr(float(value))) for name, value in numbers}
    values |= {name: sympy.Symbol(name, real=True) for name in parameters}
    try:
        found = [_built(tree, values, owner)]
        for _ in range(4):
            _require_usable(found[-1], owner)
            found.append(sympy.diff(found[-1], u))
    except (ArithmeticError, MemoryError, RecursionError, ValueError, TypeError) as error:
        raise UsageError(f"{owner} cannot be differentiated ({type(error).__name__})") from None
    _require_usable(found[-1], owner)
    return Program(tuple(found), parameters)


def _built(tree: Expression, values: Mapping[str, Any], owner: str) -> Any:
    """The expression of SymPy for a tree."""
    import sympy

    if tree.kind == "number":
        return sympy.Rational(tree.text)
    if tree.kind == "name":
        return values[tree.text]
    parts = [_built(x, values, owner) for x in tree.parts]
    if tree.kind == "call":
        return getattr(sympy, tree.text)(parts[0])  # one of FUNCTIONS, or the grammar had refused it
    if tree.kind == "negative":
        return -parts[0]
    left, right = parts
    if tree.kind in ("+", "-"):
        return left + right if tree.kind == "+" else left - right
    if tree.kind == "*":
        return left * right
    return _power(left, right, owner) if tree.kind == "^" else _over(left, right, owner)


def _over(left: Any, right: Any, owner: str) -> Any:
    if right.is_zero:
        raise UsageError(f"{owner} divides by zero")
    return left / right


def _power(base: Any, exponent: Any, owner: str) -> Any:
    """A power. Numbers are bounded before SymPy, which would write out 9^9^9, sees them."""
    if not exponent.free_symbols and not abs(float(exponent)) <= LARGEST_POWER:
        raise UsageError(f"{owner} has the power {float(exponent):g}, must be at most {LARGEST_POWER}")
    if base.is_zero and exponent.is_negative:
        raise UsageError(f"{owner} divides by zero")
    if not base.free_symbols and not exponent.free_symbols:
        with_number = float(base) if base.is_real else math.nan
        try:
            size = abs(with_number ** float(exponent))
        except ArithmeticError:
            size = math.inf
        if not size < 1e300:
            raise UsageError(f"{owner} has a number that a computer cannot hold")
    return base**exponent


def _require_usable(expression: Any, owner: str) -> None:
    """Raise UsageError for what is not real, not finite, not smooth, or too long."""
    import sympy

    if expression.has(sympy.I):
        raise UsageError(f"{owner} is not a real number")
    if expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise UsageError(f"{owner} is not a finite number")
    if expression.has(sympy.sign, sympy.DiracDelta, sympy.Derivative, sympy.Heaviside):
        raise UsageError(f"{owner} has a kink; it must be smooth")
    if sympy.count_ops(expression) > MOST_OPERATIONS:
        raise UsageError(f"{owner} is too involved: a derivative of it has more than {MOST_OPERATIONS:,} operations")


def _exact(expression: Any, u: float, values: Mapping[str, float]) -> float:
    import sympy

    names = {x: sympy.Rational(repr(float(u if x.name == "u" else values[x.name]))) for x in expression.free_symbols}
    try:
        number = sympy.N(expression.subs(names), DIGITS)
        return float(number) if number.is_real else math.nan
    except (ArithmeticError, TypeError, ValueError):
        return math.nan


# --- Python's own syntax tree of the expressions ----------------------------------------------------------------------

CALLED: dict[str, Callable[..., Any]] = {x: getattr(math, x) for x in FUNCTIONS}


@dataclass(slots=True)
class _Writer:
    """Writer of assignments, each of one operation or sum; what was written once is not written again."""

    parameters: Sequence[str]
    smooth_to: int
    lines: list[ast.stmt] = field(default_factory=list)
    known: dict[Any, ast.expr] = field(default_factory=dict)
    rooted: set[Any] = field(default_factory=set)  # bases with half-integer powers: all their powers are of the root

    def code(self, derivatives: Sequence[Any]) -> CodeType:
        """The code object of the function (u, c) -> derivatives."""
        import sympy

        u = sympy.Symbol("u", positive=True)
        self.known = {u: _name("u")}
        for k, name in enumerate(self.parameters):
            self.known[sympy.Symbol(name, real=True)] = self._put(_item("c", self.smooth_to + 1 + k))
        for x in derivatives:
            self.rooted |= {p.base for p in x.atoms(sympy.Pow) if p.exp.is_Rational and p.exp.q == 2}
        bare = [self._expression(x) for x in derivatives]
        returned = [_sum([x, *self._smoothing(k)]) for k, x in enumerate(bare)]
        self.lines.append(ast.Return(ast.Tuple(returned, ast.Load())))
        arguments = ast.arguments([], [ast.arg("u"), ast.arg("c")], None, [], [], None, [])
        function = ast.FunctionDef(name="radial", args=arguments, body=self.lines, decorator_list=[], returns=None)
        if hasattr(function, "type_params"):
            function.type_params = []
        module = ast.increment_lineno(ast.fix_missing_locations(ast.Module([function], [])), BEHIND)
        compiled = compile(module, __file__, "exec")
        return next(x for x in compiled.co_consts if isinstance(x, CodeType))

    def _smoothing(self, k: int) -> list[ast.expr]:
        """The k-th derivative of c0 + c1 u + ..., by Horner's rule."""
        if k > self.smooth_to:
            return []
        total: ast.expr | None = None
        for power in range(self.smooth_to, k - 1, -1):
            term = _times(_number(float(math.perm(power, k))), _item("c", power))
            total = term if total is None else _plus(_times(total, _name("u")), term)
        return [] if total is None else [total]

    def _put(self, value: ast.expr) -> ast.expr:
        """The name of a value that is now assigned."""
        name = f"x{len(self.lines)}"
        self.lines.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return _name(name)

    def _expression(self, x: Any) -> ast.expr:
        """A name or a number that stands for an expression."""
        if x not in self.known:
            made = self._made(x)
            self.known[x] = made if isinstance(made, ast.Constant | ast.Name) else self._put(made)
        return self.known[x]

    def _made(self, x: Any) -> ast.expr:
        if not x.free_symbols:
            return _number(_float(x))
        if x.is_Add:
            return self._sum(x)
        if x.is_Mul:
            return self._product(x)
        if x.is_Pow:
            return self._power(x.base, x.exp)
        name = type(x).__name__.lower()
        if name not in CALLED:
            raise UsageError(f"a derivative of the formula has {name}(), which no kernel can hold; write it another way")
        return ast.Call(_name(name), [self._expression(x.args[0])], [])

    def _sum(self, x: Any) -> ast.expr:
        """A sum, of which what all terms have in common stands before a bracket."""
        return _sum([self._expression(t) for t in x.as_ordered_terms()])

    def _product(self, x: Any) -> ast.expr:
        number, rest = x.as_coeff_Mul()
        factors = [self._expression(f) for f in (rest.args if rest.is_Mul else (rest,))]
        product = factors[0]
        for other in factors[1:]:
            product = _times(product, other)
        return _times(_number(_float(number)), product) if number != 1 else product

    def _power(self, base: Any, exponent: Any) -> ast.expr:
        if base in self.rooted and exponent.is_Rational and exponent.q <= 2:
            return self._whole_power((base, "root"), int(2 * exponent))
        if exponent.is_Integer:
            return self._whole_power((base, ""), int(exponent))
        return ast.BinOp(self._expression(base), ast.Pow(), self._expression(exponent))

    def _whole_power(self, of: tuple[Any, str], n: int) -> ast.expr:
        """A power of a base or of its root by products; a negative one of what was divided once."""
        key = (of, n)
        if key in self.known:
            return self.known[key]
        base, root = of
        if n == 1:
            inner = self._expression(base)
            made: ast.expr = ast.Call(_name("sqrt"), [inner], []) if root else inner
        elif root and n == 2:
            made = self._expression(base)
        elif n == -1:
            made = ast.BinOp(_number(1.0), ast.Div(), self._whole_power(of, 1))
        else:
            step = 1 if n > 0 else -1
            half = n // 2 if n > 0 else -(-n // 2)
            odd = abs(n) % 2
            first = self._whole_power(of, n - step if odd else half)
            made = _times(first, self._whole_power(of, step) if odd else first)
        self.known[key] = made if isinstance(made, ast.Constant | ast.Name) else self._put(made)
        return self.known[key]


def _function(code: CodeType) -> Radial:
    """A function of a code object that knows mathematical functions and nothing else."""
    scope = {"__name__": __name__, "__builtins__": {}, **CALLED}
    made: Radial = FunctionType(code, scope, "radial")
    return made


def _float(x: Any) -> float:
    try:
        number = float(x)
    except (OverflowError, TypeError):
        number = math.inf
    if not math.isfinite(number):
        raise UsageError("a derivative of the formula has a number that a computer cannot hold")
    return number


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _number(value: float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _item(name: str, k: int) -> ast.expr:
    return ast.Subscript(_name(name), ast.Constant(k), ast.Load())


def _plus(a: ast.expr, b: ast.expr) -> ast.expr:
    return ast.BinOp(a, ast.Add(), b)


def _times(a: ast.expr, b: ast.expr) -> ast.expr:
    return ast.BinOp(a, ast.Mult(), b)


def _sum(terms: Sequence[ast.expr]) -> ast.expr:
    total = terms[0]
    for term in terms[1:]:
        total = _plus(total, term)
    return total
