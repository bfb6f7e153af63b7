"""A function is known by all that a compiler would freeze into it, and by nothing else."""

import ctypes
import os
import re
import subprocess
import sys
import threading
import types
from dataclasses import dataclass
from enum import Enum
from functools import partial
from math import exp

import numba
import numpy as np
import pytest

from vitrify.backends.fingerprint import NoFingerprintError, fingerprint


@dataclass
class Options:
    """What users keep their parameters in."""

    eps: float
    more: object = None


class Slots:
    """The same without a dictionary."""

    __slots__ = ("eps",)

    def __init__(self, eps):
        self.eps = eps

    def phi(self, u):
        return self.eps * exp(-u)


class Kind(Enum):
    """Choices."""

    SOFT = 1.0
    HARD = 3.0


def settings(eps):
    """A module with a constant, and another module within it."""
    module, inner = types.ModuleType("settings"), types.ModuleType("settings.inner")
    module.EPS, module.inner, inner.EPS = eps, inner, 2.0 * eps
    return module


def source(text, **names):
    """The function f of a source, with these names in its module."""
    space = {"exp": exp, "np": np, "__builtins__": __builtins__, **names}
    exec(compile(text, "<a module>", "exec"), space)
    return space["f"]


def closing_over(value):
    """A function that closes over a value and reads it whole or by attribute."""

    def f(u):
        return value.eps * exp(-u)

    return f


def array(last, kind=float):
    return np.array([1.0, 2.0, last], dtype=kind)


@numba.njit
def jitted_one(u):
    return 1.0 * u


@numba.njit
def jitted_three(u):
    return 3.0 * u


FAMILIES = {
    "a default argument": lambda x: source("def f(u, h=EPS): return h * u", EPS=x),
    "a keyword's default": lambda x: source("def f(u, *, h=EPS): return h * u", EPS=x),
    "a constant of the module": lambda x: source("def f(u): return EPS * u", EPS=x),
    "an attribute of a module": lambda x: source("def f(u): return settings.EPS * u", settings=settings(x)),
    "an attribute of a module of a module": lambda x: source("def f(u): return s.inner.EPS * u", s=settings(x)),
    "a module by another name inside": lambda x: source("def f(u):\n m = s\n return m.EPS * u", s=settings(x)),
    "a module that is closed over": lambda x: closing_over(types.SimpleNamespace() if x is None else module_eps(x)),
    "an array": lambda x: source("def f(u): return TABLE[int(u)]", TABLE=array(x)),
    "the type of an array": lambda x: source("def f(u): return T[int(u)]", T=array(1.0, {1.0: "f8", 3.0: "f4"}[x])),
    "a NumPy scalar": lambda x: source("def f(u): return EPS * u", EPS=np.float64(x)),
    "the type of a NumPy scalar": lambda x: source("def f(u): return E * u", E={1.0: np.float32, 3.0: np.float64}[x](1)),
    "a record": lambda x: source(
        "def f(u): return R.a * u", R=np.rec.array([(x,)], dtype=[("a", "f8")]).view(np.ndarray)[0]
    ),
    "a dictionary": lambda x: source("def f(u): return D['eps'] * u", D={"eps": x}),
    "a list in a tuple": lambda x: source("def f(u): return T[0][1] * u", T=([0.0, x],)),
    "a set": lambda x: source("def f(u): return u in S", S={"a", "b", x}),
    "a dataclass": lambda x: closing_over(Options(x)),
    "a dataclass deep inside": lambda x: closing_over(Options(1.0, [Options(1.0, {"a": Slots(x)})])),
    "an object with slots": lambda x: closing_over(Slots(x)),
    "an attribute of a class": lambda x: source("def f(u): return C.EPS * u", C=type("C", (), {"EPS": x})),
    "an inherited attribute of a class": lambda x: source(
        "def f(u): return C.E * u", C=type("C", (type("B", (), {"E": x}),), {})
    ),
    "an attribute of the class of self": lambda x: closing_over(type("Family", (), {"eps": x})()),
    "a choice": lambda x: source("def f(u): return K.value * u", K=Kind(x)),
    "a bound method": lambda x: source("def f(u): return phi(u)", phi=Slots(x).phi),
    "a partial": lambda x: source("def f(u): return p(u)", p=partial(pow, x)),
    "a partial's keyword": lambda x: source("def f(u): return p(u)", p=partial(dict, a=x)),
    "a helper's constant": lambda x: source("def f(u): return g(u)", g=source("def f(u): return EPS * u", EPS=x)),
    "a nested function's constant": lambda x: source("def f(u):\n def g(x): return EPS * x\n return g(u)", EPS=x),
    "a lambda's constant": lambda x: source("def f(u): return (lambda y: EPS * y)(u)", EPS=x),
    "a compiled helper": lambda x: source("def f(u): return g(u)", g={1.0: jitted_one, 3.0: jitted_three}[x]),
    "options of a compiled helper": lambda x: source(
        "def f(u): return g(u)", g=numba.njit(fastmath=x > 2)(jitted_one.py_func)
    ),
    "a ufunc": lambda x: source("def f(u): return g(u)", g={1.0: np.sin, 3.0: np.cos}[x]),
    "a vectorised function": lambda x: source(
        "def f(u): return g(u)", g=numba.vectorize(source("def f(u): return E * u", E=x))
    ),
    "a name that hides Python's own": lambda x: source("def f(u): return abs(u)", **({} if x == 1.0 else {"abs": exp})),
    "a number in the code": lambda x: source(f"def f(u): return {x} * u"),
    "the sign of nothing": lambda x: source("def f(u): return E * u", E={1.0: 0.0, 3.0: -0.0}[x]),
    "one and True": lambda x: source("def f(u): return E * u", E={1.0: 1, 3.0: True}[x]),
    "an integer and a number": lambda x: source("def f(u): return E * u", E={1.0: 1, 3.0: 1.0}[x]),
}


def module_eps(x):
    module = types.ModuleType("parameters")
    module.eps = x
    return module


@pytest.mark.parametrize("make", FAMILIES.values(), ids=FAMILIES)
def test_what_a_function_reaches_is_part_of_it(make):
    assert fingerprint(make(1.0)) == fingerprint(make(1.0))
    assert fingerprint(make(1.0)) != fingerprint(make(3.0))


def test_a_value_that_changes_in_place_is_seen():
    table, options, space = array(1.0), Options(1.0), settings(1.0)
    functions = [source("def f(u): return T[0]", T=table), closing_over(options), source("def f(u): return s.EPS", s=space)]
    before = [fingerprint(f) for f in functions]
    table[2], options.eps, space.EPS = 3.0, 3.0, 3.0
    assert all(fingerprint(f) != x for f, x in zip(functions, before, strict=True))


@pytest.mark.parametrize(("one", "other"), [
    ("def f(u): return 2 * u", "def f(u):\n    'What it is.'\n    # and why\n    return 2 * u"),
    ("def f(u):\n 'one'\n return u", "\n\n\ndef f(u):\n 'other'\n return u"),
    ("def f(u): return 2 * u", "def g(u): return 2 * u\nf = g"),
])  # fmt: skip
def test_names_comments_docstrings_and_places_are_no_part_of_it(one, other):
    assert fingerprint(source(one)) == fingerprint(source(other))
    assert fingerprint(source(one, unrelated=1.0)) == fingerprint(source(one, unrelated=object()))


def test_digits_of_a_lasting_identity():
    """The last bits of exp() differ between processors; twelve digits do not."""
    near = [source("def f(u): return E * T[0]", E=x, T=np.array([x])) for x in (0.1, 0.1 * (1 + 1e-15), 0.1 * (1 + 1e-9))]
    assert len({fingerprint(f) for f in near}) == 3
    assert len({fingerprint(f, digits=12) for f in near}) == 2


@numba.cfunc("float64(float64)")
def callback(u):
    return u


@pytest.mark.parametrize("value", [
    ctypes.CDLL(None).atof, callback, threading.Lock(), np.array([None]), np.ma.array([1.0]), numba.typed.List([1.0]), re.compile("a"),
    np.frompyfunc(abs, 1, 1), np.random.default_rng(1), [ctypes.c_double(1.0)], Options(1.0, threading.Lock()), types.SimpleNamespace(eps=1.0),
], ids=lambda x: type(x).__name__)  # fmt: skip
def test_what_cannot_be_understood_is_refused_by_name(value):
    with pytest.raises(NoFingerprintError, match=r"value.* in f\(\)"):
        fingerprint(closing_over(value))


def test_an_array_that_a_kernel_points_to_has_no_identity():
    """Numba does not copy it: a kernel found by its content would read it where it was, as it is now."""
    table = np.zeros(200_000)
    with pytest.raises(NoFingerprintError, match="an array of more than 1 MB"):
        fingerprint(source("def f(u): return TABLE[0]", TABLE=table))
    lasting = [
        fingerprint(source("def f(u): return TABLE[0]", TABLE=x), digits=12) for x in (table, table.copy(), table + 1)
    ]
    assert lasting[0] == lasting[1] != lasting[2]


def test_attributes_by_computed_names_are_refused():
    with pytest.raises(NoFingerprintError, match="getattr"):
        fingerprint(source("def f(u): return getattr(s, 'E' + 'PS') * u", s=settings(1.0)))


def test_functions_that_call_themselves_and_objects_that_hold_themselves():
    assert fingerprint(source("def f(u): return f(u - 1) if u > 0 else E", E=1.0)) != fingerprint(
        source("def f(u): return f(u - 1) if u > 0 else E", E=3.0)
    )
    around = []
    around.append(around)
    assert fingerprint(closing_over(around)) == fingerprint(closing_over(around))


def test_the_same_in_every_process():
    """Sets of strings have another order in each process, objects another place."""
    program = """
from vitrify.backends.fingerprint import fingerprint
class A: pass
a = A(); a.names = {"a", "b", "c", "d"}; a.kind = A
def f(u): return a.names, u in {"x", "y", "z"}, A
print(fingerprint(f))
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
