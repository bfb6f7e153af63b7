"""What is measured: each case is a module with `rows(quick)`, run in a child process under a time limit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """A named case."""

    name: str
    module: str
    about: str
    limit: float  # seconds


_ALL = (
    Case("md", "molecular_dynamics", "molecular dynamics of liquids against LAMMPS and jax-md", 1000),
    Case("quench", "quench", "from the liquid to the inherent state against LAMMPS and ASE", 300),
    Case("moduli", "moduli", "Hessian and elastic moduli against matscipy", 150),
    Case("modes", "modes", "lowest modes against SciPy and PRIMME", 180),
    Case("responses", "responses", "dipole responses and quasilocalised modes", 90),
    Case("chain", "whole_chain", "glasses an hour, made and measured", 90),
    Case("projection", "projection", "core-hours of Table I", 400),
    Case("growth", "growth", "growth with N and with the size of a batch", 240),
    Case("two_cores", "two_cores", "two processes on two cores against one alone", 180),
    Case("start_up", "start_up", "import and first compilation", 240),
    Case("memory", "memory", "peak memory of each piece of work, alone in its process", 180),
    Case("stores", "stores", "a store of 100,000 samples, looked at", 240),
    Case("engine", "engine", "what the engine costs beside the work", 480),
    Case("formulas", "formulas", "formulas and tables against families by hand", 400),
    Case("eam", "many_body", "molecular dynamics of embedded atoms against LAMMPS", 400),
    Case("threads", "threads", "one large glass on more than one core", 240),
)  # fmt: skip
GPU = Case("gpu", "gpu", "many glasses at once on a GPU", 600)
CASES = {case.name: case for case in (*_ALL, GPU)}
DEFAULT = tuple(case.name for case in _ALL)
