"""Single precision that stays single, against NumPy's float32; forces in it against those in double."""

import math
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numba import njit

from catalogue import POTENTIALS
from samples import GLASSES
from vitrify.backends import backend
from vitrify.backends.cpu import OPTIONS, scratch_of
from vitrify.backends.processor import has
from vitrify.backends.program import NOT_SHARED
from vitrify.backends.single import as_float32, in_single, single
from vitrify.backends.vectors import displacement_shared_of, fetch_nothing_single, no_width, upper_half
from vitrify.batch import Batch, force_body, pair_form
from vitrify.formula import formula_of
from vitrify.kernels.leading_forces import leading_forces_of
from vitrify.leading import GOOD_ENOUGH, Lead, error_in_single, leading_form, single_slope
from vitrify.models import Potential
from vitrify.models.catalogue import parse
from vitrify.models.potentials import PiecewiseStickySpheres
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start
from vitrify.statics import Pairs


def compiled(function):
    """function(u, c) of single precision as a kernel over u."""
    inner = backend().inline(in_single(function))

    def table(u, c, out):
        for k in range(len(u)):
            out[k] = as_float32(inner(single(u[k]), c))

    return njit(**OPTIONS)(table)


U, C = np.linspace(0.3, 3.0, 64), np.array([1.5, -0.25])
THIRD, WHOLE = 1.0 / 3.0, 7
ALL_KINDS = {
    "literals": lambda u, c: 1.0 / u + 2 * u - 0.1,
    "numbers": lambda u, c: c[0] * u + c[1],
    "powers": lambda u, c: u**3 + u**-2 + u**0.5 + u**WHOLE,
    "chosen": lambda u, c: (1.0 if u < c[0] else 0.25) * c[1] * u,
    "joined": lambda u, c: u if u > 1.0 else 0.5,
    "extremes": lambda u, c: max(1.0 - u, 0.2) + min(u, 2),
    "functions": lambda u, c: math.sqrt(u) + math.exp(-u) + math.log(u) + abs(1.0 - u) + np.sqrt(u),
    "signs": lambda u, c: -u + +u - (-(u * THIRD)),
    "whole": lambda u, c: 3 * u / 7 - WHOLE,
    "compared": lambda u, c: 1.0 * (u >= 1.0) + 2.0 * (u == u) + 4.0 * (u != u) + 8.0 * (u <= 2),
}


@pytest.mark.parametrize("name", ALL_KINDS)
def test_a_plain_function_runs_in_single_precision(name):
    """As NumPy rounds it, within what the order of operations leaves."""
    function, out = ALL_KINDS[name], np.empty(len(U), dtype=np.float32)
    compiled(function)(U.astype(np.float32), C.astype(np.float32), out)
    exact = np.array([function(float(np.float32(x)), C) for x in U])
    np.testing.assert_allclose(out, exact, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [x for x in ALL_KINDS if x != "functions"])
def test_nothing_of_it_is_a_double(name):
    if not has("avx2"):
        pytest.skip("no AVX2 here")
    table = compiled(ALL_KINDS[name])
    table(U.astype(np.float32), C.astype(np.float32), np.empty(len(U), dtype=np.float32))
    assembly = "\n".join(table.inspect_asm().values())
    assert not re.search(r"vcvt(ss2sd|sd2ss|ps2pd|pd2ps)|v(mul|add|div|sub)[sp]d", assembly)


@pytest.mark.parametrize("potential", POTENTIALS, ids=repr)
def test_every_shipped_family_leads_in_single_precision(potential):
    formula = formula_of(potential)
    lead = leading_form(formula, potential)
    assert lead.is_single
    assert error_in_single(formula, potential, lead) < GOOD_ENOUGH


def test_a_form_that_loses_its_digits_does_not_lead():
    """Table II's monomials cancel as rc falls: then the polynomials about the cutoff lead, and near 1 those in double."""
    potentials = [PiecewiseStickySpheres(rc) for rc in (1.2, 1.1, 1.002)]
    leads = [leading_form(formula_of(x), x) for x in potentials]
    assert leads == [Lead.SINGLE_LIQUID, Lead.SINGLE, Lead.LIQUID]
    assert error_in_single(formula_of(potentials[1]), potentials[1], Lead.SINGLE_LIQUID) > GOOD_ENOUGH


def test_numbers_beyond_single_precision_lead_in_double_without_a_warning():
    """The coefficients at the cutoff are about (2/1.1)²⁰⁰ = 1e52, beyond 3.4e38, the largest of float32."""
    potential = parse('formula("(2*l/r)^200", cutoff=1.1)').potential
    assert max(np.abs(potential.numbers())) > np.finfo(np.float32).max
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert not leading_form(formula_of(potential), potential).is_single
    assert not [str(x.message) for x in heard if issubclass(x.category, RuntimeWarning)]


class Unknown(Potential):
    """One that single precision does not know: it has a function that is not among those of Single."""

    cutoff = 1.5

    def derivatives(self):
        def phi(u, c):
            x = 1.0 - u / 2.25
            s = math.erf(1.0) + 0.0 * math.floor(u)
            return x**4 * s, -4.0 * x**3 * s / 2.25, 12.0 * x**2 * s / 2.25**2, -24.0 * x * s / 2.25**3, 24.0 * s / 2.25**4

        return phi


def test_what_single_precision_does_not_know_leads_in_double():
    potential = Unknown()
    assert leading_form(formula_of(potential), potential) is Lead.EXACT


def swept(body, batch, stage=None):
    """Forces by a body, and its assembly."""

    def sweep(first, last, pair, stage, force):
        for i in range(first, last):
            body(i, 0, pair, stage, force)

    kernel = njit(**OPTIONS)(sweep)
    kernel(0, len(batch.ticks), batch.pair_view(), stage or scratch_of(batch.neighbours.shape[1]), batch.force)
    return batch.force[:, :3].copy(), "\n".join(kernel.inspect_asm().values())


def test_vectors_and_plain_loops_give_one_force(pss_glass):
    """The body on the plain loops that a GPU runs, against that on vectors: sums in another order."""
    inline, formula = backend().inline, formula_of(pss_glass.model.potential)
    nothing, plain = fetch_nothing_single, displacement_shared_of(inline(upper_half))
    own = backend().vectors
    vectors = replace(own, fetch_single=inline(nothing), fetched_single=inline(plain), eight_a_turn=inline(no_width))
    batch = Batch(pss_glass.model, [pss_glass.box], [pss_glass.positions], [pss_glass.species])
    batch.rebuild(0)
    found = []
    for chosen, stage in ((own, None), (vectors, (np.zeros(1, dtype=np.int32), NOT_SHARED))):
        slope = single_slope(formula, Lead.SINGLE_LIQUID, backend())
        found.append(
            swept(inline(leading_forces_of(slope, chosen, inline(upper_half), pair_form(pss_glass.model))), batch, stage)[0]
        )
    exact, _ = swept(force_body(pss_glass.model), batch)
    largest = np.abs(Pairs.of(pss_glass).slope).max()  # of a pair: forces of a glass are sums that cancel
    for forces in found:
        assert np.sqrt(np.mean((forces - exact) ** 2)) < GOOD_ENOUGH * largest


@pytest.mark.parametrize("name", GLASSES)
def test_forces_of_a_liquid_are_good_to_single_precision(name):
    text, n, density, temperature = GLASSES[name]
    model, rng = parse(text), np.random.default_rng(3)
    batch = random_start(model, n_particles=n, density=density, rng=rng)
    equilibrate(Samples(batch), temperature=temperature, melt_msd=0.3, rngs=[rng])
    batch.rebuild(0)
    exact, _ = swept(force_body(model), batch)
    leading, assembly = swept(force_body(model, liquid=True), batch)
    assert np.sqrt(np.mean((leading - exact) ** 2) / np.mean(exact**2)) < 2e-6
    assert np.array_equal(leading, exact) != batch.lead.is_single
    if batch.lead.is_single and has("avx2"):
        assert re.search(r"vfn?madd\d+ps\s+%ymm", assembly)  # eight at a time, whatever the processor could
        assert re.search(r"v(div|rsqrt|rsqrt14)ps\s+%ymm", assembly)
        assert not re.search(r"vfn?madd\d+ps\s+%zmm", assembly)
