"""The figure of soft spots of a study that asks for them, from a store of real glasses."""

import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify.campaign import Store
from vitrify.ensemble import soft_spot_density
from vitrify.report.figures.catalogue import figures_of, with_controls
from vitrify.report.gathered import gather
from vitrify.tables import open_tables
from vitrify.tables.export import export_tables


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    asked = '"elasticity", "vibrality", { name = "soft_spots", number = 6, kind = "pseudo-harmonic", vectors = true }'
    text = study_text(("a", asked), ("empty", '"mechanics"'))
    return gather(Store(filled(tmp_path_factory.mktemp("spots") / "s", text)))


def test_the_figure_is_the_density_of_the_ensemble(study):
    study, controls = with_controls(study)
    (figure,) = (x for x in figures_of(study, controls) if x.title == "Soft spots")
    x = study.ensembles[0]
    results = x.results("soft_spots")
    assert len(results) == 2
    frequencies = [r.arrays["frequency"] / x.micro.omega0 for r in results]
    complete = np.array([
        w[-1] if r.values["soft_spots_found"] > r.values["n_soft_spots"] else np.inf
        for w, r in zip(frequencies, results, strict=True)
    ])  # fmt: skip
    known = soft_spot_density(frequencies, complete, 100)
    data = figure.data(study)
    np.testing.assert_allclose(data["density"], known.density)
    np.testing.assert_allclose(data["density_error"], known.error)
    assert set(data["ensemble"]) == {"a"}
    assert f"{known.n_spots} of a" in figure.alternative(study)
    assert figure.draw(study).axes[0].has_data()


def test_arrays_of_the_store(study):
    for result in study.ensembles[0].results("soft_spots"):
        k, a = result.values["n_soft_spots"], result.arrays
        assert a["vector"].shape == (k, 100, 3)
        assert a["core"].shape == (k, 3)
        np.testing.assert_allclose(np.linalg.norm(a["vector"], axis=(1, 2)), 1.0)
        np.testing.assert_allclose(a["profile_square"].sum(axis=1), 1.0)
        np.testing.assert_allclose(a["profile_f_minus"].sum(axis=1), a["f_minus"])
        assert a["profile_square"].shape == (k, len(a["shell"]))
        assert result.values["soft_spot_frequency"] == a["frequency"][0]
    for result in study.ensembles[0].results("vibrality"):
        assert result.values["vibrality_max"] == result.arrays["vibrality"].max()


def test_tables_keep_what_the_figure_needs(tmp_path_factory):
    """All spots of all samples, without their profiles and vectors, to the last bit."""
    folder = tmp_path_factory.mktemp("tables") / "t"
    store = tmp_path_factory.mktemp("again") / "s"
    asked = '"elasticity", "vibrality", { name = "soft_spots", number = 3 }'
    opened = vitrify.open_store(filled(store, study_text(("a", asked))))
    export_tables(opened, folder)
    kept = open_tables(folder).results("a", "soft_spots")
    for one, other in zip(opened.results("a", "soft_spots"), kept, strict=True):
        assert one.values == other.values
        assert set(other.arrays) == {"frequency", "participation_ratio", "size", "core", "found_by", "dilation_over_shear"}
        for name, array in other.arrays.items():
            np.testing.assert_array_equal(array, one.arrays[name])
