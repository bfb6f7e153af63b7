"""Files that the models of a study need, kept in its store: whoever has the store has them, on any machine. Tables of pair
potentials and embedded atoms are read there; Python files are copies for people, and never run from there by themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrify.models.potential import Potential
from vitrify.models.potentials.embedded_atom import EmbeddedAtom
from vitrify.models.potentials.tabulated import Tabulated
from vitrify.models.tables import FOLDER, Kept, kept_first, look_in, stored_as

from .spec import StudySpec


def keep_tables(study: StudySpec, directory: Path, write: Callable[[str, str], object]) -> None:
    """Write the tables of a study beside it, each under the digest of its rows, and the Python files of its models. write:
    a text under a name in the folder of the study, a store or one of results as tables."""
    look_for_tables(directory)
    for spec in study.ensembles:
        potential = spec.parsed_model.potential
        kept = _kept(potential)
        if kept is not None:
            name = f"{FOLDER}/{stored_as(kept)}"
            if not os.path.lexists(directory / name):
                write(name, kept.text())
        file = spec.model_file
        if file is not None and not os.path.lexists(directory / file.stored_as):
            write(file.stored_as, file.text)


def _kept(potential: Potential) -> Kept | None:
    """What stands in the file of a potential, where it has one."""
    if isinstance(potential, Tabulated):
        return potential.table
    return potential.content if isinstance(potential, EmbeddedAtom) else None


def look_for_tables(directory: Path | str) -> None:
    """Find tables by their digests in this store too, in this process."""
    look_in(Path(directory) / FOLDER)


@contextmanager
def tables_of(directory: Path | str) -> Iterator[None]:
    """Read the study of this store: names of files mean its own copies, which are found by their digests from then on."""
    look_for_tables(directory)
    with kept_first(Path(directory)):
        yield
