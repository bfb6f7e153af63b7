"""What a user sees of an object at a prompt and in a notebook: a line or a few, whatever it holds, and no markup of others."""

import re
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify import ensemble, observables
from vitrify.campaign import Result
from vitrify.contacts import Contacts
from vitrify.short_forms import ShortForm, brief, html_table, span
from vitrify.statics import Hessian, Pairs
from vitrify.statics.modes import lowest_modes

LONGEST = 300  # characters of an object that is no list of ensembles


@pytest.fixture(scope="module")
def shown(pss_glass):
    """Objects that users meet, by name."""
    glass, hessian = pss_glass, Hessian(Pairs.of(pss_glass))
    spots = observables.soft_spots(glass, 2, hessian=hessian)
    moduli = np.random.default_rng(0).normal(10.0, 1.0, 50)
    return {
        "glass": glass,
        "model": glass.model,
        "mixture": glass.model.mixture,
        "polydisperse": vitrify.models.ninarello().mixture,
        "units": vitrify.Units(style="metal", length=3.405, energy=0.0103, mass=39.95),
        "recipe": vitrify.Recipe(),
        "measurement": vitrify.measure(glass),
        "modes": lowest_modes(hessian, 3),
        "qlm": observables.quasilocalised_mode(glass, hessian=hessian),
        "spots": spots,
        "spot": spots.spots[0],
        "profile": spots.spots[0].profile,
        "constants": observables.elastic_constants(glass, hessian=hessian),
        "local": observables.local_moduli(glass, cells=2, hessian=hessian),
        "g(r)": observables.radial_distribution(glass),
        "D(ω)": observables.density_of_states(glass, hessian=hessian),
        "decay": observables.dipole_decay(glass, number=2, hessian=hessian),
        "pairs": hessian.pairs,
        "hessian": hessian,
        "contacts": Contacts.of(glass),
        "fluctuation": ensemble.fluctuation(moduli, n_particles=300),
        "mean": ensemble.mean(moduli),
        "result": Result({"shear_modulus": 1.5}, {"frequency": np.arange(2000.0)}),
    }


def test_each_is_a_line(shown):
    for name, x in shown.items():
        assert len(repr(x)) <= LONGEST, name
        assert "\n" not in repr(x), name


def test_a_notebook_has_a_table_of_each(shown):
    for name, x in shown.items():
        if isinstance(x, ShortForm):
            assert x._repr_html_().startswith("<table>"), name
            assert len(x._repr_html_()) < 3000, name


def test_lines_have_numbers_and_units(shown):
    glass = shown["glass"]
    a, b = np.bincount(glass.species)
    line = (
        rf"<Glass: {glass.n_particles} particles \(A {a}, B {b}\), pss\(rc=1.2\), density [\d.]+ λ⁻³, cubic box of [\d.]+ λ"
    )
    assert re.match(line, repr(glass))
    measured = shown["measurement"]
    assert f"G = {measured.shear_modulus:.4g} ε/λ³" in repr(measured)
    assert f"U/N = {measured.energy_per_particle:.4g} ε" in repr(measured)
    assert repr(replace(measured, shear_modulus_diagonal=1.0)).count("ε/λ²") == 3  # of a plane
    assert "3 modes" in repr(shown["modes"])
    assert repr(shown["units"]) == "<Units: metal, λ = 3.405 Å, ε = 0.0103 eV, m = 39.95 g/mol>"
    assert "2 softest of" in repr(shown["spots"])
    assert "values shear_modulus, arrays frequency (2000,)" in repr(shown["result"])


def test_a_measurement_has_its_number_under_the_last_name_too(shown):
    with pytest.warns(DeprecationWarning, match=r"Measurement\.n is now Measurement\.n_particles"):
        assert shown["measurement"].n == shown["glass"].n_particles


def test_results_keep_all_of_their_fields(shown):
    """Only what is shown is short: equality and fields are those of any dataclass."""
    for x in shown.values():
        if is_dataclass(x):
            assert all(hasattr(x, field.name) for field in fields(x))
    assert shown["model"] == vitrify.models.pss(rc=1.2)


def test_every_public_result_is_short():
    """A class of results that is new has a short form too, or fields that are few and small."""
    large = re.compile(r"Array|NDArray|dict\[")
    for module in (observables, ensemble, vitrify.statics):
        for name in dir(module):
            x = getattr(module, name)
            if isinstance(x, type) and is_dataclass(x) and any(large.search(str(f.type)) for f in fields(x)):
                assert issubclass(x, ShortForm), name


def test_texts_of_users_are_escaped_and_cut():
    table = html_table("<b>", ("a", "b"), [("<script>", "1 & 2")])
    assert "<script>" not in table
    assert "&lt;script&gt;" in table
    assert "1 &amp; 2" in table
    assert len(brief("x" * 10_000)) < 200


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), (1234567, "1,234,567"), (0.123456, "0.1235"), (True, "yes"), (np.zeros((30, 3)), "of shape (30, 3)"),
    (np.arange(3), "0, 1, 2"), ([1] * 9, "9 entries"), ({}, ""),
])  # fmt: skip
def test_values_in_brief(value, text):
    assert brief(value) == text


def test_a_span_of_nothing_is_none():
    assert span(np.array([np.nan])) == "none"
    assert span(np.array([2.0, 1.0, np.nan])) == "1 to 2"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    text = study_text(("loose", '"mechanics", { name = "modes", n_samples = 1, number = 2 }'), ("<i>", '"mechanics"'))
    return filled(tmp_path_factory.mktemp("short") / "s", text)


def test_a_store_shows_its_ensembles(store):
    opened = vitrify.open_store(store)
    assert "study 'small', 2 ensembles, 4 of 4 glasses finished" in repr(opened)
    assert "'loose': 2 of 2 glasses" in repr(opened)
    html = opened._repr_html_()
    assert "<td>loose</td><td>pss(rc=1.2)</td><td>0.6</td><td>100</td><td>2</td><td>2</td>" in html
    assert "&lt;i&gt;" in html
    assert "<i>" not in html


def test_results_say_which_sample_and_ensemble_they_are(store):
    opened = vitrify.open_store(store)
    for k, result in enumerate(opened.results("loose", "mechanics")):
        assert (result.ensemble, result.observable, result.sample) == ("loose", "mechanics", k)
    (modes,) = opened.results("loose", "modes")
    assert "modes of sample 0 of 'loose'" in repr(modes)
    assert opened.table("loose").index.name == "sample"
    assert opened.table("loose").attrs["ensemble"] == "loose"
