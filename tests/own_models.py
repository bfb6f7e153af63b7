"""Texts of Python files with models, as a user would write them."""

ENSEMBLE = """density = 0.9
n_particles = 40
n_samples = 2
parent_temperature = 0.02
melt_msd = 1.0
"""  # of soft particles in a study, below the name and the model
FILE = '''
from dataclasses import dataclass

from vitrify import Mixture, Model, Potential


@dataclass(frozen=True)
class Soft(Potential):
    """φ = height (1 − u)⁴, u = r²/λ² < 1."""

    height: float = 1.0
    cutoff = 1.0
    summary = "soft spheres"

    def numbers(self):
        return (self.height,)

    def derivatives(self):
        def phi(u, c):
            y = 1.0 - u
            return c[0] * y**4, -4.0 * c[0] * y**3, 12.0 * c[0] * y**2, -24.0 * c[0] * y, 24.0 * c[0]

        return phi


def mine(height=2.0):
    return Model("mine", Soft(height), Mixture(lengths=((1.0, 1.2), (1.2, 1.4))))


whole = Model("whole", Soft(4.0), Mixture(composition=(1.0,), lengths=((1.0,),)))
bare = Soft()


@dataclass(frozen=True, slots=True)
class Reaching(Potential):
    """φ = (1 − u/u_c)⁴."""

    rc: float = 2.0

    @property
    def cutoff(self):
        return self.rc

    def numbers(self):
        return (self.rc**-2,)

    def derivatives(self):
        def phi(u, c):
            y = 1.0 - c[0] * u
            return y**4, -4.0 * c[0] * y**3, 12.0 * c[0] ** 2 * y**2, -24.0 * c[0] ** 3 * y, 24.0 * c[0] ** 4

        return phi


def reaches(rc=2.0):
    return Reaching(rc)
'''

MARKED = (
    FILE
    + """
import os

with open(os.environ["MARK"], "a") as mark:
    mark.write("run")


def other():
    with open(os.environ["MARK"], "a") as mark:
        mark.write("called")
    return bare
"""
)
