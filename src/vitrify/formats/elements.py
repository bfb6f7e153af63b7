"""The symbols of the chemical elements, which is what ASE and pymatgen take for names of particles."""

from __future__ import annotations

import re
from collections.abc import Iterable

SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts "
    "Og "
)
ELEMENTS = frozenset(re.findall("[A-Z][a-z]?", SYMBOLS))
NO_ELEMENT = "X"  # as ASE and pymatgen call it


def are_elements(labels: Iterable[str]) -> bool:
    """Tell whether all labels of a mixture name elements. A, B, C and so on do not, though B and C alone would."""
    return ELEMENTS.issuperset(labels)
