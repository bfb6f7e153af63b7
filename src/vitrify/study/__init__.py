"""What is asked: a study file, read, checked and turned into tasks; and what the store holds of it."""

from .counting import Counts, ensemble_counts
from .identity import refuse_another_study, write_identity
from .plan import plan
from .reading import parse_study, read_study
from .results import ensemble_results, ensemble_table, parent_temperature_of
from .spec import EnsembleSpec, ObservableSpec, StudySpec

__all__ = [
    "Counts",
    "EnsembleSpec",
    "ObservableSpec",
    "StudySpec",
    "ensemble_counts",
    "ensemble_results",
    "ensemble_table",
    "parent_temperature_of",
    "parse_study",
    "plan",
    "read_study",
    "refuse_another_study",
    "write_identity",
]
