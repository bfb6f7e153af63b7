"""vitrify info"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from shutil import which
from typing import Any

import click

from vitrify.backends.processor import processor, vector_doubles
from vitrify.campaign.runner import usable_cores
from vitrify.strict_json import strict_json

PACKAGES = ("vitrify", "numpy", "scipy", "numba", "h5py", "distributed", "lmfit", "matplotlib")
EXPORT = {"pyarrow": "Parquet", "gsd": "GSD"}
SOLVERS = {"pypardiso": "inertia counts by MKL Pardiso"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def info(as_json: bool) -> None:
    """Show versions, processor, solvers and where compiled kernels are kept."""
    found = gather()
    if as_json:
        click.echo(strict_json(found))
        return
    for name, value in found.items():
        click.echo(f"{name:18} {value}")


def gather() -> dict[str, Any]:
    """Everything that `info` tells, by name."""
    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "processor": processor(),
        "vector_doubles": vector_doubles(),
        "cores": usable_cores(),
        "threads": f"{_threads()} inside one glass of 32,768 particles or more (VITRIFY_THREADS)",
        "moduli": "block-Jacobi conjugate gradients, eight right-hand sides at once",
        "modes": "block Lanczos on a Chebyshev filter, counted by inertia",
        "factor": "MKL Pardiso" if find_spec("pypardiso") else "dense, of small glasses (install pypardiso for others)",
        "solvers": ", ".join(f"{x} ({what})" for x, what in SOLVERS.items() if find_spec(x)) or "scipy only",
        "gpu": _gpu(),
        "slurm": _slurm(),
        "certificates": "for each run" if find_spec("cryptography") else "none: install vitrify[cluster]",
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
    lacking += [] if find_spec("dask_jobqueue") else ["dask-jobqueue is not installed (pip install vitrify[cluster])"]
    return f"none: {', '.join(lacking)}" if lacking else f"by dask-jobqueue {_version('dask-jobqueue')}"


def _cache_folder() -> str:
    from vitrify.backends import backend
    from vitrify.kernels.neighbours import sort_by_bin

    folder = backend().compile(sort_by_bin)._cache.cache_path
    return str(folder or "none: no folder for it can be written; NUMBA_CACHE_DIR names another")
