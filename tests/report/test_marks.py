"""Marks: points and bars of figures know what they stand for, and a browser shows it to a pointer and a keyboard."""

import json
import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG

import browser
from stores import filled, study_text
from synthetic import OWN, PAPER, study_of
from vitrify.cli.main import cli
from vitrify.ensemble import Estimate
from vitrify.opening import open_store
from vitrify.papers.sticky_spheres_1 import PAPER as THE_PAPER
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.report import page, style
from vitrify.report.experiments import Experiment
from vitrify.report.figures.catalogue import figures_of, with_controls
from vitrify.report.marks import noted, with_error

ENDS = tuple(
    x for x in PAPER if x[0] in ("QSS q=6", "QSS q=20", "DSS rho=0.55", "DSS rho=0.60", "DSS rho=1.20", "CSS rc=1.1")
)
CHOSEN = ("4", "12")  # points and bars
WITHOUT_POINTS = {"2"}  # potentials: no glass stands behind them
needs_browser = pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WHY_NOT)


@pytest.fixture(scope="module")
def study():
    alloy = Experiment("Vitreloy <1>", 0.35, 200.0, "somebody")
    return replace(study_of(ENDS, 60), experiments=(alloy,))


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    """A page with two of the paper's figures."""
    figures = tuple(x for x in FIGURES if x.number in CHOSEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "paper_of", lambda _: replace(THE_PAPER, figures=figures))
        return page.write_page(study, tmp_path_factory.mktemp("marks"), store="my-store")


def answers_of(written):
    text = written.read_text(encoding="utf-8")
    return json.loads(re.findall(r'id="answers">(.*?)</script>', text, re.S)[0])


# what marks say


@pytest.mark.parametrize(("value", "error", "words"), [
    (0.35021, 0.0041, "0.3502 ± 0.0041"), (12.0, 3.0, "12.0 ± 3.0"), (1234.5, 678.0, "1234 ± 678"), (0.5, np.nan, "0.5"),
    (3.2e-7, 1.5e-8, "3.20e-07 ± 1.5e-08"), (np.nan, np.nan, "not known"),
])  # fmt: skip
def test_a_number_stands_beside_its_error(value, error, words):
    assert with_error(Estimate(value, error)) == words


@pytest.mark.parametrize("figure", FIGURES, ids=lambda x: x.number)
def test_points_and_bars_of_every_figure_know_their_ensemble(figure, study):
    drawing = figure.draw(study)
    style.arrange(drawing, style.row_height(drawing))
    marks = noted(drawing)
    assert (not marks) == (figure.number in WITHOUT_POINTS)
    for mark, place in marks:
        assert mark.of is None or any(mark.of is x for x in study.ensembles)
        assert mark.of is not None or "Vitreloy" in mark.name
        assert np.isfinite(mark.estimate.value)
        assert place is None or (0 < place.x < 1 and 0 < place.y < 1)
    assert not marks or any(place for _, place in marks)


def test_figures_of_any_study_have_marks():
    placed, controls = with_controls(study_of(OWN, 5))
    for figure in figures_of(placed, controls):
        drawing = figure.draw(placed)
        marks = [mark for mark, _ in noted(drawing)]
        assert marks, figure.title
        assert all(any(mark.of is x for x in placed.ensembles) for mark in marks)


def test_a_mark_stands_where_its_point_is_drawn(study):
    """In both forms of the figure: the place of a mark is that of its value on the axes, from the top."""
    drawing = next(x for x in FIGURES if x.number == "4").draw(study)
    height = style.row_height(drawing)
    for narrow in (False, True):
        style.arrange(drawing, height, narrow=narrow)
        drawing.draw_without_rendering()
        (axis, *_), ((mark, place), *_) = drawing.axes, noted(drawing)
        control = mark.of.spec.sets["QSS"]
        x, y = axis.transData.transform((control, mark.estimate.value)) / drawing.bbox.size
        assert (place.x, place.y) == pytest.approx((x, 1 - y))


def test_marks_leave_the_figure_as_it_is(study, monkeypatch):
    figure = next(x for x in FIGURES if x.number == "4")
    images = []
    for note in (style.note, lambda *_, **__: None):
        monkeypatch.setattr(style, "note", note)
        with rc_context(style.SETTINGS):
            drawing = figure.draw(study)
            style.arrange(drawing, style.row_height(drawing))
            buffer = BytesIO()
            FigureCanvasSVG(drawing).print_svg(buffer, metadata={"Date": None})
        images.append(buffer.getvalue())
    assert images[0] == images[1]


def test_the_page_says_the_numbers_of_the_table(written):
    found = answers_of(written)
    table = pd.read_csv(written.parent / "figures" / "figure_04.csv")
    figure = found["figures"]["4"]
    ratios = [x for x in figure["marks"] if figure["quantities"][x[1]] == "G/K"]
    assert [found["ensembles"][x[0]] for x in ratios] == list(table["ensemble"])
    for mark, value, error in zip(ratios, table["g_over_k"], table["g_over_k_error"], strict=True):
        said = [float(x) for x in mark[4].split(" ± ")]
        assert said == pytest.approx([value, error], abs=0.06 * error)
        assert figure["counts"][mark[2]] == [3000, 60]


# in a browser

PLACE = """(k => {{
  const image = document.querySelector('[data-marks="{figure}"] img'), small = matchMedia('screen and (max-width: 44rem)').matches;
  const mark = JSON.parse(document.getElementById('answers').textContent).figures['{figure}'].marks[k], at = mark[small ? 7 : 6];
  scrollBy({{top: image.getBoundingClientRect().top + at[1] / 1e4 * image.clientHeight - 450, behavior: 'instant'}});
  const box = image.getBoundingClientRect();
  return [box.left + at[0] / 1e4 * box.width, box.top + at[1] / 1e4 * box.height];
}})({k})"""
TIP = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText"
CONTRAST = """(() => {  // the least of any text of the panel and of the tip, by WCAG 2
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number), clear = x => x.length === 4 && x[3] === 0;
  const light = colour => [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => {
    const v = colour[k] / 255;
    return sum + w * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = x => { const own = numbers(getComputedStyle(x).backgroundColor); return clear(own) ? behind(x.parentElement) : own; };
  const texts = [...document.querySelectorAll('dialog *, #tip *')].filter(x => [...x.childNodes].some(y => y.nodeType === 3 && y.data.trim()));
  return Math.min(...texts.map(x => {
    const [a, b] = [light(numbers(getComputedStyle(x).color)), light(behind(x))].sort((p, q) => q - p);
    return (a + 0.05) / (b + 0.05);
  }));
})()"""
OPEN = "document.getElementById('mark-panel').open"


async def place_of(tab, figure, k):
    return await tab.value(PLACE.format(figure=figure, k=k))


@needs_browser
@pytest.mark.parametrize("width", [1400, 400])
def test_a_pointer_finds_the_numbers_and_opens_the_ensemble(written, tmp_path, width):
    table = pd.read_csv(written.parent / "figures" / "figure_04.csv")

    async def act(tab):
        x, y = await place_of(tab, "4", 1)
        assert await tab.value(TIP) == ""
        await tab.point(x + 5, y + 4)  # near it
        tip = await tab.value(TIP)
        ring = await tab.value("getComputedStyle(document.querySelector('[data-marks=\"4\"] .mark')).opacity")
        await tab.point(x + 60, y - 60)
        away = await tab.value(TIP)
        await tab.click(x, y)
        opened = await tab.value(OPEN), await tab.value("document.getElementById('mark-panel').innerText")
        contrast = await tab.value(CONTRAST)
        across = await tab.value("[innerWidth, document.documentElement.scrollWidth]")
        panel = await tab.value(
            "(p => [p.left, p.right, p.top, p.bottom])(document.querySelector('dialog').getBoundingClientRect())"
        )
        await tab.press("Escape")
        closed = await tab.value(OPEN)
        x, y = await place_of(tab, "12", 0)
        await tab.point(x, y)  # within a bar, whose middle this is
        return tip, ring, away, opened, contrast, across, panel, closed, await tab.value(TIP), tab.complaints

    with browser.browser(tmp_path) as look:
        tip, ring, away, (opened, text), contrast, across, panel, closed, bar, complaints = look(written, width, act=act)
    name, at, value, sizes = tip.splitlines()
    row = table.iloc[1]
    assert (name, at, sizes) == (row["ensemble"], f"q = {row['control']:g}", "N = 3,000, n = 60")
    assert [float(x) for x in value.removeprefix("G/K = ").split(" ± ")] == pytest.approx(
        [row["g_over_k"], row["g_over_k_error"]], abs=0.06 * row["g_over_k_error"]
    )
    assert (ring, away, opened, closed) == ("1", "", True, False)
    assert contrast >= 4.5
    assert across == [width, width]
    assert 0 <= panel[0] < panel[1] <= width
    assert 0 <= panel[2] < panel[3] <= 900
    for part in (name, value.removeprefix("G/K = "), "Macroscopic numbers", "vitrify look my-store --ensemble 'QSS q=20'"):
        assert part in text
    assert "dilation/shear" in bar
    assert complaints == []


@needs_browser
def test_a_keyboard_reaches_every_mark(written, tmp_path):
    async def act(tab):
        focused = "document.activeElement.className"
        await tab.value("document.querySelector('[data-marks=\"4\"]').closest('main').focus()")
        for _ in range(9):
            await tab.press("Tab")
            if await tab.value(focused) == "mark":
                break
        seen = [await tab.value(TIP)]
        await tab.press("ArrowRight")
        seen.append(await tab.value(TIP))
        label = await tab.value("document.activeElement.getAttribute('aria-label')")
        heard = await tab.value("document.getElementById('heard').textContent")
        await tab.press("Enter")
        opened = await tab.value(OPEN)
        await tab.value("[...document.querySelectorAll('dialog a')].find(x => x.textContent.startsWith('Go to')).focus()")
        await tab.press("Enter")
        jumped = await tab.value("[location.hash, document.activeElement.id, document.getElementById('mark-panel').open]")
        line = await tab.value("document.activeElement.cells[0].textContent")
        return seen, label, heard, opened, jumped, line, tab.complaints

    with browser.browser(tmp_path) as look:
        seen, label, heard, opened, jumped, line, complaints = look(written, 1400, act=act)
    assert [x.splitlines()[0] for x in seen] == ["QSS q=6", "QSS q=20"]
    assert label.startswith("QSS q=20, q = 20, G/K = ")
    assert "Mark 2 of" in label
    assert heard == ", ".join(seen[1].splitlines())
    assert opened
    assert jumped == ["#line-1-1", "line-1-1", False]
    assert line == "QSS q=20"
    assert complaints == []


@needs_browser
def test_without_scripts_figures_and_tables_are_there(written, tmp_path):
    asked = """(() => ({
      images: [...document.images].map(x => x.complete && x.naturalWidth > 0 && x.alt.length > 20), tables: document.querySelectorAll('.wide table').length,
      marks: document.querySelectorAll('.mark').length, hint: document.querySelector('.with-script').offsetHeight, panel: document.querySelector('dialog').offsetHeight,
      tip: document.getElementById('tip').offsetHeight,
    }))()"""
    with browser.browser(tmp_path) as look:
        found = look(written, 1400, asked=asked, scripts=False)
    assert found["images"] == [True, True]
    assert found["tables"] >= 4
    assert (found["marks"], found["hint"], found["panel"], found["tip"]) == (0, 0, 0, 0)


@pytest.mark.parametrize("with_pages", [True, False])
def test_the_page_leads_to_the_softest_glass_of_a_store(tmp_path, with_pages):
    text = study_text(("a b", '"mechanics", "qlm"'), ("other", '"mechanics"'))
    store = filled(tmp_path / "small", text)
    out = tmp_path / "out"
    (out / "glasses").mkdir(parents=True)
    (out / "glasses" / "glass_07_000000.html").write_text("of an earlier report")
    result = CliRunner().invoke(cli, ["report", str(store), "--output", str(out), "--glasses", "5" if with_pages else "0"])
    assert result.exit_code == 0, (result.output, result.exc_info)
    modes = open_store(store).table("a b")["qlm_frequency"]
    sample = int(modes.idxmin())
    softest, first = answers_of(out / "index.html")["glasses"]
    assert softest[:2] == [0, sample]
    assert f"ω = {modes.min():.4g} √(ε/m)/λ" in softest[2]
    assert softest[3] == f"vitrify look small --ensemble 'a b' --sample {sample}"
    assert first[:2] == [1, 0]
    assert "No nonlinear mode was measured" in first[2]
    pages = [f"glasses/glass_01_{sample:06d}.html", "glasses/glass_02_000000.html"]
    assert [softest[4], first[4]] == (pages if with_pages else [None, None])
    assert {f"glasses/{x.name}" for x in (out / "glasses").iterdir()} == set(pages if with_pages else [])
    for x in pages if with_pages else ():
        assert 1e5 < (out / x).stat().st_size < 2e6
        assert "Glass of ensemble" in (out / x).read_text(encoding="utf-8")
