"""The identity of a function by its content, so that a compiled kernel is found again by any later process.

A compiler freezes whatever a function reaches into its machine code: what it closes over, constants of its module, default
arguments, attributes of modules, arrays. All of it is part of the identity, by value. What is met and not understood has no
identity: it is refused, and what is refused is neither kept nor found.
"""

from __future__ import annotations

import dis
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
STATELESS = (object, *PLAIN[1:-1])  # bases whose state is none, or is read by itself
FOREIGN = ("numpy", "numba", "llvmlite", "scipy")  # packages whose functions and types are known by their names
SETTLED = ("numba.core.types", "llvmlite.ir")  # types of a compiler: their text says what they are
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
COPIED = 10**6  # bytes: Numba copies arrays up to here into a kernel, and reads larger ones where they stand
Names = frozenset[str]


class NoFingerprintError(Exception):
    """A function reaches something that cannot be told from another of its kind; the text says what, for a person."""


def fingerprint(function: Any, *, digits: int = 0) -> str:
    """SHA-256 over the bytecode of a function and over the values of everything that it reaches.

    Names of the function and of its file, docstrings, comments and line numbers are no part of it. digits: significant
    ones of floating-point numbers, 0 for all, as a kernel has them; with 12 a last bit that differs between processors is
    not seen. Raises NoFingerprintError."""
    return hashlib.sha256(repr(_Reader(digits).read(function)).encode()).hexdigest()


def compiled_within(function: Any) -> list[tuple[Any, str]]:
    """Functions compiled by Numba that a function reaches, each with its fingerprint, those that others reach first.

    Raises NoFingerprintError."""
    reader = _Reader(0)
    reader.read(function)
    return reader.compiled


class _Reader:
    """Encoder of values as nested tuples whose repr is the same in every process exactly when the values are."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.within: list[Any] = []  # what is being read, from the outside in: a circle ends where it began
        self.compiled: list[tuple[Any, str]] = []

    def read(self, function: Any) -> Any:
        """The content of all of a function."""
        try:
            return self.content(function, "it", frozenset())
        except RecursionError:
            raise NoFingerprintError("values that are nested too deeply") from None

    def content(self, value: Any, path: str, names: Names) -> Any:
        """The content of a value; path: how a person finds it; names: attributes that the code around it looks up."""
        if isinstance(value, Enum):
            return ("enum", type(value).__qualname__, value.name, self.content(value.value, path, names))
        if type(value) in PLAIN:
            return self._plain(value)
        if isinstance(value, np.generic | np.ndarray):
            return self._array(value, path)
        for x, outer in enumerate(self.within):
            if outer is value:
                return ("again", x)
        self.within.append(value)
        try:
            return self._compound(value, path, names)
        finally:
            self.within.pop()

    def _plain(self, value: Any) -> Any:
        if self.digits and isinstance(value, float | complex):
            return (type(value).__name__, f"{value:.{self.digits - 1}e}")
        return (type(value).__name__, repr(value))

    def _array(self, value: Any, path: str) -> Any:
        array = np.asarray(value)
        if type(value) not in (np.ndarray, array.dtype.type) or array.dtype.hasobject:
            raise NoFingerprintError(f"{path}, a {_kind(value)} of {array.dtype}")
        if array.nbytes > COPIED and not self.digits:
            raise NoFingerprintError(f"{path}, an array of more than {COPIED // 10**6} MB")
        if self.digits and array.dtype.kind in "fc":
            numbers = "".join(f"{x:.{self.digits - 1}e}," for x in array.ravel().tolist()).encode()
        else:
            numbers = array.tobytes()
        layout = (array.flags.c_contiguous, array.flags.f_contiguous)
        return (type(value).__name__, repr(array.dtype), array.shape, layout, hashlib.sha256(numbers).hexdigest())

    def _compound(self, value: Any, path: str, names: Names) -> Any:
        """The content of what is made of other things."""
        compiled_from = source_of(value)
        if compiled_from is not None:
            options = self.content(getattr(value, "targetoptions", {}), path, names)
            known = ("compiled", options, self.content(compiled_from, path, names))
            self.compiled.append((value, hashlib.sha256(repr(known).encode()).hexdigest()))
            return known
        if isinstance(value, FunctionType):
            return _name(value) if is_foreign(value.__module__) else self._function(value, path)
        if isinstance(value, MethodType):
            return ("method", *(self.content(x, path, names) for x in (value.__func__, value.__self__)))
        if isinstance(value, partial):
            return ("partial", *(self.content(x, path, names) for x in (value.func, value.args, value.keywords)))
        if isinstance(value, property):
            return ("property", self.content(value.fget, path, names))
        if isinstance(value, staticmethod | classmethod):
            return (type(value).__name__, self.content(value.__func__, path, names))
        if isinstance(value, CodeType):
            return self._code(value, path, names)
        if (
            isinstance(value, BuiltinFunctionType)
            and isinstance(value.__self__, ModuleType)
            and is_foreign(value.__module__)
        ):
            return _name(value)
        if isinstance(value, np.ufunc):
            return self._ufunc(value, path)
        if isinstance(value, ModuleType):
            known_as = value.__name__ if is_foreign(value.__name__) else ""
            return ("module", known_as, self._reached(value, path, names))
        if isinstance(value, type) and not type(value).__module__.startswith("numba."):
            return ("class", _name(value), self._reached(value, path, names))
        if isinstance(value, dict | list | tuple | set | frozenset):
            return self._collection(value, path, names)
        return self._instance(value, path, names)

    def _function(self, function: FunctionType, path: str) -> Any:
        code, place = function.__code__, f"{{}} in {function.__name__}()"
        globals_, attributes = names_of(code)
        free = zip(code.co_freevars, function.__closure__ or (), strict=True)
        closed = [self._cell(cell, place.format(name), attributes) for name, cell in free]
        named = [(name, self._global(function, name, place, attributes)) for name in sorted(globals_)]
        defaults = [
            self.content(x, f"a default argument of {function.__name__}()", attributes)
            for x in (function.__defaults__, function.__kwdefaults__)
        ]
        return ("function", self._code(code, path, attributes), closed, named, defaults)

    def _cell(self, cell: Any, path: str, names: Names) -> Any:
        try:
            value = cell.cell_contents
        except ValueError:
            return ("empty",)  # a name that is not set yet
        return self.content(value, path, names)

    def _global(self, function: FunctionType, name: str, place: str, names: Names) -> Any:
        """The value that a name of the module stands for, or that Python itself has under that name."""
        for scope in (function.__globals__, _builtins(function)):
            if name in scope:
                return self.content(scope[name], place.format(name), names)
        return ("unknown",)

    def _code(self, code: CodeType, path: str, names: Names) -> Any:
        skipped = 1 if _documented(code) else 0
        inner = [self.content(x, path, names) for x in ((None,) * skipped + code.co_consts[skipped:])]
        arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        return ("code", arguments, code.co_code, code.co_exceptiontable, code.co_names, inner)

    def _ufunc(self, value: np.ufunc, path: str) -> Any:
        for module in ("numpy", "scipy.special"):
            if getattr(sys.modules.get(module), value.__name__, None) is value:
                return ("ufunc", module, value.__name__)
        raise NoFingerprintError(f"{path}, a NumPy ufunc that is not NumPy's own")

    def _collection(self, value: Any, path: str, names: Names) -> Any:
        kind = _name(type(value))
        if isinstance(value, dict):
            pairs = [(self.content(k, path, names), self.content(v, f"{path}[{k!r}]", names)) for k, v in value.items()]
            return (kind, pairs)
        inner = [self.content(x, path, names) for x in value]
        if isinstance(value, set | frozenset):
            inner.sort(key=repr)  # the order of strings in a set is another one in each process
        return (kind, inner, getattr(value, "_fields", ()))

    def _instance(self, value: Any, path: str, names: Names) -> Any:
        """An object by its state and by those attributes of its class that the code looks up."""
        kind = type(value)
        if any(x.__module__.startswith(SETTLED) for x in kind.__mro__):
            return (kind.__qualname__, str(value))
        if any(
            is_foreign(x.__module__) for x in kind.__mro__ if x not in STATELESS and x.__module__ not in ("abc", "typing")
        ):
            raise NoFingerprintError(f"{path}, a {_kind(value)}")  # its state may not be seen from Python
        base = [x.__repr__(value) for x in (int, float, complex, str, bytes) if isinstance(value, x)]
        inner = [(name, self.content(x, f"{path}.{name}", names)) for name, x in sorted(dict(_state(value)).items())]
        return ("instance", _name(kind), base, inner, self._reached(kind, path, names))

    def _reached(self, owner: Any, path: str, names: Names) -> Any:
        """Those attributes of a module or class that the code may look up; of foreign ones numbers alone, since the rest is
        known by name."""
        if "getattr" in names:
            raise NoFingerprintError(f"{path}, of which an attribute is looked up by getattr")
        found = []
        for name in sorted(names):
            value = _attribute(owner, name)
            if is_foreign(owner.__name__ if isinstance(owner, ModuleType) else owner.__module__):
                value = value if isinstance(value, int | float | complex | np.generic | np.ndarray) else MISSING
            if value is not MISSING and not isinstance(value, MemberDescriptorType):  # a slot: its value is state
                found.append((name, self.content(value, f"{path}.{name}", names)))
        return found


MISSING = object()
HAS_DOCSTRING = 0x4000000  # of a code's flags, from Python 3.14 on


def _documented(code: CodeType) -> bool:
    """Whether the first constant is a docstring."""
    first = code.co_consts[:1]
    marked = bool(code.co_flags & HAS_DOCSTRING) or sys.version_info < (3, 14)
    return marked and isinstance(first[0] if first else None, str) and not code.co_name.startswith("<")


def _attribute(owner: Any, name: str) -> Any:
    """The attribute as it stands, without running what computes it, unless it is a module's that is loaded at first use."""
    for scope in owner.__mro__ if isinstance(owner, type) else (owner,):
        if scope is not object and name in vars(scope):
            return vars(scope)[name]
    lazy = isinstance(owner, ModuleType) and "__getattr__" in vars(owner) and not is_foreign(owner.__name__)
    return getattr(owner, name, MISSING) if lazy else MISSING


def source_of(value: Any) -> Any:
    """The plain function behind one that Numba compiled, or the code that writes an intrinsic; else None."""
    if not type(value).__module__.startswith("numba."):
        return None
    value = getattr(value, "_dispatcher", value)
    return getattr(value, "py_func", None) or getattr(value, "_defn", None)


@cache
def names_of(code: CodeType) -> tuple[Names, Names]:
    """The names that a function, or one inside it, looks up: names of its module, and attributes."""
    instructions = list(_instructions(code))
    globals_ = frozenset(x.argval for x in instructions if x.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    inner = [x for x in code.co_consts if isinstance(x, CodeType)]
    attributes = frozenset(x.argval for x in instructions if "ATTR" in x.opname or "METHOD" in x.opname)
    attributes |= globals_ & {"getattr"}
    for other in inner:
        more = names_of(other)
        globals_, attributes = globals_ | more[0], attributes | more[1]
    return globals_, attributes


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    return (x for x in dis.get_instructions(code) if isinstance(x.argval, str))


def _builtins(function: FunctionType) -> dict[str, Any]:
    found = function.__globals__.get("__builtins__", {})
    return vars(found) if isinstance(found, ModuleType) else dict(found)


def _state(value: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(value, "__dict__", {}).items()
    for name in _slots(type(value)):
        if hasattr(value, name):
            yield name, getattr(value, name)


def _slots(kind: type) -> list[str]:
    slots = [vars(x).get("__slots__", ()) for x in kind.__mro__]
    return [name for x in slots for name in ((x,) if isinstance(x, str) else x) if name not in ("__weakref__", "__dict__")]


@cache
def is_foreign(module: str | None) -> bool:
    """Whether a module is Python's own or one of a package that does not change under its name."""
    root = (module or "").partition(".")[0]
    if root in FOREIGN or root == "builtins":
        return True
    file = getattr(sys.modules.get(root), "__file__", None)
    own = root in sys.stdlib_module_names
    return own and (file is None or (Path(file).is_relative_to(LIBRARY) and "site-packages" not in file))


def _name(value: Any) -> Any:
    """A function or class by its name; of a user's not by its module, which is __main__ in one process only."""
    return ("named", value.__module__ if is_foreign(value.__module__) else "", value.__qualname__)


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
