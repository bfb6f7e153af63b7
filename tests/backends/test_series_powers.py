"""Powers of truncated series, against the derivatives that SymPy takes."""

from math import factorial

import numpy as np
import pytest
import sympy

from vitrify.backends import backend
from vitrify.backends.series import coefficient, line, path


def coefficients_of(function, *at, n=4):
    """Those of function(x(t)) by a kernel."""
    of, inlined = backend(), {2: line, 4: path}[n]
    plain = of.inline(function)

    def kernel(out, value, first, second):
        found = plain(inlined(value, first, second))
        out[0], out[1] = coefficient(found, 0), coefficient(found, 1)
        if n == 4:
            out[2], out[3] = coefficient(found, 2), coefficient(found, 3)

    out = np.empty(n)
    of.compile(kernel)(out, *at)
    return out


def wanted(function, value, first, second, n=4):
    t = sympy.Symbol("t")
    x = sympy.Rational(str(value)) + sympy.Rational(str(first)) * t + sympy.Rational(str(second)) * t**2
    return [float(sympy.diff(function(x), t, k).subs(t, 0) / factorial(k)) for k in range(n)]


POWERS = {
    "6": lambda x: x**6, "5": lambda x: x**5, "1": lambda x: x**1, "0": lambda x: x**0, "-1": lambda x: x**-1, "-7": lambda x: x**-7,
    "half": lambda x: x**0.5, "2.5": lambda x: x**2.5, "-3.25": lambda x: x**-3.25,
}  # fmt: skip


@pytest.mark.parametrize("power", POWERS)
def test_powers_are_those_of_sympy(power):
    at = (0.75, 1.25, -0.5)
    found = coefficients_of(POWERS[power], *at)
    np.testing.assert_allclose(found, wanted(POWERS[power], *at), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(coefficients_of(POWERS[power], 0.75, 1.25, 0.0, n=2), found[:2], rtol=1e-13)


def test_a_whole_power_of_zero_has_its_derivatives():
    """A bond that just ends: (1 − r/r_c)³ at r_c."""
    np.testing.assert_allclose(coefficients_of(lambda x: x**3, 0.0, 2.0, 0.5), [0.0, 0.0, 0.0, 8.0])
