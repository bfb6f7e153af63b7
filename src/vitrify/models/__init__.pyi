# The public names, for editors and type checkers: families and glass formers are made from their registries, where these do
# not see them. A test holds each signature to that of the registry.
from collections.abc import Callable

from .catalogue import named as named
from .catalogue import parse as parse
from .catalogue import register as register
from .checking import PotentialReport as PotentialReport
from .checking import check as check
from .many_body import ManyBody as ManyBody
from .mixture import LEAST_PARTICLES as LEAST_PARTICLES
from .mixture import MOST_PARTICLES as MOST_PARTICLES
from .mixture import Mixture as Mixture
from .model import LEAST_DENSITY as LEAST_DENSITY
from .model import MOST_DENSITY as MOST_DENSITY
from .model import Model as Model
from .molecule import Molecule as Molecule
from .own_files import from_file as from_file
from .potentials import Potential as Potential
from .potentials import parameter as parameter
from .potentials import smooth_cutoff as smooth_cutoff
from .quoted import eam as eam
from .quoted import formula as formula
from .quoted import tabulated as tabulated
from .registry import FAMILIES as FAMILIES
from .registry import GLASS_FORMERS as GLASS_FORMERS
from .registry import GlassFormer as GlassFormer
from .sizes import Sizes as Sizes
from .topology import Topology as Topology

__all__: list[str]

def __dir__() -> list[str]: ...
def __getattr__(family: str) -> Callable[..., Model]: ...  # those of plugins
def harmonic(*, mixture: Mixture | None = None) -> Model: ...
def hertzian(*, mixture: Mixture | None = None) -> Model: ...
def inverse_power(*, exponent: int = 10, rc: float = 1.5, smooth_to: int = 2, mixture: Mixture | None = None) -> Model: ...
def lennard_jones(*, rc: float = 2.5, smooth_to: int = 2, mixture: Mixture | None = None) -> Model: ...
def pss(*, rc: float = 1.2, mixture: Mixture | None = None) -> Model: ...
def qss(*, q: int = 12, xc: float = 2.0, mixture: Mixture | None = None) -> Model: ...
def second_moment(
    *,
    A: float = 0.0855,
    xi: float = 1.224,
    p: float = 10.960,
    q: float = 2.278,
    r0: float = 2.556,
    A_12: float = 0.0,
    xi_12: float = 0.0,
    p_12: float = 0.0,
    q_12: float = 0.0,
    r0_12: float = 0.0,
    A_2: float = 0.0,
    xi_2: float = 0.0,
    p_2: float = 0.0,
    q_2: float = 0.0,
    r0_2: float = 0.0,
    inner: float = 1.732,
    outer: float = 2.236,
    mixture: Mixture | None = None,
) -> Model: ...
def stillinger_weber(
    *,
    strength: float = 21.0,
    A: float = 7.049556277,
    B: float = 0.6022245584,
    a: float = 1.8,
    gamma: float = 1.2,
    cos0: float = -1.0 / 3.0,
    mixture: Mixture | None = None,
) -> Model: ...
def bipl(*, mixture: Mixture | None = None) -> Model: ...
def cu_zr(*, mixture: Mixture | None = None) -> Model: ...
def hertzian_spheres(*, mixture: Mixture | None = None) -> Model: ...
def kob_andersen(*, mixture: Mixture | None = None) -> Model: ...
def kob_andersen_2d(*, mixture: Mixture | None = None) -> Model: ...
def kremer_grest(*, mixture: Mixture | None = None) -> Model: ...
def lewis_wahnstrom_otp(*, mixture: Mixture | None = None) -> Model: ...
def mw_water(*, mixture: Mixture | None = None) -> Model: ...
def ninarello(*, mixture: Mixture | None = None) -> Model: ...
def polydisperse_ipl(*, mixture: Mixture | None = None) -> Model: ...
def polydisperse_ipl_2d(*, mixture: Mixture | None = None) -> Model: ...
