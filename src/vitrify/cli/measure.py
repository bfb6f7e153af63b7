"""vitrify measure"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from vitrify.errors import UsageError
from vitrify.formats.displacements import require_displacements, write_displacements
from vitrify.glass import Glass
from vitrify.glass_files import require_writer
from vitrify.keys import keys_of
from vitrify.measuring import Asked, Found, Place, measure_asked
from vitrify.measuring.in_units import in_units, told
from vitrify.measuring.meanings import meaning_of
from vitrify.named_files import require_apart, require_place
from vitrify.observables.of_calculator import BALANCED
from vitrify.observables.soft_spots import KINDS
from vitrify.preparation import quench_glass
from vitrify.show_progress import show_progress
from vitrify.strict_json import strict_json
from vitrify.study.spec import ObservableSpec

from .by_calculator import measure_with
from .command import Command
from .measure_many import measure_files
from .reading import FORCE_TOLERANCE, Said, read_place, said_of_files
from .soft_spots import soft_spots_table
from .stage_line import stage_line
from .words import name_and_options, names_of


@click.command(
    cls=Command,
    examples=[
        (
            "Print the energy, pressure and elastic moduli of one glass, and its five lowest modes.",
            'vitrify measure glass.xyz --model "pss(rc=1.2)" --modes 5',
        ),
        (
            "Measure many glasses side by side, and write one row per glass to a table.",
            "vitrify measure *.xyz --table glasses.csv --workers 4",
        ),
    ],
)
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@said_of_files
@click.option(
    "--epsilon",
    metavar="NUMBER",
    type=float,
    help="Energy ε of the model in eV (metal), kcal/mol (real) or J (si). With it, energies are also told in eV or "
    "kcal/mol, and moduli in GPa.",
)
@click.option(
    "--mass",
    metavar="NUMBER",
    type=float,
    help="Mass m of a particle in g/mol (metal, real) or kg (si). With it and --epsilon, frequencies are also told in THz.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, or one per line and glass for many glasses.")
@click.option(
    "--table",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write one row per glass to this file, .csv or .parquet (which needs the extra `export`). Glasses that it holds "
    "already, unchanged, are not measured again.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="one per core",
    help="Number of worker processes for many files.",
)
@click.option("--quench", is_flag=True, help="Minimise the energy before measuring.")
@click.option(
    "--energy-only",
    is_flag=True,
    help="Measure only what needs no minimum of the energy: energy, forces, pressure and coordination.",
)
@click.option(
    "--output",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write the measured glass to this file, such as .xyz, .data or .gsd. For many glasses this is a folder.",
)
@click.option(
    "--names",
    metavar="NAMES",
    callback=names_of,
    show_default="A, B, ...",
    help="Names of the species in the files that are written, such as A=Cu,B=Zr.",
)
@click.option("--modes", metavar="K", type=click.IntRange(min=1), help="Also find the K lowest vibrational modes.")
@click.option("--qlm", is_flag=True, help="Also find the softest nonlinear quasilocalised mode.")
@click.option(
    "--soft-spots",
    metavar="K",
    type=click.IntRange(min=1),
    help="Also find the K softest spots, each the core of a nonlinear quasilocalised mode.",
)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    show_default=KINDS[0],
    help="Kind of the nonlinear modes of --soft-spots.",
)
@click.option(
    "--dipoles",
    metavar="M",
    type=click.IntRange(min=1),
    help="Also measure how the responses to M force dipoles decay with the distance.",
)
@click.option("--elastic-constants", is_flag=True, help="Also find the stress tensor and all elastic constants.")
@click.option(
    "--observable",
    "observables",
    multiple=True,
    metavar="NAME",
    help='Also measure this observable of studies or of a plugin, such as "structure" or "modes number=10". The option may '
    "be repeated.",
)
@click.option(
    "--write-modes",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write the modes that were found to this extended xyz file, one frame per mode, as displacements that OVITO draws "
    "as arrows. For many glasses this is a folder.",
)
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path),
    help="Also write a page that shows these numbers, figures, and the modes that were found as arrows that turn in 3D.",
)
@click.option(
    "--calculator",
    metavar="FILE.py:NAME",
    help="Measure with a calculator of ASE, or a function of (positions, cell) that returns the energy and the forces, in "
    "place of a model. The Python file is run, and NAME is looked up in it.",
)
@click.option(
    "--resume",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep all answers of --calculator in this file, from which the same command goes on after a stop.",
)
@click.option(
    "--without-rattlers",
    is_flag=True,
    help="Find moduli and modes only of the particles that hold each other in place.",
)
@FORCE_TOLERANCE
def measure(
    file: tuple[Path, ...], said: Said, as_json: bool, table: Path | None, workers: int | None, quench: bool,
    energy_only: bool, output: Path | None, modes: int | None, qlm: bool, soft_spots: int | None, kind: Any,
    dipoles: int | None, elastic_constants: bool, observables: tuple[str, ...], write_modes: Path | None,
    report: Path | None, without_rattlers: bool, force_tolerance: float, names: dict[str, str] | None,
    calculator: str | None, resume: Path | None,
) -> None:  # fmt: skip
    """Measure the glass in FILE, or the glasses in many files, one row per glass.

    Formats are extended xyz, LAMMPS dump and data files, GSD, and what ASE reads; files may be compressed. Results are in
    units of the energy ε, the length λ and the mass m of the model, and with --units in others besides. Where the forces on
    the particles do not balance, the command says so and guesses at the cause; --quench minimises the energy first."""
    if write_modes and not (modes or qlm or soft_spots):
        raise UsageError("--write-modes has nothing to write: ask for --modes k or --qlm or --soft-spots k too")
    if kind and not soft_spots:
        raise UsageError(f"--kind is {kind!r}, which is of --soft-spots: ask for --soft-spots k too")
    if names and not (output or write_modes):
        raise UsageError("--names are written to files: ask for --output FILE or --write-modes FILE too")
    if not force_tolerance > 0:
        raise UsageError(f"--force-tolerance is {force_tolerance:g}, must be a positive number")
    if calculator:
        by_default = click.get_current_context().get_parameter_source("force_tolerance") == ParameterSource.DEFAULT
        measure_with(
            calculator,
            file,
            said,
            {
                "--table": table, "--workers": workers, "--quench": quench, "--energy-only": energy_only,
                "--output": output, "--names": names, "--dipoles": dipoles, "--elastic-constants": elastic_constants,
                "--observable": observables, "--write-modes": write_modes, "--report": report,
                "--without-rattlers": without_rattlers,
            },
            as_json=as_json,
            modes=modes or 0,
            quasilocalised=soft_spots or int(qlm),
            kind=kind or KINDS[0],
            force_tolerance=BALANCED if by_default else force_tolerance,
            resume=resume,
        )  # fmt: skip
        return
    if resume:
        raise UsageError("--resume keeps the answers of a --calculator: give one, or leave it out")
    frames = said.frames
    one, many = file[0], len(file) > 1 or table is not None or isinstance(frames, slice)
    if report and many:
        raise UsageError("--report is the page of one glass: leave it out where many are measured")
    if not many:
        _require_outputs(one, output, write_modes, report)
    asked = Asked(
        model=said.model,
        species=said.species,
        units=said.units,
        reduced=said.reduced,
        box=said.box,
        names=names or {},
        quench=quench,
        energy_only=energy_only,
        modes=modes or 0,
        qlm=qlm,
        soft_spots=soft_spots or 0,
        kind=kind or KINDS[0],
        dipoles=dipoles or 0,
        elastic_constants=elastic_constants,
        observables=_observables(observables),
        without_rattlers=without_rattlers,
        force_tolerance=force_tolerance,
    )
    if many or isinstance(frames, slice):
        measure_files(file, asked, table, workers, output, write_modes, frames, as_json=as_json)
        return
    glass = read_place(Place(one, frames), asked)
    glass.with_names(names)  # they are checked before the work
    glass = _quenched(glass) if quench else glass
    if output:  # before it is measured: a quenched glass is kept, whatever is found in it
        glass.write(output, names)
    if not as_json:
        _tell_of_output(output, quench)
    with show_progress(str(glass.model)):  # kernels are compiled on the way
        found = measure_asked(glass, asked)
    if report:
        from vitrify.look import write_glass_page  # it draws figures: imported when it is needed

        write_glass_page(glass, found, report, source=one.name, units=asked.units)
        click.echo(f"{report}: the page of this glass; open it in a browser", err=True)
    if write_modes:
        write_displacements(glass.with_names(names), found.frames, write_modes)
    values = found.values | _arrays(found, as_json)
    if asked.units and asked.units.lacking:
        click.echo(asked.units.lacking, err=True)
    if as_json:
        click.echo(strict_json(in_units(values, asked.units, glass.dimension)))
        return
    spots = values.pop("soft_spots", None)
    for name, value in values.items():
        beside = told(name, value, asked.units, glass.dimension) if asked.units else None
        physical = f" = {_shown(beside.value)} {beside.unit}" if beside else ""
        click.echo(f"{name:22} {_shown(value):>16}  {_meaning(name, glass.dimension)}{physical}")
    if spots:
        click.echo(soft_spots_table(spots))


def _quenched(glass: Glass) -> Glass:
    """Quench to the inherent state. On a terminal a line shows the progress."""
    with stage_line(str(glass.model)) as progress:
        return quench_glass(glass, progress=progress)


def _require_outputs(file: Path, output: Path | None, write_modes: Path | None, report: Path | None) -> None:
    """Raise UsageError unless all outputs can be written without losing a file that is read or written."""
    require_apart({"FILE": file, "--output": output, "--write-modes": write_modes, "--report": report})
    if report:
        from vitrify.look.page import require_page

        require_page(report, "--report")
    if output:
        require_writer(output)
        require_place(output)
    if write_modes:
        require_displacements(write_modes)


def _tell_of_output(output: Path | None, quench: bool) -> None:
    """Say where the glass is written, or how it can be kept. This goes to standard error, as the numbers are the output."""
    if output:
        click.echo(f"{output}: the glass {'after its quench' if quench else 'as it was read'}", err=True)
    elif quench:
        click.echo("the quenched glass is not kept; --output FILE would write it", err=True)


def _observables(texts: tuple[str, ...]) -> tuple[ObservableSpec, ...]:
    """Observables in the form of the command line, "modes number=10". Raises UsageError."""
    asked = tuple(map(_observable, texts))
    twice = next((x.name for k, x in enumerate(asked) if x.name in [y.name for y in asked[:k]]), None)
    if twice:
        raise UsageError(f"--observable names {twice} twice, must name each once")
    return asked


def _observable(text: str) -> ObservableSpec:
    name, options = name_and_options("--observable", text, "modes number=10")
    for key in keys_of(ObservableSpec):  # they are a study's, which has many glasses
        if key in options:
            raise UsageError(f"--observable is {text!r}: {key} is for study files, must be left out of one glass")
    return ObservableSpec(name, options=options)


def _arrays(found: Found, as_json: bool) -> dict[str, Any]:
    """The arrays of observables, or their sizes."""
    if as_json:
        return {f"{of}_arrays": {k: x.tolist() for k, x in arrays.items()} for of, arrays in found.arrays.items()}
    return {f"{of}_arrays": ", ".join(f"{k} {x.shape}" for k, x in arrays.items()) for of, arrays in found.arrays.items()}


def _meaning(name: str, dimension: int) -> str:
    if name.endswith("_arrays"):
        return "arrays and their sizes, which --json writes"
    return meaning_of(name, [dimension]).sentence


def _shown(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "\n" + "\n".join("  " + " ".join(f"{x:14.8g}" for x in row) for row in value) + "\n"
    if isinstance(value, list):
        return "\n  " + "\n  ".join(_shown(x) for x in value) + "\n"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    return f"{value:.9g}" if isinstance(value, float) else str(value)
