"""The tests for models of one's own: the package's families pass them, and each finds what it is made to find."""

from dataclasses import dataclass
from math import sqrt

import pytest

import vitrify.testing
from own_models import FILE
from vitrify import Mixture, Model, Potential, models
from vitrify.errors import UsageError
from vitrify.models.potentials.second_moment import SecondMoment
from vitrify.testing import PotentialConformance, check_model_conforms


@dataclass(frozen=True)
class Soft(Potential):
    """φ = height (1 − u)⁴; each of its numbers can be made wrong."""

    height: float = 1.0
    second: float = 12.0
    end: float = 1.0  # at which φ and three derivatives vanish
    cutoff: float = 1.0

    def numbers(self):
        return (self.height, self.second, self.end)

    def derivatives(self):
        def phi(u, c):
            y = c[2] - u
            return c[0] * y**4, -4.0 * c[0] * y**3, c[1] * c[0] * y**2, -24.0 * c[0] * y, 24.0 * c[0]

        return phi


@dataclass(frozen=True)
class Kinked(Potential):
    """(1 − u)⁴, on to which a parabola is put below u = 0.5: φ_uu jumps there."""

    cutoff: float = 1.0

    def derivatives(self):
        def phi(u, c):
            y = 1.0 - u
            inner = 1.0 if u < 0.5 else 0.0
            z = inner * (u - 0.5)
            return y**4 + 3.0 * z**2, -4.0 * y**3 + 6.0 * z, 12.0 * y**2 + 6.0 * inner, -24.0 * y, 24.0

        return phi


@dataclass(frozen=True)
class Root(Potential):
    """Not a number just above its cutoff."""

    cutoff: float = 1.0

    def derivatives(self):
        def phi(u, c):
            y = sqrt(1.0 - u)
            return y**9, -4.5 * y**7, 15.75 * y**5, -39.375 * y**3, 59.0625 * y

        return phi


@dataclass(frozen=True, slots=True)
class Pulled(SecondMoment):
    """Copper whose bonds pull by a part in a thousand more than its energy says."""

    def many_body(self):
        def pull(radial, x, y, z, m):
            along = 1.001 * (radial[2] * m[0] + radial[3] * m[1])
            return along * x, along * y, along * z

        return SecondMoment.many_body(self)._replace(pull=pull)


@dataclass(frozen=True, slots=True)
class Moved(SecondMoment):
    """Copper whose particles move by a part in a thousand more."""

    def many_body(self):
        def along(radial):
            return 1.001 * radial[2], 1.001 * radial[3]

        return SecondMoment.many_body(self)._replace(along=along)


class TestFamily(PotentialConformance):
    """As a user writes it, for a family of their own."""

    model = Soft(2.0)
    smooth_to = 3


def test_the_tests_that_pytest_runs_are_those_of_the_call():
    named = [x for x in dir(TestFamily) if x.startswith("test_")]
    assert len(named) == 10
    assert set(named) <= set(vars(PotentialConformance))


def test_a_model_in_a_file_passes(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    check_model_conforms(f"{tmp_path}/mine.py:mine")


@pytest.mark.slow  # kernels of each family, and a process each
@pytest.mark.parametrize(("model", "smooth_to"), [
    ("kob_andersen()", 2), ("pss(rc=1.2)", 2), ("qss(q=12, xc=2.0)", 2), ("inverse_power(exponent=10, rc=1.48, smooth_to=3)", 3),
    ("hertzian()", 2), ("harmonic()", 1), ("ninarello()", 2), ("lennard_jones(rc=2.5, smooth_to=0)", 0),
    ('formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5)', 2),
    ("lennard_jones() [0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5; cutoffs 2.5,2,2.2]", 2),
    ("stillinger_weber()", 4), ("cu_zr()", 4),
])  # fmt: skip
def test_the_families_of_the_package_pass(model, smooth_to):
    check_model_conforms(model, smooth_to=smooth_to)


def local():
    """A potential whose class no other process can find."""

    class Local(Soft):
        pass

    return Local()


@pytest.mark.parametrize(("model", "told"), [
    (Soft(second=12.1), "φ_uu is not the slope of φ_u"),
    (Kinked(), "φ_uu jumps by -6 at u = 0.5"),
    (Soft(cutoff=0.9), "φ to φ'' must vanish at the cutoff"),
    (Root(), "must be finite just above the cutoff"),
    (local(), "cannot be pickled"),
    (Pulled(), "but minus the slope of the energy is"),
    (Moved(), "differ by 0.001 of the largest"),
    (Model("harmonic()", Soft()), "the readable form 'harmonic()' reads back as another model"),
])  # fmt: skip
def test_what_is_wrong_is_found(model, told):
    with pytest.raises(AssertionError) as caught:
        check_model_conforms(model)
    assert told in str(caught.value)


@pytest.mark.parametrize(("name", "wrong", "test"), [
    ("_energy_of", lambda found: 1.001 * found, "test_energy_is_the_sum_over_pairs"),
    ("_energy_of", lambda found: 1.001 * found, "test_forces_are_minus_the_gradient_of_the_energy"),
    ("Hessian", None, "test_the_hessian_is_symmetric_and_minus_the_gradient_of_the_forces"),
])  # fmt: skip
def test_sums_of_a_glass_that_are_wrong_are_found(monkeypatch, name, wrong, test):
    """A part in a thousand of an energy, and a Hessian of other springs."""
    real = getattr(vitrify.testing, name)
    if wrong:
        monkeypatch.setattr(vitrify.testing, name, lambda *given: wrong(real(*given)))
    else:
        stiffer = models.lennard_jones(mixture=Mixture(energies=((1.001, 1.001), (1.001, 1.001))))
        monkeypatch.setattr(vitrify.testing, name, lambda pairs: real(type(pairs).of(vitrify.testing._glass(stiffer))))
    tests = type("Tests", (PotentialConformance,), {"model": "lennard_jones()"})()
    with pytest.raises(AssertionError):
        getattr(tests, test)()


def test_molecules_are_refused_in_a_sentence():
    with pytest.raises(UsageError, match=r"has molecules, .* test model.with_molecules\(None\)"):
        check_model_conforms("kremer_grest()")
