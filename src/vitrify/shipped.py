"""The studies that travel with the package. They stand in the folder `studies` of the repository, from where they are
copied into the wheel; each is named after its file."""

from __future__ import annotations

from pathlib import Path

from vitrify.errors import UsageError, hint
from vitrify.toml_file import read_toml_text

INSTALLED = Path(__file__).parent / "studies"
CLONED = Path(__file__).parents[2] / "studies"  # a clone, where the package is read from its source
FOLDER = INSTALLED if INSTALLED.is_dir() else CLONED
FIRST = (
    "quick",
    "glass_formers",
    "other_glasses",
    "evidence",
    "paper",
)  # in the order of the time that they take; others follow


def shipped_studies() -> dict[str, str]:
    """Return the names of the studies that the package brings, each with the sentence that describes it, which is the first
    line of its file. `read_study` takes such a name in place of a file."""
    return {name: _first_line(_text(name)) for name in _names()}


def shipped_text(name: str) -> str:
    """Return the text of a study that the package brings. Raises UsageError where it brings none of this name."""
    if name not in _names():
        raise UsageError(f"study {name!r} is unknown; {_offer(name)}", name="study", value=name)
    return _text(name)


def read_study_text(path: Path | str) -> str:
    """Return the text of a study, from a file or of one that the package brings. A file of this very name comes first; a
    folder does not, as a store may be called like its study. Raises UsageError."""
    if str(path) in _names() and not Path(path).is_file():
        return _text(str(path))
    try:
        return read_toml_text(path, "study")
    except UsageError as error:
        if not isinstance(error.__context__, FileNotFoundError):
            raise
        told = f"{error}; {_offer(Path(path).stem)}"
    raise UsageError(told, name="study", value=str(path))


def _names() -> list[str]:
    found = sorted(x.stem for x in FOLDER.glob("*.toml"))
    return [*(x for x in FIRST if x in found), *(x for x in found if x not in FIRST)]


def _text(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def _first_line(text: str) -> str:
    return text.partition("\n")[0].removeprefix("#").strip()


def _offer(name: str) -> str:
    """What there is in place of a name that is none of theirs."""
    *names, last = _names()
    return f"the studies that vitrify brings are {', '.join(names)} and {last}{hint(name, _names())}"
