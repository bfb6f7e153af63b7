"""Arrays of an ensemble as CSV and back: modes, quasilocalised modes, c(r), g(r), D(ω), one file each.

Numbers that are read off a figure are kept to five or six digits, frequencies to seven, by which a count of modes below a
window does not change. Arrays that are the same for every sample are written once, in the header."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vitrify.campaign import Result
from vitrify.errors import UsageError
from vitrify.statics.dipoles import Decay

FloatArray = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Results = dict[int, Result]  # by sample

FREQUENCY, SHARE, DECAY, RADIAL, DENSITY, COUPLING = ".7g", ".2g", ".6g", ".5g", ".5g", ".6g"  # digits kept
MOST_PARTS = 20  # parts of an ensemble's g(r): their scatter gives an error to 16 %
GLASSES = "glasses"  # a value of each part of g(r): over how many it is the mean, of which the last may count in part
NUMBERS = re.compile(r"[<>|=][biuf]\d{1,2}")  # as NumPy writes their kinds
MOST_NUMBERS = 1_000_000  # numbers per observable of a plugin and ensemble: some 20 MB
MOST_POINTS = 4096  # points of D(ω) per ensemble: twenty small glasses, or two large ones
AXES = (  # components of a symmetric tensor
    ("coupling_xx", 0, 0), ("coupling_yy", 1, 1), ("coupling_zz", 2, 2), ("coupling_xy", 0, 1), ("coupling_xz", 0, 2),
    ("coupling_yz", 1, 2),
)  # fmt: skip


def modes(found: Results) -> str:
    """Write modes.csv, with one row per mode."""
    rows = (
        (sample, _text(frequency, FREQUENCY), _text(share, SHARE))
        for sample, x in found.items()
        for frequency, share in zip(x.arrays["frequency"], x.arrays["participation_ratio"], strict=True)
    )
    return _csv(("sample", "frequency", "participation_ratio"), rows)


def read_modes(text: str, samples: Sequence[int]) -> dict[int, Arrays]:
    """Read frequencies and participation ratios. A sample without a row has no modes."""
    table = _table(text)
    at, names = table["sample"].to_numpy(), ("frequency", "participation_ratio")
    return {k: {name: table[name].to_numpy(float)[at == k] for name in names} for k in samples}


def in_columns(result: Result) -> dict[str, float]:
    """The tensor F of Eq. (A15) of a quasilocalised mode in six columns, three in two dimensions; empty where the result
    has none."""
    if "coupling" not in result.arrays:
        return {}
    tensor = result.arrays["coupling"]
    return {name: float(format(tensor[i, j], COUPLING)) for name, i, j in AXES if max(i, j) < len(tensor)}


def out_of_columns(row: dict[str, Any]) -> Arrays:
    """The tensor F of a row, the inverse of `in_columns`."""
    there = [(name, i, j) for name, i, j in AXES if name in row]
    if len(there) not in (3, 6):
        return {}
    d = 1 + max(j for _, _, j in there)
    tensor = np.empty((d, d))
    for name, i, j in there:
        tensor[i, j] = tensor[j, i] = row[name]
    return {"coupling": tensor}


def dipoles(found: Results) -> str:
    """Write dipoles.csv, with one row per dipole and one column per distance in a0. A result of the first release has only
    its mean: a row without the number of a dipole."""
    distance = _common(found, "distance")
    rows = (
        (sample, dipole, *(_text(c, DECAY) for c in decay))
        for sample, x in found.items()
        for dipole, decay in (enumerate(x.arrays["each"]) if "each" in x.arrays else [("", x.arrays["median"])])
    )
    return _csv(("sample", "dipole", *(repr(float(r)) for r in distance)), rows)


def read_dipoles(text: str, samples: Sequence[int]) -> dict[int, Arrays]:
    """Read distances, c(r) of each dipole, their mean and number."""
    table = _table(text)
    distance = np.array(table.columns[2:], dtype=float)
    values = table.iloc[:, 2:].to_numpy(float)
    at = {k: np.flatnonzero(table["sample"] == k) for k in samples}
    return {k: _decay(distance, values[rows], table["dipole"].iloc[rows]) for k, rows in at.items() if len(rows)}


def _decay(distance: FloatArray, values: FloatArray, number: pd.Series[Any]) -> Arrays:
    if number.isna().any():
        return {"distance": distance, "median": values[0]}
    found = Decay(distance, values)
    return {"distance": distance, "median": found.median, "count": found.dipoles, "each": values}


def structure(found: Results) -> str:
    """Write structure.csv: g(r) by pair type, the mean over samples with its standard error, then the mean over each of at
    most MOST_PARTS equal parts of the samples, whose plain mean is that of all."""
    x, results = _common(found, "x"), list(found.values())
    kinds = [name for name in results[0].arrays if name != "x"] if results else []
    rows = []
    for kind in kinds:
        each = np.array([result.arrays[kind] for result in results])
        parts = equal_parts(each, min(len(each), MOST_PARTS))
        error = each.std(axis=0, ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.full(len(x), np.nan)
        columns = np.column_stack([each.mean(axis=0), error, *parts])
        rows += [(kind, _text(r, ".6g"), *(_text(g, RADIAL) for g in row)) for r, row in zip(x, columns, strict=True)]
    number = min(len(results), MOST_PARTS)
    return _csv(("pair", "r_over_length", "g", "g_error", *(f"part_{k}" for k in range(number))), rows)


def read_structure(text: str) -> list[Arrays]:
    """Read g(r) of each part of the samples."""
    table = _table(text)
    kinds = list(dict.fromkeys(table["pair"]))
    parts = [name for name in table if str(name).startswith("part_")]
    of = {kind: table[table["pair"] == kind] for kind in kinds}
    return [
        {"x": of[kinds[0]]["r_over_length"].to_numpy(float)} | {kind: of[kind][name].to_numpy(float) for kind in kinds}
        for name in parts
    ]


def equal_parts(each: FloatArray, number: int) -> FloatArray:
    """Means over so many equal parts of the samples, in their order. A sample on the border of two parts belongs to both in
    proportion, so that the plain mean over the parts is that over the samples. each: (samples, bins) → (parts, bins)."""
    summed = np.vstack([np.zeros((1, each.shape[1])), np.cumsum(each, axis=0)])
    borders = np.linspace(0.0, len(each), number + 1)
    below = np.minimum(borders.astype(int), len(each) - 1)
    at = summed[below] + (borders - below)[:, None] * each[below]
    return np.asarray(np.diff(at, axis=0) * number / len(each))


def spectrum(found: Results) -> str:
    """Write spectrum.csv: D(ω) of the first samples, as many as have MOST_POINTS points together, and at least one."""
    rows: list[tuple[object, ...]] = []
    for sample, x in found.items():
        points = list(zip(x.arrays["omega"], x.arrays["density"], strict=True))
        if rows and len(rows) + len(points) > MOST_POINTS:
            break
        rows += [(sample, _text(omega, FREQUENCY), _text(density, DENSITY)) for omega, density in points]
    return _csv(("sample", "omega", "density"), rows)


def read_spectrum(text: str) -> dict[int, Arrays]:
    """Read ω and D(ω) of the samples that were kept."""
    table = _table(text)
    at, names = table["sample"].to_numpy(int), ("omega", "density")
    return {int(k): {name: table[name].to_numpy(float)[at == k] for name in names} for k in dict.fromkeys(at)}


def of_any(found: Results) -> str:
    """Write NAME_arrays.csv of an observable that no other table covers: one row per sample and array, with its shape, the
    kind of its numbers, and the numbers to the last digit. It holds the first samples, as many as have MOST_NUMBERS
    together."""
    rows = [
        (sample, name, "x".join(map(str, x.shape)), x.dtype.str, " ".join(repr(y) for y in x.ravel().tolist()))
        for sample, kept in kept_arrays(found).items()
        for name, x in kept.items()
    ]
    table = pd.DataFrame(rows, columns=["sample", "array", "shape", "kind", "numbers"])
    return table.to_csv(index=False, lineterminator="\n")  # the names of arrays are a plugin's, and may need quotes


def kept_arrays(found: Results) -> dict[int, Arrays]:
    """Arrays of the first samples that are kept; samples without arrays are left out."""
    kept: dict[int, Arrays] = {}
    numbers = 0
    for sample, x in found.items():
        numbers += sum(y.size for y in x.arrays.values())
        if numbers > MOST_NUMBERS:
            break
        if x.arrays:
            kept[sample] = x.arrays
    return kept


def read_any(text: str, samples: Sequence[int]) -> dict[int, Arrays]:
    """Read the arrays of `of_any`. Samples without rows have none."""
    found: dict[int, Arrays] = {k: {} for k in samples}
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    for sample, name, shape, kind, numbers in table.itertuples(index=False):
        if NUMBERS.fullmatch(kind) is None:
            raise ValueError(f"{kind!r} is not a type of numbers")
        dtype = np.dtype(kind)
        values = [x == "True" if dtype.kind == "b" else dtype.type(x) for x in numbers.split()]
        sides = [int(x) for x in shape.split("x") if x]
        found.setdefault(int(sample), {})[name] = np.array(values, dtype=dtype).reshape(sides)
    return found


def _common(found: Results, name: str) -> FloatArray:
    """An array that is the same for all samples. Raises UsageError where it is not."""
    arrays = [x.arrays[name] for x in found.values()]
    if any(not np.array_equal(x, arrays[0]) for x in arrays):
        raise UsageError(f"samples differ in their {name}s, which one table cannot hold: prune the store and run again")
    return arrays[0] if arrays else np.empty(0)


def _text(value: float, digits: str) -> str:
    """A number to so many digits, or an empty cell for a missing one."""
    return "" if isnan(value) else format(value, digits)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = (",".join(map(str, row)) for row in rows)
    return "\n".join([",".join(header), *lines]) + "\n"


def _table(text: str) -> pd.DataFrame:
    """Parse a table. Raises ValueError for a text that is no such table."""
    table = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus cells of a row as an index
        raise ValueError("a row has more cells than its first line has names")
    return table


READERS: dict[str, Callable[[str, Sequence[int]], dict[int, Arrays]]] = {
    "modes": read_modes, "dipoles": read_dipoles, "spectrum": lambda text, _: read_spectrum(text),
}  # fmt: skip
WRITERS: dict[str, Callable[[Results], str]] = {
    "modes": modes, "dipoles": dipoles, "structure": structure, "spectrum": spectrum,
}  # fmt: skip
