"""A sample made again from a folder of tables is the one that is there."""

import json
import random
import secrets
from pathlib import Path

import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify.errors import UsageError
from vitrify.study import digest
from vitrify.study.observables import OBSERVABLES
from vitrify.tables import export_tables, remake, remaking
from vitrify.tables.files import checksum

EVIDENCE = Path(__file__).parents[2] / "studies" / "results" / "evidence"
SMALL = 3_000  # particles: a sample takes seconds
TEXT = study_text(("A", '"mechanics", "elasticity", { name = "modes", number = 4, below = 0.0 }'))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("remade") / "s", TEXT)


@pytest.fixture
def folder(store, tmp_path):
    export_tables(vitrify.open_store(store), tmp_path / "t")
    return tmp_path / "t"


def forged(folder, file, old, new):
    """The tables with other numbers, and the checksums that go with them."""
    path, about = folder / "A" / file, folder / "A" / "provenance.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    said = json.loads(about.read_text())
    said["files"][file] = checksum(path.read_text())
    about.write_text(json.dumps(said))
    return vitrify.open_tables(folder)


def test_it_is_the_same_to_the_last_bit(folder):
    found = remake(vitrify.open_tables(folder), "A", 1)
    assert found.agrees
    assert found.same_glass
    assert found.same_processor
    assert found.compared > 25  # ten of mechanics, nine of elasticity, five of modes, and four frequencies
    assert "all agree" in found.sentence()


def test_a_number_off_by_its_last_bit_is_seen(folder):
    value = vitrify.open_tables(folder).rows("A")[1]["shear_modulus_xz"]
    found = remake(forged(folder, "samples.csv", repr(value), repr(float(np.nextafter(value, 0.0)))), "A", 1)
    assert not found.agrees
    assert list(found.differences) == ["shear_modulus_xz"]
    assert 0.0 < found.differences["shear_modulus_xz"] < 1e-15


def test_a_frequency_off_by_a_kept_digit_is_seen(folder):
    line = [x for x in (folder / "A" / "modes.csv").read_text().splitlines() if x.startswith("1,")][2]
    sample, frequency, share = line.split(",")
    moved = f"{sample},{float(frequency) * (1 + 3e-6):.7g},{share}"
    found = remake(forged(folder, "modes.csv", line, moved), "A", 1)
    assert list(found.differences) == ["frequency"]


def test_another_glass_is_seen(folder):
    row = vitrify.open_tables(folder).rows("A")[1]
    found = remake(forged(folder, "samples.csv", row["glass"], "0" * 16), "A", 1)
    assert not found.agrees
    assert not found.same_glass


@pytest.fixture
def elsewhere(monkeypatch):
    """On another kind of processor than that of the tables."""
    monkeypatch.setattr(remaking, "processor_kind", lambda: "Pentium II (mmx)")


@pytest.mark.usefixtures("elsewhere")
def test_on_another_processor_the_same_glass_agrees_to_a_part_in_a_million(folder):
    value = vitrify.open_tables(folder).rows("A")[1]["shear_modulus"]
    for factor, agrees in ((1 + 1e-8, True), (1 + 3e-6, False)):
        tables = forged(folder, "samples.csv", repr(value), repr(value * factor))
        found = remake(tables, "A", 1)
        assert (found.same_processor, found.same_glass, found.agrees) == (False, True, agrees)
        value *= factor


@pytest.mark.usefixtures("elsewhere")
def test_on_another_processor_another_glass_lies_where_the_ensemble_lies(folder, monkeypatch):
    glass = vitrify.open_tables(folder).rows("A")[1]["glass"]
    tables = forged(folder, "samples.csv", glass, "0" * 16)
    with pytest.raises(UsageError, match="of which there must be 20, but are 2"):
        remake(tables, "A", 1)
    monkeypatch.setattr(remaking, "LEAST", 2)
    own = tables.rows("A")
    middle, width = own[0]["pressure"], 0.5 * own[0]["pressure"]
    for shift, agrees in ((0.0, True), (10.0, False)):
        rows = [{**x, "pressure": middle + shift + k * width} for k, x in enumerate(own)]
        monkeypatch.setattr(tables, "rows", lambda *_, rows=rows: rows)
        found = remake(tables, "A", 1)
        assert (found.same_glass, "pressure" not in found.differences) == (False, agrees)


def test_what_another_version_measured_is_not_judged(folder, monkeypatch):
    value = vitrify.open_tables(folder).rows("A")[1]["shear_modulus"]
    tables = forged(folder, "samples.csv", repr(value), repr(2.0 * value))
    monkeypatch.setattr(OBSERVABLES["elasticity"], "version", 9)
    found = remake(tables, "A", 1)
    assert found.agrees
    assert found.earlier == ("elasticity",)


def test_glasses_of_another_version_that_are_the_same_are_judged(folder, monkeypatch):
    monkeypatch.setattr(digest, "LIQUID", 9)
    assert remake(vitrify.open_tables(folder), "A", 1).agrees
    row = vitrify.open_tables(folder).rows("A")[1]
    with pytest.raises(UsageError, match="made by another version of the code"):
        remake(forged(folder, "samples.csv", row["glass"], "0" * 16), "A", 1)


def test_a_sample_that_is_not_there(folder):
    with pytest.raises(UsageError, match="no finished sample 7 of 'A'"):
        remake(vitrify.open_tables(folder), "A", 7)


@pytest.mark.slow
def test_a_sample_of_the_published_tables_is_made_again(tell):
    """Picked at random among all samples of small ensembles; the seed is told."""
    if not EVIDENCE.exists():
        pytest.skip("studies/results/evidence is not there yet")
    tables = vitrify.open_tables(EVIDENCE)
    small = [
        x.name for x in tables.study.ensembles if x.n_particles <= SMALL and len(tables.rows(x.name)) >= remaking.LEAST
    ]
    seed = secrets.randbelow(2**32)
    chosen = random.Random(seed)
    name = chosen.choice(small)
    sample = chosen.choice(tables.rows(name))["sample"]
    tell(f"seed {seed}: sample {sample} of {name!r}")
    found = remake(tables, name, sample)
    tell(found.sentence())
    assert found.agrees, found.sentence()
    assert found.compared > 0
