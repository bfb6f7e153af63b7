"""A Slurm file (TOML): what one job is and how many there may be; a mistake is named with its line and key."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from vitrify.errors import UsageError, check, hint, shown
from vitrify.toml_file import parse_toml, read_toml_text

WALLTIME = re.compile(r"(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)")
MEMORY = re.compile(r"[1-9]\d*(\.\d+)? ?[KMGT]i?B")
DIRECTIVE = re.compile(r"-[^\n]+")
INTEGERS = ("cores", "gpus", "minimum_jobs", "maximum_jobs")
LISTS = ("directives", "prologue")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmSpec:
    """What one job is, and how many there may be at a time."""

    walltime: str  # HH:MM:SS or D-HH:MM:SS, of a job
    memory: str  # such as "8 GB", of a job
    maximum_jobs: int
    minimum_jobs: int = 0  # kept even while there is nothing to do
    cores: int = 1  # of a job: worker processes, one thread each
    gpus: int = 0  # of a job
    partition: str | None = None  # the site's default unless given, as is the account
    account: str | None = None
    directives: tuple[str, ...] = ()  # further arguments of sbatch, such as "--constraint=zen4"
    prologue: tuple[str, ...] = ()  # lines of shell before the workers start, such as "module load gcc"
    interface: str | None = None  # network between driver and nodes, such as "ib0"
    python: str | None = None  # interpreter on the nodes; this one unless given
    log_directory: str | None = None  # log/slurm in the store unless given
    tls: bool = True  # between driver and workers; without it, anyone who reaches the port can run code as this user

    def __post_init__(self) -> None:
        check(self.seconds > 0, "[slurm]", "walltime", self.walltime, 'a time such as "12:00:00" or "2-00:00:00"')
        check(bool(MEMORY.fullmatch(self.memory)), "[slurm]", "memory", self.memory, 'a size such as "8 GB"')
        check(self.maximum_jobs >= 1, "[slurm]", "maximum_jobs", self.maximum_jobs, "at least 1")
        between = 0 <= self.minimum_jobs <= self.maximum_jobs
        check(between, "[slurm]", "minimum_jobs", self.minimum_jobs, f"from 0 to maximum_jobs, {self.maximum_jobs}")
        check(self.gpus >= 0, "[slurm]", "gpus", self.gpus, "0 or more")
        # processes of one job cannot be told which of its GPUs is whose: a job of its own for each does
        right = self.cores == 1 if self.gpus else self.cores >= 1
        check(right, "[slurm]", "cores", self.cores, "1 where gpus is not 0" if self.gpus else "at least 1")
        for directive in self.directives:
            argument = 'an argument of sbatch such as "--constraint=zen4"'
            check(bool(DIRECTIVE.fullmatch(directive)), "[slurm]", "directives", directive, argument)

    @property
    def seconds(self) -> int:
        """Walltime of a job; 0 where it is no time."""
        parts = WALLTIME.fullmatch(self.walltime)
        days, hours, minutes, seconds = (int(x or 0) for x in parts.groups()) if parts else (0, 0, 0, 0)
        return ((24 * days + hours) * 60 + minutes) * 60 + seconds

    @property
    def workers(self) -> int:
        """Worker processes at most."""
        return self.maximum_jobs * self.cores


FIELDS = {x.name: x for x in fields(SlurmSpec)}
KNOWN = f"; it has {', '.join(FIELDS)}"


def read_slurm(path: Path | str) -> SlurmSpec:
    """Read and check a Slurm file. Raises UsageError: one sentence with file, line and key."""
    text = read_toml_text(path, "Slurm file")
    content = parse_toml(text, str(path), "Slurm file")
    table = content.get("slurm")
    for key in content:
        if key != "slurm":
            _fail(path, text, key, f"{shown(key)} stands outside of the one table of a Slurm file, [slurm]")
    if not isinstance(table, dict):
        raise UsageError(f"{path}: a Slurm file has one table, [slurm], with its keys below")
    return _spec(path, text, table)


def _spec(path: Path | str, text: str, table: dict[str, Any]) -> SlurmSpec:
    for key, value in table.items():
        if key not in FIELDS:
            _fail(path, text, key, f"{shown(key)} is no key of [slurm]{hint(key, FIELDS) or KNOWN}")
        wrong = _wrong_type(key, value)
        if wrong:
            _fail(path, text, key, f"[slurm]: {key} is {shown(value)}, must be {wrong}")
    for key, field in FIELDS.items():
        if field.default is MISSING and key not in table:
            _fail(path, text, "[slurm]", f"[slurm]: {key} is missing")
    values: dict[str, Any] = {key: tuple(x) if key in LISTS else x for key, x in table.items()}
    try:
        return SlurmSpec(**values)
    except UsageError as error:
        _fail(path, text, str(error).split()[1], str(error))


def _fail(path: Path | str, text: str, key: str, sentence: str) -> NoReturn:
    starts = re.compile(rf"\s*[\[\"']*{re.escape(key)}")
    line = next((n for n, line in enumerate(text.split("\n"), start=1) if starts.match(line)), 1)
    raise UsageError(f"{path}, line {line}: {sentence}") from None


def _wrong_type(key: str, value: Any) -> str | None:
    """What a value must be, where it is not."""
    if key in INTEGERS:
        return None if isinstance(value, int) and not isinstance(value, bool) else "an integer"
    if key in LISTS:
        right = isinstance(value, list) and all(isinstance(x, str) for x in value)
        return None if right else "a list of texts"
    if key == "tls":
        return None if isinstance(value, bool) else "true or false"
    return None if isinstance(value, str) and value.strip() else "a text"
