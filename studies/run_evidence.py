"""Goes on with the evidence, or with another study whose results stand in studies/results: makes what the tables still
lack, an ensemble after the other, and writes each into them.

    nice -n 19 python studies/run_evidence.py --store evidence-store [--study other_glasses] [--ensemble NAME]...

May be stopped and begun again at any time, also on another machine without the store of before: ensembles whose tables
are whole are not made again. Two of these may work on one store.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from vitrify.study import EnsembleSpec, parse_study
from vitrify.tables import open_tables

STUDIES = Path(__file__).parent


def main() -> None:
    """Run, export, next."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--store", type=Path, required=True, help="folder of the glasses, begun or gone on with")
    asked.add_argument("--study", default="evidence", help="name of the study, evidence unless given")
    asked.add_argument("--ensemble", action="append", default=[], help="this one only, by name; may be given again")
    given = asked.parse_args()
    file, tables = STUDIES / f"{given.study}.toml", STUDIES / "results" / given.study
    study = parse_study(file.read_text(encoding="utf-8"), str(file))
    chosen = [study.ensemble(name) for name in given.ensemble] or list(study.ensembles)
    for spec in chosen:
        if not is_whole(spec, tables):
            vitrify("run", file, "--store", given.store, "--ensemble", spec.name, "--workers", 1, "--no-report")
            vitrify("export", given.store, "--tables", tables, "--ensemble", spec.name)


def is_whole(spec: EnsembleSpec, tables: Path) -> bool:
    """Do the tables hold every sample of this ensemble, and of everything that is measured of it?"""
    counts = open_tables(tables).counts(spec.name)
    return counts.done + counts.failed >= counts.wanted


def vitrify(*arguments: object) -> None:
    """One command of this installation; a mistake ends everything."""
    program = "from vitrify.cli.main import cli; cli()"
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
