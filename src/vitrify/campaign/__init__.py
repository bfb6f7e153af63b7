"""Getting tasks done: what is missing in a store is made, published and never made again. Knows no science."""

from .progress import Progress
from .result_file import Result
from .runner import Outcome, run
from .store import Failure, Store
from .task import Batch, Task

__all__ = ["Batch", "Failure", "Outcome", "Progress", "Result", "Store", "Task", "run"]
