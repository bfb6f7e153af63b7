"""Claims 36 to 52 on studies made up so that a claim is true, or is not; and the figures that go with them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from vitrify.campaign import Result
from vitrify.ensemble import DipoleDecays, Estimate, LowModes, microscopic, summarise
from vitrify.models import Mixture
from vitrify.papers.sticky_spheres_1.claims.modes import CLAIMS
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.papers.sticky_spheres_1.negative_stiffness import curvature, pair_structure
from vitrify.report.claim import Verdict, judged
from vitrify.report.gathered import Gathered, Study
from vitrify.study import Counts, parse_study

PLACES = (  # name, model, density, sets
    ("QSS q=6", "qss(q=6, xc=3.0)", 0.8, "QSS = 6"), ("QSS q=20", "qss(q=20, xc=1.8)", 0.677, "QSS = 20"),
    ("DSS rho=0.55", "pss(rc=1.2)", 0.55, "DSS = 0.55"), ("DSS rho=0.80", "pss(rc=1.2)", 0.8, "DSS = 0.8"),
    ("DSS rho=1.20", "pss(rc=1.2)", 1.2, "DSS = 1.2"), ("CSS rc=1.1", "pss(rc=1.1)", 0.6, "CSS = 1.1"),
    ("CSS rc=1.5", "pss(rc=1.5)", 0.6, "CSS = 1.5"), ("N=1000", "pss(rc=1.2)", 0.6, '"QLM by N" = 1000'),
    ("N=3000", "pss(rc=1.2)", 0.6, '"QLM by N" = 3000'), ("N=8000", "pss(rc=1.2)", 0.6, '"QLM by N" = 8000'),
)  # fmt: skip
OMEGA0 = {"QSS": 7.4, "DSS": 4.75, "CSS": 5.3, "QLM by N": 5.3}


@dataclass(frozen=True)
class World:
    """What is true of the glasses; as it stands here, everything that the paper says."""

    weibull: float = 5.0  # of the frequencies: D(ω) ~ ω⁴
    width: float = 0.5  # of k₊, relative
    width_by_size: float = 0.0  # its exponent in N
    energy_by_size: float = -0.4  # that of ω²
    with_frequency: float = 0.0  # k₊ goes as this power of ω
    f_minus: float = -0.2  # in k₊
    f_plus: float = 0.1  # in k₊
    stiffer: float = 2.2  # k₊ of DSS, ρ = 0.55 over that of QSS
    depletion: tuple[float, float, float, float, float, float] = (0.8, 0.35, 0.0, 1.3, 0.95, 0.8)  # QSS AA AB BB, then DSS
    omega0_of_dss: float = OMEGA0["DSS"]
    coupling: tuple[float, float] = (0.0, 1.0)  # mean in QSS; what ρ and r_c take from it in DSS and CSS
    spreads: tuple[float, float] = (0.15, 0.4)  # at q = 6 and 20


TRUE = World()
VIOLATED = {
    36: World(weibull=50.0), 37: World(width=0.1), 38: World(width_by_size=0.5), 39: World(width=0.1, with_frequency=2.0),
    40: World(f_minus=-0.8), 41: World(f_plus=0.5, f_minus=-0.6), 42: World(f_minus=-0.6), 43: World(stiffer=0.4),
    44: World(energy_by_size=0.0), 45: World(depletion=(0.8, 0.35, 0.0, 0.5, 0.95, 0.8)),
    46: World(depletion=(0.95, 0.95, 0.0, 0.3, 0.3, 0.8)), 47: World(depletion=(0.8, 0.35, 0.9, 1.3, 0.95, 0.8)),
    48: World(depletion=(0.8, -0.6, 0.0, 1.3, 0.95, 0.8)), 49: World(omega0_of_dss=15.0), 50: World(coupling=(0.5, 1.0)),
    51: World(coupling=(0.0, -1.0)), 52: World(spreads=(0.3, 0.3)),
}  # fmt: skip


def made(world=TRUE, n_modes=200, n_glasses=20, n_particles=3000, asked='"mechanics", "elasticity", "structure", "qlm"'):
    """A study of such glasses."""
    text = '[study]\nname = "t"\n' + "".join(
        f'[[ensemble]]\nname = "{name}"\nmodel = "{model}"\ndensity = {rho}\nn_particles = {_size(sets, n_particles)}\n'
        f"n_samples = 200\nobservables = [{asked}]\nsets = {{ {sets} }}\n"
        for name, model, rho, sets in PLACES
    )
    spec = parse_study(text)
    return Study(spec, tuple(_ensemble(x, world, k, n_modes, n_glasses) for k, x in enumerate(spec.ensembles)))


def _size(sets, otherwise):
    return sets.rpartition(" = ")[2] if "QLM" in sets else otherwise


def _ensemble(spec, world, seed, n_modes, n_glasses):
    rng = np.random.default_rng(seed)
    name = next(iter(spec.sets))
    omega0 = world.omega0_of_dss if name == "DSS" else OMEGA0[name]
    modulus = omega0**2 * spec.density ** (1 / 3)  # ω0² = G/ρ a0⁻²
    table = pd.DataFrame({"shear_modulus": np.full(200, modulus)})
    nothing = LowModes(spec.n_particles, [], np.empty(0)), DipoleDecays(spec.n_particles, np.empty(0), [])
    micro = microscopic(Estimate(modulus, 0.002 * modulus), spec.density, *nothing)
    assert micro.omega0 == pytest.approx(omega0)
    modes = _modes(spec, world, rng, n_modes, omega0) if n_modes else pd.DataFrame()
    structure = _structure(spec, world, rng, n_glasses)
    found = summarise(table, spec.n_particles)
    return Gathered(spec, table, found, Counts(200, 200, 0, {}), None, micro, modes, structure, [])


def _modes(spec, world, rng, n, omega0):
    """k₋ is what the other terms leave of ω²."""
    name, control = next(iter(spec.sets.items()))
    size = spec.n_particles / 3000
    frequency = 0.25 * size ** (world.energy_by_size / 2) * rng.weibull(world.weibull, size=n)
    width = world.width * size**world.width_by_size
    scale = (1.25 if name == "QSS" else 1.25 * world.stiffer) * (frequency / frequency.mean()) ** world.with_frequency
    k_plus = scale * rng.gamma(width**-2, width**2, size=n)
    f_plus, f_minus = (part * scale * (1 + 0.1 * rng.normal(size=n)) for part in (world.f_plus, world.f_minus))
    terms = {"k_plus": k_plus, "k_minus": frequency**2 - k_plus - f_plus - f_minus, "f_plus": f_plus, "f_minus": f_minus}
    mean = world.coupling[0] if name == "QSS" else 1.2 - world.coupling[1] * control
    spread = world.spreads[control > 10] if name == "QSS" else 0.3
    columns = {f"qlm_{key}": omega0**2 * x for key, x in terms.items()}
    coupling = {"qlm_dilation_over_shear": mean + spread * rng.normal(size=n)}
    return pd.DataFrame(columns | coupling | {"qlm_frequency": omega0 * frequency})


def chance(spec, x):
    """Pairs of one glass in each bin, were g = 1: N_a ρ_b 4π r² dr, half of it for a = b."""
    n, width = spec.n_particles, x[1] - x[0]
    lengths = {"AA": 1.0, "AB": 1.18, "BB": 1.4}
    share = {"AA": 0.125, "AB": 0.25, "BB": 0.125}
    shell = 4 * np.pi * x**2 * width + np.pi / 3 * width**3
    return {kind: share[kind] * n * spec.density * length**3 * shell for kind, length in lengths.items()}


def truth(spec, world, x):
    """g by pair type: 1/2, less what negative stiffness takes of it."""
    bend = curvature(spec.parsed_model.potential, x)
    depth = np.where((bend < 0) & (x > 1), bend / bend[x > 1].min(), 0.0)
    taken = dict(zip(("AA", "AB", "BB"), world.depletion[:3] if "QSS" in spec.sets else world.depletion[3:], strict=True))
    return {kind: 0.5 * np.where(x > 0.9, np.clip(1 - part * depth, 0, None), 0.0) for kind, part in taken.items()}


def _structure(spec, world, rng, n):
    x = np.linspace(0.005, 2.495, 250)
    g, pairs = truth(spec, world, x), chance(spec, x)
    return [
        Result({}, {"x": x, **{kind: rng.poisson(g[kind] * pairs[kind]) / pairs[kind] for kind in g}}) for _ in range(n)
    ]


def verdicts(study, numbers=None):
    return {x.number: judged(x, study).judgement for x in CLAIMS if numbers is None or x.number in numbers}


def test_each_claim_holds_where_what_it_says_is_true():
    assert [x.number for x in CLAIMS] == list(range(36, 53))
    found = verdicts(made())
    assert {k: x for k, x in found.items() if x.verdict is not Verdict.AGREES} == {}


@pytest.mark.parametrize("number", VIOLATED)
def test_each_claim_is_refuted_where_what_it_says_is_not_true(number):
    (found,) = verdicts(made(VIOLATED[number]), {number}).values()
    assert found.verdict is Verdict.DISAGREES, found


def test_ten_small_glasses_decide_nothing():
    for world in (TRUE, VIOLATED[37], VIOLATED[47], VIOLATED[52]):
        found = verdicts(made(world, n_modes=10, n_glasses=10, n_particles=500))
        assert {x.verdict for x in found.values()} == {Verdict.NOT_DECIDED}


def test_what_a_study_does_not_ask_for_is_absent_and_named():
    found = verdicts(made(n_modes=0, n_glasses=0, asked='"mechanics", "elasticity"'))
    assert {k for k, x in found.items() if x.verdict is not Verdict.ABSENT} == {49}  # φ'' needs no glass but for ω0
    assert "q = 20: qlm" in found[36].shown
    assert "ρ = 0.55: structure" in found[45].shown
    assert "N = 8000 (QLM by N): qlm" in found[44].shown
    (without_a_size,) = verdicts(_without(made(), "QLM by N = 1000.0"), {44}).values()
    assert (without_a_size.verdict, without_a_size.shown) == (
        Verdict.ABSENT,
        "the study lacks three sizes in the set QLM by N",
    )
    (without_an_end,) = verdicts(_without(made(), "CSS = 1.1"), {51}).values()
    assert (without_an_end.verdict, without_an_end.shown) == (Verdict.ABSENT, "the study lacks r_c = 1.1")


def test_what_has_no_samples_yet_is_not_decided():
    found = verdicts(made(n_modes=0, n_glasses=0))
    assert {x.verdict for k, x in found.items() if k != 49} == {Verdict.NOT_DECIDED}


def test_sizes_are_those_of_the_glasses_that_the_modes_were_found_in():
    study = made(
        asked='"elasticity", { name = "qlm", n_particles = 2000 }, { name = "structure", n_particles = 1000 }', n_modes=60
    )
    found = {x.number: judged(x, study) for x in CLAIMS}
    assert (found[41].n_particles, found[41].n_samples) == (2000, 60)
    assert (found[45].n_particles, found[45].n_samples) == (1000, 20)
    assert found[36].judgement.verdict is Verdict.NOT_DECIDED  # 60 modes tell no width
    assert "n = 100" in found[36].judgement.would_decide


def _without(study, sets):
    return replace(study, ensembles=tuple(x for x in study.ensembles if sets not in str(x.spec.sets).replace("': ", " = ")))


def test_populations_are_right_and_their_errors_are_the_scatter():
    spec = made().at("DSS", 0.55).spec
    rng = np.random.default_rng(2)
    world = replace(TRUE, depletion=(0, 0, 0, 0.9, 0.9, 0.9))
    study = made(world)
    base = study.at("DSS", 0.55)
    populations, depletions = [], []
    for _ in range(150):
        structure = pair_structure(replace(base, structure=_structure(spec, world, rng, 20)))
        populations.append(structure.population("AA", structure.most_negative))
        depletions.append(structure.depletion("AA"))
    weights, g = chance(spec, structure.x)["AA"], truth(spec, world, structure.x)["AA"]
    right, beyond = (float(np.average(g[b], weights=weights[b])) for b in (structure.most_negative, structure.just_beyond))
    for found, exact in ((populations, right), (depletions, right / beyond)):
        values, errors = np.array([x.value for x in found]), np.array([x.error for x in found])
        scatter = values.std(ddof=1)
        assert abs(values.mean() - exact) < 0.25 * scatter  # 150 repeats know the mean to 0.08 of it
        assert abs(np.sqrt(np.mean(errors**2)) / scatter - 1) < 0.2  # the scatter is known to 6 %


def test_no_pair_at_all_is_known_to_one_pair_only():
    found = made().at("DSS", 0.55)
    structure = pair_structure(found)
    nobody = structure.population("AA", structure.most_negative)
    expected = chance(found.spec, structure.x)["AA"][structure.most_negative].sum() * 20
    assert nobody.value == 0.0
    assert nobody.error == pytest.approx(1 / expected, rel=2e-3)  # N_a (N_a − 1) against N_a²


def test_stiffness_is_that_of_the_distance_in_lambda():
    """φ'' of φ(r/λ) against its second difference in r."""
    structure = pair_structure(made().at("DSS", 0.55))
    potential = made().at("DSS", 0.55).spec.parsed_model.potential
    length, step = Mixture().lengths[1][1], 1e-4
    r = length * structure.x[structure.most_negative]
    energy = [potential.energy(((r + shift) / length) ** 2) for shift in (-step, 0.0, step)]
    second = (energy[0] - 2 * energy[1] + energy[2]) / step**2
    np.testing.assert_allclose(structure.stiffness("BB")[structure.most_negative], second / OMEGA0["DSS"] ** 2, rtol=1e-4)


DRAWN = [x for x in FIGURES if x.number in ("9", "10", "11", "12")]


@pytest.mark.parametrize("figure", DRAWN, ids=lambda x: x.number)
def test_panels_are_named_labelled_and_free_of_legends(figure):
    drawing = figure.draw(made())
    drawing.canvas.draw()
    for axis in drawing.axes:
        assert axis.get_ylabel()
        legend = axis.get_legend()
        if legend is not None:
            assert legend.get_window_extent().y1 < axis.get_window_extent().y0
    titles = {axis.get_title() for axis in drawing.axes} | {text.get_text() for text in drawing.axes[0].texts}
    shown = (
        {"QSS, $q$", r"DSS, $\rho$", "CSS, $r_c$"} if figure.number == "12" else {"QSS, $q = 20$", r"DSS, $\rho = 0.55$"}
    )
    assert shown <= titles


@pytest.mark.parametrize("figure", DRAWN, ids=lambda x: x.number)
def test_where_there_is_nothing_a_line_says_so(figure):
    drawing = figure.draw(made(n_modes=0, n_glasses=0))
    assert all(not axis.axison and axis.texts for axis in drawing.axes)
    assert len(figure.data(made(n_modes=0, n_glasses=0))) == 0
    assert figure.alternative(made(n_modes=0, n_glasses=0)) == ""


def test_numbers_behind_figure_9():
    study = made()
    table = DRAWN[0].data(study)
    own = table[(table["set"] == "DSS") & (table["term"] == "k_plus")]
    k = study.at("DSS", 0.55).qlm["qlm_k_plus"] / OMEGA0["DSS"] ** 2
    mean = own[own["quantity"] == "mean"].iloc[0]
    assert (mean["value"], mean["error"]) == pytest.approx((k.mean(), k.std() / np.sqrt(200)))
    bins = own[own["quantity"] == "probability density"]
    assert (bins["value"] * (bins["to"] - bins["from"])).sum() == pytest.approx(1.0)
    assert "k₊" in DRAWN[0].alternative(study)


def test_numbers_behind_figures_10_and_11():
    study = made()
    spec = study.at("QSS", 20.0).spec
    table = DRAWN[1].data(study)
    own = table[(table["set"] == "QSS") & (table["pair"] == "AB")]
    expected = truth(spec, TRUE, own["r_over_lambda"].to_numpy())["AB"]
    off = (own["g"] - expected) / own["g_error"]
    assert np.sqrt(np.mean(off[own["r_over_lambda"] > 1.0] ** 2)) == pytest.approx(1.0, abs=0.2)
    parametric = DRAWN[2].data(study)
    assert (parametric["stiffness"] < 0).all()
    joined = parametric.merge(table, on=["set", "pair", "r_over_lambda"], suffixes=("", "_10"))
    assert len(joined) == len(parametric)
    np.testing.assert_array_equal(joined["g"], joined["g_10"])
    for name, table in (("10", DRAWN[1]), ("11", DRAWN[2])):
        assert "QSS, q = 20" in table.alternative(study), name


def test_numbers_behind_figure_12():
    study = made()
    table = DRAWN[3].data(study)
    assert list(table["control"]) == [6.0, 20.0, 0.55, 0.8, 1.2, 1.1, 1.5]
    ratio = study.at("CSS", 1.1).qlm["qlm_dilation_over_shear"]
    row = table[table["control"] == 1.1].iloc[0]
    assert (row["lower_quartile"], row["upper_quartile"]) == pytest.approx((ratio.quantile(0.25), ratio.quantile(0.75)))
    assert row["mean_error"] == pytest.approx(ratio.std() / np.sqrt(200))
    assert row["lower_quartile_error"] == pytest.approx(1.36 * 0.3 / np.sqrt(200), rel=0.4)  # of a Gaussian's quartile
