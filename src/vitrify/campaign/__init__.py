"""Getting tasks done: what is missing in a store is made, published and never made again. Knows no science."""

from .engines import Address, Engine, Here, Local, Slurm
from .journal import read_log
from .limits import Limits
from .presence import Claim, Presence, Run
from .progress import Progress
from .result_file import Result
from .runner import Outcome, run
from .slurm_file import SlurmSpec, read_slurm
from .store import Failure, Store
from .task import Batch, Task

__all__ = [
    "Address",
    "Batch",
    "Claim",
    "Engine",
    "Failure",
    "Here",
    "Limits",
    "Local",
    "Outcome",
    "Presence",
    "Progress",
    "Result",
    "Run",
    "Slurm",
    "SlurmSpec",
    "Store",
    "Task",
    "read_log",
    "read_slurm",
    "run",
]
