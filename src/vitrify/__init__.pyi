# The public names, for editors and type checkers, and for the lazy imports of __init__.py.
from . import backends as backends
from . import campaign as campaign
from . import cell as cell
from . import contacts as contacts
from . import ensemble as ensemble
from . import errors as errors
from . import export as export
from . import measuring as measuring
from . import models as models
from . import observables as observables
from . import plugins as plugins
from . import preparation as preparation
from . import report as report
from . import statics as statics
from . import study as study
from . import tables as tables
from . import testing as testing
from .errors import SampleFailure as SampleFailure
from .errors import UsageError as UsageError
from .glass import Glass as Glass
from .look import GlassPage as GlassPage
from .look import look_at as look_at
from .look import write_glass_page as write_glass_page
from .making import make_glass as make_glass
from .measuring import in_units as in_units
from .measuring import measure_many as measure_many
from .models import Mixture as Mixture
from .models import Model as Model
from .models import Potential as Potential
from .models import Sizes as Sizes
from .observables import CalculatorMeasurement as CalculatorMeasurement
from .observables import Measurement as Measurement
from .observables import energy_only as energy_only
from .observables import measure as measure
from .observables import measure_calculator as measure_calculator
from .opening import OpenStore as OpenStore
from .opening import open_store as open_store
from .physical_units import Units as Units
from .preparation import Recipe as Recipe
from .preparation import quench_glass as quench_glass
from .report import OpenFigures as OpenFigures
from .report import open_figures as open_figures
from .shipped import shipped_studies as shipped_studies
from .show_progress import show_progress as show_progress
from .study import read_study as read_study
from .study.importing import import_glasses as import_glasses
from .tables import OpenTables as OpenTables
from .tables import open_tables as open_tables

__version__: str
__all__: list[str]

def __dir__() -> list[str]: ...
