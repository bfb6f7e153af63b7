"""Models in Python files of a user's own, such as mine.py:mine or mine.py:mine(rc=1.2).

Such a file is code, and runs only where a person names it: on the command line, in the study file that a command is given,
in Python, or as a plugin. What is written of its model names it by the digest of its text, as in
mine.py:mine(digest="0123456789abcdef"). Whoever reads that, in a store or in a file of a glass, runs nothing, unless this
very name of this very text was asked for here, or came with a task from a process in which it was."""

from __future__ import annotations

import ast
import copyreg
import hashlib
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from vitrify.errors import UsageError, hint, kind_and_text, shown
from vitrify.options import code_of
from vitrify.plugin_files import load_files, module_with, named_files, run_text, text_of

from .mixture import PAPERS, Mixture
from .model import Model
from .molecule import Molecule, molecule_of
from .offers import cutoff_of, numbers_of
from .plain_numbers import DECIMAL, finite_number, shortest
from .potential import CodeNotRunError, Potential, Radial
from .tables import SAFE

LARGEST = 2**20  # bytes of a file
LONGEST = 2000  # characters of a readable form before its mixture
SHORT = 16  # hex digits of a digest in a model's name
FOLDER = "model_files"  # of a store
PACKAGES = ("llvmlite", "numba", "numpy", "scipy", "vitrify")  # a file may import these and Python's own modules
FORM = re.compile(
    r"""\s*(?P<file>[^\s"\[\]][^"\[\]\n]*):(?P<name>[^\W\d]\w*)\s*(?:\((?P<given>[^()\[\]\n]*)\))?\s*(?P<mixture>\[[^{]*)?(?P<molecule>\{.*)?""",
    re.DOTALL,
)
ARGUMENT = re.compile(rf"""\s*([^\W\d]\w*)\s*=\s*({DECIMAL.pattern}|"[0-9a-f]*"|'[0-9a-f]*')\s*""")
MAY_BE = "a Model, a Potential, or a function without required arguments that returns one"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A Python file by its text, and what a person asked for of it. It is pickled with the text: a process that unpickles
    it may run it too."""

    name: str  # without folders
    asked: str  # name within the file
    text: str = field(repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.text.encode()).hexdigest()[:SHORT])

    def __reduce__(self) -> tuple[Any, ...]:
        return remember, (self.name, self.asked, self.text)

    @property
    def stored_as(self) -> str:
        """The name of its copy in a store."""
        return f"{FOLDER}/{self.digest}-{self.name}"


class _Said(NamedTuple):
    """The parts of a readable form."""

    file: str
    name: str
    given: Mapping[str, float]
    digest: str
    mixture: Mixture | None
    molecule: Molecule | None = None


# --- readable forms ---------------------------------------------------------------------------------------------------


def is_of_file(text: str) -> bool:
    """Tell whether a readable form is that of a model in a file."""
    return _parts(text) is not None


def named(text: str, folder: Path | str = "") -> Model:
    """The model that a person asks for by this text, for which its file is run. folder: that its path begins from. Raises
    UsageError."""
    said = _said(text)
    known = _known.get((said.digest, said.name))
    file = known or read_file(Path(folder, Path(said.file).expanduser()), said.name, f"model {shown(text)}")
    if said.digest and file.digest != said.digest:
        raise UsageError(
            f"model {shown(text)}: the digest of {file.name} is {file.digest}, not {said.digest}, so the file has changed; "
            "leave the digest out to take it as it is"
        )
    return _model(file, said)


def parse_of_file(text: str) -> Model:
    """Read what something names that is no person, such as a store: a model whose code is run only where that very file was
    named here, and else a model without its potential. Raises UsageError."""
    said = _said(text)
    if not said.digest:
        raise CodeNotRunError(_not_run(f"{said.file}:{said.name}"))
    _know_plugins(said)
    known = _known.get((said.digest, said.name))
    if known is not None:
        return _model(known, said)
    form = _form(said)
    return Model(form, NotRun(form), said.mixture or PAPERS, said.molecule)


def from_file(file: Path | str, name: str, *, mixture: Mixture | None = None, **parameters: float) -> Model:
    """The model that a Python file of yours holds, which is run for it: a Model, a Potential, or what a function of that
    name returns.

    parameters: arguments of the function. The readable form names the file by the digest of its text. Raises UsageError."""
    path = Path(file)
    given = {x: _number(str(path), x, y) for x, y in parameters.items()}
    return _model(read_file(path, name, f"model '{path}:{name}'"), _Said(path.name, name, given, "", mixture))


def file_of(text: str) -> ModelFile | None:
    """The file of a model with this readable form, where it is one and may be run here."""
    if not is_of_file(text):
        return None
    said = _said(text)
    return _known.get((said.digest, said.name))


def _parts(text: str) -> re.Match[str] | None:
    return FORM.fullmatch(text) if len(text.partition("[")[0]) <= LONGEST else None


def _said(text: str) -> _Said:
    form = _parts(text)
    if form is None:
        raise UsageError(f"model {shown(text)} cannot be read; write it like mine.py:mine or mine.py:mine(rc=1.2)")
    if not form["file"].endswith(".py"):
        raise UsageError(f"model {shown(text)}: {form['file']!r} must be a Python file, whose name ends in .py")
    given: dict[str, Any] = {}
    for part in form["given"].split(",") if (form["given"] or "").strip() else ():
        argument = ARGUMENT.fullmatch(part)
        if argument is None or (argument[1] == "digest") != (argument[2][0] in "\"'"):
            raise UsageError(f"model {shown(text)}: {part.strip()!r} cannot be read; write name=number, like rc=1.2")
        if argument[1] in given:
            raise UsageError(f"model {shown(text)}: {argument[1]!r} is given twice")
        given[argument[1]] = (
            argument[2].strip("\"'") if argument[1] == "digest" else _number(text, argument[1], argument[2])
        )
    mixture = Mixture.parse(form["mixture"]) if form["mixture"] else None
    molecule = molecule_of(form["molecule"])
    return _Said(form["file"].strip(), form["name"], given, given.pop("digest", ""), mixture, molecule)


def _number(text: str, name: str, value: object) -> float:
    number = finite_number(float(value) if isinstance(value, str) else value)
    if number is None:
        raise UsageError(f"model {shown(text)}: {name} is {shown(value)}, must be a finite number")
    return number


def _form(said: _Said) -> str:
    """The readable form without its mixture."""
    given = [*(f"{name}={shortest(x)}" for name, x in said.given.items()), f'digest="{said.digest}"']
    return f"{SAFE.sub('_', Path(said.file).name)}:{said.name}({', '.join(given)})"


def _not_run(name: str, digest: str = "") -> str:
    same = f", if its digest is {digest}" if digest else ""
    return (
        f"model {shown(name)} is code in a file, which runs only where you name that file: give --model {name} (in Python "
        f"model={name!r}), or --plugin with the file before a command on a store{same}"
    )


class NotRun(Potential):
    """The potential of code that was not run, which is asked for nothing. Raises CodeNotRunError where it is."""

    __slots__ = ("form",)

    def __init__(self, form: str) -> None:
        self.form = form

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotRun) and self.form == other.form

    def __hash__(self) -> int:
        return hash(self.form)

    def _asked(self) -> NoReturn:
        raise CodeNotRunError(_not_run(self.form.partition("(")[0], _said(self.form).digest))

    @property
    def cutoff(self) -> float:
        self._asked()

    def numbers(self) -> tuple[float, ...]:
        self._asked()

    def derivatives(self) -> Radial:
        self._asked()

    def with_cutoff(self, cutoff: float) -> Potential:
        """Raise CodeNotRunError."""
        del cutoff
        self._asked()


# --- files ------------------------------------------------------------------------------------------------------------

_known: dict[tuple[str, str], ModelFile] = {}  # by digest and the name that was asked for


def remember(name: str, asked: str, text: str) -> ModelFile:
    """Take a name of a file as asked for in this process."""
    file = ModelFile(SAFE.sub("_", name), asked, text)
    if file.name.startswith(f"{file.digest}-"):  # a copy that a store keeps
        file = ModelFile(file.name.removeprefix(f"{file.digest}-"), asked, text)
    return _known.setdefault((file.digest, asked), file)


def read_file(path: Path, asked: str, owner: str) -> ModelFile:
    """Read a file of which a person asks for this name. owner: the model in errors. Raises UsageError."""
    return remember(path.name, asked, _text(path, owner))


def _text(path: Path, owner: str) -> str:
    if path.suffix != ".py":
        raise UsageError(f"{owner}: {path.name!r} must be a Python file, whose name ends in .py")
    try:
        if not path.is_file():
            raise UsageError(f"{owner}: the file {path} is not there, or is no file")
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{owner}: the file {path} has {path.stat().st_size:,} bytes, must have at most {LARGEST:,}")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"{owner}: the file {path} cannot be read: {reason}") from None


def _know_plugins(said: _Said) -> None:
    """Take this name as asked for where the user named the file as a plugin."""
    for path in named_files():
        text = text_of(path) or _text(path, f"plugin {path}")
        if ModelFile(path.name, said.name, text).digest == said.digest:
            remember(path.name, said.name, text)


def module_of_file(file: ModelFile) -> ModuleType:
    """Run a file, once for each text. Raises UsageError for what is not Python, what fails, and what imports more than its
    digest tells."""
    name = f"vitrify_model_{file.digest}"
    if name not in sys.modules:
        _require_whole(file)
        load_files()
        plugin = module_with(file.text)
        if plugin is not None:  # what it registers is registered once
            sys.modules[name] = plugin
        else:
            run_text(f"file {file.name}", name, file.text, f"<{file.digest}>/{file.name}")
        module = sys.modules[name]
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Potential) and kind.__module__ == module.__name__:
                _let_travel(kind, file)
    return sys.modules[name]


def _require_whole(file: ModelFile) -> None:
    """Raise UsageError where other files than this one say what it does: no digest would tell that they changed, and no
    worker may have them."""
    try:
        tree = ast.parse(file.text, filename=file.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"file {file.name} is not Python: {kind_and_text(error)}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [x.name for x in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        for name in names:
            root = name.partition(".")[0]
            if root not in PACKAGES and root not in sys.stdlib_module_names:
                raise UsageError(
                    f"file {file.name}, line {node.lineno} imports {name!r}, whose changes no digest of the file would "
                    "tell; write what is needed of it into the file, or make a plugin of an installed package"
                )


def _let_travel(kind: type[Potential], file: ModelFile) -> None:
    """Let potentials of a class in the file be pickled with the text of the file, as no other process has its module."""

    def reduced(potential: Potential) -> tuple[Any, ...]:
        _, _, *state = tuple(potential.__reduce_ex__(2))
        return (_blank, (file, kind.__qualname__), *state)

    copyreg.pickle(kind, reduced)


def _blank(file: ModelFile, qualname: str) -> Any:
    """An instance of a class in the file, whose state follows."""
    kind: Any = reduce(getattr, qualname.split("."), module_of_file(file))
    return kind.__new__(kind)


# --- what a file holds ------------------------------------------------------------------------------------------------


def _model(file: ModelFile, said: _Said) -> Model:
    potential, own, bound = _made(file, said.name, tuple(said.given.items()))
    if said.digest:  # such a form says all of its model
        own, bound = PAPERS, None
    return Model(_form(said._replace(digest=file.digest)), potential, said.mixture or own, said.molecule or bound)


@cache
def _made(file: ModelFile, name: str, given: tuple[tuple[str, float], ...]) -> tuple[Potential, Mixture, Molecule | None]:
    """The potential, the mixture and the molecule of a model in a file. Raises UsageError."""
    owner, module = f"file {file.name}", module_of_file(file)
    if name not in vars(module):
        offered = [x for x, value in vars(module).items() if _is_offered(x, value, module)]
        has = f"; it has {', '.join(offered)}" if offered else ""
        raise UsageError(f"{owner} has no {name!r}{hint(name, offered)}{has}")
    found: Any = vars(module)[name]
    what = repr(name)
    if callable(found) and not isinstance(found, Model | Potential):
        what, values = f"{name}()", _arguments(file, name, found, dict(given))
        try:
            with code_of(found, f"{owner}: {what}", UsageError):
                found = found(**values)
        except UsageError as error:
            told = error.brief
            raise UsageError(told if told.startswith(owner) else f"{owner}: {what}: {told}") from error
    elif given:
        raise UsageError(f"{owner}: {what} takes no parameters, as it is no function; leave {given[0][0]} out")
    if not isinstance(found, Model | Potential):
        is_or_gives = "gives" if what.endswith("()") else "is"
        kind = type(found).__name__
        raise UsageError(f"{owner}: {what} {is_or_gives} something of the type {kind}, must be {MAY_BE}")
    if isinstance(found, Potential):
        found = Model(f"{file.name}:{name}", found, found.usual_mixture)
    whole = found.potential, found.mixture, found.molecule
    cutoff_of(whole[0]), numbers_of(whole[0])  # its author's mistakes have sentences of their own
    return whole


def _is_offered(name: str, value: object, module: ModuleType) -> bool:
    own = getattr(value, "__module__", "") == module.__name__
    return not name.startswith("_") and (isinstance(value, Model | Potential) or (callable(value) and own))


def _arguments(file: ModelFile, name: str, function: Any, given: dict[str, float]) -> dict[str, float]:
    """The arguments of a function in the types of their defaults. Raises UsageError for those that it does not take, and
    for those that it needs and are not given."""
    try:
        takes = {x: y for x, y in inspect.signature(function).parameters.items() if y.kind not in (y.VAR_POSITIONAL,)}
    except (TypeError, ValueError):  # of what is not written in Python
        return given
    owner = f"file {file.name}: {name}()"
    open_ended = any(x.kind is x.VAR_KEYWORD for x in takes.values())
    known = {x: y for x, y in takes.items() if y.kind is not y.VAR_KEYWORD}
    for x in given:
        if x not in known and not open_ended:
            raise UsageError(f"{owner} has no parameter {x!r}{hint(x, known)}; it takes {', '.join(known) or 'none'}")
    for x, parameter in known.items():
        if parameter.default is parameter.empty and (x not in given or parameter.kind is parameter.POSITIONAL_ONLY):
            raise UsageError(f"{owner} needs a value for {x!r}; write {file.name}:{name}({x}=...)")
    whole = {x for x, y in known.items() if isinstance(y.default, int) and not isinstance(y.default, bool)}
    for x in whole & given.keys():
        if given[x] != int(given[x]):
            raise UsageError(f"{owner}: {x} is {given[x]:g}, must be an integer")
    return {x: int(value) if x in whole else value for x, value in given.items()}
