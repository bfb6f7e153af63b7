"""Names are shown as they are: on the page they are no markup, in figures no formula, and no file is called for them."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from vitrify.campaign import Store
from vitrify.papers.sticky_spheres_1 import PAPER
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.report import page, pictures, style
from vitrify.study import parse_study, plan

NASTY = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "--><svg onload=alert(1)>", "]]><b>", "$\\frac{", "$x_$", "../../up",
    "ガラス", "&lt;b&gt;", "x" * 300, "_hidden", "%s %(x)s", "\\$", "$",
]  # fmt: skip


def study_text():
    ensembles = "".join(
        f'[[ensemble]]\nname = {json.dumps(name)}\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 100\nn_samples = 1\nparent_temperature = 1.0\n'
        f"sets = {{ {json.dumps(name)} = {k}.0, DSS = {0.60 + 0.05 * k:.2f} }}\n"
        for k, name in enumerate(NASTY[:6])
    )
    return f"[study]\nname = {json.dumps('<script>alert(2)<b>')}\n{ensembles}"


class Tags(HTMLParser):
    """What a browser would take for markup, and the text beside it."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report of a store where every sample has failed with a reason that is markup, and a file was set aside."""
    folder = tmp_path_factory.mktemp("report")
    store = Store.create(folder / "store")
    store.write_text("study.toml", study_text())
    for batch in plan(parse_study(study_text())):
        for task in batch.tasks:
            store.record_failure(task.key, task.digest, "\x1b[31m\x07<script>alert(3)</script>")
    store.path("a/000000").parent.mkdir()
    store.path("a/000000").write_bytes(b"")
    store.quarantine("a/000000", "\x1b[31m\x07<script>alert(4)</script>")
    table = folder / "e.csv"
    table.write_text(
        'alloy,poisson_ratio,stz_size,source\n"$\\frac{<script>alert(5)</script>",0.3,200,"<b>"\n', encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            page,
            "paper_of",
            lambda _: replace(PAPER, figures=tuple(x for x in FIGURES if x.number in ("1", "10", "13", "18"))),
        )  # those that show names
        page.write_report(store, folder / "out", table)
    return folder


def test_the_page_holds_no_markup_of_a_name(written):
    text = (written / "out" / "index.html").read_text(encoding="utf-8")
    found = Tags()
    found.feed(text)
    assert not found.tags & {"svg", "b", "iframe", "object", "link"}
    data, ours = re.findall(r"<script[^>]*>(.*?)</script>", text, re.S)  # no name has ended one, or begun another
    assert set(NASTY[:6]) == set(json.loads(data)["ensembles"])
    assert ours == files("vitrify.report").joinpath("templates/marks.js").read_text(encoding="utf-8")
    assert f"script-src &#39;sha256-{b64encode(sha256(ours.encode()).digest()).decode()}&#39;" in text  # no other runs
    assert not any(name.startswith("on") for name in found.attributes)
    assert "alert(1)" in found.text  # the names are there, as text
    assert all(f"<script>alert({k})" in found.text for k in (1, 2, 3, 4))
    assert "{{ 7*7 }}" in found.text
    assert all(
        re.match(r'src(set)?="data:image/svg\+xml;base64,', source) for source in re.findall(r'src(?:set)?="[^"]*"', text)
    )


def test_the_page_holds_nothing_that_a_terminal_would_obey(written):
    """Of reasons, which a stranger may have written."""
    text = (written / "out" / "index.html").read_text(encoding="utf-8")
    assert not any(x < " " and x != "\n" for x in text)


def test_files_are_called_for_numbers_only(written):
    names = {x.relative_to(written / "out").as_posix() for x in (written / "out").rglob("*") if x.is_file()}
    assert all(
        re.fullmatch(r"index\.html|claims\.json|figures/figure_\d\d\.(svg|png|csv)|tables/table_[A-Za-z]+\.csv", x)
        for x in names
    )
    assert {x.name for x in written.iterdir()} == {"store", "out", "e.csv"}


def test_figures_hold_no_markup_of_a_name(written):
    for picture in (written / "out" / "figures").glob("*.svg"):
        text = re.sub(r"<!--.*?-->", "", picture.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "<script" not in text
        assert "onload" not in text
        assert "onerror" not in text


@cache
def whole(folder):
    return page.gather(Store(folder / "store"))


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_drawn_as_it_is(written, name):
    from matplotlib.figure import Figure

    study = whole(written)
    one = replace(study.ensembles[0], spec=replace(study.ensembles[0].spec, name=name))
    (shown,) = pictures.as_drawn(replace(study, ensembles=(one,))).ensembles
    figure = Figure()
    text, is_formula = figure.text(0, 0, shown.spec.name)._preprocess_math(shown.spec.name)
    assert not is_formula
    assert text == (name if len(name) <= style.LONGEST_NAME else name[: style.LONGEST_NAME] + "…")
