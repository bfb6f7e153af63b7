"""The grammar of a formula of r: numbers, + - * / ^, brackets, functions, r, λ, ε and named parameters.

    sum      = product { ("+" | "-") product }
    product  = signed { ("*" | "/") signed }
    signed   = ("+" | "-") signed | power
    power    = atom [ ("^" | "**") signed ]          2^3^2 is 2^(3^2), and -r^2 is -(r^2)
    atom     = number | name | function "(" sum ")" | "(" sum ")"

Nothing is evaluated here. A formula becomes a tree of tuples, which is written in one way: that is the canonical text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from vitrify.errors import UsageError, hint
from vitrify.models.plain_numbers import DECIMAL, shortest

LONGEST = 1000  # characters of a formula
DEEPEST = 40  # brackets, functions, signs and powers inside each other
MOST_OPERATIONS = 150  # a long sum is a deep tree, and Python walks only so deep
FUNCTIONS = ("cos", "cosh", "exp", "log", "sin", "sinh", "sqrt", "tanh")  # smooth ones of one argument
KINKED = ("abs", "ceil", "floor", "max", "min", "mod", "round", "sgn", "sign", "step", "heaviside")
ALIASES = {"λ": "l", "lambda": "l", "σ": "l", "sigma": "l", "ε": "epsilon", "eps": "epsilon", "π": "pi"}
OWN = ("r", "l", "epsilon", "pi")  # names that mean the same in every formula
TOKEN = re.compile(
    rf"\s*(?:(?P<number>{DECIMAL.pattern.removeprefix('[-+]?')})|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/^()]))"
)
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3, "^": 4}  # how tightly each binds; all else binds tightest


class Expression(NamedTuple):
    """A number, a name, or what is done with other expressions: (kind, text, parts).

    kind: "number", "name", "call" (text: the function), "negative", or one of + - * / ^."""

    kind: str
    text: str = ""
    parts: tuple[Expression, ...] = ()


@dataclass(slots=True)
class _Token:
    kind: str  # number, name, sign, end
    text: str
    place: int  # its first character, counted from 1


def read(text: object, known: Collection[str]) -> Expression:
    """The tree of a formula. known: names of its parameters. Raises UsageError."""
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"formula is {text!r}, must be a text such as 4*((l/r)^12 - (l/r)^6)")
    if len(text) > LONGEST:
        raise UsageError(f"formula {text[:40]!r}... has {len(text)} characters, must have at most {LONGEST}")
    return _Reader(text, known).whole()


def names_in(tree: Expression) -> frozenset[str]:
    """The names in a tree."""
    found = frozenset({tree.text}) if tree.kind == "name" else frozenset()
    return found.union(*map(names_in, tree.parts))


def written(tree: Expression) -> str:
    """The canonical text of a tree: no bracket too many, + and - between blanks, ^ for powers, r and l for r and λ."""
    if tree.kind in ("number", "name"):
        return tree.text
    if tree.kind == "call":
        return f"{tree.text}({written(tree.parts[0])})"
    own = BINDING[tree.kind]
    if tree.kind == "negative":
        return f"-{_bracketed(tree.parts[0], own)}"
    left, right = tree.parts
    if tree.kind == "^":
        return f"{_bracketed(left, own + 1)}^{_bracketed(right, own)}"
    blank = " " if own == 1 else ""
    return f"{_bracketed(left, own)}{blank}{tree.kind}{blank}{_bracketed(right, own + 1)}"


def _bracketed(tree: Expression, least: int) -> str:
    """The text of a part, in brackets where it binds less tightly than its place asks for."""
    text = written(tree)
    return text if BINDING.get(tree.kind, 9) >= least else f"({text})"


class _Reader:
    """A reader by recursive descent, one method for each line of the grammar."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.text, self.known, self.depth, self.operations = text, known, 0, 0
        self.tokens = self._tokens()
        self.token = next(self.tokens)

    def whole(self) -> Expression:
        tree = self._sum()
        if self.token.kind != "end":
            if self.token.text == ")":
                self._fail("has a ) that no ( belongs to")
            self._fail(f"has {self.token.text!r} where one of + - * / ^ must stand")
        return tree

    def _tokens(self) -> Iterator[_Token]:
        place, end = 0, len(self.text.rstrip())
        while place < end:
            found = TOKEN.match(self.text, place)
            if found is None:
                blank = len(self.text[place:]) - len(self.text[place:].lstrip())
                self.token = _Token("sign", self.text[place + blank], place + blank + 1)
                self._fail(f"has {self.token.text!r}, which means nothing there")
            kind = str(found.lastgroup)
            yield _Token(kind, found[kind], found.start(kind) + 1)
            place = found.end()
        yield _Token("end", "", end + 1)

    def _next(self) -> _Token:
        token = self.token
        self.operations += token.kind == "sign" and token.text not in "()"
        if self.operations > MOST_OPERATIONS:
            self._fail(f"has more than {MOST_OPERATIONS} operations")
        self.token = next(self.tokens, token)  # behind the end stands the end
        return token

    def _is(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def _sum(self) -> Expression:
        tree = self._product()
        while self._is("+", "-"):
            sign = self._next().text
            tree = Expression(sign, "", (tree, self._product()))
        return tree

    def _product(self) -> Expression:
        tree = self._signed()
        while self._is("*", "/"):
            sign = self._next().text
            tree = Expression(sign, "", (tree, self._signed()))
        return tree

    def _signed(self) -> Expression:
        self._enter()
        if self._is("+", "-"):
            negative, inner = self._next().text == "-", self._signed()
            tree = Expression("negative", "", (inner,)) if negative else inner
        else:
            tree = self._power()
        self.depth -= 1
        return tree

    def _power(self) -> Expression:
        base = self._atom()
        if not self._is("^", "**"):
            return base
        self._next()
        return Expression("^", "", (base, self._signed()))

    def _atom(self) -> Expression:
        token = self._next()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._call(token) if self._is("(") else self._name(token)
        if token.text != "(":
            self._fail(
                f"has {token.text!r} where a number, a name or ( must stand" if token.text else "ends too early", token
            )
        return self._closed(token)

    def _closed(self, opening: _Token) -> Expression:
        """What stands up to the bracket that closes."""
        tree = self._sum()
        if not self._is(")"):
            if self.token.kind == "end":
                self._fail("has a ( that is not closed", opening)
            self._fail(f"has {self.token.text!r} where one of + - * / ^ ) must stand")
        self._next()
        return tree

    def _number(self, token: _Token) -> Expression:
        value = float(token.text)
        if not value < 1e300 or len(token.text) > 40:
            self._fail(f"has the number {token.text[:20]}, which a computer cannot hold", token)
        return Expression("number", shortest(value))

    def _call(self, token: _Token) -> Expression:
        name = token.text.lower()
        if name not in FUNCTIONS:
            if name in KINKED:
                self._fail(f"has {token.text}(), which has a kink or a jump; it must be smooth", token)
            if token.text in (*self.known, *OWN, *ALIASES):
                self._fail(f"has {token.text!r} before a bracket; write {token.text}*(...)", token)
            self._fail(
                f"has {token.text}(), which is unknown{hint(name, FUNCTIONS)}; known are {', '.join(FUNCTIONS)}", token
            )
        return Expression("call", name, (self._closed(self._next()),))

    def _name(self, token: _Token) -> Expression:
        name = ALIASES.get(token.text, token.text)
        if name not in (*OWN, *self.known):
            if name in FUNCTIONS:
                self._fail(f"has {name} without its argument; write {name}(...)", token)
            what = f"has {name!r}, which is unknown{hint(name, (*self.known, *OWN))}; "
            self._fail(
                f"{what}give parameters their values, such as {name}=1.5, on the command line by --parameter {name}=1.5",
                token,
            )
        return Expression("name", name)

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail(f"is nested more than {DEEPEST} deep")

    def _fail(self, what: str, token: _Token | None = None) -> NoReturn:
        place = (token or self.token).place
        text = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        raise UsageError(f"formula {text!r} {what} (character {place})")
