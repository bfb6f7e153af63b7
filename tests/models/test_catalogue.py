from dataclasses import dataclass

import numpy as np
import pytest

from vitrify.errors import PotentialWarning, UsageError
from vitrify.models import Mixture, Model, catalogue
from vitrify.models.potentials import Potential
from vitrify.statics import Pairs


@pytest.mark.parametrize("family", catalogue.FAMILIES)
def test_names_read_back(family):
    model = catalogue.named(family)
    assert catalogue.parse(str(model)) == model


def test_functions_of_the_catalogue():
    assert catalogue.pss(rc=1.3) == catalogue.parse("pss(rc=1.3)") == catalogue.parse(" pss( rc = 1.30 ) ")
    assert str(catalogue.qss(q=12, xc=2.0)) == "qss(q=12, xc=2.0)"
    with pytest.raises(AttributeError):
        _ = catalogue.no_such_family


@pytest.mark.parametrize(("text", "word"), [
    ("psss(rc=1.2)", "did you mean 'pss'"), ("Pss(rc=1.2)", "did you mean 'pss'"), ("pss(r=1.2)", "rc"), ("pss(rc=1.2", "cannot be read"),
    ("pss(rc=__import__)", "cannot be read"), ("qss(q=12.5)", "integer"), ("qss(q=12, q=12)", "twice"), ("", "cannot be read"),
    ("pss(rc=1e999)", "finite"), ("pss(1.2)", "name=number"),
])  # fmt: skip
def test_bad_names_are_one_sentence(text, word):
    with pytest.raises(UsageError, match=word.replace("(", r"\(")) as caught:
        catalogue.parse(text)
    assert "\n" not in str(caught.value)


def test_mixture_checks_itself():
    with pytest.raises(UsageError, match="composition"):
        Mixture(composition=(0.5, 0.6))
    with pytest.raises(UsageError, match="lengths"):
        Mixture(lengths=((1.0, 1.2), (1.1, 1.4)))
    with pytest.raises(UsageError, match="501.*502"):
        Mixture().counts(501)
    assert Mixture(composition=(0.2, 0.8)).counts(10) == (2, 8)


def test_a_box_must_hold_twice_the_cutoff():
    model = catalogue.qss(q=6, xc=3.0)
    with pytest.raises(UsageError, match="at least 476 particles"):
        model.box_for(400, 0.8)
    assert model.box_for(476, 0.8) >= 2 * model.cutoff


@pytest.mark.parametrize(("form", "told"), [
    ("lennard_jones()", "cutoff 3.5 of lennard_jones(rc=2.5), which is 2.5 times the largest length 1.4 of the default mixture;"),
    ("lennard_jones() [1; lengths 2]", "cutoff 5 of lennard_jones(rc=2.5) [1; lengths 2], which is 2.5 times the largest length 2 of its mixture;"),
    ("lennard_jones() [1; lengths 1]", "cutoff 2.5 of lennard_jones(rc=2.5) [1; lengths 1]; take"),
])  # fmt: skip
def test_a_small_box_tells_what_makes_the_cutoff(form, told):
    with pytest.raises(UsageError) as caught:
        catalogue.parse(form).box_for(10, 1.0)
    assert told in str(caught.value)


def test_a_line_leaves_out_the_usual_numbers_of_a_long_name():
    assert repr(catalogue.parse("stillinger_weber()")).startswith("<Model: stillinger_weber(), ")
    assert repr(catalogue.parse("stillinger_weber(a=1.9, strength=22)")).startswith(
        "<Model: stillinger_weber(strength=22.0, a=1.9), "
    )
    assert repr(catalogue.pss()).startswith("<Model: pss(rc=1.2), ")
    assert "A=7.049556277" in str(catalogue.parse("stillinger_weber()"))  # all of it is what files hold


@pytest.mark.parametrize(("n_particles", "density", "word"), [
    (-100, 0.6, "n_particles is -100"), (0, 0.6, "n_particles is 0"), (1, 0.6, "n_particles is 1,"), (10**400, 0.6, "beyond 64 bits"),
    (10**5000, 0.6, "beyond 64 bits"), (10**8 + 2, 0.6, "at most 100,000,000"), (1000, np.inf, "density is inf"), (1000, np.nan, "density is nan"),
    (1000, 1e-320, "density is 1e-320"), (1000, 9e-5, "density is 9e-05"), (1000, 1.1e6, "density is 1100000"), (1000, 0.0, "density is 0"),
], ids=lambda x: f"{x:.4g}" if isinstance(x, float) else None if isinstance(x, str) else f"{x.bit_length()} bits")  # fmt: skip
def test_numbers_and_densities_have_bounds(n_particles, density, word):
    with pytest.raises(UsageError, match=word) as caught:
        catalogue.pss().box_for(n_particles, density)
    assert len(str(caught.value)) < 100
    if density == 0.6:
        with pytest.raises(UsageError, match=word):
            catalogue.pss().fraction_counts(n_particles)


def test_the_bounds_themselves_are_allowed():
    assert catalogue.pss().box_for(10**8, 1e-4) == pytest.approx(1e4)
    assert Mixture().counts(10**8) == (5 * 10**7, 5 * 10**7)
    assert Mixture().counts(2) == (1, 1)


@dataclass(frozen=True, slots=True)
class Yukawa(Potential):
    """A new family in a few lines: φ = exp(−κ²u)/u, cut at 2."""

    kappa: float = 1.0

    @property
    def cutoff(self):
        return 2.0

    def derivatives(self):
        k = self.kappa**2

        def phi(u, c):
            p0 = np.exp(-k * u) / u
            p1 = -(k * u + 1) * p0 / u  # then Leibniz's rule on u φ_u = −(ku + 1) φ
            p2 = -((k * u + 2) * p1 + k * p0) / u
            p3 = -((k * u + 3) * p2 + 2 * k * p1) / u
            return p0, p1, p2, p3, -((k * u + 4) * p3 + 3 * k * p2) / u

        return phi


def test_a_new_potential_is_one_record_and_one_line(monkeypatch):
    monkeypatch.setitem(catalogue.FAMILIES, "yukawa", Yukawa)  # the one line
    model = catalogue.parse("yukawa(kappa=1.5)")
    from vitrify.glass import Glass

    rng = np.random.default_rng(1)
    glass = Glass(rng.random((60, 3)) * 7, 7.0, np.zeros(60, dtype=np.int8), model)
    with pytest.warns(PotentialWarning, match="at the cutoff"):
        pairs = Pairs.of(glass)
    r = pairs.distance
    expected = np.sum(np.exp(-2.25 * r**2) / r**2) / 2
    assert 0.5 * pairs.terms[0].sum() == pytest.approx(expected, rel=1e-12)
    assert isinstance(model, Model)
