"""vitrify info"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from shutil import which
from typing import Any

import click

from vitrify import __version__
from vitrify.backends.processor import processor, vector_doubles
from vitrify.cores import usable_cores
from vitrify.strict_json import strict_json

from .command import Command

PACKAGES = ("numpy", "scipy", "numba", "h5py", "distributed", "lmfit", "matplotlib")
EXPORT = {"pyarrow": "Parquet", "gsd": "GSD"}
SOLVERS = {"pypardiso": "inertia counts by MKL Pardiso"}
WITHOUT_MKL = "dense, and of small glasses alone, as MKL Pardiso is not installed (pip install pypardiso)"


@click.command(
    cls=Command,
    examples=[
        ("Show what is installed, and where compiled kernels are kept.", "vitrify info"),
        ("Write the same as JSON, for a report of a defect.", "vitrify info --json > info.json"),
    ],
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(as_json: bool) -> None:
    """Show the versions that are installed, the processor, the solvers, and the folder of compiled kernels.

    It also says which optional parts are missing, and how to install them."""
    found = gather()
    if as_json:
        click.echo(strict_json(found))
        return
    for name, value in found.items():
        click.echo(f"{name:18} {value}")


def gather() -> dict[str, Any]:
    """Everything that `info` prints, by name."""
    return {
        "python": platform.python_version(),
        "vitrify": __version__,
        **{name: _version(name) for name in PACKAGES},
        "processor": processor(),
        "vector_doubles": vector_doubles(),
        "cores": usable_cores(),
        "threads": f"{_threads()} inside one glass of 32,768 particles or more (VITRIFY_THREADS)",
        "moduli": "block-Jacobi conjugate gradients, eight right-hand sides at once",
        "modes": "block Lanczos on a Chebyshev filter, counted by inertia",
        "factor": "MKL Pardiso" if find_spec("pypardiso") else WITHOUT_MKL,
        "solvers": ", ".join(f"{x} ({what})" for x, what in SOLVERS.items() if find_spec(x)) or "those of SciPy",
        "gpu": _gpu(),
        "slurm": _slurm(),
        "certificates": "for each run"
        if find_spec("cryptography")
        else 'none: cryptography is not installed (pip install ".[cluster]")',
        "export": ", ".join(f"{what}: {_version(name)}" for name, what in EXPORT.items()),
        "kernel_cache": _cache_folder(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _threads() -> int:
    from vitrify.backends import threads

    return threads()


def _gpu() -> str:
    from vitrify.backends import no_gpu

    reason = no_gpu()
    if reason:
        return f"none: {reason}"
    from numba import cuda

    return str(cuda.get_current_device().name)


def _slurm() -> str:
    lacking = [] if which("sbatch") else ["sbatch is not on the PATH"]
    lacking += [] if find_spec("dask_jobqueue") else ['dask-jobqueue is not installed (pip install ".[cluster]")']
    return f"none: {', '.join(lacking)}" if lacking else f"by dask-jobqueue {_version('dask-jobqueue')}"


def _cache_folder() -> str:
    from vitrify.backends import backend
    from vitrify.kernels.neighbours import sort_by_bin

    folder = backend().compile(sort_by_bin)._cache.cache_path
    return str(folder or "none: no folder for it can be written; NUMBA_CACHE_DIR names another")
