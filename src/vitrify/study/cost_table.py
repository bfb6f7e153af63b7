"""The table of measured costs that comes with the package: seconds of some glass formers, and how they grow.

`python -m benchmarks.costs` measures it, on one core of one processor, and writes costs.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import isclose, log, pi, sqrt
from pathlib import Path

from vitrify.models import Model
from vitrify.models.catalogue import parse
from vitrify.solver_sizes import DENSE, LARGEST_DENSE

TABLE = Path(__file__).with_name("costs.json")
DENSE_UP_TO = {"modes": DENSE, "spectrum": LARGEST_DENSE}  # particles; what costs N³ has nothing to tell of larger glasses


@dataclass(frozen=True, slots=True)
class Former:
    """A glass former of the table, at its own parent temperature."""

    model: str
    density: float  # in λ⁻³
    neighbours: float  # interacting with one particle
    liquid_steps: dict[int, float]  # by number of particles
    seconds: dict[int, dict[str, float]]  # by number of particles, by stage

    @property
    def name(self) -> str:
        return f"{self.model} at density {self.density:g}"


@dataclass(frozen=True, slots=True)
class CostTable:
    """Seconds by stage of some glass formers on one core of one processor, and how they and files grow with N."""

    processor: str
    pilot_rounds: float  # until a parent temperature settles
    fire_over_cg: float  # seconds of a quench
    powers: dict[int, dict[str, float]]  # powers of N by stage, by the size from which they start
    sizes: dict[int, dict[str, tuple[float, float]]]  # the same, by product: a file of N particles has a + b N bytes
    formers: tuple[Former, ...]

    def former(self, model: Model, density: float, dimension: int = 3) -> tuple[Former, bool]:
        """The glass former itself and True. Where it is not in the table, as none of two dimensions is, the one nearest in
        number of neighbours and False."""
        for x in self.formers:
            if x.model == str(model) and isclose(x.density, density) and dimension == 3:
                return x, True
        wanted = log(_within_cutoff(model, density, dimension))
        return min(self.formers, key=lambda x: abs(log(_listed_within_cutoff(x.model, x.density)) - wanted)), False

    def stage(self, former: Former, stage: str, n: int) -> float | None:
        """Seconds of one stage of a glass of n particles, or None where nobody has measured it yet."""
        start = self.start(stage, n)
        spent, power = former.seconds[start].get(stage), self.powers[start].get(stage)
        return None if spent is None or power is None else float(spent * (n / start) ** power)

    def size(self, product: str, n: int) -> float | None:
        """Bytes of a product's file, or None where nobody has measured it yet."""
        known = self.sizes[self.start(product, n)].get(product)
        return None if known is None else known[0] + known[1] * n

    def start(self, stage: str, n: int) -> int:
        """The size from which a stage is extrapolated to n particles: the nearer one, or the one that uses the same
        method."""
        small, large = min(self.powers), max(self.powers)
        return small if n <= DENSE_UP_TO.get(stage, sqrt(small * large)) else large


@cache
def cost_table() -> CostTable:
    """The table that comes with the package."""
    read = json.loads(TABLE.read_text(encoding="utf-8"))
    formers = (
        Former(
            x["model"], x["density"], x["neighbours"],
            {int(n): steps for n, steps in x["liquid_steps"].items()},
            {int(n): seconds for n, seconds in x["seconds"].items()},
        )
        for x in read["entries"]
    )  # fmt: skip
    powers = {int(n): x["power"] for n, x in read["scales"].items()}
    sizes = {int(n): {p: (a, b) for p, (a, b) in x["bytes"].items()} for n, x in read["scales"].items()}
    return CostTable(read["processor"], read["pilot_rounds"], read["fire_over_cg"], powers, sizes, tuple(formers))


def _within_cutoff(model: Model, density: float, dimension: int = 3) -> float:
    """Number of neighbours of a particle within the largest cutoff of an ideal gas of this density."""
    sizes, ball = model.mixture.sizes, pi if dimension == 2 else 4.0 / 3.0 * pi
    if sizes is None:
        return density * ball * model.cutoff**dimension
    return density * ball * model.reduced_cutoff(0, 0) ** dimension * float((sizes.middle() ** dimension).mean())


@cache
def _listed_within_cutoff(model: str, density: float) -> float:
    """Number of neighbours within the largest cutoff for a glass former of the table, with which every guess is
    compared."""
    return _within_cutoff(parse(model), density)
