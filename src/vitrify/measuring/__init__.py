"""What `vitrify measure` does, for programs: all that is asked of a glass in one record, of one glass and of many."""

from vitrify.public_names import only

from .asked import Asked
from .in_units import in_units
from .many import Outcome, measure_many, measure_places
from .one import Found, flat, measure_asked
from .place import Place, places_of

__all__ = [
    "Asked",
    "Found",
    "Outcome",
    "Place",
    "flat",
    "in_units",
    "measure_asked",
    "measure_many",
    "measure_places",
    "places_of",
]

__dir__ = only(__all__)
