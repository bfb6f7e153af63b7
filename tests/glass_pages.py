"""Pages of glasses: their elements, and what they can be made of without measuring."""

import json
import re
from html.parser import HTMLParser

import numpy as np

from vitrify.glass import Glass
from vitrify.measuring import Found

LINKS = ("src", "href", "srcset", "action", "data", "poster")


class Elements(HTMLParser):
    """Every element of a page with its attributes, the rows of its tables, and its text without scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.found, self.rows, self.words, self._within = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self._within.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, text):
        if self._within[-1:] in (["script"], ["style"]):
            return
        self.words.append(text)
        if self._within[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += text

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    @property
    def links(self):
        return [x[name] for _, x in self.found for name in LINKS if x.get(name)]


def scene_of(html):
    return json.loads(re.search(r'<script type="application/json" id="scene">(.*?)</script>', html, re.DOTALL)[1])


def waves(glass, number, seed=0):
    """Found of a glass: so many displacements of which some particles have most."""
    rng = np.random.default_rng(seed)
    shape = (glass.n_particles, glass.dimension)
    spots = [(f"soft spot {k}", 1.0 + k, rng.standard_normal(shape) ** 5) for k in range(number)]
    return Found({"n": glass.n_particles}, frames=spots)


def plane(cell=((8.0, 0.0), (0.0, 8.0))):
    """64 particles in a cell of two dimensions."""
    rng = np.random.default_rng(1)
    square = np.stack(np.meshgrid(*2 * [np.arange(8.0)]), axis=-1).reshape(-1, 2)
    return Glass(
        square @ np.array(cell) / 8 + 0.1 * rng.random((64, 2)),
        np.array(cell),
        np.arange(64) % 2,
        "inverse_power(exponent=10)",
    )
