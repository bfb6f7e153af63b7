"""Study files, read, checked and turned into tasks; and the results that a store holds of them."""

from vitrify.public_names import only
from vitrify.renamed import renamed

from .inventory import Counts, ensemble_counts
from .manifest import joined_study, refuse_another_study, write_manifest
from .plan import plan
from .products import Ledger, Product
from .reading import parse_study, read_study
from .results import SampleResult, ensemble_results, ensemble_table, parent_temperature_of
from .spec import EnsembleSpec, ObservableSpec, StudySpec
from .status import product_statuses, study_status
from .table_in_units import table_in_units

__all__ = [
    "Counts",
    "EnsembleSpec",
    "Ledger",
    "ObservableSpec",
    "Product",
    "SampleResult",
    "StudySpec",
    "ensemble_counts",
    "ensemble_results",
    "ensemble_table",
    "joined_study",
    "parent_temperature_of",
    "parse_study",
    "plan",
    "product_statuses",
    "read_study",
    "refuse_another_study",
    "study_status",
    "table_in_units",
    "write_manifest",
]

__getattr__ = renamed(__name__, {"write_identity": f"{__name__}.write_manifest"})

__dir__ = only(__all__)
