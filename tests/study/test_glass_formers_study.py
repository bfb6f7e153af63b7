"""studies/glass_formers.toml from end to end, smaller: made, measured and reported by the commands, each number again by
NumPy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import vitrify
from slow_twins import slow_sums
from vitrify.cli.main import cli
from vitrify.statics import Hessian, Pairs
from vitrify.study import read_study

STUDY = Path(__file__).parents[2] / "studies" / "glass_formers.toml"
SMALLER = {
    "n_particles = 1000": "n_particles = 200", "n_samples = 6": "n_samples = 2", "melt_msd = 4.0": "melt_msd = 2.0",
    "n_samples = 2, n_particles = 4000, number = 16": "n_samples = 1, n_particles = 400, number = 4",
}  # fmt: skip
NAMES = {"Kob-Andersen": 3, "Kob-Andersen 2D": 2, "polydisperse": 3}


def test_what_the_study_asks_for():
    study = read_study(STUDY)
    assert {x.name: x.dimension for x in study.ensembles} == NAMES
    assert all(len(x.measured) == 7 for x in study.ensembles)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    place, text = tmp_path_factory.mktemp("formers"), STUDY.read_text()
    for large, small in SMALLER.items():
        assert large in text
        text = text.replace(large, small)
    (place / "study.toml").write_text(text)
    done = CliRunner().invoke(cli, ["run", str(place / "study.toml"), "--store", str(place / "s"), "--workers", "1"])
    assert done.exit_code == 0, done.output
    return place / "s"


@pytest.mark.slow
def test_all_of_it_is_there(store):
    opened = vitrify.open_store(store)
    for name in NAMES:
        counts = opened.counts(name)
        assert (counts.wanted, counts.done, counts.failed) == (2, 2, 0), counts.reasons
        temperature = opened.parent_temperature(name)
        table = opened.table(name)
        assert (table["parent_temperature"] == temperature.temperature).all()
        rule = 4 * (temperature.shear_modulus + 2 * temperature.shear_modulus_error) / opened.glass(name, 0).density / 30
        assert rule <= temperature.temperature < 1.011 * rule


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_number_by_another_way(store, name):
    """Energy, forces and pressure by sums over all pairs; modes by a dense spectrum; the quasilocalised mode is above them."""
    opened, d = vitrify.open_store(store), NAMES[name]
    table = opened.table(name)
    modes, qlms, solid = opened.results(name, "modes"), opened.results(name, "qlm"), 0
    for sample, glass in opened.glasses(name):
        energy, forces, pressure = slow_sums(glass)
        assert glass.dimension == d
        assert np.abs(forces).max() < 2e-10
        assert table["energy_per_particle"][sample] == pytest.approx(energy / glass.n_particles, rel=1e-11)
        assert table["pressure"][sample] == pytest.approx(pressure, rel=1e-9)
        omega = np.sqrt(np.linalg.eigvalsh(Hessian(Pairs.of(glass)).matrix().toarray())[d:])
        found = modes[sample].arrays["frequency"]
        first = modes[sample].values["first_shear_phonon"]
        assert len(found) == np.sum(omega < modes[sample].values["modes_counted_below"])
        np.testing.assert_allclose(found, omega[: len(found)], rtol=1e-7)
        assert modes[sample].values["modes_counted_below"] == pytest.approx(1.2 * first, rel=1e-9)
        columns = [x for x in table if x.startswith("shear_modulus") and not x.endswith("affine")]
        assert len([x for x in columns if np.isfinite(table[x][sample])]) == {2: 2, 3: 3}[d]
        shear = np.nanmean(table[columns].loc[sample])
        if shear > 0.1 * table["shear_modulus_affine"][sample]:  # a glass that yields has no speed of sound
            assert first == pytest.approx(2 * np.pi * np.sqrt(shear / glass.density) / glass.box, rel=1e-6)
            solid += 1
        assert qlms[sample].values["qlm_frequency"] > 0.99 * omega[0]
        assert 1 / glass.n_particles <= qlms[sample].values["qlm_participation_ratio"] <= 1.0
        assert qlms[sample].arrays["vector"].shape == glass.positions.shape
    assert solid
    whole = opened.results(name, "spectrum")[0].arrays
    integral = np.sum(whole["density"]) * (whole["omega"][1] - whole["omega"][0])
    assert integral == pytest.approx(d * (1 - 1 / 200), rel=1e-3)


@pytest.mark.slow
def test_its_report(store):
    page = store / "report" / "index.html"
    assert page.exists()
    first = pd.read_csv(store / "report" / "tables" / "table_I.csv")
    assert dict(zip(first["ensemble"], first["d"], strict=True)) == NAMES
    assert (first["n finished"] == 2).all()
    assert "4 G a0^d/30" in first.columns
    text = page.read_text()
    assert all(name in text for name in NAMES)
    assert "r^2d c(r)" in text
    assert "nan" not in " ".join(first.astype(str).to_numpy().ravel())
