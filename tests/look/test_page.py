"""The page of a glass: what stands in it, and that it needs nothing else."""

import base64
from dataclasses import asdict, replace

import numpy as np
import pytest

import vitrify
from cells import SHEARED, copies, in_cell
from glass_pages import Elements, plane, scene_of, waves
from vitrify.errors import UsageError
from vitrify.look import glass_page, look_at, write_glass_page
from vitrify.look.displacements import MOST_ARROWS, displacements_of
from vitrify.look.looking import asked_by_default, looked_over
from vitrify.look.scene import MOST_PARTICLES, STEPS
from vitrify.measuring import Asked, measure_asked
from vitrify.observables import low_frequency_modes
from vitrify.physical_units import Units


def positions_in(scene, displacement=None):
    """Where the page draws the particles, about the core of a displacement or the middle of the cell."""
    d = scene["dimension"]
    fractions = np.frombuffer(base64.b64decode(scene["fractions"]), "<u2").reshape(-1, d) / STEPS
    away = fractions - (displacement["core"] if displacement else 0.5)
    return (away - np.rint(away)) @ np.array(scene["cell"])


def test_a_page_needs_no_network(page):
    elements = Elements(page.html)
    assert all(x.startswith(("data:", "#")) for x in elements.links)
    policy = next(x["content"] for x in elements.of("meta") if x.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert "@import" not in page.html.partition("</style>")[0]


def test_its_numbers_are_those_that_are_measured(page, seen):
    glass, _ = seen
    cells = {row[0]: row[1] for row in Elements(page.html).rows if len(row) > 1}
    numbers = {k: v for k, v in asdict(vitrify.measure(glass)).items() if isinstance(v, float) and k != "box"}
    assert len(numbers) > 15
    assert {k: cells[k] for k in numbers} == {k: f"{v:.9g}" for k, v in numbers.items()}


def test_each_number_has_its_unit_and_its_sentence(page):
    rows = {row[0]: row for row in Elements(page.html).rows}
    assert rows["pressure"][2] == "ε/λ³"
    assert rows["shear_modulus"][3] == "G in xy, Eq. (A1)" or "xy" in rows["shear_modulus"][3]
    assert all(len(rows[x][-1]) > 0 for x in ("pressure", "bulk_modulus", "qlm_frequency", "a0"))


def test_each_mode_has_its_frequency_and_participation_ratio(page, seen):
    glass, _ = seen
    modes, _ = low_frequency_modes(glass, number=6)
    rows = {row[0]: row for row in Elements(page.html).rows}
    for k, (omega, ratio) in enumerate(zip(modes.frequencies, modes.participation_ratios, strict=True)):
        assert rows[f"mode {k}"][1:3] == [f"{omega:.6g}", f"{ratio:.4g}"]
    offered = [x["value"] for x in Elements(page.html).of("option")]
    assert offered == [str(k) for k in range(9)]  # a quasilocalised mode, two soft spots, six modes


def test_it_says_which_glass_it_shows(page, seen):
    glass, _ = seen
    text = Elements(page.html).text
    kinds = np.bincount(glass.species)
    for said in ("glass.xyz", str(glass.model), f"A: {kinds[0]}, B: {kinds[1]}", "0.6 λ⁻³", "a cube"):
        assert said in text


def test_images_have_alternatives_and_captions(page):
    elements = Elements(page.html)
    assert len(elements.of("img")) == 3 + 4  # figures and pictures
    assert all(len(x["alt"]) > 40 for x in elements.of("img"))
    assert len(elements.of("figcaption")) == len(elements.of("figure")) == len(elements.of("img"))


def test_figures_of_what_was_not_measured_are_not_there(seen):
    glass, _ = seen
    bare = glass_page(glass, measure_asked(glass, Asked()))
    elements = Elements(bare.html)
    assert elements.of("img") == []
    assert elements.of("select") == []
    assert "shear_modulus" in elements.text
    assert scene_of(bare.html)["displacements"] == []


def test_arrows_are_the_largest_displacements(page, seen):
    _, found = seen
    scene = scene_of(page.html)
    (soft,) = [vector for name, _, vector in found.frames if name == "quasilocalised"]
    drawn = scene["displacements"][0]
    lengths = np.linalg.norm(soft, axis=1)
    assert drawn["particles"] == np.argsort(-lengths)[: len(drawn["particles"])].tolist()
    arrows = np.reshape(drawn["vectors"], (-1, 3)) / 1000
    np.testing.assert_allclose(arrows, soft[drawn["particles"]] / lengths.max(), atol=6e-4)


def test_the_core_is_in_the_middle_of_the_view(page, seen):
    glass, found = seen
    scene = scene_of(page.html)
    shown = scene["displacements"][0]
    weight = np.sum(displacements_of(glass, found)[0].vector ** 2, axis=1) ** 2
    middle = weight @ positions_in(scene, shown) / weight.sum()
    assert np.abs(middle).max() < 0.01


@pytest.mark.parametrize("dimension", [2, 3])
def test_particles_are_drawn_where_they_are_in_cells_of_any_shape(dimension, pss_glass):
    glass = in_cell(pss_glass, SHEARED) if dimension == 3 else plane([[8.0, 0.0], [2.0, 8.0]])
    html = glass_page(glass, waves(glass, 1)).html
    scene = scene_of(html)
    drawn = positions_in(scene)
    exact = glass.cell.fractions(glass.positions) - 0.5
    np.testing.assert_allclose(drawn, (exact - np.rint(exact)) @ glass.cell.matrix, atol=1e-3)
    assert ("a parallelepiped with the vectors" if dimension == 3 else "a parallelogram") in Elements(html).text
    assert scene["dimension"] == dimension


def test_pages_are_small_and_large_glasses_are_drawn_in_part(pss_glass):
    large = copies(pss_glass, (4, 4, 4))  # 10,240 particles
    html = glass_page(large, waves(large, 30)).html
    assert len(html.encode()) < 3_000_000
    assert len(positions_in(scene_of(html))) == large.n_particles
    huge = copies(pss_glass, (6, 5, 4))
    html = glass_page(huge, waves(huge, 3)).html
    drawn = len(positions_in(scene_of(html)))
    assert drawn <= MOST_PARTICLES < huge.n_particles
    assert f"draws only the {drawn:,} of {huge.n_particles:,} particles" in Elements(html).text
    assert len(html.encode()) < 3_000_000
    assert max(len(x["particles"]) for x in scene_of(html)["displacements"]) <= MOST_ARROWS


def test_numbers_of_a_laboratory_stand_beside_the_reduced_ones(seen):
    glass, found = seen
    html = glass_page(glass, found, units=Units(style="metal", length=2.5, energy=0.5, mass=60.0)).html
    row = next(x for x in Elements(html).rows if x and x[0] == "shear_modulus")
    assert row[3].endswith(" GPa")
    assert float(row[3].split()[0]) == pytest.approx(found.values["shear_modulus"] * 0.5 / 2.5**3 * 160.2176634)


def test_what_a_page_is_told_cannot_end_a_script_or_begin_one(seen):
    glass, found = seen
    html = glass_page(glass, found, title="<script>alert(1)</script>", source="a</script><b>.xyz").html
    assert "<script>alert" not in html
    assert len(Elements(html).of("script")) == 3
    assert "a</script><b>.xyz" in Elements(html).text


def test_the_licence_of_the_viewer_is_in_the_page(page):
    assert "University of Pittsburgh" in Elements(page.html).text


def test_without_scripts_pictures_and_tables_are_there(page):
    before_scripts = Elements(page.html.partition("<script")[0])
    assert len(before_scripts.of("img")) == 7
    assert len(before_scripts.of("table")) == 4
    assert "runs no scripts" in before_scripts.text


# measuring for a page


def test_a_glass_in_a_file_is_looked_at(pss_glass, tmp_path):
    pss_glass.write(tmp_path / "mine.xyz")
    page = look_at(tmp_path / "mine.xyz", modes=2, soft_spots=0, dipoles=0, qlm=False, title="Mine")
    assert page.title == "Mine"
    assert "mine.xyz" in Elements(page.html).text
    assert [x["value"] for x in Elements(page.html).of("option")] == ["0", "1"]


def test_a_configuration_that_is_no_minimum_has_a_page_that_says_so(pss_glass):
    shaken = pss_glass.with_positions(pss_glass.positions + 0.05 * np.sin(np.arange(480).reshape(-1, 3)))
    found, notes = looked_over(shaken, asked_by_default(160))
    (note,) = notes
    assert note.startswith("This page has neither moduli nor modes: not at mechanical equilibrium")
    assert "structure" in found.arrays
    text = Elements(glass_page(shaken, found, notes=notes).html).text
    assert note in text
    assert "energy_per_particle" in text


def test_what_cannot_be_measured_does_not_end_the_rest(pss_glass, monkeypatch):
    heavy = replace(pss_glass, model=replace(pss_glass.model, mixture=replace(pss_glass.model.mixture, masses=(1.0, 2.0))))
    found, notes = looked_over(heavy, asked_by_default(160, modes=3, soft_spots=0, dipoles=0, qlm=False))
    (note,) = notes
    assert note.startswith("This page does not have the 3 lowest modes: ")
    assert "masses" in note
    assert "structure" in found.arrays


@pytest.mark.filterwarnings("error")
def test_one_particle_among_its_images_has_a_page(tmp_path):
    cell = 'Lattice="1.18 0 0 0 1.18 0 0 0 1.18" Properties=species:S:1:pos:R:3 pbc="T T T"'
    (tmp_path / "one.xyz").write_text(f"1\n{cell}\nA 0.3 0 0\n")
    page = look_at(vitrify.Glass.read(tmp_path / "one.xyz", model="pss(rc=1.2)"))
    assert "no pair of particles has a dipole response" in page.html


def test_less_is_asked_of_larger_glasses():
    small, large, huge = (asked_by_default(n) for n in (3_000, 10_000, 64_000))
    assert small.modes > large.modes > huge.modes > 0
    assert small.soft_spots > large.soft_spots > huge.soft_spots == 0
    assert large.qlm
    assert not huge.qlm
    assert asked_by_default(64_000, soft_spots=3).soft_spots == 3


# files and notebooks


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(page):
    (frame,) = Elements(page._repr_html_()).of("iframe")
    assert frame["srcdoc"] == page.html
    assert frame["title"] == "A glass"
    assert len(repr(page)) < 100


def test_a_page_is_written_or_the_reason_told(seen, tmp_path):
    glass, found = seen
    assert write_glass_page(glass, found, tmp_path / "x.html", title="T") == tmp_path / "x.html"
    assert "<h1>T</h1>" in (tmp_path / "x.html").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        write_glass_page(glass, found, tmp_path / "absent" / "x.html")


def test_public_names_are_there():
    assert vitrify.look_at is look_at
    assert vitrify.write_glass_page is write_glass_page
