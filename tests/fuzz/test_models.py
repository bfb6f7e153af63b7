"""A model's text is read by a grammar: any text is a model or is refused, and nothing in it runs."""

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vitrify
from catalogue import POTENTIALS
from fuzz.profiles import fast, long, outcome
from vitrify import models
from vitrify.errors import UsageError
from vitrify.models.catalogue import FAMILIES, parse
from vitrify.models.glass_formers import GLASS_FORMERS

PIECES = st.sampled_from([
    *FAMILIES, *GLASS_FORMERS, "kob_andersen()", "pss(rc=1.2)", "[", "]", ";", ":", "lengths", "(", ")", "((", "))", "=", ",", "rc", "xc", "q", "exponent", "family", "mixture", "self", "1.2", "1e400", "1e308", "-1", "+", "10000", "1e-300",
    ".5", "nan", "inf", "١٢", "１２", "0x10", "9" * 100, " ", "\n", "\x00", "{", "%s", "__import__('os').system('x')", "lambda: 0", "é",
])  # fmt: skip
CALLS = st.builds(
    lambda family, pairs: f"{family}({', '.join(f'{k}={v}' for k, v in pairs)})",
    st.sampled_from([*FAMILIES, *GLASS_FORMERS]),
    st.lists(
        st.tuples(
            st.sampled_from(["rc", "xc", "q", "exponent", "family", "mixture"]),
            st.integers(-5, 40).map(str)
            | st.floats(0, 12).map(repr)
            | st.floats().map(repr)
            | st.sampled_from(["1e300", "1e-300", "9999", "1.0000000000000002"]),
        ),
        max_size=3,
    ),
)
MIXTURES = st.sampled_from([
    "", " ", " [0.8:0.2; lengths 1,0.8,0.88]", "[1;lengths 1]", " [0.5:0.5; lengths 1,1.18,1.4]", "[1; lengths 1; cutoffs 1.5]",
    "[0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5]", "[sizes power_law 1,2.22,-3; nonadditivity 0.1]", "[sizes uniform 1,2]",
]) | st.lists(
    st.sampled_from(["[", "]", ":", ";", ",", " ", "0.8", "0.2", "1", "0.5", "lengths", "lengths 1,1,1", "energies", "energies 1,2,1", "cutoffs 1,2,1.5",
                     "sizes power_law 1,2,-3", "sizes", "uniform", "discrete 1,2", "nonadditivity", "nonadditivity 0.1", "0.1", "masses", "labels", "A,B", "nan", "1e999", "\n", "é"]), max_size=9
).map("".join)  # fmt: skip
TEXTS = st.text() | st.builds(str.__add__, CALLS, MIXTURES) | st.lists(PIECES, max_size=12).map("".join) | CALLS


def read(text):
    """What is read can be named, read again, and gives numbers."""
    model = outcome(parse, text)
    if model is not None:
        assert parse(str(model)) == model
        outcome(model.box_for, 1000, 0.6)
        assert models.parse(text) == model


@fast(300)
@given(TEXTS)
def test_any_text(text):
    read(text)


@pytest.mark.slow
@long(3000)
@given(TEXTS)
def test_many_texts(text):
    read(text)


@pytest.mark.parametrize("text", [
    "pss(rc=__import__('os').system('touch hacked'))", "pss(rc=1.2).__class__", "pss(rc=eval('1'))", "pss(rc=1.2+0.1)", "pss(rc=(1.2))", "pss((((rc=1.2))))",
    "pss(rc=1.2);x", "pss(rc=１.2)", "pss(family=1)", "pss(mixture=1)", "pss(rc=1e400)", "qss(q=1e300)", "inverse_power(rc=1e200)", "inverse_power(rc=1e-200)",
    "inverse_power(exponent=10000, rc=0.5)", "pss(" + " " * 100_000, "pss(rc=" + "1" * 100_000 + "x)", "(" * 100_000,
])  # fmt: skip
def test_expressions_and_extremes_are_refused_at_once(text):
    started = time.perf_counter()
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert time.perf_counter() - started < 1.0
    assert len(str(caught.value)) < 700


SIGNS = st.sampled_from(
    [
        *"+-*/^()r,;l ",
        "**",
        "1",
        "2.5",
        "12",
        "exp(",
        "log(",
        "sqrt(",
        "sin(",
        "eval(",
        "r^",
        "λ",
        "1e9",
        "9^9",
        "__",
        "a",
        "0x1",
        "\n",
        "é",
    ]
)
FORMULAS = st.lists(SIGNS, max_size=14).map("".join) | st.text(max_size=30)


def is_potential_or_refused(text):
    """Any text is a formula, whose canonical text is the same formula, or is refused in one sentence, at once."""
    started = time.process_time()
    model = outcome(lambda x: models.formula(x, cutoff=1.5, a=1.0), text)
    assert time.process_time() - started < 20.0
    if model is not None:
        assert parse(str(model)) == model
        assert models.check(model, speed=False).derivatives


@fast(80)
@given(FORMULAS)
def test_any_formula(text):
    is_potential_or_refused(text)


@pytest.mark.slow
@long(2000)
@given(FORMULAS)
def test_many_formulas(text):
    is_potential_or_refused(text)


def test_code_of_a_formula_reaches_mathematical_functions_alone():
    """The function that is compiled knows no builtins, and nothing of a module."""
    radial = models.formula("exp(-a*r)/r", cutoff=1.5, a=1.0).potential.derivatives()
    assert not radial.__globals__["__builtins__"]
    reached = {name for name in radial.__globals__ if not name.startswith("__")}
    assert reached == {"cos", "cosh", "exp", "log", "sin", "sinh", "sqrt", "tanh"}
    assert set(radial.__code__.co_names) <= reached


EXPONENTS = st.integers(1, 5000).map(lambda x: 2 * x)
NEAREST = 1.0 + 1e-9  # nearer to 1 the tail of PSS lies between a few floating-point numbers, and does not end smoothly
LENGTHS = st.floats(NEAREST, 1000.0) | st.floats(NEAREST, 1.01) | st.floats(1e-9, 1.0).map(lambda x: 1.0 + x)
MEMBERS = (
    st.builds("pss(rc={!r})".format, LENGTHS.filter(lambda x: x < 10.0))
    | st.builds("qss(q={}, xc={!r})".format, EXPONENTS, LENGTHS)
    | st.builds("lennard_jones(rc={!r})".format, LENGTHS)
    | st.builds("inverse_power(exponent={}, rc={!r})".format, EXPONENTS, LENGTHS | st.floats(0.01, 1.0))
    | st.just("hertzian()")
)


def raises_no_alarm(text):
    """Every member that can be named has right derivatives and ends at its cutoff."""
    model = outcome(parse, text)
    if model is not None:
        report = models.check(model, speed=False)
        assert report.ok, f"{text}\n{report}"


@fast(60)
@given(MEMBERS)
def test_shipped_members_raise_no_alarm(text):
    raises_no_alarm(text)


@pytest.mark.slow
@long(400)  # a third of a second each
@given(MEMBERS)
def test_many_shipped_members_raise_no_alarm(text):
    raises_no_alarm(text)


class Spoilt(vitrify.Potential):
    """A shipped potential with one derivative multiplied by a factor."""

    def __init__(self, right, which, factor):
        self.right, self.which, self.factor, self.cutoff = right, which, factor, right.cutoff

    def numbers(self):
        return self.right.numbers()

    def derivatives(self):
        right, which, factor = self.right.derivatives(), self.which, self.factor
        return lambda u, c: tuple(factor * x if k == which else x for k, x in enumerate(right(u, c)))


@fast(15)
@given(st.sampled_from(POTENTIALS), st.integers(1, 4), st.floats(-2.0, 2.0).filter(lambda x: abs(x - 1.0) > 1e-3))
def test_one_wrong_derivative_of_any_is_named(potential, which, factor):
    report = models.check(Spoilt(potential, which, factor), speed=False)
    assert report.faults[0].startswith(f"potential Spoilt: φ_{'u' * which} is not the slope of φ")


FORBIDDEN = {"eval", "exec", "compile", "__import__"}
UNSAFE = {
    ("pickle", "load"),
    ("pickle", "loads"),
    ("yaml", "load"),
    ("marshal", "loads"),
    ("os", "system"),
    ("shelve", "open"),
    ("pd", "read_pickle"),
}


def _is_part_of_own(node, where):
    return any(file == where and ast.unparse(node) in text for file, text in OWN_TEXTS)


# A program's loop is written as a text of constants of that file, which no input reaches. What is compiled of a formula is
# no text but a syntax tree, made node by node of numbers, operators and the functions of the grammar.
OWN_TEXTS = {
    ("backends/program.py", r"exec(compile('\n' * BEHIND + text, __file__, 'exec'), names)"),
    ("models/expressions/program.py", "compile(module, __file__, 'exec')"),
}


@pytest.mark.parametrize("path", sorted(Path(vitrify.__file__).parent.rglob("*.py")), ids=lambda x: x.name)
def test_the_package_evaluates_nothing(path):
    where = path.relative_to(Path(vitrify.__file__).parent).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or (where, ast.unparse(node)) in OWN_TEXTS:
            continue
        function, keywords = node.func, {x.arg: ast.unparse(x.value) for x in node.keywords}
        if isinstance(function, ast.Name):
            assert function.id not in FORBIDDEN or _is_part_of_own(node, where), f"{path}:{node.lineno}"
        if isinstance(function, ast.Attribute):
            assert (ast.unparse(function.value), function.attr) not in UNSAFE, f"{path}:{node.lineno}"
        assert keywords.get("shell", "False") == "False", f"{path}:{node.lineno}"
        assert keywords.get("allow_pickle", "False") == "False", f"{path}:{node.lineno}"
