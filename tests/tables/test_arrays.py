"""What is kept of arrays: means exactly, scatter truly, and twenty ensembles in a few megabytes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores import Invented
from vitrify.campaign import Result
from vitrify.errors import UsageError
from vitrify.study import Counts, parse_study
from vitrify.study.columns import MADE, observed
from vitrify.study.observables import OBSERVABLES
from vitrify.tables import arrays
from vitrify.tables.arrays import GLASSES, MOST_PARTS
from vitrify.tables.cells import read_rows, write_rows
from vitrify.tables.files import from_files, to_files
from vitrify.tables.record import Part, Record

MEGABYTES = 15
STUDY = parse_study(
    '[[ensemble]]\nname = "DSS rho=0.60"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 3000\nn_samples = 200\n'
    'parent_temperature = 6.0\n'
)  # fmt: skip


@given(n=st.integers(1, 90), number=st.integers(1, 20), seed=st.integers(0, 99))
def test_parts_have_the_mean_of_the_samples(n, number, seed):
    each = np.random.default_rng(seed).normal(size=(n, 3))
    parts = arrays.equal_parts(each, min(n, number))
    assert parts.shape == (min(n, number), 3)
    np.testing.assert_allclose(parts.mean(axis=0), each.mean(axis=0), atol=1e-12)
    if number >= n:
        np.testing.assert_allclose(parts, each, atol=1e-12)


@pytest.mark.parametrize("n", [40, 197, 200])
def test_parts_scatter_as_the_standard_error_says(n):
    """χ² of 19 degrees of freedom, 4,000 times: the mean of the variance is known to 0.5 %."""
    parts = arrays.equal_parts(np.random.default_rng(1).normal(size=(n, 4000)), 20)
    variance = parts.var(axis=0, ddof=1).mean() / 20
    # a sample shared by two parts makes them alike: for 197 samples in 20 parts, 2 % of the variance at most
    assert variance * n == pytest.approx(1.0, abs=4 * 0.005 + (0.06 if n == 197 else 0.0))


def test_a_first_release_kept_the_mean_over_dipoles_alone():
    distance, median = np.geomspace(0.5, 50.0, 5), np.array([1.0, 0.1, np.nan, 1e-9, np.nan])
    text = arrays.dipoles({3: Result({}, {"distance": distance, "median": median})})
    found = arrays.read_dipoles(text, [3, 4])
    assert list(found) == [3]
    assert sorted(found[3]) == ["distance", "median"]
    np.testing.assert_array_equal(found[3]["distance"], distance)
    np.testing.assert_allclose(found[3]["median"], median, rtol=1e-5)


def test_samples_of_other_distances_are_refused():
    first, other = (Result({}, {"distance": np.array([1.0, x]), "each": np.ones((1, 2))}) for x in (2.0, 3.0))
    with pytest.raises(UsageError, match="differ in their distances"):
        arrays.dipoles({0: first, 1: other})


def test_a_spectrum_is_kept_of_the_first_samples():
    def result(points):
        return Result({}, {"omega": np.arange(1.0, points + 1), "density": np.ones(points)})

    large = arrays.read_spectrum(arrays.spectrum({k: result(2048) for k in range(5)}))
    assert list(large) == [0, 1]
    assert list(arrays.read_spectrum(arrays.spectrum({0: result(9000), 1: result(2)}))) == [0]
    assert len(arrays.read_spectrum(arrays.spectrum({k: result(200) for k in range(30)}))) == 20


@given(st.dictionaries(st.sampled_from(["pressure", "zero_modes", "is_minimum", "modes_proof", "glass", "new"]),
                       st.one_of(st.floats(), st.integers(-99, 99), st.booleans(), st.text("a1.,\"\n e+-", min_size=1))))  # fmt: skip
def test_cells_come_back_as_they_were(row):
    kinds = {"pressure": float, "zero_modes": int, "is_minimum": bool, "modes_proof": str, "glass": str, "new": float}
    row = {name: x for name, x in row.items() if type(x) is kinds[name]}
    (found,) = read_rows(write_rows([row], list(kinds)))
    assert repr(found) == repr({name: row[name] for name in kinds if name in row})


def record(n, n_qlm=None, seed=0):
    """An ensemble of the size of those that the paper's claims need: thirty modes a glass, dipoles of six larger glasses."""
    numbers = Invented(np.random.default_rng(seed), most_modes=60)
    asked = ("mechanics", "elasticity", "structure", "spectrum", "modes")
    there = {name: x for kind in asked for name, x in OBSERVABLES[kind].columns.items()}
    rows = [
        {"n_particles": 3000, "sample": k, "finished": True, "glass": f"{k:016x}"}
        | {name: numbers.value(x.kind) for name, x in (there | MADE).items()}
        | {"processor": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.10GHz (avx512f)", "modes_proof": "inertia", "spectrum_method": "kernel polynomials"}
        for k in range(n)
    ]  # fmt: skip
    qlm = {name: x for name, x in observed().items() if name.startswith("qlm")}
    results = {
        "modes": {k: Result({}, numbers.modes()) for k in range(n)},
        "qlm": {
            k: Result({name: numbers.value(x.kind) for name, x in qlm.items()}, numbers.qlm()) for k in range(n_qlm or n)
        },
        "dipoles": {k: Result({}, numbers.dipoles(24)) for k in range(6)},
        "structure": {k: Result({}, numbers.structure()) for k in range(min(n, 100))},
        "spectrum": {k: Result({}, numbers.spectrum(2048)) for k in range(4)},
    }
    columns = {"mechanics": tuple(there), "qlm": tuple(qlm)}
    parts = tuple(Part(x, 3000, "0" * 64, {}, n, n, {}, columns.get(x, ())) for x in ("mechanics", *results))
    return Record(STUDY.ensembles[0], rows, results, None, Counts(n, n, 0, {}), parts, ())


def test_parts_of_g_say_of_how_many_glasses_they_are():
    """A claim that is judged by them says n of the glasses, not of the parts."""
    texts = to_files(STUDY, record(70))
    kept = from_files(STUDY.ensembles[0], texts, json.loads(texts["provenance.json"])).results["structure"]
    assert len(kept) == MOST_PARTS
    assert sum(float(x.values[GLASSES]) for x in kept.values()) == pytest.approx(70)


def test_twenty_ensembles_are_small(tell):
    """Nineteen of two hundred samples and one of three thousand."""
    small, large = (
        {name: len(text.encode()) / 1e6 for name, text in to_files(STUDY, record(n)).items()} for n in (200, 3000)
    )
    total = 19 * sum(small.values()) + sum(large.values())
    by_file = {name: round(19 * small[name] + large[name], 2) for name in small}
    tell(f"{total:.1f} MB of tables for 19 ensembles of 200 samples and one of 3,000: {by_file}")
    assert total < MEGABYTES
