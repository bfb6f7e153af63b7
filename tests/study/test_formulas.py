"""The formula of a family that the package does not ship is part of what a study's results are known by."""

import ctypes
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from math import exp

import pytest

from stores import filled, glasses_of
from vitrify import campaign
from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.models import Potential, catalogue, smooth_cutoff
from vitrify.models.potentials import PiecewiseStickySpheres
from vitrify.study import Ledger, parse_study, plan, write_manifest
from vitrify.study.orphans import not_asked_for

TEXT = """
[study]
name = "own"

[[ensemble]]
name = "a"
model = "{model}"
density = 1.0
n_particles = 100
n_samples = 1
parent_temperature = 0.013
melt_msd = 1.0
observables = ["mechanics"]
"""
KEY = "formula of the potential"


def family(height, *, fourth=1.0, kind=Potential, exponential=exp):
    """A smooth Gaussian core of this height, which is no parameter of it; `fourth` spoils φ_uuuu."""

    @dataclass(frozen=True, slots=True)
    class Gaussian(kind):
        cutoff: float = 1.5

        def numbers(self):
            return smooth_cutoff(self.derivatives()(self.cutoff**2, (0.0, 0.0, 0.0)), self.cutoff**2)

        def derivatives(self):
            def phi(u, c):
                e = height * exponential(-4.0 * u)
                return (
                    e + c[0] + u * (c[1] + u * c[2]),
                    c[1] + 2 * c[2] * u - 4 * e,
                    16 * e + 2 * c[2],
                    -64 * e,
                    256 * fourth * e,
                )

            return phi

    return Gaussian


@pytest.fixture
def called_gaussian(monkeypatch):
    """Make a family known by the name of gaussian."""
    return lambda kind, name="gaussian": monkeypatch.setitem(catalogue.FAMILIES, name, kind)


def study(model="gaussian()"):
    size = "100" if model == "gaussian()" else "1000"  # that all boxes hold twice the cutoff
    return parse_study(TEXT.format(model=model).replace("100", size))


def folder():
    return glasses_of(study())[0].folder


def test_another_formula_under_the_same_name_stands_elsewhere(called_gaussian):
    called_gaussian(family(1.0))
    one = set(Ledger(study()).definitions)
    called_gaussian(family(1.0))
    assert set(Ledger(study()).definitions) == one
    called_gaussian(family(2.0))
    assert not one & set(Ledger(study()).definitions)


def test_numbers_and_cutoff_are_of_the_formula_too(called_gaussian):
    """Members that differ in nothing that the function or the name shows."""
    found = set()
    for cutoff, third in ((1.5, 0.0), (1.6, 0.0), (1.5, 1.0)):
        kind = family(1.0)
        members = {
            "cutoff": cutoff,
            "numbers": lambda self, third=third: (0.0, 0.0, third),
            "derivatives": kind.derivatives,
        }
        called_gaussian(type("Gaussian", (Potential,), members))
        found.add(folder())
    assert len(found) == 3


def test_shipped_families_are_known_by_their_names_alone(called_gaussian):
    for model in ("pss(rc=1.2)", "qss(q=12, xc=2.0)", "lennard_jones()", "inverse_power()", "hertzian()"):
        assert not any(KEY in x for x in Ledger(study(model)).definitions.values())
    called_gaussian(family(1.0), "pss")
    assert any(KEY in x for x in Ledger(study("pss()")).definitions.values())
    called_gaussian(type("Derived", (PiecewiseStickySpheres,), {}), "pss")
    assert any(KEY in x for x in Ledger(study("pss()")).definitions.values())


PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
from study import test_formulas as t
t.catalogue.FAMILIES["gaussian"] = t.family(1.0)
print(t.folder())
"""


def test_it_is_the_same_in_every_process(called_gaussian, request):
    tests = str(request.config.rootpath / "tests")
    called_gaussian(family(1.0))
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, tests], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == folder()


def test_a_run_makes_the_glasses_of_a_changed_formula_and_says_why_the_old_are_not_asked_for(called_gaussian, tmp_path):
    called_gaussian(family(1.0))
    store = Store(filled(tmp_path / "store", TEXT.format(model="gaussian()")))
    write_manifest(study(), store)
    assert campaign.run(plan(study()), store, workers=1).made == 0
    called_gaussian(family(1.5))
    assert campaign.run(plan(study()), store, workers=1).made == 1
    reasons = {x.folder.partition("-")[0]: x.why for x in not_asked_for(store)}
    assert reasons.keys() == {"a/glass", "a/mechanics"}
    assert all(why.startswith(f"{KEY} ") and ", now " in why for why in reasons.values())


def test_a_store_from_before_formulas_were_recorded(called_gaussian, tmp_path):
    called_gaussian(family(1.0))
    store = Store(filled(tmp_path / "store", TEXT.format(model="gaussian()")))
    old = store.directory / "a" / "glass-0123456789ab"
    old.mkdir()
    about = {k: v for k, v in Ledger(study()).definitions[folder()].items() if k != KEY}
    (old / "spec.json").write_text(json.dumps(about))
    (old / "000000.h5").write_bytes(b"")
    reasons = {x.folder: x.why for x in not_asked_for(store)}
    assert reasons["a/glass-0123456789ab"].startswith(f"{KEY} not recorded, now ")


C_EXP = ctypes.CDLL("libm.so.6").exp
C_EXP.argtypes, C_EXP.restype = [ctypes.c_double], ctypes.c_double


def test_a_formula_that_cannot_be_told_is_refused_in_a_study(called_gaussian):
    called_gaussian(family(1.0, exponential=C_EXP))
    with pytest.raises(
        UsageError, match=r"potential Gaussian: its formula uses exponential in phi\(\), a ctypes.*plain functions"
    ) as caught:
        folder()
    assert "\n" not in str(caught.value)


def test_a_wrong_formula_is_refused_before_any_worker_meets_it(called_gaussian):
    called_gaussian(family(1.0, fourth=0.75))
    with pytest.raises(UsageError, match="φ_uuuu is not the slope of φ_uuu"):
        plan(study())


@pytest.mark.parametrize(("kind", "words"), [
    (type("Gaussian", (Potential,), {"derivatives": family(1.0).derivatives}), "has no cutoff"),
    (type("Gaussian", (Potential,), {"cutoff": 1.5}), r"has no derivatives\(\)"),
    (dataclass(frozen=True)(type("Gaussian", (Potential,), {"__annotations__": {"cutoff": float}})), "needs a value for 'cutoff'"),
])  # fmt: skip
def test_a_family_that_is_none_is_refused_by_its_name(called_gaussian, kind, words):
    called_gaussian(kind)
    with pytest.raises(UsageError, match=words):
        plan(study())
