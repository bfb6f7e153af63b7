"""vitrify measure"""

from __future__ import annotations

import tomllib
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vitrify.errors import ModelOverridden, UsageError
from vitrify.formats.choose import require_writer
from vitrify.formats.displacements import Frame, require_displacements, write_displacements
from vitrify.formats.whole import require_apart, require_place
from vitrify.glass import Glass
from vitrify.model.catalogue import with_mixture
from vitrify.observables import dipole_decay, low_frequency_modes, quasilocalised_mode
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.observables.measurement import measure as measure_glass
from vitrify.observables.modes import hessian_of
from vitrify.options import Option
from vitrify.preparation import quench_glass
from vitrify.statics import Hessian
from vitrify.strict_json import strict_json
from vitrify.study.columns import columns
from vitrify.study.observable import Observable, measured
from vitrify.study.spec import ObservableSpec

from .bar import bar
from .stage_line import stage_line

MEANINGS = {  # of what is no column of a table, or has another name there
    "n": "particles",
    "n_rattlers": "particles that fewer than d + 1 contacts hold",
    "box": "edge of the cube (or square), of another cell its vectors, λ",
    "model": "interaction model",
    "a0": "(V/N)^(1/d), λ",
    "omega0": "√(G/ρ)/a0, √(ε/m)/λ",
    "lowest_eigenvalues": "ω² of the lowest modes beside the translations, ε/λ²/m",
    "qlm": "softest nonlinear quasilocalised mode: frequency, split of Eq. (10), coupling of Eq. (A16)",
    "dipoles": "c(r) of Eq. (A13)",
}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", help='What the particles are, such as "pss(rc=1.2)"; unless the file says so.')
@click.option(
    "--mixture", help='Of that model where it is another, such as "0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5".'
)
@click.option("--species", help="Names in the file to A (small) and B (large), such as Cu=A,Zr=B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--quench", is_flag=True, help="Minimise the energy first.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the glass that is measured: .xyz, .data, .gsd ...")
@click.option("--modes", type=click.IntRange(min=1), help="Also so many of the lowest modes.")
@click.option("--qlm", is_flag=True, help="Also the softest nonlinear quasilocalised mode.")
@click.option("--dipoles", type=click.IntRange(min=1), help="Also the decay of so many dipole responses.")
@click.option(
    "--observable", "observables", multiple=True, metavar="NAME",
    help='Also an observable of studies or of a plugin, such as "structure" or "modes number=10"; may be given again.',
)  # fmt: skip
@click.option(
    "--write-modes",
    type=click.Path(path_type=Path),
    help="Write the modes found as displacements, a frame each, to extended xyz (for OVITO).",
)
@click.option("--without-rattlers", is_flag=True, help="Moduli and modes of the particles that hold each other alone.")
@click.option("--force-tolerance", type=float, default=EQUILIBRIUM, show_default=True, help="In mean |pair force|.")
def measure(
    file: Path, model: str | None, mixture: str | None, species: str | None, as_json: bool, quench: bool,
    output: Path | None, modes: int | None, qlm: bool, dipoles: int | None, observables: tuple[str, ...],
    write_modes: Path | None, without_rattlers: bool, force_tolerance: float,
) -> None:  # fmt: skip
    """Measure the glass in FILE (extended xyz, a periodic cell)."""
    if write_modes and not (modes or qlm):
        raise UsageError("--write-modes has nothing to write: ask for --modes k or --qlm too")
    if not force_tolerance > 0:
        raise UsageError(f"--force-tolerance is {force_tolerance:g}, must be a positive number")
    if mixture and not model:
        raise UsageError("--mixture is of a model that is given: write --model too")
    _require_outputs(file, output, write_modes)
    asked = [_observable(text) for text in observables]
    twice = next((x.name for k, x in enumerate(asked) if x.name in [y.name for y in asked[:k]]), None)
    if twice:
        raise UsageError(f"--observable names {twice} twice, must name each once")
    glass = _read(file, with_mixture(model, mixture) if model and mixture else model, _mapping(species))
    glass = _quenched(glass) if quench else glass
    if output:  # before it is measured: a quenched glass is kept, whatever is found in it
        glass.write(output)
    if not as_json:
        _tell_of_output(output, quench)
    frames: list[Frame] = []
    with stage_line(str(glass.model)):  # kernels are compiled on the way
        numbers = measure_glass(glass, force_tolerance=force_tolerance, without_rattlers=without_rattlers)
        found: dict[str, Any] = {name: value for name, value in asdict(numbers).items() if value is not None}
        if modes or qlm or dipoles:
            hessian = hessian_of(glass, without_rattlers=without_rattlers, force_tolerance=force_tolerance)
            found |= _microscopic(glass, hessian, modes or 0, qlm, dipoles or 0, frames)
        for observable in asked:
            found = {**_values(observable, glass, arrays=as_json), **found}
    if write_modes:
        write_displacements(glass, frames, write_modes)
    if as_json:
        click.echo(strict_json(found))
        return
    for name, value in found.items():
        click.echo(f"{name:22} {_shown(value):>16}  {_meaning(name, glass.dimension)}")


def _read(file: Path, model: str | None, species: dict[str, str]) -> Glass:
    """The glass in a file; that another model than the file's is used is said on stderr."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ModelOverridden)
        glass = Glass.read(file, model, species)
    for warning in told:
        click.echo(f"Warning: {warning.message}", err=True)
    return glass


def _quenched(glass: Glass) -> Glass:
    """The inherent state; on a terminal a line says how far it is."""
    with stage_line(str(glass.model)) as progress:
        return quench_glass(glass, progress=progress)


def _require_outputs(file: Path, output: Path | None, write_modes: Path | None) -> None:
    """Raise UsageError unless all that is to be written can be, and nothing that is read or written is lost by it."""
    require_apart({"FILE": file, "--output": output, "--write-modes": write_modes})
    if output:
        require_writer(output)
        require_place(output)
    if write_modes:
        require_displacements(write_modes)


def _tell_of_output(output: Path | None, quench: bool) -> None:
    """Where the glass is, or how it can be kept; on standard error, as the numbers are the output."""
    if output:
        click.echo(f"{output}: the glass {'after its quench' if quench else 'as it was read'}", err=True)
    elif quench:
        click.echo("the quenched glass is not kept; --output FILE would write it", err=True)


def _microscopic(
    glass: Glass, hessian: Hessian, modes: int, qlm: bool, dipoles: int, frames: list[Frame]
) -> dict[str, Any]:
    """What was asked for beyond the moduli; modes found are added to the frames."""
    found: dict[str, Any] = {}
    if modes:
        low, _ = low_frequency_modes(glass, number=modes, hessian=hessian)
        found["lowest_eigenvalues"] = low.eigenvalues.tolist()
        frames += [(f"mode {k}", value, x) for k, (value, x) in enumerate(zip(low.eigenvalues, low.vectors, strict=True))]
    if qlm:
        soft = quasilocalised_mode(glass, hessian=hessian)
        found["qlm"] = soft.values
        frames.append(("quasilocalised", soft.values["frequency"] ** 2, soft.vector))
    if dipoles:
        # at N = 256,000 each response takes half a minute
        decay = dipole_decay(glass, number=dipoles, hessian=hessian, track=lambda x: bar(x, "dipole responses"))
        rows = zip(decay.distance.tolist(), decay.median.tolist(), decay.dipoles.tolist(), strict=True)
        found["dipoles"] = [{"r_over_a0": r, "c": c, "dipoles": n} for r, c, n in rows if n]
    return found


def _observable(text: str) -> Observable:
    """An observable as the command line has it, "modes number=10". Raises UsageError."""
    name, *words = text.split()
    given = [word.partition("=") for word in words]
    if not all(key and value for key, _, value in given):
        raise UsageError(f"--observable is {text!r}, must be a name and its options, such as 'modes number=10'")
    return ObservableSpec(name, options={key: _option(value) for key, _, value in given}).observable


def _values(observable: Observable, glass: Glass, *, arrays: bool) -> dict[str, Any]:
    """What an observable finds; its arrays too, or their sizes."""
    found = measured(observable, glass)
    kept = {k: x.tolist() if arrays else f"{k} {x.shape}" for k, x in found.arrays.items()}
    if not kept:
        return dict(found.values)
    return {**found.values, f"{observable.name}_arrays": kept if arrays else ", ".join(str(x) for x in kept.values())}


def _option(word: str) -> Option:
    """A value as TOML has it; what is none is a text."""
    try:
        value: Option = tomllib.loads(f"x = {word}")["x"]
    except tomllib.TOMLDecodeError:
        return word
    return value


def _meaning(name: str, dimension: int) -> str:
    if name.endswith("_arrays"):
        return "arrays and their sizes, which --json writes"
    return MEANINGS.get(name) or columns()[name].of([dimension]).sentence


def _mapping(text: str | None) -> dict[str, str]:
    """Cu=A,Zr=B as a dict. Raises UsageError."""
    pairs = [part.split("=") for part in (text or "").split(",") if part.strip()]
    if not all(len(x) == 2 and x[0].strip() and x[1].strip() for x in pairs):
        raise UsageError(f"--species is {text!r}, must be written like Cu=A,Zr=B")
    named = {name.strip(): label.strip() for name, label in pairs}
    if len(named) < len(pairs):
        raise UsageError(f"--species is {text!r}, must name each species once")
    return named


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n  " + "\n  ".join(_shown(x) for x in value) + "\n"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    return f"{value:.9g}" if isinstance(value, float) else str(value)
