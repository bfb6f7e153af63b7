"""Mechanical disorder of sticky-sphere glasses. I. Effect of attractive interactions: figures, claims, tables, sets."""

from vitrify.report.paper import Paper

from .claims import CLAIMS
from .figures import FIGURES
from .sets import SETS
from .table_two import coefficients

PAPER = Paper(
    name="sticky_spheres_1",
    title="Mechanical disorder of sticky-sphere glasses. I. Effect of attractive interactions",
    sets=SETS,
    figures=FIGURES,
    claims=CLAIMS,
    tables={"Table II. Coefficients of φ_PSS": coefficients},
)
