"""Files of embedded atoms: what is read, what is refused, how the functions end, and what a digest tells."""

import pickle

import numpy as np
import pytest

import embedded_atoms
from vitrify import models
from vitrify.errors import UsageError
from vitrify.models import setfl, tables
from vitrify.models.catalogue import parse
from vitrify.preparation.liquid import time_step


@pytest.fixture
def no_memory(monkeypatch):
    """A process that has read no file yet."""
    monkeypatch.setattr(setfl, "_known", {})
    monkeypatch.setattr(tables, "_folders", [])
    setfl._read.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder, name="CuZr.eam.fs", **options):
    return embedded_atoms.write(folder / name, **({"n_r": 300, "n_rho": 300} | options))


@pytest.mark.parametrize("fs", [True, False])
def test_the_functions_are_the_closed_forms(folder, fs):
    """Values and two derivatives, to what is told of the interpolation, which knows no closed form."""
    model = models.eam(written(folder, fs=fs, n_r=1000, n_rho=1000), "Cu,Zr")
    splines, error = model.potential.splines, model.potential.error
    assert splines.content.style == ("eam.fs" if fs else "eam.alloy")
    r, h = np.linspace(2.0, 5.39, 700), 1e-4
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for of, exact, told in (
            (splines.pair_energy, lambda i, j, r: embedded_atoms.pair(i, j, r, np), error.pair),
            (splines.density_of, lambda i, j, r: embedded_atoms.density(i, j, r, np, fs=fs), error.density),
        ):
            found, scale = of(i, j, r), np.abs(exact(i, j, 2.0))
            np.testing.assert_allclose(found[0], exact(i, j, r), atol=10 * told + 1e-12 * scale)
            slope = (exact(i, j, r + h) - exact(i, j, r - h)) / (2 * h)
            np.testing.assert_allclose(found[1], slope, atol=1e-5 * scale)
    rho = np.linspace(2.0, 390.0, 500)
    for k in (0, 1):
        found = splines.embedding_of(k, rho)
        np.testing.assert_allclose(found[0], embedded_atoms.embedding(k, rho, np), atol=1e-5)
        np.testing.assert_allclose(found[0][rho > 10], embedded_atoms.embedding(k, rho, np)[rho > 10], atol=1e-10)


def test_derivatives_to_the_fourth_are_continuous_and_all_vanish_at_the_cutoff_to_the_second(folder):
    splines = models.eam(written(folder), "Cu,Zr").potential.splines
    step = splines.content.r_step
    rows = step * np.arange(100, 300)
    for of in (splines.density_of, splines.pair_energy):
        below, above = (of(0, 1, rows + s * 1e-12 * step) for s in (-1, 1))
        assert np.all(np.abs(below - above).max(axis=1) < 1e-6 * np.abs(above).max(axis=1))
    end = splines.cutoff * (1 - 1e-9)
    for found in (splines.pair_energy(0, 1, np.array([end])), splines.density_of(0, 1, np.array([end]))[:3]):
        assert np.abs(found).max() < 1e-6
    assert splines.cutoff == pytest.approx(embedded_atoms.CUTOFF, rel=1e-12)
    assert np.all(splines.density_of(0, 1, np.array([splines.cutoff, 9.0])) == 0.0)


def test_beyond_the_largest_density_the_embedding_goes_straight_on(folder):
    splines = models.eam(written(folder), "Cu,Zr").potential.splines
    last = (splines.content.embedding.shape[1] - 1) * splines.content.rho_step
    at_end = splines.embedding_of(1, np.array([last]))
    further = splines.embedding_of(1, np.array([last + 50.0]))
    assert further[0, 0] == pytest.approx(at_end[0, 0] + 50.0 * at_end[1, 0], rel=1e-12)
    np.testing.assert_allclose(further[2:, 0], 0.0)


def test_fewer_digits_are_noise_in_the_fourth_derivative(folder):
    noise = [models.eam(written(folder, f"{d}.eam.fs", digits=d, n_r=2000), "Cu,Zr").potential.error.noise for d in (17, 8)]
    assert max(noise[0][1:]) < 0.05
    assert min(noise[1][1:]) > 0.5
    assert "is noise of the rows" in str(models.eam("8.eam.fs").potential.error)


def test_a_function_that_does_not_end_is_taken_to_zero_and_told(folder, monkeypatch):
    monkeypatch.setattr(embedded_atoms, "ending", lambda r, xp: 1.0 + 0.0 * r)
    potential = models.eam(written(folder, n_r=1000), "Cu,Zr").potential
    assert potential.error.tapered == 7  # four densities and three pairs
    assert "do not end in zero" in str(potential.error)
    r = np.array([0.94, 1.0 - 1e-9]) * potential.cutoff
    found = potential.splines.density_of(0, 0, r)
    assert found[0, 0] == pytest.approx(embedded_atoms.density(0, 0, r[0], np), rel=1e-9)
    assert np.abs(found[:3, 1]).max() < 1e-6


def test_the_cold_crystal_is_that_of_the_closed_forms(folder):
    """Cleri and Rosato's copper: its parameters were fitted to 3.615 Å, with neighbours up to the fifth."""
    potential = models.eam(written(folder), "Cu").potential
    assert potential.neighbour_distance() * np.sqrt(2.0) == pytest.approx(3.615, rel=0.02)
    assert potential.usual_mixture.labels == ("Cu",)


def test_a_time_step_resolves_the_stiffest_contact(folder):
    """0.25/ω of the pair at 4 k_B T, by differences of the closed forms."""
    model = models.eam(written(folder, fs=False), "Cu,Zr")
    r, h, steps = np.linspace(1.5, 4.0, 20001), 1e-4, []
    slopes = [
        float(np.gradient(embedded_atoms.embedding(k, np.array([rho - 1e-4, rho, rho + 1e-4]), np), 1e-4)[1])
        for k, (_, rho) in enumerate(model.potential.splines.cold)
    ]

    def felt(i, j, r):
        own = slopes[i] * embedded_atoms.density(i, j, r, np, fs=False)
        return embedded_atoms.pair(i, j, r, np) + own + slopes[j] * embedded_atoms.density(j, i, r, np, fs=False)

    for i, j in ((0, 0), (0, 1), (1, 1)):
        at = r[np.flatnonzero(felt(i, j, r) >= 4 * 0.2)[-1]]
        steps.append(0.25 / np.sqrt((felt(i, j, at + h) - 2 * felt(i, j, at) + felt(i, j, at - h)) / h**2))
    assert time_step(model, 0.2) == pytest.approx(min(steps), rel=0.01)


def test_a_check_tells_of_the_interpolation_and_no_table_of_pairs_is_written(folder):
    model = models.eam(written(folder), "Cu,Zr")
    report = models.check(model)
    assert report.ok
    assert str(model.potential.error) in str(report)
    with pytest.raises(UsageError, match="has an energy beyond pairs, which a table of pairs cannot hold"):
        model.write_lammps_table(folder / "CuZr.table")


# --- content -------------------------------------------------------------------------------------------------------------


def test_the_name_names_the_content_by_its_digest(folder, no_memory):
    model = models.eam(written(folder))
    assert str(model).startswith(f'eam("CuZr.eam.fs", elements="Cu,Zr", digest="{model.potential.digest}") [0.5:0.5; ')
    assert parse(str(model)) == model == parse('eam("CuZr.eam.fs", elements="Cu, Zr")')
    other = parse('eam("CuZr.eam.fs", elements="Zr,Cu") [0.36:0.64; lengths 1,1,1]')
    assert other.mixture.labels == ("Zr", "Cu")
    assert models.eam(written(folder, digits=10)).potential.digest != model.potential.digest


def test_a_file_of_a_store_is_the_file_to_the_last_bit(folder, no_memory):
    content = models.eam(written(folder)).potential.content
    (folder / "copy.eam").write_text(content.text())
    copied = models.eam("copy.eam").potential.content
    assert copied.digest == content.digest
    for name in ("embedding", "density", "pair"):
        np.testing.assert_array_equal(getattr(copied, name), getattr(content, name))


def test_a_pickled_potential_travels_with_its_content(folder, no_memory, monkeypatch):
    model = models.eam(written(folder))
    travelling = pickle.dumps(model)
    (folder / "CuZr.eam.fs").unlink()
    monkeypatch.setattr(setfl, "_known", {})
    assert pickle.loads(travelling).potential.content.digest == model.potential.digest
    monkeypatch.setattr(setfl, "_known", {})
    with pytest.raises(UsageError, match=f"with the digest {model.potential.digest} is not here; name its file by --eam"):
        models.eam("CuZr.eam.fs", digest=model.potential.digest)


def line(text, number, new):
    lines = text.splitlines()
    lines[number - 1] = new
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("change", "told"), [
    (lambda x: "", "has 0 lines"),
    (lambda x: x[: len(x) // 2], "it was cut off"),
    (lambda x: x + "1.0 2.0\n", "has 2,702 numbers behind its elements, must have 2,100 as eam.alloy or 2,700 as eam.fs"),
    (lambda x: line(x, 4, "3 Cu Zr"), "line 4 is '3 Cu Zr', must be a number of elements and their names"),
    (lambda x: line(x, 4, "3 Cu Zr Al"), "has 3 elements and 2 lines of elements"),
    (lambda x: line(x, 4, "2 Cu Cu"), "has element Cu twice"),
    (lambda x: line(x, 5, "300 -1.0 300 0.018 5.4"), "line 5: drho is -1.0, must be a positive number"),
    (lambda x: line(x, 5, "300 1.3 300 0 5.4"), "line 5: dr is 0, must be a positive number"),
    (lambda x: line(x, 5, "300 1.3 300 0.018 nan"), "line 5: cutoff is nan, must be a positive number"),
    (lambda x: line(x, 5, "300 1.3 300 0.018 50"), "line 5: cutoff is 50, must be at most 5.4, as there are no rows of r beyond"),
    (lambda x: line(x, 5, "3 1.3 300 0.018 5.4"), "line 5: n_rho is 3, must be 24 to 100,000"),
    (lambda x: line(x, 5, "300 1.3 300"), "line 5 is '300 1.3 300', must be n_rho, drho"),
    (lambda x: line(x, 9, "1.0 2.0 nan 4.0 5.0"), "line 9 is '1.0 2.0 nan 4.0 5.0', must be finite numbers"),
    (lambda x: line(x, 9, "1.0 2.0 1e999 4.0 5.0"), "must be finite numbers"),
    (lambda x: line(x, 9, "1.0 2.0 1_0 4.0 5.0"), "must be finite numbers"),
])  # fmt: skip
def test_what_is_no_such_file_is_refused_in_one_sentence(folder, change, told):
    path = written(folder)
    path.write_text(change(path.read_text()))
    with pytest.raises(UsageError) as caught:
        models.eam(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("form", "told"), [
    ('eam("CuZr.eam.fs", elements="Cu,Zn")', "has no element 'Zn'; it has Cu, Zr"),
    ('eam("CuZr.eam.fs", elements="cu,zr")', "has no element 'cu', did you mean 'Cu'?; it has Cu, Zr"),
    ('eam("CuZr.eam.fs", elements="Cu,Cu")', "must be named once each"),
    ('eam("CuZr.eam.fs", elements="Cu,,Zr")', "must be names such as"),
    ('eam("CuZr.eam.fs", elements=3)', "must be names such as"),
    ('eam("CuZr.eam.fs", element="Cu")', "takes elements, digest, not 'element', did you mean 'elements'?"),
    ('eam("absent.eam.fs")', "potential absent.eam.fs is not there"),
    ('eam("CuZr.eam.fs", elements="Cu,Zr") [0.5:0.5; lengths 1,1,1; labels Ni,P]', "is of Cu, Zr, but its mixture has the species Ni, P"),
    ('eam("CuZr.eam.fs", elements="Cu,Zr") [1; lengths 1]', "but its mixture has the species A"),
    ('eam("CuZr.eam.fs", elements="Cu,Zr") [0.5:0.5; lengths 1,1,1.4]', "its mixture has lengths other than 1, such as 1.4; write lengths of 1"),
    ('eam("CuZr.eam.fs", elements="Cu") [1; lengths 2]', "its mixture has lengths other than 1, such as 2; write lengths of 1"),
    ('eam("CuZr.eam.fs", elements="Cu,Zr") [0.5:0.5; lengths 1,1,1; energies 1,3,1]', "energies other than 1, such as 3"),
    ('eam("CuZr.eam.fs", elements="Cu,Zr") [0.5:0.5; lengths 1,1,1; cutoffs 5,5,5]', "cutoffs of its own; leave them out"),
])  # fmt: skip
def test_what_is_no_model_of_a_file_is_refused(folder, form, told):
    written(folder)
    with pytest.raises(UsageError) as caught:
        parse(form)
    assert told in str(caught.value)


def test_what_nothing_holds_together_is_refused(folder, monkeypatch):
    monkeypatch.setattr(embedded_atoms, "embedding", lambda k, rho, xp: 0.0 * rho)
    with pytest.raises(UsageError, match="the fcc crystal of Cu has no energy that is least"):
        models.eam(written(folder))


def test_one_element_may_have_its_mixture_written(folder):
    written(folder)
    form = 'eam("CuZr.eam.fs", elements="Cu")'
    assert parse(f"{form} [1; lengths 1]") == parse(form)
