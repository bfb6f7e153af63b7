"""Fig. 2."""

from types import SimpleNamespace

from vitrify.papers.sticky_spheres_1.figures.fig02_potentials import draw


def test_no_line_runs_through_the_sentence_of_an_empty_panel():
    axes = draw(SimpleNamespace(ensembles=[])).axes
    assert [x.get_text() for axis in axes for x in axis.texts] == [
        f"this study has no glasses of {x}" for x in ("QSS", "PSS")
    ]
    assert [len(axis.lines) for axis in axes] == [0, 0]
