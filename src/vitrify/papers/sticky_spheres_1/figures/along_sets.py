"""Figs. 3 to 8 and 17: quantities along the sets."""

from vitrify.ensemble import GlassCount
from vitrify.papers.sticky_spheres_1.sets import SHOWN, control
from vitrify.report.figures.along import Row, Rows, of_dipoles, of_low_modes, of_summary
from vitrify.report.figures.catalogue import FLUCTUATIONS, MODULI
from vitrify.report.figures.density import Densities
from vitrify.report.figures.dipoles import Decays
from vitrify.report.gathered import Gathered


def _of_both(x: Gathered) -> GlassCount:
    """The smaller glasses, and the smaller number of them, of those whose modes and whose dipole responses are known."""
    modes, dipoles = of_low_modes(x), of_dipoles(x)
    return GlassCount(min(modes.n_particles, dipoles.n_particles), min(modes.n_glasses, dipoles.n_glasses))


STICKINESS = Rows((Row("stickiness", "$s$", "The stickiness s", of_summary(lambda x: x.stickiness)),), SHOWN)
RATIOS = Rows(MODULI[2:], SHOWN)
CHI = Rows(FLUCTUATIONS, SHOWN)
DENSITIES = Densities(SHOWN, ends_alone=True)
DECAYS = Decays(SHOWN)
FREQUENCY = Rows(
    (
        Row("omega_g_over_omega0", r"$\omega_g/\omega_0$", "ω_g/ω0", lambda x: x.micro.frequency, glasses=of_dipoles),
        Row("number", r"$\mathcal{N}$", "The number 𝒩", lambda x: x.micro.number, log=True, glasses=_of_both),
    ),
    SHOWN,
)
PRESSURE = Rows(
    (
        Row("p_over_p0", "$p/p_0$", "p/p0", of_summary(lambda x: x.p_over_p0)),
        Row("p_over_k", "$p/K$", "p/K", of_summary(lambda x: x.p_over_k)),
    ),
    (control("QSS"), control("CSS")),
)
