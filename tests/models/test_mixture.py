"""A mixture in a readable form: what it says is what is read, and what cannot be one is one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vitrify
from vitrify import Mixture, Model, models
from vitrify.errors import UsageError

KOB_ANDERSEN = Mixture(composition=(0.8, 0.2), lengths=((1, 0.8), (0.8, 0.88)))
ALLOY = Mixture(composition=(0.8, 0.2), lengths=((1, 0.8), (0.8, 0.88)), masses=(1, 2.5), labels=("Ni", "P"))


@pytest.mark.parametrize(("mixture", "text"), [
    (Mixture(), "[0.5:0.5; lengths 1,1.18,1.4]"),
    (KOB_ANDERSEN, "[0.8:0.2; lengths 1,0.8,0.88]"),
    (ALLOY, "[0.8:0.2; lengths 1,0.8,0.88; masses 1,2.5; labels Ni,P]"),
    (Mixture(composition=(1,), lengths=((1,),)), "[1; lengths 1]"),
    (Mixture(composition=(0.5, 0.25, 0.25), lengths=((1, 1.1, 1.2), (1.1, 1.3, 1.4), (1.2, 1.4, 1.5))),
     "[0.5:0.25:0.25; lengths 1,1.1,1.2,1.3,1.4,1.5]"),
])  # fmt: skip
def test_readable_form(mixture, text):
    assert str(mixture) == text
    assert Mixture.parse(text) == mixture


@pytest.mark.parametrize("text", [
    " [ 0.8 : 0.2 ;lengths  1 , 0.8 , 0.88 ] ", "0.8:0.2; lengths 1,0.8,0.88", "[.80:2e-1;\tlengths\n1.0,0.80,0.88]",
    "[0.8:0.2; masses 1,1; labels A,B; lengths 1,0.8,0.88]",
])  # fmt: skip
def test_blanks_order_and_brackets_do_not_matter(text):
    assert Mixture.parse(text) == KOB_ANDERSEN


@given(st.data())
def test_any_mixture_comes_back_to_the_last_bit(data):
    n = data.draw(st.integers(1, 4))
    share = np.array(data.draw(st.lists(st.floats(0.01, 1.0), min_size=n, max_size=n)))
    number = st.floats(1e-3, 1e3)
    above = np.triu(np.array(data.draw(st.lists(number, min_size=n * n, max_size=n * n))).reshape(n, n))
    masses = data.draw(st.lists(number, min_size=n, max_size=n))
    labels = data.draw(st.lists(st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True), min_size=n, max_size=n, unique=True))
    lengths = above + np.triu(above, 1).T
    mixture = Mixture(composition=share / share.sum(), lengths=lengths, masses=masses, labels=labels)
    assert Mixture.parse(str(mixture)) == mixture
    model = models.pss(rc=1.2, mixture=mixture)
    assert models.parse(str(model)) == model


@pytest.mark.parametrize(("text", "word"), [
    ("[0.8:0.2]", "lacks its interaction lengths; write it like"), ("", "lacks its interaction lengths"),
    ("[0.8:0.2; lenghts 1,0.8,0.88]", "did you mean 'lengths'"), ("[0.8:0.2; lengths 1,0.8,0.8,0.88]", r"must have 3 \(AA,AB,BB\)"),
    ("[0.8:0.2; lengths 1,0.8,x]", "'x' among its lengths is no number"), ("[0.8:0.2; lengths 1,0.8,nan]", "no number"),
    ("[0.8:0.2; lengths 1,0.8,1e999]", "finite numbers"), ("[0.8:0.3; lengths 1,0.8,0.88]", "summing to 1"),
    ("[80:20; lengths 1,0.8,0.88]", "summing to 1"), ("[0.8:0.2; lengths 1,0.8,0.88; lengths 1,1,1]", "twice"),
    ("[0.8:0.2; lengths 1,0.8,0.88", "bracket"), ("[0.8:0.2; lengths]", "no values"), ("[0.8:0.2; lengths 1,0.8,٣]", "no number"),
    ("[0.8:0.2; lengths 1,0.8,0.88; masses 1]", "2 positive numbers"), ("[0.8:0.2; lengths 1,0.8,0.88; labels A,A]", "different names"),
])  # fmt: skip
def test_what_is_no_mixture_is_one_sentence(text, word):
    for read in (Mixture.parse, lambda x: models.parse("pss(rc=1.2) [" + x.removeprefix("["))):
        with pytest.raises(UsageError, match=word) as caught:
            read(text)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300
        if not text.startswith("["):
            break


def test_a_hostile_text_is_refused_at_once():
    for text in ("[" * 100_000, "[0.5:" * 30_000, "[1;" + "labels " * 30_000, "[" + "1" * 199_000 + "x]", "x" * 10**6):
        with pytest.raises(UsageError) as caught:
            Mixture.parse(text)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("changes", "word"), [
    ({"lengths": ((1.0, float("inf")), (float("inf"), 1.0))}, "finite"), ({"lengths": ((1.0, float("nan")),) * 2}, "finite"),
    ({"lengths": ((1, "1.1"), ("1.1", 1))}, "finite numbers"), ({"lengths": 1.0}, "2 by 2 table"), ({"lengths": None}, "2 by 2 table"),
    ({"lengths": ((1, True), (True, 1))}, "finite numbers"), ({"lengths": ((1, 1e300), (1e300, 1))}, "positive"),
    ({"lengths": ((1, 1.1), (1.1 + 1e-9, 1))}, "symmetric"), ({"lengths": ((1, 1j), (1j, 1))}, "finite numbers"),
    ({"masses": (1.0, float("inf"))}, "finite"), ({"masses": (1.0, float("nan"))}, "finite"), ({"masses": "11"}, "finite numbers"),
    ({"masses": (1.0, -1.0)}, "positive"), ({"masses": 1.0}, "finite numbers"), ({"masses": (1.0,)}, "2 positive"),
    ({"composition": (float("nan"), 1.0)}, "finite"), ({"composition": "ab"}, "finite numbers"), ({"composition": 0.5}, "finite numbers"),
    ({"composition": ()}, "finite numbers"), ({"labels": ("A", "")}, "names"), ({"labels": ("A", "B C")}, "names"), ({"labels": ("A", "B,C")}, "names"),
    ({"labels": ("A", 'B"')}, "names"), ({"labels": ("A", "B\n")}, "names"), ({"labels": ("A", 1)}, "names"), ({"labels": "AB"}, "names"),
    ({"labels": ("A", "B]")}, "names"), ({"labels": ("A", "B=C")}, "names"), ({"labels": ("A", "#")}, "names"), ({"labels": ("A",)}, "2 different"),
    ({"masses": {1.0, 2.5}}, "finite numbers"), ({"composition": {0.8, 0.2}}, "finite numbers"),
], ids=repr)  # fmt: skip
def test_what_is_given_in_python_is_checked(changes, word):
    with pytest.raises(UsageError, match=word) as caught:
        Mixture(**changes)
    assert "\n" not in str(caught.value)


def test_lengths_that_differ_by_rounding_are_made_symmetric():
    off = 0.1 + 0.2  # 0.30000000000000004
    mixture = Mixture(lengths=((1.0, off), (0.3, 1.4)))
    assert mixture.lengths[0][1] == mixture.lengths[1][0]
    assert Mixture.parse(str(mixture)) == mixture
    assert Mixture(lengths=np.array([[1, 1.18], [1.18, 1.4]]), masses=np.ones(2)) == Mixture()
    assert hash(Mixture(lengths=[[1, 1.18], [1.18, 1.4]])) == hash(Mixture())


def test_a_model_says_its_mixture_where_it_is_not_the_papers():
    assert str(models.pss(rc=1.2)) == "pss(rc=1.2)"
    assert str(models.pss(rc=1.2, mixture=Mixture())) == "pss(rc=1.2)"
    assert models.parse("pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4; labels A,B]") == models.pss(rc=1.2)
    other = models.pss(rc=1.2, mixture=KOB_ANDERSEN)
    assert str(other) == "pss(rc=1.2) [0.8:0.2; lengths 1,0.8,0.88]"
    assert models.parse(str(other)) == other
    own = [Model("mine", other.potential, x) for x in (Mixture(), KOB_ANDERSEN, ALLOY)]
    assert len({str(x) for x in own}) == 3


@pytest.mark.parametrize(("name", "mixture", "word"), [
    ("a\nb", Mixture(), "name"), ("", Mixture(), "name"), (3, Mixture(), "name"), ("mine", "[0.8:0.2; lengths 1,0.8,0.88]", r"Mixture.parse"),
])  # fmt: skip
def test_what_is_no_model_is_one_sentence(name, mixture, word):
    with pytest.raises(UsageError, match=word):
        Model(name, models.pss().potential, mixture)


@pytest.mark.parametrize(("mixture", "counts", "possible"), [
    (Mixture(), (500, 500), True), (Mixture(), (501, 500), True), (Mixture(), (1, 0), True), (Mixture(), (501, 499), False), (Mixture(), (2, 0), False),
    (KOB_ANDERSEN, (80, 20), True), (KOB_ANDERSEN, (50, 50), False), (KOB_ANDERSEN, (20, 80), False),
    (Mixture.parse("[0.333:0.667; lengths 1,1,1]"), (1000, 2000), True), (Mixture.parse("[0.333:0.667; lengths 1,1,1]"), (1100, 1900), False),
    (Mixture.parse("[0.3333333333333333:0.6666666666666666; lengths 1,1,1]"), (1000, 2000), True),
])  # fmt: skip
def test_whether_particles_may_be_of_a_mixture(mixture, counts, possible):
    assert mixture.could_have(counts) == possible
    assert mixture.with_counts(counts).could_have([x for x in counts if x])


def test_a_box_is_advised_that_the_mixture_divides():
    with pytest.raises(UsageError, match=r"at least \d+0 particles"):
        models.pss(rc=1.2, mixture=Mixture.parse("[0.9:0.1; lengths 1,1.18,1.4]")).box_for(10, 0.6)


def test_a_glass_is_made_of_a_readable_form():
    wanted = "pss(rc=1.2) [0.8:0.2; lengths 1,1.1,1.25]"
    made = [
        vitrify.make_glass(x, n_particles=100, density=0.75, parent_temperature=6.0, recipe=vitrify.Recipe(melt_msd=1.0))
        for x in (wanted, models.parse(wanted))
    ]
    assert np.array_equal(made[0].positions, made[1].positions)
    assert np.bincount(made[0].species).tolist() == [80, 20]
    with pytest.raises(UsageError, match="must be a text like"):
        vitrify.make_glass(5, n_particles=100, density=0.75)
