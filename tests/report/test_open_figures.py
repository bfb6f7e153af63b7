"""Figures of a report one by one, as a notebook draws them."""

import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify.errors import UsageError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(
        tmp_path_factory.mktemp("figures") / "s", study_text(("a", '"mechanics", "elasticity"'), ("b", '"mechanics"'))
    )


@pytest.fixture(scope="module")
def figures(store):
    return vitrify.open_figures(store)


def test_they_are_those_of_the_report_by_number(figures):
    assert figures.titles == {
        "1": "Pressure, coordination and stickiness",
        "2": "Elastic moduli",
        "3": "Fluctuations of moduli",
    }
    assert list(figures) == ["1", "2", "3"]
    assert repr(figures).splitlines()[1] == "  2  Elastic moduli"


def test_a_figure_shows_what_its_table_says(store, figures):
    moduli = figures[2]
    assert repr(moduli) == "<figure 2: Elastic moduli>"
    mean = vitrify.open_store(store).table("a")["shear_modulus"].mean()
    assert moduli.numbers["shear_modulus"].iloc[0] == pytest.approx(mean, rel=1e-12)
    drawn = [y for line in moduli.drawing.axes[0].lines for y in np.ravel(line.get_ydata())]
    assert any(abs(y - mean) < 1e-9 * mean for y in drawn)
    assert moduli.caption.endswith(".")
    assert len(moduli.alternative) > len(moduli.title)


def test_a_notebook_shows_its_picture(figures):
    assert "<svg" in figures["1"]._repr_svg_()


def test_an_open_store_serves_as_well(store):
    assert vitrify.open_figures(vitrify.open_store(store)).titles


def test_a_number_that_no_figure_has_is_told(figures):
    with pytest.raises(UsageError, match=r"figure is '19', must be one of 1, 2, 3"):
        figures["19"]


def test_a_figure_without_results_says_what_it_lacks(store):
    study = store / "study.toml"
    kept = study.read_text(encoding="utf-8")
    try:
        study.write_text(kept.replace('"mechanics"]', '"mechanics", "dipoles"]'), encoding="utf-8")
        opened = vitrify.open_figures(store)
        (number,) = (k for k, title in opened.titles.items() if title == "Dipole responses")
        with pytest.raises(UsageError, match=f"figure {number} has nothing to draw"):
            opened[number]
    finally:
        study.write_text(kept, encoding="utf-8")


def test_a_folder_that_is_no_store_is_told(tmp_path):
    with pytest.raises(UsageError, match="neither a vitrify store nor a folder of tables"):
        vitrify.open_figures(tmp_path)
