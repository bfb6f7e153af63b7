"""Potentials of a user's own: what is compiled is what they say now, and what is wrong with them is said."""

import ctypes
import os
import subprocess
import sys
import types
import warnings
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt

import numba
import numpy as np
import pytest

import vitrify
from vitrify.errors import PotentialWarning, UsageError
from vitrify.models import Model, Potential, smooth_cutoff
from vitrify.observables import mechanics
from vitrify.preparation import prepare_glass

PAIR = [[1, 1, 1], [2, 1, 1]]  # two particles at u = 1
settings = types.ModuleType("settings")
settings.EPS = 1.0
SCALE = np.array([1.0])


def own(function, cutoff=2.0, **members):
    """A potential of this radial function."""
    members = {"cutoff": cutoff, "derivatives": lambda self: function} | members
    return type("Own", (Potential,), members)()


def energy(potential):
    """By the compiled kernel, in units of that of the plain function e^-1."""
    glass = vitrify.Glass(PAIR, 8.0, [0, 0], Model("own", potential))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PotentialWarning)
        return 2.0 * mechanics(glass)["energy_per_particle"] * np.e


def gaussian(u, c):
    e = exp(-u)
    return e, -e, e, -e, e


# --- kernels are those of the formula as it is ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ByDefault(Potential):
    """The height is bound by a default argument."""

    cutoff: float = 2.0
    height: float = 1.0

    def derivatives(self):
        def phi(u, c, height=self.height):
            e = height * exp(-u)
            return e, -e, e, -e, e

        return phi


def by_module(u, c):
    e = settings.EPS * exp(-u)
    return e, -e, e, -e, e


def by_array(u, c):
    e = SCALE[0] * exp(-u)
    return e, -e, e, -e, e


def test_a_default_argument_is_part_of_a_kernel():
    assert [energy(ByDefault(height=h)) for h in (1.0, 2.0, 3.0)] == pytest.approx([1.0, 2.0, 3.0])


def test_one_potential_whose_module_changes_beneath_it(monkeypatch):
    potential = own(by_module)
    for eps in (1.0, 3.0, 1.0):
        monkeypatch.setattr(settings, "EPS", eps)
        assert energy(potential) == pytest.approx(eps)
        assert potential.energy(np.array([1.0])) == pytest.approx(eps / np.e)


def test_one_potential_whose_array_changes_in_place():
    potential = own(by_array)
    for eps in (1.0, 3.0):
        SCALE[0] = eps
        assert energy(potential) == pytest.approx(eps)


def test_glasses_of_one_potential_follow_its_module(monkeypatch):
    """All kernels of making: start, liquid and quench."""
    made, potential = [], own(smooth_by_module, cutoff=1.5)
    for eps in (1.0, 2.0):
        monkeypatch.setattr(settings, "EPS", eps)
        recipe = vitrify.Recipe(melt_msd=1.0)
        glass = prepare_glass(
            Model("own", potential),
            n_particles=100,
            density=1.0,
            parent_temperature=0.013 * eps,
            rng=np.random.default_rng(3),
            recipe=recipe,
        )
        made.append(mechanics(glass))
        assert made[-1]["max_force"] < 1e-9 * eps
    assert made[1]["mean_pair_force"] / made[0]["mean_pair_force"] == pytest.approx(2.0, rel=0.1)


C0, C2, C4 = smooth_cutoff((exp(-9.0), -4 * exp(-9.0), 16 * exp(-9.0)), 2.25)


def smooth_by_module(u, c):
    h, e = settings.EPS, exp(-4.0 * u)
    return h * (e + C0 + u * (C2 + u * C4)), h * (C2 + 2 * C4 * u - 4 * e), h * (16 * e + 2 * C4), -64 * h * e, 256 * h * e


EDITED = """
import sys, warnings
from math import exp
import settings, vitrify
from vitrify.observables import mechanics
warnings.simplefilter("ignore")
{defeat}

class Own(vitrify.Potential):
    cutoff = 2.0
    def derivatives(self):
        def phi(u, c):
            e = settings.EPS * exp(-u)
            return e, -e, e, -e, e
        return phi

glass = vitrify.Glass([[1, 1, 1], [2, 1, 1]], 8.0, [0, 0], vitrify.Model("own", Own()))
print(2 * mechanics(glass)["energy_per_particle"] / exp(-1.0))
"""
DEFEAT = """
import vitrify.backends.cpu
vitrify.backends.cpu.fingerprint = lambda function: function.__qualname__  # every formula finds the kernels of any other
"""


@pytest.mark.parametrize("defeat", ["", DEFEAT], ids=["told by their content", "found stale on disk"])
def test_a_module_that_is_edited_between_two_processes(tmp_path, defeat):
    """The kernel on disk is another formula's; were it found all the same, it is seen to be, and compiled anew."""
    (tmp_path / "program.py").write_text(EDITED.format(defeat=defeat))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "PYTHONDONTWRITEBYTECODE": "1"}
    found = []
    for eps in (1.0, 3.0):
        (tmp_path / "settings.py").write_text(f"EPS = {eps}\n")
        done = subprocess.run(
            [sys.executable, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        found.append(float(done.stdout))
    assert found == pytest.approx([1.0, 3.0])


@numba.njit
def inner_helper(u):
    return settings.EPS * exp(-u)


@numba.njit
def outer_helper(u):
    return 2.0 * inner_helper(u)


def by_helpers(u, c):
    e = outer_helper(u)
    return e, -e, e, -e, e


def test_helpers_follow_their_module_too(monkeypatch):
    potential = own(by_helpers)
    for eps in (1.0, 3.0, 1.0):
        monkeypatch.setattr(settings, "EPS", eps)
        assert energy(potential) == pytest.approx(2.0 * eps)
        assert potential.energy(np.array([1.0])) == pytest.approx(2.0 * eps / np.e)


HELPED = """
import sys, warnings
from math import exp
import numba, settings, vitrify
from vitrify.observables import mechanics
warnings.simplefilter("ignore")

@numba.njit
def helper(u):
    return settings.EPS * exp(-u)

class Own(vitrify.Potential):
    cutoff = 2.0
    def derivatives(self):
        def phi(u, c):
            e = helper(u)
            return e, -e, e, -e, e
        return phi

for eps in map(float, sys.argv[1:]):
    helper(1.0)  # before anyone else sees it
    settings.EPS = eps
    glass = vitrify.Glass([[1, 1, 1], [2, 1, 1]], 8.0, [0, 0], vitrify.Model("own", Own()))
    print(2 * mechanics(glass)["energy_per_particle"] / exp(-1.0))
"""


@pytest.mark.parametrize(
    "decorator",
    [
        "numba.njit",
        *(pytest.param(x, marks=pytest.mark.slow) for x in ("numba.njit(cache=True)", 'numba.njit("float64(float64)")')),
    ],
)
def test_a_helper_that_was_compiled_before_it_was_met(tmp_path, decorator):
    """Numba keeps a helper as it was first compiled: within a process, and under cache=True on disk."""
    (tmp_path / "program.py").write_text(HELPED.replace("@numba.njit", f"@{decorator}"))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "PYTHONDONTWRITEBYTECODE": "1"}
    found = []
    for before, now in (("1.0", "3"), ("3.0", "3"), ("2.0", "2")):
        (tmp_path / "settings.py").write_text(f"EPS = {before}\n")
        done = subprocess.run(
            [sys.executable, "program.py", now],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(float(done.stdout))
    assert found == pytest.approx([3.0, 3.0, 2.0])


@numba.vectorize(["float64(float64)"])
def ufunc_helper(u):
    return settings.EPS * exp(-u)


@numba.njit
def calls_a_ufunc(u):
    return ufunc_helper(u)


@numba.extending.register_jitable
def registered_helper(u):
    return settings.EPS * exp(-u)


@numba.njit
def calls_what_is_registered(u):
    return registered_helper(u)


@numba.cfunc("float64(float64)")
def callback(u):
    return settings.EPS * exp(-u)


@numba.njit
def calls_back(u):
    return callback(u)


def radial_of(helper):
    def phi(u, c):
        e = helper(u)
        return e, -e, e, -e, e

    return phi


@pytest.mark.parametrize("helper", [ufunc_helper, calls_a_ufunc, calls_what_is_registered, calls_back])
def test_a_helper_that_cannot_be_compiled_anew_is_refused_once_its_module_changes(monkeypatch, helper):
    potential = own(radial_of(helper))
    assert energy(potential) == pytest.approx(1.0)
    monkeypatch.setattr(settings, "EPS", 3.0)
    with pytest.raises(UsageError, match=r"φ compiled is .* in plain Python"):
        energy(potential)


FOUND_AGAIN = """
import sys
import numba
import numpy as np
import vitrify
from numba.core import event
from vitrify.preparation import prepare_glass
recipe = vitrify.Recipe(melt_msd=1.0)
with event.install_recorder("numba:compile") as compiled:
    model = vitrify.models.parse(sys.argv[1])
    size = {"n_particles": 100, "density": 0.6, "parent_temperature": 6.0}
    glass = prepare_glass(model, **size, rng=np.random.default_rng(1), recipe=recipe)
    vitrify.measure(glass)
    numba.njit(lambda x: x)(1.0)
print(sum(x.is_start for _, x in compiled.buffer))
"""


def test_kernels_of_shipped_families_are_found_on_disk():
    """The second process compiles nothing but what nobody keeps, nor does another member of the family that shares the
    kernels. The first finds here what tests before it have compiled."""
    environment = {**os.environ, "PYTHONHASHSEED": "random"}
    counts = []
    for model in ("pss(rc=1.2)", "pss(rc=1.2)", "pss(rc=1.3)"):
        done = subprocess.run(
            [sys.executable, "-c", FOUND_AGAIN, model], env=environment, capture_output=True, text=True, check=True
        )
        counts.append(int(done.stdout))
    assert counts[1:] == [1, 1]


C_EXP = ctypes.CDLL("libm.so.6").exp
C_EXP.argtypes, C_EXP.restype = [ctypes.c_double], ctypes.c_double


def by_c_function(u, c):
    e = C_EXP(-u)
    return e, -e, e, -e, e


def test_what_nobody_can_tell_apart_is_compiled_anew_and_says_so():
    potential = own(by_c_function)
    with pytest.warns(PotentialWarning) as said:
        assert 2.0 * mechanics(vitrify.Glass(PAIR, 8.0, [0, 0], Model("own", potential)))[
            "energy_per_particle"
        ] == pytest.approx(exp(-1.0))
    assert any("C_EXP in by_c_function()" in str(x.message) and "compiled again" in str(x.message) for x in said)
    assert energy(potential) == pytest.approx(1.0)


@dataclass(frozen=True, eq=False)
class Tabulated(Potential):
    """Read linearly from a table of any length."""

    table: np.ndarray
    cutoff: float = 2.0

    def derivatives(self):
        table, last, scale = self.table, len(self.table) - 2, (len(self.table) - 1) / 4.0

        def phi(u, c):
            i = min(int(u * scale), last)
            e = table[i] + (u * scale - i) * (table[i + 1] - table[i])
            return e, -e, e, -e, e

        return phi


@pytest.mark.parametrize("length", [2001, 200_001], ids=["copied into the kernel", "read where it stands"])
def test_tables_of_any_length(length):
    """The third has the content that the first had when its kernel was compiled."""
    right = np.exp(-np.linspace(0.0, 4.0, length))
    first = right.copy()
    assert energy(Tabulated(first)) == pytest.approx(1.0, rel=1e-6)
    first *= 2.0
    assert energy(Tabulated(first)) == pytest.approx(2.0, rel=1e-6)
    assert energy(Tabulated(right)) == pytest.approx(1.0, rel=1e-6)


@numba.njit
def jitted(u):
    return exp(-u)


def by_helper(u, c):
    e = jitted(u)
    return e, -e, e, -e, e


@pytest.mark.parametrize("potential", [
    own(by_helper), own(numba.njit(gaussian)), own(gaussian, numbers=lambda self: ()), own(gaussian, numbers=lambda self: np.ones(2)),
    own(gaussian, numbers=lambda self: (1, 2)), own(gaussian, cutoff=2), own(gaussian, liquid_slope=lambda self: lambda u, c: -exp(-u)),
], ids=["a jitted helper", "jitted itself", "no numbers", "an array of numbers", "integers", "an integer cutoff", "a liquid's slope"])  # fmt: skip
def test_other_ways_to_write_one(potential):
    assert energy(potential) == pytest.approx(1.0)


@dataclass(frozen=True)
class WithoutDefaults(Potential):
    """Fields without defaults and without slots, the cutoff among them."""

    height: float
    cutoff: float

    def derivatives(self):
        h = self.height

        def phi(u, c):
            e = h * exp(-u)
            return e, -e, e, -e, e

        return phi


def test_a_cutoff_may_be_a_field_without_default():
    assert energy(WithoutDefaults(2.0, 2.0)) == pytest.approx(2.0)


# --- what is wrong is said, in one sentence ---------------------------------------------------------------------------------


def scaled(*factors):
    def phi(u, c):
        e = exp(-u)
        return factors[0] * e, -factors[1] * e, factors[2] * e, -factors[3] * e, factors[4] * e

    return phi


def wrong_inside(u, c):
    e = exp(-u)
    return e, -e, e, -e, (0.97 * e if 1.2 < u < 1.4 else e)


def test_the_wrong_fourth_derivative_of_the_issue():
    potential = own(scaled(1, 1, 1, 1, 0.75))
    with pytest.raises(
        UsageError, match=r"potential Own: φ_uuuu is not the slope of φ_uuu: at u = .* \(off by 25 %\)"
    ) as caught:
        energy(potential)
    assert "\n" not in str(caught.value)


def test_coefficients_that_were_forgotten_are_told():
    """derivatives() takes the height from c, and numbers() is that of all potentials: nothing would act."""
    potential = own(lambda u, c: tuple(c[0] * x for x in ((2 - u) ** 4, -4 * (2 - u) ** 3, 12 * (2 - u) ** 2, -24 * (2 - u), 24.0)), sqrt(2.0))  # fmt: skip
    with pytest.raises(UsageError, match=r"Own is zero at all distances, because .* the coefficients \(0.0,\)"):
        energy(potential)
    assert "is zero at all distances" in vitrify.models.check(potential, speed=False).faults[0]
    with pytest.raises(UsageError, match="is zero at all distances"):
        prepare_glass(
            Model("own", potential), n_particles=40, density=0.5, parent_temperature=1.0, rng=np.random.default_rng(1)
        )


def test_nothing_may_act_between_the_beads_of_a_chain():
    """A potential that is zero of itself was meant."""
    nothing = own(lambda u, c: (0.0, 0.0, 0.0, 0.0, 0.0))
    assert energy(nothing) == 0.0
    assert not vitrify.models.check(nothing, speed=False).faults


@pytest.mark.parametrize(("function", "symbol"), [
    (scaled(1, 1.01, 1.01, 1.01, 1.01), "φ_u"), (scaled(1, -1, -1, -1, -1), "φ_u"), (scaled(1, 1, 1.001, 1.001, 1.001), "φ_uu"), (scaled(1, 1, 1, 0, 0), "φ_uuu"),
    (scaled(1, 1, 1, 1, 0), "φ_uuuu"), (scaled(1, 1, 1, 1, 24), "φ_uuuu"), (wrong_inside, "φ_uuuu"),
    (lambda u, c: (1 / u**6, -6 / u**7, 42 / u**8, -336 / u**9, 3023 / u**10), "φ_uuuu"),  # 3024
], ids=["one in a hundred", "the sign", "one in a thousand", "two left out", "one left out", "a factorial", "between 1.2 and 1.4", "one wrong digit"])  # fmt: skip
def test_a_wrong_derivative_is_named(function, symbol):
    report = vitrify.models.check(own(function), speed=False)
    assert not report.ok
    assert report.faults[0].startswith(f"potential Own: {symbol} is not the slope")
    with pytest.raises(UsageError) as caught:
        energy(own(function))
    assert str(caught.value) == report.faults[0]


def harmonic(u, c):
    """½ (1 − x)² by the chain rule; φ'' does not vanish at contact."""
    x = sqrt(u)
    return (
        0.5 * (1 - x) ** 2,
        0.5 * (1.0 - 1.0 / x),
        0.25 / x**3,
        -0.375 / x**5,
        0.9375 / x**7,
    )


def pieces(u, c):
    """A core joined at u = 1.3, where φ_uuu jumps, to a tail that ends smoothly at 2."""
    core, tail = 1.3 - u if u < 1.3 else 0.0, 2.0 - u
    return (
        5 * core**3 + tail**3,
        -15 * core**2 - 3 * tail**2,
        30 * core + 6 * tail,
        -(36.0 if u < 1.3 else 6.0),
        0.0,
    )


KNOTS, U_C = 37, 2.25
HEIGHTS = np.cos(5.0 * np.arange(KNOTS + 1))


def spline(u, c):
    """φ_uuu is constant between knots and jumps at each: the integrals of a staircase, by Taylor's sum from the cutoff."""
    width = U_C / KNOTS
    d0, d1, d2, d3 = 0.0, 0.0, 0.0, 0.0
    for k in range(KNOTS - 1, -1, -1):
        upper, lower = (k + 1) * width, max(k * width, u)
        if lower > upper:
            break
        step, d3 = lower - upper, HEIGHTS[k]
        d0, d1, d2 = d0 + step * d1 + step**2 * d2 / 2 + step**3 * d3 / 6, d1 + step * d2 + step**2 * d3 / 2, d2 + step * d3
    return d0, d1, d2, d3, 0.0


TABLE = np.exp(-np.linspace(0.0, 4.0, 2001))


def linear_table(u, c):
    """Each derivative read from a table of its own, linearly."""
    x = u * 500.0
    i = min(int(x), 1999)
    e = TABLE[i] + (x - i) * (TABLE[i + 1] - TABLE[i])
    return e, -e, e, -e, e


def steep(u, c):
    p = u**-300.0
    return p, -300 * p / u, 300 * 301 * p / u**2, -300 * 301 * 302 * p / u**3, 300 * 301 * 302 * 303 * p / u**4


def single_precision(u, c):
    e = np.float32(exp(-u))
    return e, -e, e, -e, e


def lifted(u, c):
    e = exp(-u)
    return 1e6 + e, -e, e, -e, e


@pytest.mark.parametrize(("function", "cutoff"), [
    (gaussian, 2.0), (harmonic, 1.0), (pieces, sqrt(2.0)), (spline, 1.5), (linear_table, 2.0), (steep, 1.5), (single_precision, 2.0), (lifted, 2.0),
    (lambda u, c: ((2 - u) ** 2, -2 * (2 - u), 2.0, 0.0, 0.0), sqrt(2.0)), (lambda u, c: (-log(u), -1 / u, 1 / u**2, -2 / u**3, 6 / u**4), 30.0),
], ids=["gaussian", "harmonic", "pieces", "spline", "linear table", "steep", "single precision", "lifted", "a parabola", "a logarithm"])  # fmt: skip
def test_right_derivatives_raise_no_alarm(function, cutoff):
    report = vitrify.models.check(own(function, cutoff), speed=False)
    assert not report.faults
    assert len(report.derivatives) == 5


def fails(u, c):
    raise RuntimeError("not\nfor u")


class Worded(float):
    """A number whose text has many lines."""

    def __repr__(self):
        return "\n".join("many lines" for _ in range(100))


@pytest.mark.parametrize(("potential", "words"), [
    (own(lambda u, c: (1.0, 2.0)), "gives 2 numbers"),
    (own(lambda u, c: exp(-u)), "gives 0.7"),
    (own(lambda u: (0.0,) * 5), "takes 1 positional argument"),
    (own(lambda u, c: (1j,) * 5), "complex"),
    (own(lambda u, c: (float("nan"),) * 5), "no finite number"),
    (own(lambda u, c: (sqrt(3.0 - u),) * 5), "math domain error"),
    (own(lambda u, c: (1.0 / (u - u),) * 5), "no finite number"),
    (own(fails), r"RuntimeError \(not for u\)"),
    (own(None), "returns a NoneType"),
    (own(partial(gaussian)), "returns a partial"),
    (own(None, derivatives=lambda self: self.phi, phi=lambda self, u, c: gaussian(u, c)), "returns a method"),
    (own(None, derivatives=lambda self: 1 / 0), "ZeroDivisionError"),
    (type("Own", (Potential,), {"cutoff": 2.0})(), r"has no derivatives\(\)"),
    (type("Own", (Potential,), {"derivatives": lambda self: gaussian})(), "has no cutoff"),
    (own(gaussian, cutoff=float("nan")), "cutoff is nan"),
    (own(gaussian, cutoff=-1.0), "cutoff is -1.0"),
    (own(gaussian, cutoff="2"), "cutoff is '2'"),
    (own(gaussian, cutoff=Worded(-1.0)), "cutoff is many lines"),
    (own(gaussian, numbers=lambda self: (1.0, "a")), r"numbers\(\)"),
    (own(gaussian, numbers=lambda self: (1.0, float("inf"))), r"numbers\(\)"),
    (own(gaussian, numbers=lambda self: 1.0), r"numbers\(\)"),
    (own(gaussian, liquid_slope=lambda self: lambda u, c: -1.1 * exp(-u)), r"liquid_slope\(\) gives"),
    (own(gaussian, liquid_slope=lambda self: 3.0), r"liquid_slope\(\) returns a float"),
    (ByDefault, "is a class"),
    (object(), "not derived from vitrify.Potential"),
])  # fmt: skip
def test_what_is_no_potential_is_said_in_one_sentence(potential, words):
    report = vitrify.models.check(potential, speed=False)
    assert not report.ok
    with pytest.raises(UsageError, match=words) as caught:
        energy(potential)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert str(report).startswith("potential ")


@dataclass(frozen=True, slots=True)
class OverSelf(Potential):
    """The function closes over the potential itself, which no compiler takes."""

    cutoff: float = 2.0
    height: float = 1.0

    def derivatives(self):
        def phi(u, c):
            e = self.height * exp(-u)
            return e, -e, e, -e, e

        return phi


DICTIONARY = {"eps": 1.0}


@pytest.mark.parametrize("potential", [
    OverSelf(), own(lambda u, c: gaussian(u, c)), own(lambda u, c: (DICTIONARY["eps"] * exp(-u), -exp(-u), exp(-u), -exp(-u), exp(-u))),
    own(gaussian, liquid_slope=lambda self: lambda u, c: gaussian(u, c)[1]),
], ids=["over self", "over a plain function", "over a dictionary", "a liquid's slope over a plain function"])  # fmt: skip
def test_what_cannot_be_compiled_is_said_in_one_sentence(potential):
    with pytest.raises(UsageError, match="cannot be compiled .*variables before it") as caught:
        energy(potential)
    assert "\n" not in str(caught.value)


# --- the cutoff -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Abrupt(Potential):
    """A Gaussian core that is cut where it is 1e-7."""

    cutoff: float = 4.0

    def derivatives(self):
        return gaussian


def test_a_potential_that_does_not_end_at_its_cutoff_says_so_once():
    glass = vitrify.Glass(PAIR, 20.0, [0, 0], Model("abrupt", Abrupt()))
    with pytest.warns(PotentialWarning, match=r"φ .* and φ' .* and φ'' .* do not vanish at the cutoff"):
        mechanics(glass)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mechanics(glass)
        mechanics(vitrify.Glass(PAIR, 20.0, [0, 0], Model("abrupt", Abrupt(3.5))))


@pytest.mark.parametrize(("function", "cutoff", "order"), [
    (gaussian, 4.0, -1), (harmonic, 1.0, 1), (pieces, sqrt(2.0), 2),
    (lambda u, c: ((2 - u) ** 5, -5 * (2 - u) ** 4, 20 * (2 - u) ** 3, -60 * (2 - u) ** 2, 120 * (2 - u)), sqrt(2.0), 4),
    (lambda u, c: (2 - u, -1.0, 0.0, 0.0, 0.0), sqrt(2.0), 0),
])  # fmt: skip
def test_to_which_order_a_cutoff_is_smooth(function, cutoff, order):
    report = vitrify.models.check(own(function, cutoff), speed=False)
    assert report.smooth_to == order
    assert report.ok == (order >= 2)
    assert [x.vanishes for x in report.derivatives][: order + 2] == [True] * (order + 1) + [False] * (order < 4)


def test_pieces_that_do_not_fit_are_told():
    """pieces() fit: φ_uuu alone jumps. Here the core is lifted, tilted or bent by a tenth."""
    for k, symbol in enumerate(("φ", "φ_u", "φ_uu")):

        def phi(u, c, k=k):
            x = 1.3 - u if u < 1.3 else 0.0
            more = (
                [x**k / (1, 1, 2)[k], k * x ** max(k - 1, 0) / (1, 1, 2)[k], 1.0 if k == 2 else 0.0]
                if u < 1.3
                else [0.0] * 3
            )
            right = pieces(u, c)
            return right[0] + 0.1 * more[0], right[1] - 0.1 * more[1], right[2] + 0.1 * more[2], right[3], right[4]

        report = vitrify.models.check(own(phi, sqrt(2.0)), speed=False)
        assert not report.faults
        assert len(report.cautions) == 1
        assert report.cautions[0].startswith(f"potential Own: {symbol} jumps by {'-' if k != 1 else ''}0.1 at u = 1.3,")
    assert vitrify.models.check(own(pieces, sqrt(2.0)), speed=False).ok


# --- the report -------------------------------------------------------------------------------------------------------------


def test_a_report_is_a_table_that_tells_all():
    report = vitrify.models.check("pss(rc=1.2)")
    assert report.ok
    assert not report.faults
    assert not report.cautions
    lines = str(report).splitlines()
    assert lines[0] == "potential PiecewiseStickySpheres: ok"
    assert [x.split()[0] for x in lines[3:8]] == ["φ", "φ_u", "φ_uu", "φ_uuu", "φ_uuuu"]
    assert report.u_range == (0.25, pytest.approx((1.2 * 2 ** (1 / 6)) ** 2))
    wrong = vitrify.models.check(own(scaled(1, 1, 1, 1, 0.75)), speed=False)
    assert wrong.derivatives[4].deviation == pytest.approx(0.25, abs=0.01)
    assert wrong.derivatives[4].value / wrong.derivatives[4].slope == pytest.approx(0.75)
    assert "NOT ok" in str(wrong)
    assert str(wrong).count("off by 25 %") == 1


def test_a_report_takes_a_name_a_model_or_a_potential():
    model = vitrify.models.hertzian()
    assert vitrify.models.check("hertzian()") == vitrify.models.check(model) == vitrify.models.check(model.potential)
    assert vitrify.models.check(Model("own", own(scaled(1, 1, 1, 1, 0.75))), speed=False).faults
    with pytest.raises(UsageError, match="unknown"):
        vitrify.models.check("nonesuch")


def test_the_smoothing_of_the_documentation():
    def phi(u, c):
        e = exp(-4 * u)
        return e + c[0] + u * (c[1] + u * c[2]), -4 * e + c[1] + 2 * c[2] * u, 16 * e + 2 * c[2], -64 * e, 256 * e

    assert vitrify.models.check(
        own(phi, 1.5, numbers=lambda self: smooth_cutoff(phi(2.25, (0, 0, 0)), 2.25)), speed=False
    ).ok
