"""The ledger of a study: each product made once, under the digest by which stores know it."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from vitrify.campaign import Store
from vitrify.study import Ledger, digest, parse_study, plan, product_statuses, products, read_study, write_manifest

STUDIES = Path(__file__).parents[2] / "studies"
TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose / wild"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 5000
n_samples = 4
observables = ["mechanics", { name = "modes", n_samples = 2 }, { name = "dipoles", n_samples = 3, n_particles = 200 }]

[[ensemble]]
name = "given"
model = "pss(rc=1.5)"
density = 0.6
n_particles = 160
n_samples = 2
parent_temperature = 3.0
observables = []
"""


@pytest.mark.parametrize(
    ("name", "first", "digests"),
    [
        (
            "paper.toml",
            ["QSS_q=6/parent_temperature-4c22b7398c75", "QSS_q=6/glass-caf2111fa397", "QSS_q=6/mechanics-c34c11a1cdca"],
            "3927e8fb2a0cdf6c3fcd3c09d74cfc0c74cf2218e72fb76824aee32792a31943",
        ),
        (
            "quick.toml",
            ["QSS_q=6/parent_temperature-7c844017e726", "QSS_q=6/glass-507c8cb026da", "QSS_q=6/mechanics-60aa56bb6e8b"],
            "e3fd205fdba9a7de10b83232c546aeb84ab06db654e92ab0d468d82dbc4ece68",
        ),
        (
            "glass_formers.toml",
            [
                "Kob-Andersen/parent_temperature-7ce965929eca",
                "Kob-Andersen/glass-c5455b959d15",
                "Kob-Andersen/mechanics-b0348d68aabf",
            ],
            "8e67d165b71e451302ece84b9bd202382ed453794eca7759cb57bfe9df62e552",
        ),
    ],
)
def test_digests_of_the_studies_that_we_ship_stay(name, first, digests, monkeypatch):
    """A store that somebody filled for months is found again by these alone; pinned with the number that liquids had then.
    They change where the version of an observable is raised on purpose; then write the new ones here."""
    monkeypatch.setattr(digest, "LIQUID", 3)
    found = Ledger(read_study(STUDIES / name)).products
    assert [x.folder for x in found][: len(first)] == first
    assert hashlib.sha256("\n".join(x.digest for x in found).encode()).hexdigest() == digests


def test_a_ledger_names_each_product_with_what_it_is_made_from():
    found = Ledger(parse_study(TEXT)).products
    named = [(x.group.name, x.name, x.n_particles, x.count, x.needs and x.needs.name) for x in found]
    assert named == [
        ("loose / wild", "parent_temperature", 3000, 1, None),
        ("loose / wild", "glass", 5000, 4, "parent_temperature"),
        ("loose / wild", "mechanics", 5000, 4, "glass"),
        ("loose / wild", "modes", 5000, 2, "glass"),
        ("loose / wild", "glass", 200, 3, "parent_temperature"),
        ("loose / wild", "dipoles", 200, 3, "glass"),
        ("given", "glass", 160, 2, None),
    ]
    pilots, glasses, mechanics, _, small, dipoles, given = found
    assert glasses.needed(3) == small.needed(2) == pilots.key(0)
    assert (mechanics.needed(3), dipoles.needed(2), given.needed(1)) == (glasses.key(3), small.key(2), "")
    assert glasses.definition["parent_temperature"] == pilots.digest
    assert mechanics.definition["glass"] == glasses.digest
    assert [x.observable.name for x in found if x.observable] == ["mechanics", "modes", "dipoles"]


def test_groups_are_glasses_with_what_is_measured_of_them():
    groups = [(x.n_particles, [y.name for y in measured]) for x, measured in Ledger(parse_study(TEXT)).groups()]
    assert groups == [(5000, ["mechanics", "modes"]), (200, ["dipoles"]), (160, [])]


def test_a_part_of_a_ledger_has_the_same_results():
    whole = Ledger(parse_study(TEXT))
    part = whole.chosen(samples=2, ensemble="loose / wild")
    assert [(x.folder, x.count) for x in part.products] == [(x.folder, min(x.count, 2)) for x in whole.products[:6]]
    assert whole.chosen() is whole


def test_definitions_are_hashed_once_however_many_look_at_them(monkeypatch, tmp_path):
    hashed = Counter()
    original = products.digest_of
    monkeypatch.setattr(products, "digest_of", lambda x: (hashed.update([str(x)]), original(x))[1])
    ledger, store = Ledger(parse_study(TEXT)), Store.create(tmp_path / "s")
    plan(ledger)
    write_manifest(ledger, store)
    product_statuses(ledger, store)
    assert sum(hashed.values()) == len(ledger.products)
