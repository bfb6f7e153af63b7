"""python -m benchmarks: vitrify against its peers on the same work, one pinned core, one thread, as a table.

Speeds are reported, never asserted: a missed target or a missing peer is a line of the table, not a failure."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .cases import CASES, DEFAULT, Case
from .child import run_in_child
from .table import Row, surroundings, write

HERE = Path(__file__).parent


def _chosen(context: click.Context, parameter: click.Parameter, value: str | None) -> list[Case]:
    del context, parameter
    names = value.split(",") if value else list(DEFAULT)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}; there are {', '.join(CASES)}")
    return [CASES[name] for name in names]


@click.command()
@click.option("--only", callback=_chosen, help="Cases by name, with commas between: " + ", ".join(CASES))
@click.option("--quick", is_flag=True, help="Tiny sizes: shows that everything runs, not how fast.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", help="cuda: the GPU case alone.")
@click.option("--core", type=int, help="Core to pin to; the last this process may use unless given.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=HERE / "results",
    help="Where table.md and table.json go.",
)
def main(only: list[Case], quick: bool, device: str, core: int | None, out: Path) -> None:
    """Run the cases one after the other and write the table."""
    console, started, results = Console(), time.perf_counter(), []
    core = max(os.sched_getaffinity(0)) if core is None else core
    about = surroundings() | {
        "sizes": "quick, not for comparison" if quick else "full",
        "core": f"pinned to core {core}, one thread",
    }
    with tempfile.TemporaryDirectory(prefix="vitrify-bench-") as scratch:
        for case in [CASES["gpu"]] if device == "cuda" else only:
            with console.status(f"[bold]{case.name}[/]: {case.about}"):
                result = run_in_child(
                    case, scratch=Path(scratch), core=core, quick=quick, on_row=lambda row: console.print(_sentence(row))
                )
            console.print(f"[bold]{case.name}[/]: {result['state']}, {_cost(result)}")
            results.append(result)
            write(results, about | {"total": f"{time.perf_counter() - started:.0f} s"}, out)
    console.print(f"{time.perf_counter() - started:.0f} s in all; {out / 'table.md'}")


def _cost(result: dict[str, Any]) -> str:
    share = f"{100 * result['share_of_core']:.0f} % of its core"
    return f"{result['seconds']:.0f} s, {result['peak_mb']:.0f} MB, {share}"


def _sentence(row: Row) -> str:
    """A row in one line, while the run goes on."""
    ours = "" if row.ours is None else f"{row.ours:.4g} {row.unit}"
    peer = f" against {row.peer}" if row.peer else ""
    theirs = "" if row.theirs is None else f" {row.theirs:.4g}"
    ratio = "" if row.ratio is None else f", {row.ratio:.2f} times"
    met = f" (target {row.target}: {row.met})" if row.target else ""
    return f"  {row.work}: {ours}{peer}{theirs}{ratio}{met} {row.note}"


if __name__ == "__main__":
    main()
