"""The page: figures of any study, the numbers and words beside them, and what a browser shows at two widths."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure as Drawing

import browser
from synthetic import BARE, INVERSE_POWER, OWN, PAPER, study_of
from vitrify.ensemble import Estimate
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.papers.sticky_spheres_1 import PAPER as THE_PAPER
from vitrify.papers.sticky_spheres_1.figures import FIGURES, fig18_robustness
from vitrify.papers.sticky_spheres_1.sets import SHOWN, control
from vitrify.report import page, pictures, style
from vitrify.report.figures.along import Control, trend
from vitrify.report.figures.catalogue import figures_of, with_controls
from vitrify.report.gathered import Series
from vitrify.report.paper import Figure

ENDS = tuple(
    x for x in PAPER if x[0] in ("QSS q=6", "QSS q=20", "DSS rho=0.55", "DSS rho=0.60", "DSS rho=1.20", "CSS rc=1.1")
)
TITLES = [
    "Pressure, coordination and stickiness", "Elastic moduli", "Fluctuations of moduli", "Structure", "Density of states",
    "Dipole responses", "Quasilocalised modes", "Energy of quasilocalised modes",
]  # fmt: skip


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.found if attribute in attributes]


@pytest.fixture(scope="module")
def paper_study():
    return study_of(ENDS, 60)


@pytest.fixture(scope="module")
def paper_page(paper_study, tmp_path_factory):
    """A page of the paper with three of its figures: one of three panels, one of one panel, one that has nothing to draw."""
    out = tmp_path_factory.mktemp("page")
    chosen = [x for x in FIGURES if x.number in ("4", "14")]
    chosen.append(replace(chosen[0], number="5", draw=_nothing, data=None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "paper_of", lambda _: replace(THE_PAPER, figures=tuple(chosen)))
        return page.write_page(paper_study, out)


def _nothing(study):
    figure, axes = style.panels(1, 2)
    for axis in axes[0]:
        style.say(axis, "$q$: no samples yet")
    return figure


# figures of any study


@pytest.mark.parametrize("ensembles", [OWN, BARE], ids=["sets", "names"])
def test_a_study_of_another_model_has_figures_of_what_it_asks_for(ensembles):
    placed, controls = with_controls(study_of(ensembles, 5))
    figures = figures_of(placed, controls)
    assert [x.title for x in figures] == TITLES
    assert [x.number for x in figures] == [str(k) for k in range(1, 9)]
    for figure in figures:
        assert not style.said(figure.draw(placed))
        assert len(figure.data(placed)) > 0
        assert figure.alternative(placed)
    axes = figures[1].draw(placed).axes
    labels = {axis.get_xlabel() for axis in axes}
    ticks = [[x.get_text() for x in axis.get_xticklabels()] for axis in axes if axis.get_xlabel() == ""]
    if ensembles is OWN:  # two stand in a set, the third in none
        assert labels == {"hot", ""}
        assert ticks == [["cold"]] * 4
    else:
        assert labels == {""}
        assert ticks == [["cold", "warm", "hot"]] * 4


def test_an_observable_that_is_not_asked_for_has_no_figure(tmp_path):
    study = study_of(BARE, 5, '["mechanics"]')
    text = page.write_page(study, tmp_path).read_text(encoding="utf-8")
    assert text.count('<h2 id="figure-') == 1
    assert TITLES[0] in text
    assert not any(x in text for x in (*TITLES[1:], "Nothing to draw", 'id="claims"', "Fig. 1."))
    assert sorted(x.name for x in (tmp_path / "figures").iterdir()) == ["figure_01.csv", "figure_01.png", "figure_01.svg"]


# numbers and words


def test_numbers_stand_beside_their_errors(paper_page, paper_study):
    found = pd.read_csv(paper_page.parent / "figures" / "figure_04.csv")
    assert list(found.columns) == [
        "set", "control", "ensemble", "n_samples", "g_over_k", "g_over_k_error", "poisson_ratio", "poisson_ratio_error",
    ]  # fmt: skip
    places = [(c.name, value, x.summary) for c in SHOWN for value, x in paper_study.of_set(c.name)]
    assert list(zip(found["set"], found["control"], strict=True)) == [(name, value) for name, value, _ in places]
    for column in ("g_over_k", "poisson_ratio"):
        known = [getattr(x, column) for *_, x in places]
        assert list(found[column]) == pytest.approx([e.value for e in known])
        assert list(found[f"{column}_error"]) == pytest.approx([e.error for e in known])


@pytest.mark.parametrize("figure", [x for x in FIGURES if x.data], ids=lambda x: x.number)
def test_every_figure_with_points_has_its_numbers_and_its_words(figure, paper_study):
    found = figure.data(paper_study)
    values = [x for x in found if f"{x}_error" in found] or [x for x in ("value", "energy_over_epsilon") if x in found]
    assert len(found) > 1
    assert values
    assert np.isfinite(found[values].to_numpy(float)).any(axis=1).all()  # no row without a number
    if "error" in found:
        assert (found["error"].dropna() >= 0).all()
    words = figure.alternative(paper_study)
    assert words.endswith(".")
    assert re.search(r"\d", words)


RHO = control("DSS")


@pytest.mark.parametrize(
    ("values", "errors", "sentence"),
    [
        ([0.43, 0.3, 0.15], [0.01] * 3, "falls from 0.43 to 0.15 as ρ rises from 0.55 to 1.2"),
        ([0.15, 0.3, 0.43], [0.01] * 3, "rises from 0.15 to 0.43 as ρ rises from 0.55 to 1.2"),
        ([0.15, 0.3, 0.16], [0.01] * 3, "stays between 0.15 and 0.3 as ρ rises from 0.55 to 1.2"),
        ([0.15, 0.3, 0.43], [0.15] * 3, "stays between 0.15 and 0.43 as ρ rises from 0.55 to 1.2"),
    ],
    ids=["falls", "rises", "bump", "errors"],
)
def test_words_say_what_is_seen(values, errors, sentence):
    estimates = [Estimate(*x) for x in zip(values, errors, strict=True)]
    assert trend(Series([0.55, 0.8, 1.2], estimates), RHO) == sentence


def test_words_name_ensembles_that_have_no_control_parameter():
    by_name = Control("no set", "", "the ensemble", "k", "o", ("cold", "warm", "hot"))
    estimates = [Estimate(x, 0.1) for x in (2.0, 1.0, 3.0)]
    assert trend(Series([0.0, 1.0, 2.0], estimates), by_name) == "is least in warm (1) and largest in hot (3)"
    assert trend(Series([2.0], estimates[:1]), by_name) == "is 2 at hot"
    assert trend(Series([], []), by_name) == ""


# how figures look


@given(st.floats(-12, 6), st.floats(0.05, 12))
def test_a_logarithmic_axis_has_few_plain_numbers(low, decades):
    ticks = style.FewTicks().tick_values(10.0**low, 10.0 ** (low + decades))
    inside = [x for x in ticks if 10.0**low * 0.999 < x < 10.0 ** (low + decades) * 1.001]
    assert len(inside) <= style.MOST_TICKS + 1
    assert len(inside) >= 2 or decades < 0.5
    words = style.PlainNumbers().format_ticks(inside)
    assert len(set(words)) == len(words)
    assert decades < 2 or not any("times" in x for x in words)


def test_numbers_on_a_logarithmic_axis_are_plain():
    format_ticks = style.PlainNumbers().format_ticks
    assert format_ticks([0.1, 0.2, 0.5, 1.0, 2.0, 5.0]) == ["0.1", "0.2", "0.5", "1", "2", "5"]
    assert format_ticks([1e-8, 1e-4, 1.0]) == ["$10^{-8}$", "$10^{-4}$", "$10^{0}$"]
    assert list(style.FewTicks().tick_values(0.08, 6.0)) == [0.1, 0.2, 0.5, 1.0, 2.0, 5.0]


def test_a_narrow_figure_has_one_panel_below_the_other(paper_study):
    drawing = next(x for x in FIGURES if x.number == "4").draw(paper_study)
    height = style.row_height(drawing)
    style.arrange(drawing, height)
    assert len({round(axis.get_position().x0, 2) for axis in drawing.axes}) == 3
    style.arrange(drawing, height, narrow=True)
    boxes = [axis.get_tightbbox() for axis in drawing.axes]
    assert [axis.get_title(loc="left") for axis in drawing.axes] == [f"({x})" for x in "abcdef"]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    assert drawing.get_size_inches()[0] == style.NARROW


WITH_LEGENDS = ("1", "2", "6", "9", "10", "16", "18")


@pytest.mark.parametrize("figure", [x for x in FIGURES if x.number in WITH_LEGENDS], ids=lambda x: x.number)
def test_no_legend_lies_over_data_and_every_panel_is_labelled(figure, paper_study):
    drawing = figure.draw(paper_study)
    height = style.row_height(drawing)
    for narrow in (False, True):
        style.arrange(drawing, height, narrow=narrow)
        for axis in drawing.axes:
            if not axis.axison:
                continue
            assert axis.get_ylabel()
            assert axis.get_xlabel() or len(axis.get_xticklabels()) > 1  # names of glasses under bars
            legend = axis.get_legend()
            assert legend is None or not legend.get_window_extent().overlaps(axis.bbox)
            assert legend is None or not any(legend.get_window_extent().overlaps(x.bbox) for x in drawing.axes)


def test_the_legend_of_extraction_stays_on_the_page_where_no_maximum_is_found(paper_study):
    def without(x):
        dipole = replace(x.micro.dipole, length=UNKNOWN, fitted=np.empty(0), curve=np.empty(0))
        return replace(x, micro=replace(x.micro, dipole=dipole))

    figure = next(x for x in FIGURES if x.number == "19")
    drawing = figure.draw(replace(paper_study, ensembles=tuple(without(x) for x in paper_study.ensembles)))
    style.arrange(drawing, style.row_height(drawing), narrow=True)  # a warning, thus a failure, where there is no room
    drawing.draw_without_rendering()
    legend = drawing.axes[0].get_legend().get_window_extent()
    assert drawing.bbox.x0 <= legend.x0 < legend.x1 <= drawing.bbox.x1


@pytest.mark.parametrize("names", [
    [f"a name as long as drawn ones can be: {k}" for k in range(3)], ["Kob-Andersen", "Kob-Andersen 2D", "polydisperse"],
], ids=["long", "middling"])  # fmt: skip
def test_a_legend_of_long_names_has_fewer_columns(names):
    study = study_of([(name, *BARE[0][1:]) for name in names], 5)
    placed, controls = with_controls(study)
    drawn = [x.draw(pictures.as_drawn(placed)) for x in figures_of(placed, controls)]
    with_legends = [x for x in drawn if any(axis.get_legend() for axis in x.axes)]
    assert with_legends
    for drawing in with_legends:
        style.arrange(drawing, style.row_height(drawing), narrow=True)
        for legend in [axis.get_legend() for axis in drawing.axes if axis.get_legend()]:
            extent = legend.get_window_extent()
            assert drawing.bbox.x0 <= extent.x0 < extent.x1 <= drawing.bbox.x1


def test_a_panel_without_data_is_a_line_of_text_without_a_frame():
    drawing = Drawing()
    axes = drawing.subplots(1, 2)
    style.say(axes[0], "no samples yet")
    assert not axes[0].axison
    assert style.said(drawing) == []  # the other panel is there
    style.say(axes[1], "no samples yet")
    assert style.said(drawing) == ["no samples yet"]


def test_soft_spheres_join_the_figure_of_robustness_where_the_study_has_them(paper_study):
    plain = fig18_robustness.draw(paper_study)
    assert [axis.get_title() for axis in plain.axes] == ["$r_c$ = 1.1", "$r_c$ = 1.2"]
    both = replace(paper_study, ensembles=(*paper_study.ensembles, *study_of(INVERSE_POWER, 60).ensembles))
    titles = [axis.get_title() for axis in fig18_robustness.draw(both).axes]
    assert titles == ["soft spheres", "soft spheres, $N$ = 4,000", "$r_c$ = 1.1", "$r_c$ = 1.2"]
    assert {"IPL N=1000", "IPL N=4000"} <= set(fig18_robustness.data(both)["ensemble"])


# the page


def test_what_has_no_data_is_one_line_of_text(paper_page):
    text = paper_page.read_text(encoding="utf-8")
    assert "Nothing to draw: q: no samples yet." in text
    assert text.count("<img") == 2
    assert not list((paper_page.parent / "figures").glob("figure_05*"))


def test_files_of_a_figure_that_is_gone_go_too(paper_study, tmp_path):
    moduli = next(x for x in FIGURES if x.number == "4")
    (tmp_path / "figure_07.svg").write_text("of an earlier report")
    (tmp_path / "notes.svg").write_text("of the user's own")
    (drawn,) = pictures.draw_all(paper_study, [moduli], tmp_path)
    assert drawn.files == ("figure_04.svg", "figure_04.png", "figure_04.csv")
    assert {x.name for x in tmp_path.iterdir()} == {*drawn.files, "notes.svg"}
    (gone,) = pictures.draw_all(paper_study, [Figure("4", "t", "c", _nothing)], tmp_path)
    assert gone.files == ()
    assert {x.name for x in tmp_path.iterdir()} == {"notes.svg"}


def test_every_link_leads_somewhere_and_every_image_says_what_is_seen(paper_page):
    found = Elements(paper_page.read_text(encoding="utf-8"))
    ids = found.all("id")
    assert len(ids) == len(set(ids))
    links = found.all("href")
    assert all(x[1:] in ids for x in links if x.startswith("#"))
    assert all((paper_page.parent / x).is_file() for x in links if not x.startswith("#"))
    assert {f"figures/figure_04.{x}" for x in ("svg", "png", "csv")} <= set(links)
    assert found.of("html") == [{"lang": "en"}]
    assert found.of("script") == [{"type": "application/json", "id": "answers"}, {}]  # data, and one of ours
    moduli, relation = (x["alt"] for x in found.of("img"))
    assert re.search(
        r"G/K falls from 0\.\d+ to 0\.\d+ as q rises from 6 to 20; falls from .* as ρ rises from 0.55 to 1.2", moduli
    )
    assert "Poisson's ratio rises" in relation
    study_file = paper_page.read_text(encoding="utf-8").partition("<summary>The study file</summary>")
    assert "[study]" in study_file[2]
    assert "[study]" not in study_file[0]


def test_claims_are_summed_up_at_the_head_with_links_to_their_lists(paper_page, paper_study):
    text = paper_page.read_text(encoding="utf-8")
    head = text[: text.index("<nav")]
    counted = re.findall(r'href="#(verdict-\d)"><strong>(\d+)</strong>([a-z ]+)</a>', head)
    assert [name for *_, name in counted] == ["agrees", "compatible", "disagrees", "not decided", "not in this study"]
    assert sum(int(n) for _, n, _ in counted) == len(THE_PAPER.claims)
    for anchor, n, name in counted:
        assert f'<h3 id="{anchor}">{name.capitalize()}: {n}</h3>' in text
    assert all(f'id="claim-{x.number}"' in text for x in THE_PAPER.claims)


def test_colours_of_letters_can_be_read_on_white(paper_page):
    css = paper_page.read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]
    colours = re.findall(r"(?<![-\w])color: (#[0-9a-f]{3,6})", css) + re.findall(r"--(?:soft|link): (#[0-9a-f]{3,6})", css)
    assert len(colours) > 5
    assert all(_contrast(x) >= 4.5 for x in colours)  # WCAG AA


def _contrast(colour):
    """Of letters on white, by WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * x for x in colour[1:])
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 1.05 / (float(np.dot([0.2126, 0.7152, 0.0722], linear)) + 0.05)


SEEN = """(async () => {
  const images = [...document.images];
  await Promise.all(images.map(x => x.decode()));
  const link = document.querySelector('#contents a'), box = x => x.getBoundingClientRect(), rest = getComputedStyle(link).outlineStyle;
  link.focus({focusVisible: true});
  const tables = [...document.querySelectorAll('.wide')];
  return {
    width: innerWidth, across: document.documentElement.scrollWidth,
    images: images.map(x => ({loaded: x.complete && x.naturalWidth > 0, scale: box(x).width / x.naturalWidth, narrow: x.currentSrc !== x.src, right: box(x).right})),
    scrolling: tables.filter(x => x.scrollWidth > x.clientWidth).length, inside: tables.every(x => box(x).right <= innerWidth),
    outline: getComputedStyle(link).outlineStyle, rest: rest,
    contents: getComputedStyle(document.querySelector('#contents')).position, shown: getComputedStyle(document.querySelector('#contents')).display,
    open: document.querySelector('main > details').open,
  };
})()"""
SMALLEST = 8 / 72 * 96  # CSS pixels: letters of legends


@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WHY_NOT)
def test_a_browser_shows_the_page_at_1400_and_at_400_pixels(paper_page, tmp_path):
    with browser.browser(tmp_path) as look:
        seen = {w: look(paper_page, w, asked=SEEN, picture=tmp_path / f"{w}.png") for w in (1400, 400)}
        printed = look(paper_page, 800, asked=SEEN, media="print")
    for width, found in seen.items():
        assert found["width"] == found["across"] == width  # the page itself does not scroll sideways
        assert all(x["loaded"] and x["right"] <= width for x in found["images"])
        assert all(x["narrow"] == (width == 400) for x in found["images"])
        assert all(SMALLEST * x["scale"] > 10 for x in found["images"])
        assert found["inside"]
        assert (found["rest"], found["outline"]) == ("none", "solid")
        assert not found["open"]
        assert _size(tmp_path / f"{width}.png")[0] == width
    assert (seen[1400]["contents"], seen[400]["contents"]) == ("sticky", "static")
    assert seen[400]["scrolling"] >= 4
    assert printed["shown"] == "none"
    assert not any(x["narrow"] for x in printed["images"])


def _size(png):
    """Width and height, as the file says."""
    head = png.read_bytes()[16:24]
    return int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
