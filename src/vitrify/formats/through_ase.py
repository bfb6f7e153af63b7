"""Files of crystals and of other programs, which ASE reads: CIF, POSCAR, trajectories of ASE and more."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError, kind_and_text
from vitrify.glass_files import Format, register_format

from .configuration import NAMED, OTHER, UNSAID, Configuration, Frames, glasses_of

# ASE's name of a format by suffix: those of texts that have a cell, and its trajectory, which is JSON and plain numbers. No
# other is handed to ASE, some of whose formats run code (pickles) or open what a file names (databases).
READ_BY_ASE = {
    ".cif": "cif",
    ".traj": "traj",
    **dict.fromkeys((".vasp", ".poscar", ".contcar"), "vasp"),
    ".xdatcar": "vasp-xdatcar",
    ".pdb": "proteindatabank",
    ".xsf": "xsf",
    ".cfg": "cfg",
    ".gen": "gen",
    ".res": "res",
    ".gro": "gromacs",
    ".rmc6f": "rmc6f",
}
TRAJECTORY = b"- of UlmASE-Trajectory"
NUMBER = rb"[ \t]+[-+.\dEe]+"
POSCAR = re.compile(rb"[^\n]*\n(?:%(n)s){1,3}[^\n]*\n(?:(?:%(n)s){3}[^\n]*\n){3}[ \t]*[A-Za-z]" % {b"n": NUMBER})
CFG = re.compile(rb"Number of particles\s*=\s*(\d{1,18})")
XDATCAR = b" configuration="
NO_PROVENANCE = (NAMED, OTHER, "unit_cell")  # the last is what ASE's reader of CIF made of its symmetry


def recognises(start: bytes) -> bool:
    """Whether a file that begins so is VASP's (POSCAR, CONTCAR, XDATCAR) or a trajectory of ASE."""
    return start.startswith(TRAJECTORY) or POSCAR.match(_spaced(start)) is not None


def frames(source: InputFile) -> Frames:
    """The frames of a file that ASE reads. Raises UsageError."""
    name, read = _format(source), _ase()
    with source.on_disk() as path:
        for atoms in _in_one_sentence(read(str(path.absolute()), ":", name, do_not_split_by_at_sign=True), name):
            yield partial(configuration_of, atoms)


def configuration_of(atoms: Any) -> Configuration:
    """The configuration of an ase.Atoms. Raises UsageError where its sites are occupied in part."""
    told = {x: y for x, y in atoms.info.items() if isinstance(x, str) and isinstance(y, str | bool | int | float)}
    sites = atoms.info.get("occupancy") or {}
    if any(len(site) > 1 or any(x != 1 for x in site.values()) for site in sites.values()):
        raise UsageError("has partially occupied sites, so that it is not a configuration of particles")
    a, b, c = map(bool, atoms.pbc)
    return Configuration(
        atoms.get_chemical_symbols(),
        np.array(atoms.positions, dtype=np.float64),
        np.array(atoms.cell, dtype=np.float64) if atoms.cell.any() else None,
        (a, b, c),
        masses=np.array(atoms.get_masses()) if atoms.has("masses") else None,
        said={x: told[x] for x in (NAMED, OTHER, UNSAID) if x in told},
        provenance={x: y for x, y in told.items() if x not in NO_PROVENANCE},
    )


def _ase() -> Any:
    """The function ase.io.iread. Raises UsageError where ASE is not installed."""
    try:
        from ase.io import iread  # an extra, which few need
    except ImportError:
        raise UsageError('needs the package ase to be read, which pip install ".[files]" brings') from None
    return iread


def _format(source: InputFile) -> str:
    """ASE's name of the format, by suffix or by content. Raises UsageError for a POSCAR of VASP 4, whose elements ASE would
    look for in other files."""
    start = source.beginning()
    name = READ_BY_ASE.get(source.suffix, "")
    if not name:
        name = "traj" if start.startswith(TRAJECTORY) else "vasp-xdatcar" if XDATCAR in start else "vasp"
    if name == "vasp" and POSCAR.match(_spaced(start)) is None:
        raise UsageError(
            "is not a POSCAR of VASP 5, which has a comment, a scale, three vectors, and elements on the sixth line"
        )
    counts = [int(x) for line in start.split(b"\n")[5:7] for x in line.split() if x.isdigit()] if "vasp" in name else []
    counts += [int(x) for x in CFG.findall(start)] if name == "cfg" else []
    if any(x > source.most_bytes for x in counts):  # ASE would take memory for them
        raise UsageError(f"announces {max(counts)} particles, but is too short for them")
    return name


def _spaced(start: bytes) -> bytes:
    """A text whose lines begin with a blank and end alike."""
    return start.replace(b"\r\n", b"\n").replace(b"\n", b"\n ")


def _in_one_sentence(found: Iterator[Any], name: str) -> Iterator[Any]:
    """The configurations that ASE gives, whose many errors and warnings become one error. Raises UsageError."""
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                atoms = next(found)
        except StopIteration:
            return
        except Exception as error:
            raise UsageError(f"cannot be read by ASE as {name}: {kind_and_text(error)}") from None
        yield atoms


register_format(Format("ase", tuple(READ_BY_ASE), "files that ASE reads", frames=glasses_of(frames), recognises=recognises))
