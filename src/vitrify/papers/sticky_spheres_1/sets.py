"""The paper's three sets of ensembles."""

from vitrify.report.figures.along import Control

SETS = {"QSS": "q", "DSS": "ρ", "CSS": "r_c"}  # and the symbol of each one's control parameter
SHOWN = (
    Control("QSS", "$q$", SETS["QSS"], "#0072B2", "o"),
    Control("DSS", r"$\rho$", SETS["DSS"], "#D55E00", "s"),
    Control("CSS", "$r_c$", SETS["CSS"], "#009E73", "D"),
)


def control(name: str) -> Control:
    """One of the three control parameters."""
    return next(x for x in SHOWN if x.name == name)
