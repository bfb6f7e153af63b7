"""Campaigns: what is missing in a store is made, published and never made again. Knows no science."""

from vitrify.public_names import only
from vitrify.renamed import renamed

from .engines import Address, Engine, Here, Local, Slurm
from .journal import read_log
from .leases import Lease, Leases, ReadOnlyLeases, Run
from .progress import Progress
from .result_file import Result
from .runner import Outcome, run
from .slurm_file import SlurmSpec, read_slurm
from .store import Failure, ReadOnlyStore, Store, Summary
from .task import Task, WorkUnit
from .watchdog import Limits

__all__ = [
    "Address",
    "Engine",
    "Failure",
    "Here",
    "Lease",
    "Leases",
    "Limits",
    "Local",
    "Outcome",
    "Progress",
    "ReadOnlyLeases",
    "ReadOnlyStore",
    "Result",
    "Run",
    "Slurm",
    "SlurmSpec",
    "Store",
    "Summary",
    "Task",
    "WorkUnit",
    "read_log",
    "read_slurm",
    "run",
]

__getattr__ = renamed(
    __name__,
    {
        "Batch": "vitrify.campaign.task.WorkUnit",
        "Claim": "vitrify.campaign.leases.Lease",
        "Presence": "vitrify.campaign.leases.Leases",
    },
)

__dir__ = only(__all__)
