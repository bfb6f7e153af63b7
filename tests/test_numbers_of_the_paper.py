"""Glasses of N = 1,500 against numbers that two independent implementations gave (one sample each, errors of a few percent)."""

import numpy as np
import pytest

from vitrify.ensemble import mean
from vitrify.models.catalogue import parse
from vitrify.observables import measure
from vitrify.preparation import Recipe, prepare_glass

SEEN = {  # model, density → T, G, K, p/p0
    ("pss(rc=1.2)", 0.55): (5, 18.8, 44.5, 0.315),
    ("pss(rc=1.2)", 0.60): (6, 24.1, 68.8, 0.627),
    ("pss(rc=1.2)", 1.20): (35, 410, 3114, 0.980),
    ("qss(q=8, xc=2.5)", 0.74): (2.5, 14.8, 58.4, 0.050),
    ("qss(q=12, xc=2.0)", 0.698): (4, 21.0, 93.5, 0.073),
    ("qss(q=20, xc=1.8)", 0.677): (7, 52.3, 199.9, 0.126),
}
SCATTER = {  # √N times the scatter of one sample: of G and K relative (χ_G, χ_K), of p/p0 absolute; from the quick study
    ("pss(rc=1.2)", 0.55): (1.4, 0.5, 0.6),
    ("pss(rc=1.2)", 0.60): (2.2, 0.7, 0.25),
    ("pss(rc=1.2)", 1.20): (4.0, 0.1, 0.02),
    ("qss(q=8, xc=2.5)", 0.74): (3.5, 0.45, 0.6),
    ("qss(q=12, xc=2.0)", 0.698): (3.5, 0.75, 0.9),
    ("qss(q=20, xc=1.8)", 0.677): (3.5, 1.15, 1.3),
}
SAMPLES, N = 3, 1500


@pytest.mark.slow
@pytest.mark.parametrize("system", SEEN, ids=str)
def test_glasses_are_those_that_others_made(system):
    (model, density), (temperature, shear, bulk, pressure) = system, SEEN[system]
    found = [
        measure(
            prepare_glass(
                parse(model),
                n_particles=N,
                density=density,
                parent_temperature=temperature,
                rng=np.random.default_rng(k),
                recipe=Recipe(melt_msd=3.0),
            )
        )
        for k in range(SAMPLES)
    ]
    # four standard deviations of (their one sample − our mean of three)
    room = 4 * np.sqrt((1 + 1 / SAMPLES) / N) * np.array(SCATTER[system])
    planes = np.array([[x.shear_modulus, x.shear_modulus_xz, x.shear_modulus_yz] for x in found])
    assert mean(planes.ravel()).value == pytest.approx(shear, rel=room[0])
    assert mean([x.bulk_modulus for x in found]).value == pytest.approx(bulk, rel=room[1])
    assert mean([x.p_over_p0 for x in found]).value == pytest.approx(pressure, abs=room[2])


@pytest.mark.slow
def test_qss_6_at_its_density_has_the_paper_s_pressure():
    """p/p0 ≈ 0.05 at ρ = 0.80; at N = 10,648 others saw U/N −6.847, p/p0 0.0526, G 11.4 to 11.6, K 47.3, 158 neighbours.

    One sample of N = 3,000 scatters by 0.0036 in p/p0 (eleven samples: 0.0465 to 0.0586), so five are averaged. G has a long
    tail to zero, where a soft mode takes part (2.1 in one plane of one sample, 11.2 in another), so its median is compared."""
    n, samples = 3000, 5
    found = [
        measure(
            prepare_glass(
                parse("qss(q=6, xc=3.0)"),
                n_particles=n,
                density=0.80,
                parent_temperature=2.0,
                rng=np.random.default_rng(k),
                recipe=Recipe(melt_msd=3.0),
            )
        )
        for k in range(samples)
    ]
    # as above: four standard deviations of (their one sample − our mean of five); √N times the scatter is 0.20
    room = 4 * 0.20 * np.sqrt(1 / 10_648 + 1 / (samples * n))
    assert mean([x.p_over_p0 for x in found]).value == pytest.approx(0.0526, abs=room)
    assert mean([x.energy_per_particle for x in found]).value == pytest.approx(-6.847, abs=0.02)
    assert mean([x.bulk_modulus for x in found]).value == pytest.approx(47.3, rel=0.02)
    planes = [[x.shear_modulus, x.shear_modulus_xz, x.shear_modulus_yz] for x in found]
    assert np.median(planes) == pytest.approx(11.5, rel=0.15)
    for x in found:
        assert x.coordination == pytest.approx(158, abs=1.0)
