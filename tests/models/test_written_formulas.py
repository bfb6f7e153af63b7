"""Formulas that users write: how they are read, and that they are what they say, against JAX and the families by hand."""

import math
import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from math import factorial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import vitrify
from samples import make
from vitrify import models
from vitrify.backends.fingerprint import fingerprint
from vitrify.errors import UsageError
from vitrify.models.catalogue import parse
from vitrify.models.expressions import read, written

LENNARD_JONES = "4*((l/r)^12 - (l/r)^6)"
FORMULAS = {  # text, cutoff, smooth_to, parameters, the same for JAX
    "lennard-jones": (LENNARD_JONES, 2.5, 2, {}, lambda r: 4 * (r**-12 - r**-6)),
    "odd powers": ("(l/r)^9 - 1.5/r**3", 2.0, 3, {}, lambda r: r**-9.0 - 1.5 * r**-3.0),
    "yukawa": ("a*exp(-kappa*r)/r", 3.0, 2, {"a": 2.0, "kappa": 1.5}, lambda r: 2 * jnp.exp(-1.5 * r) / r),
    "morse": (
        "D*((1 - exp(-a*(r - 1)))^2 - 1) + 1/r^20", 2.5, 1, {"D": 1.5, "a": 6},
        lambda r: 1.5 * ((1 - jnp.exp(-6 * (r - 1))) ** 2 - 1) + r**-20.0,
    ),
    "hertzian": ("2/5*(1 - r/λ)^2.5", 1.0, 2, {}, lambda r: 0.4 * (1 - r) ** 2.5),
    "gaussian": ("exp(-(r/l)^2)", 2.0, 4, {}, lambda r: jnp.exp(-(r**2))),
    "all functions": (
        "log(1 + 1/r^3)*cos(r)^2 + tanh(1/r) + cosh(1/r) + sinh(1/r)*sin(2)/sqrt(1 + pi*r)", 2.0, 2, {},
        lambda r: jnp.log(1 + r**-3.0) * jnp.cos(r) ** 2 + jnp.tanh(1 / r) + jnp.cosh(1 / r) + jnp.sinh(1 / r) * jnp.sin(2.0) / jnp.sqrt(1 + jnp.pi * r),
    ),
    "power of r": ("(l/r)^(n + r)", 1.5, 2, {"n": 8}, lambda r: (1 / r) ** (8 + r)),
}  # fmt: skip


def of(name):
    text, cutoff, smooth_to, parameters, _ = FORMULAS[name]
    return models.formula(text, cutoff=cutoff, smooth_to=smooth_to, **parameters)


@pytest.mark.parametrize("name", [pytest.param(x, marks=pytest.mark.slow) if x == "all functions" else x for x in FORMULAS])
def test_four_derivatives_are_those_of_automatic_differentiation(name):
    """The terms of the cutoff are found by JAX too: its derivatives at the cutoff are taken away, as a Taylor polynomial."""
    _, cutoff, smooth_to, _, phi = FORMULAS[name]
    potential, u_c = of(name).potential, cutoff**2
    derivatives = [lambda u: phi(jnp.sqrt(u))]
    for _ in range(4):
        derivatives.append(jax.grad(derivatives[-1]))
    u = np.array([0.3, 0.81, 0.9 * u_c])
    bare = np.array([jax.vmap(d)(jnp.array([*u, u_c])) for d in derivatives])
    taken = [0.0 if name == "hertzian" else x for x in bare[: smooth_to + 1, -1]]  # which ends by itself
    taylor = np.polynomial.Polynomial([x / factorial(k) for k, x in enumerate(taken)])
    expected = bare[:, :-1] - [taylor.deriv(k)(u - u_c) if k else taylor(u - u_c) for k in range(5)]
    scale = np.abs(bare[:, :-1]) + 1e-3  # the terms taken away cancel most of a tail
    assert np.all(np.abs(potential.evaluate(u) - expected) < 1e-10 * scale)


@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_derivatives_vanish_at_the_cutoff_to_the_order_asked_for(name):
    potential = of(name).potential
    at_cutoff = potential.evaluate(np.array([potential.cutoff**2 * (1 - 1e-15)]))[:, 0]
    near = np.abs(potential.evaluate(np.array([0.8]))[:, 0])
    assert np.all(np.abs(at_cutoff[: potential.smooth_to + 1]) < 1e-7 * near[: potential.smooth_to + 1])
    assert models.check(potential, speed=False).ok or potential.smooth_to < 2


@pytest.mark.parametrize(("written_so", "family"), [
    (models.formula(LENNARD_JONES, cutoff=2.5), models.lennard_jones(rc=2.5)),
    (models.formula("(l/r)^n", cutoff=1.48, smooth_to=3, n=10), models.inverse_power(rc=1.48, smooth_to=3)),
    (models.formula("2/5*(1 - r/l)^(5/2)", cutoff=1), models.hertzian()),
])  # fmt: skip
def test_a_formula_is_the_family_by_hand(written_so, family):
    u = np.linspace(0.3, 0.999, 60) * family.cutoff_of([0]) ** 2
    found, expected = (x.potential.evaluate(u) for x in (written_so, family))
    largest = np.maximum.accumulate(np.abs(expected[:, ::-1]), axis=1)[:, ::-1]  # farther out
    assert np.all(np.abs(found - expected) <= 1e-11 * largest + 1e-14)  # terms of the cutoff cancel a tail to round-off


def test_a_glass_has_the_same_moduli_by_formula_and_by_hand():
    glass = make("lennard_jones")
    by_hand, by_formula = (
        vitrify.measure(replace(glass, model=x)) for x in (glass.model, models.formula(LENNARD_JONES, cutoff=1.8))
    )
    for name in ("energy_per_particle", "pressure", "shear_modulus", "bulk_modulus"):
        assert getattr(by_formula, name) == pytest.approx(getattr(by_hand, name), rel=1e-9)


# --- the readable form ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "canonical"), [
    ("4 * ( (λ/r)**12-(sigma/r)^6 )", LENNARD_JONES), ("((4*r))", "4*r"), ("1e0/r^(12)", "1/r^12"), ("-r^2", "-r^2"), ("(-r)^2", "(-r)^2"),
    ("2^3^2*r", "2^3^2*r"), ("(2^3)^2*r", "(2^3)^2*r"), ("r-(1-r)", "r - (1 - r)"), ("r/(2*r)", "r/(2*r)"), ("(r/2)*r", "r/2*r"), ("ε*exp(-r)", "epsilon*exp(-r)"), ("+r", "r"), ("r^-2", "r^(-2)"),
    ("r*-1", "r*-1"), ("EXP(r)", "exp(r)"), (".5*r", "0.5*r"),
])  # fmt: skip
def test_texts_of_one_form_have_one_name(text, canonical):
    assert written(read(text, [])) == canonical
    assert written(read(canonical, [])) == canonical


def test_the_name_holds_all_that_the_potential_is():
    model = models.formula("a*( λ/r )**n", cutoff=1.5, smooth_to=3, n=10, a=2.0)
    assert str(model) == 'formula("a*(l/r)^n", cutoff=1.5, smooth_to=3, a=2, n=10)'
    assert parse(str(model)) == model == parse("formula('a*(l/r)^n', n=10, a=2.0, smooth_to=3, cutoff=1.5)")
    mixed = parse(f"{model} [0.8:0.2; lengths 1,0.8,0.88]")
    assert mixed.potential == model.potential
    assert parse(str(mixed)) == mixed
    assert pickle.loads(pickle.dumps(mixed)) == mixed
    assert mixed.potential.with_cutoff(2.0).cutoff == 2.0
    assert models.formula("a*(l/r)^n", cutoff=1.5, smooth_to=3, n=10, a=3.0) != model


def test_members_share_a_kernel_unless_an_exponent_differs():
    one, other, steeper = (
        models.formula("a*(l/r)^n", cutoff=1.5, n=n, a=a).potential for n, a in ((10, 1), (10, 2), (12, 1))
    )
    assert fingerprint(one.derivatives()) == fingerprint(other.derivatives())
    assert fingerprint(one.derivatives()) != fingerprint(steeper.derivatives())
    assert one.numbers() != other.numbers()


def test_another_process_builds_the_same_function():
    """Kernels are found on disk by the content of the function, whatever the order of sets in a process."""
    asked = "D*((1 - exp(-a*(r - 1)))^2 - 1) + 1/r^20"
    program = f"from vitrify import models; from vitrify.backends.fingerprint import fingerprint; print(fingerprint(models.formula({asked!r}, cutoff=2.5, D=1.5, a=6).potential.derivatives()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert done.stdout.strip() == fingerprint(models.formula(asked, cutoff=2.5, D=1.5, a=6).potential.derivatives())


# --- what is no potential ------------------------------------------------------------------------------------------------

REFUSED = {
    "1/(r - 1.3)": "is singular at r = 1.3 λ, within its cutoff of 2.5 λ",
    "1/(r^2 - 1.2)": "is singular at r = 1.095 λ, within its cutoff of 2.5 λ",
    "1/(r - 1.2345678)^2": "is singular at r = 1.235 λ",
    "log((r - 1)^2)": "is singular at r = 1 λ",
    "log((r - 1.00012)^2)": "jumps",
    "sqrt(1 - r)": "is not real at r",
    "log(r - 1.23456)": "is not real at r = 1.234 λ",
    "(r - 1.00012)^2.5": "is not real",
    "sqrt((r - 1)^2)": "has a kink",
    "abs(r)": "has a kink or a jump",
    "-1/r^6": "attracts at its core",
    "1000*exp(-3*r) - 1/r^6": "attracts at its core",
    "r^2": "is zero once it is smooth at the cutoff",
    "2": "has no r in it",
    "1/(r - r)": "divides by zero",
    "0^-1*r": "divides by zero",
    "9^9^9^9*r": "has the power",
    "10^400*r": "has a number that a computer cannot hold",
    "1e999*r": "has the number 1e999, which a computer cannot hold",
    "1e200*1e105/r^12": "a derivative of the formula has a number that a computer cannot hold",
    "1e299/r^1000": "is too steep: below r = 0.9794 λ it is more than a computer can hold",
    "1/r^12 + kappa": "has 'kappa', which is unknown; give parameters their values",
    "sigm*r": "has 'sigm', which is unknown",
    "exq(r)": "did you mean 'exp'?",
    "exp": "has exp without its argument",
    "r(2)": "has 'r' before a bracket; write r*(...)",
    "4*(l/r": "has a ( that is not closed (character 3)",
    "4*l/r)": "has a ) that no ( belongs to (character 6)",
    "2 r": "where one of + - * / ^ must stand",
    "r;": "which means nothing there",
    "r +": "ends too early",
    "": "must be a text",
    "__import__('os').system('x')": "has __import__(), which is unknown",
    "r.__class__": "which means nothing there",
    "lambda: r": "which means nothing there",
    "(" * 400 + "r" + ")" * 400: "is nested more than 40 deep",
    "-" * 900 + "r": "is nested more than 40 deep",
    "+".join("r" * 400): "has more than 150 operations",
    "r" * 2000: "must have at most 1000",
    "exp(exp(exp(exp(exp(exp(1/r))))))": "is too involved",
    "١/r": "which means nothing there",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda x: x[:30])
def test_what_is_no_potential_is_refused_in_one_sentence(text):
    with pytest.raises(UsageError) as caught:
        models.formula(text, cutoff=2.5)
    assert REFUSED[text] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("settings", "told"), [
    ({"cutoff": -1}, "cutoff is -1"), ({"cutoff": float("nan")}, "cutoff is nan"), ({"cutoff": 2.5, "smooth_to": 5}, "smooth_to is 5"), ({"cutoff": 2.5, "smooth_to": 1.5}, "smooth_to is 1.5"),
    ({"cutoff": 2.5, "a": 1}, "has no 'a', whose value is given"), ({"cutoff": 2.5, "r": 1}, "name that is taken"), ({"cutoff": 2.5, "exp": 1}, "name that is taken"),
])  # fmt: skip
def test_settings_are_checked(settings, told):
    with pytest.raises(UsageError) as caught:
        models.formula("1/r^12", **settings)
    assert told in str(caught.value)


def test_a_derivative_that_does_not_end_is_told_with_the_way_out():
    with pytest.raises(UsageError, match="its derivative of order 3 is no finite number at the cutoff; take smooth_to=2"):
        models.formula("(1 - r)^2.5", cutoff=1, smooth_to=3)


@pytest.mark.parametrize("text", [
    "formula(", "formula()", 'formula("1/r^2")', 'formula("1/r^2", 2.5)', 'formula("1/r^2", cutoff=2.5, cutoff=2.5)', 'formula("1/r^2", cutoff="a")', 'formula("1/r^2, cutoff=2.5)',
    'formula("1/r^2", cutoff=2.5, mixture=1)', 'formula("1/r^2", cutoff=2.5) x', 'formula("1/r^2", cutoff=2.5) [', 'formula("' + "1+" * 2000 + '", cutoff=2)',
])  # fmt: skip
def test_a_readable_form_that_is_not_whole_is_refused(text):
    with pytest.raises(UsageError):
        parse(text)


def test_a_report_tells_the_minimum():
    report = models.check(models.formula(LENNARD_JONES, cutoff=2.5), speed=False)
    family = models.lennard_jones(rc=2.5).potential
    r = np.linspace(1.0, 1.5, 50_001)
    assert f"least φ {family.energy(r**2).min():.4g}" in str(report)
    assert f"at r = {r[family.energy(r**2).argmin()]:.3g}" in str(report)
    assert "no minimum: nothing attracts" in str(models.check("inverse_power()", speed=False))


def test_what_is_no_number_a_quarter_of_the_cutoff_away_is_too_steep():
    """exp(exp(exp(1/r))) overflows where exp(exp(1/r)) is 709.8, the logarithm of the largest number."""
    edge = 1.0 / math.log(math.log(math.log(sys.float_info.max)))
    with pytest.raises(UsageError, match="is too steep: below r = ") as caught:
        models.formula("exp(exp(exp(1/r)))", cutoff=2.0)
    assert float(re.search(r"below r = ([0-9.]+)", str(caught.value))[1]) == pytest.approx(edge, abs=2.0 / 4000)
    assert models.formula("exp(exp(1/r))", cutoff=2.0).cutoff == pytest.approx(2.0 * 1.4)
