"""Slurm files (TOML): what one job is and how many there may be; all mistakes are told, each with its line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrify.errors import UsageError, refuse, shown, wrong
from vitrify.keys import (
    Number,
    Schema,
    Text,
    Texts,
    Truth,
    is_number,
    key,
    keys_of,
    missing,
    mistakes_in,
    table_schema,
)
from vitrify.toml_file import read_toml

WALLTIME = re.compile(r"(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)")
MEMORY = r"[1-9]\d*(\.\d+)? ?[KMGT]i?B"
DIRECTIVE = r"-[^\n]+"
OWNER = "[slurm]"
ONE_LINE = r"[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*"  # and not blank: each is a line of the job's script
TEXT = Text(pattern=ONE_LINE, told="a text on one line")


def seconds_of(walltime: str) -> int:
    """Walltime in seconds; 0 where it is no time."""
    parts = WALLTIME.fullmatch(walltime)
    days, hours, minutes, seconds = (int(x or 0) for x in parts.groups()) if parts else (0, 0, 0, 0)
    return ((24 * days + hours) * 60 + minutes) * 60 + seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmSpec:
    """Description of one job, and of how many there may be at a time."""

    walltime: str = key(
        Text(holds=lambda x: seconds_of(x) > 0, told='a time such as "12:00:00" or "2-00:00:00"'),
        "longest duration of one job, `HH:MM:SS` or `D-HH:MM:SS`",
    )
    memory: str = key(Text(pattern=MEMORY, told='a size such as "8 GB"'), "memory per job")
    maximum_jobs: int = key(Number(least=1, whole=True), "largest number of jobs at the same time")
    minimum_jobs: int = key(
        Number(least=0, whole=True, within="from 0 to maximum_jobs"),
        "number of jobs that are kept even while there is nothing to do",
        0,
    )
    cores: int = key(
        Number(least=1, whole=True),
        "number of worker processes per job, with one thread each; it must be 1 if `gpus` is not 0",
        1,
    )
    gpus: int = key(Number(least=0, whole=True, within="0 or more"), "number of GPUs per job, for `--device cuda`", 0)
    partition: str | None = key(
        TEXT, "partition of the cluster to which jobs are submitted", None, otherwise="that of the cluster"
    )
    account: str | None = key(TEXT, "account to which the jobs are charged", None, otherwise="that of the cluster")
    directives: tuple[str, ...] = key(
        Texts(Text(pattern=DIRECTIVE, told='an argument of sbatch such as "--constraint=zen4"')),
        "further arguments of sbatch", (), otherwise="none",
    )  # fmt: skip
    prologue: tuple[str, ...] = key(
        Texts(), "shell commands that run before the workers start, such as `module load gcc`", (), otherwise="none"
    )
    interface: str | None = key(
        TEXT, "network interface between the login node and the jobs, such as `ib0`", None, otherwise="the first one"
    )
    python: str | None = key(TEXT, "Python interpreter on the nodes", None, otherwise="the one that runs the command")
    log_directory: str | None = key(TEXT, "folder for the output of the jobs", None, otherwise="`log/slurm` in the store")
    tls: bool = key(  # without it, anyone who reaches the port can run code as this user
        Truth(), "whether certificates, made for this run, protect the connections between scheduler and workers", True
    )

    def __post_init__(self) -> None:
        refuse(OWNER, _mistakes({x: getattr(self, x) for x in keys_of(type(self))}))

    @property
    def seconds(self) -> int:
        """Walltime of a job."""
        return seconds_of(self.walltime)

    @property
    def workers(self) -> int:
        """Worker processes at most."""
        return self.maximum_jobs * self.cores


def read_slurm(path: Path | str) -> SlurmSpec:
    """Read and check a Slurm file. Raises UsageError with all its mistakes."""
    file = read_toml(path, "Slurm file")
    table = file.content.get("slurm")
    outside = [
        UsageError(f"{shown(x)} stands outside the table [slurm], the only one of a Slurm file", name=x)
        for x in file.content
        if x != "slurm"
    ]
    if not isinstance(table, dict):
        file.refuse(outside or [UsageError("a Slurm file must begin with the table [slurm], which contains its keys")])
    values: dict[str, Any] = table if isinstance(table, dict) else {}
    file.refuse([*outside, *(x.below("slurm") for x in _mistakes(values))])
    lists = {name: tuple(x) for name, x in values.items() if isinstance(x, list)}
    return SlurmSpec(**values | lists)


def slurm_schema() -> Schema:
    """JSON Schema of a Slurm file."""
    table = table_schema(keys_of(SlurmSpec), "what one job is, and how many there may be at the same time")
    return {"type": "object", "properties": {"slurm": table}, "required": ["slurm"], "additionalProperties": False}


def _mistakes(given: Mapping[str, Any]) -> list[UsageError]:
    """Mistakes in the keys of [slurm]."""
    keys = keys_of(SlurmSpec)
    given = {name: x for name, x in given.items() if x is not None}
    each = mistakes_in(OWNER, {name: x.form for name, x in keys.items()}, given)
    each += missing(OWNER, keys, given)
    together = {x.name: x for x in _disagreements({name: x.default for name, x in keys.items()} | given)}
    return [*(x for x in each if x.name not in together), *together.values()]


def _disagreements(have: Mapping[str, Any]) -> Iterator[UsageError]:
    """Mistakes of numbers that do not fit together."""
    least, most, cores, gpus = (have[x] for x in ("minimum_jobs", "maximum_jobs", "cores", "gpus"))
    if is_number(least, whole=True) and is_number(most, whole=True) and most >= 1 and not 0 <= least <= most:
        yield wrong(OWNER, "minimum_jobs", least, f"from 0 to maximum_jobs, {most}")
    # processes of one job cannot be told which of its GPUs is whose: a job of its own for each does
    if is_number(gpus, whole=True) and gpus > 0 and is_number(cores, whole=True) and cores != 1:
        yield wrong(OWNER, "cores", cores, "1 where gpus is not 0")
