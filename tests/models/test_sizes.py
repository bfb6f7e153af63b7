"""Sizes of single particles: what is drawn follows its distribution, reads back, and what cannot be one is one sentence."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

import vitrify
from vitrify import Mixture, Model, Sizes, models
from vitrify.batch import glass_batch
from vitrify.errors import UsageError
from vitrify.models.sizes import pair_length

LAWS = [
    Sizes.power_law(1.0, 2.22), Sizes.power_law(0.7, 1.6, -1.0), Sizes.power_law(1.0, 3.0, 2.5), Sizes.power_law(1.0, 1.5, -100.0),
    Sizes.uniform(0.8, 1.2), Sizes.discrete(0.8, 1.0, 1.3), Sizes.discrete(1.0),
]  # fmt: skip


def density(sizes, x):
    exponent = sizes.numbers[2] if sizes.law == "power_law" else 0.0
    return (x / sizes.least) ** exponent


def moment(sizes, k):
    """⟨λ^k⟩ by quadrature, or by the list of values."""
    if sizes.law == "discrete":
        return np.mean(np.array(sizes.numbers) ** k)
    above, below = (integrate.quad(lambda x, k=k: x**k * density(sizes, x), sizes.least, sizes.largest)[0] for k in (k, 0))
    return above / below


@pytest.mark.parametrize("sizes", LAWS, ids=str)
def test_sizes_that_are_drawn_follow_their_distribution(sizes):
    """One from each n-th part: moments are those of the distribution to 1/n, not to 1/√n; the order is random."""
    drawn = [sizes.draw(3000, np.random.default_rng(k)) for k in range(2)]
    for x in drawn:
        assert sizes.holds(x).all()
        for k in (1, 2, 3, -3):
            assert np.mean(x**k) == pytest.approx(moment(sizes, k), rel=2e-3 if len(set(sizes.numbers)) > 1 else 1e-12)
        half = np.mean(x[:1500]) - np.mean(x)
        assert abs(half) < 4 * np.std(x) / np.sqrt(3000) + 1e-12
    assert len(sizes.numbers) == 1 or not np.array_equal(*drawn)
    again = sizes.draw(3000, np.random.default_rng(0))
    assert np.array_equal(again, drawn[0])


def test_discrete_sizes_are_equally_many():
    values, counts = np.unique(Sizes.discrete(1.0, 0.8, 1.3).draw(300, np.random.default_rng(1)), return_counts=True)
    assert values.tolist() == [0.8, 1.0, 1.3]
    assert counts.tolist() == [100, 100, 100]


@pytest.mark.parametrize("sizes", LAWS, ids=str)
def test_the_readable_form_reads_back(sizes):
    assert Sizes.parse(str(sizes)) == sizes
    mixture = Mixture(sizes=sizes)
    assert Mixture.parse(str(mixture)) == Mixture(sizes=str(sizes)) == mixture
    model = models.inverse_power(mixture=dataclasses.replace(mixture, masses=(2.0,)))
    assert models.parse(str(model)) == model
    assert model.cutoff == pytest.approx(1.5 * sizes.largest)


@given(a=st.floats(0.1, 5), factor=st.floats(1.01, 5), exponent=st.floats(-20, 20), q=st.floats(0, 1))
def test_any_power_law_comes_back_to_the_last_bit_and_its_quantiles_lie_within(a, factor, exponent, q):
    sizes = Sizes.power_law(a, a * factor, exponent)
    assert Sizes.parse(str(sizes)) == sizes
    assert sizes.least <= sizes.quantile(q) <= sizes.largest


@given(st.floats(0.5, 1.0), st.floats(1.1, 3.0), st.floats(0, 0.2))
def test_the_shortest_and_the_largest_length_of_any_two_sizes(a, b, n_a):
    mixture = Mixture(sizes=Sizes.uniform(a, b), nonadditivity=n_a)
    x = np.linspace(a, b, 101)
    lengths = pair_length(x[:, None], x[None], n_a)
    assert mixture.shortest_length(0, 0) == pytest.approx(lengths.min(), rel=1e-12)
    assert lengths.max() <= mixture.largest_length * (1 + 1e-12)


@pytest.mark.parametrize(("changes", "word"), [
    ({"sizes": "power_law 0,2,-3"}, "size 0, must be positive"), ({"sizes": "uniform -1,2"}, "size -1, must be positive"),
    ({"sizes": "power_law 2,1,-3"}, "must be below largest"), ({"sizes": "uniform 1,1"}, "must be below largest"),
    ({"sizes": "discrete 1,inf"}, "is no number"), ({"sizes": Sizes}, "must be a Sizes"), ({"sizes": "discrete"}, "finite numbers"),
    ({"sizes": "power_law 1,2"}, "least, largest, exponent"), ({"sizes": "power_law 1,2,1e9"}, "exponent"), ({"sizes": "gamma 1,2"}, "power_law, uniform, discrete"),
    ({"sizes": "uniform 1,2", "nonadditivity": 1.0}, "would not interact; it must be below"), ({"sizes": "uniform 1,2", "nonadditivity": -0.1}, "at least 0"),
    ({"nonadditivity": 0.1}, "it needs sizes"), ({"sizes": "uniform 1,2", "composition": (0.8, 0.2)}, "give only one"),
    ({"sizes": "uniform 1,2", "lengths": ((2.0,),)}, "give only one"), ({"sizes": "uniform 1,2", "energies": ((2.0,),)}, "energies belong to pairs"),
    ({"sizes": "uniform 1,2", "cutoffs": ((1.0,),)}, "cutoffs belong to pairs"), ({"sizes": "uniform 1,2", "masses": (1.0, 1.0)}, "1 positive"),
])  # fmt: skip
def test_what_leaves_no_room_for_particles_is_one_sentence(changes, word):
    with pytest.raises(UsageError, match=word) as caught:
        Mixture(**changes)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("numbers", [(1.0, float("nan")), (1.0, float("inf")), ("1", "2"), (True, 2.0), None, ()], ids=repr)
def test_numbers_of_a_distribution_are_finite(numbers):
    with pytest.raises(UsageError, match="finite numbers"):
        Sizes("uniform", numbers)


def test_sizes_of_a_glass_are_those_of_its_model():
    model = models.inverse_power(rc=1.2, mixture=Mixture(sizes="uniform 1,1.4"))
    x = np.array([[1, 1, 1], [3, 3, 3.0]])
    glass = vitrify.Glass(x, 8.0, [0, 0], model, {}, [1.0, 1.4])
    assert glass.sizes.tolist() == [1.0, 1.4]
    for sizes, word in (
        (None, "numbers, one per particle"),
        ([1.0], "shape of sizes"),
        ([1.0, 1.5], "size of particle 1 is 1.5"),
        ([1, np.nan], "is nan"),
        (["1", "2"], "real"),
    ):
        with pytest.raises(UsageError, match=word):
            vitrify.Glass(x, 8.0, [0, 0], model, {}, sizes)
    with pytest.raises(UsageError, match="none, as its particles have species"):
        vitrify.Glass(x, 8.0, [0, 0], "pss(rc=1.2)", {}, [1.0, 1.2])


def test_the_room_that_a_glass_needs_is_that_of_its_largest_particle():
    """A cell as high as two ranges is moved in, one as high as an eighth of a range is measured."""
    model = models.inverse_power(rc=1.2, mixture=Mixture(sizes="uniform 1,1.4"))
    x = np.array([[1, 1, 1], [3, 3, 3.0]])
    with pytest.raises(UsageError, match="at least twice the cutoff"):
        vitrify.quench_glass(vitrify.Glass(x, 3.3, [0, 0], model, {}, [1.0, 1.4]))
    assert glass_batch(vitrify.Glass(x, 3.3, [0, 0], model, {}, [1.0, 1.0])).n_samples == 1
    with pytest.raises(UsageError, match="at least 1/8 of the cutoff"):
        vitrify.Glass(0.03 * x, 0.2, [0, 0], model, {}, [1.0, 1.4])
    vitrify.Glass(0.03 * x, 0.2, [0, 0], model, {}, [1.0, 1.0])


def test_a_polydisperse_glass_is_made_from_its_seed():
    model = Model(
        "inverse_power(exponent=12, rc=1.25)",
        models.inverse_power(exponent=12, rc=1.25).potential,
        Mixture(sizes="uniform 0.8,1.2"),
    )
    size = {"n_particles": 100, "density": 1.0, "parent_temperature": 1.0, "recipe": vitrify.Recipe(melt_msd=1.0)}
    made = [vitrify.make_glass(x, **size, seed=s) for x, s in ((model, 1), (str(model), 1), (model, 2))]
    assert np.array_equal(made[0].positions, made[1].positions)
    assert np.array_equal(made[0].sizes, made[1].sizes)
    assert np.array_equal(vitrify.quench_glass(made[0]).sizes, made[0].sizes)
    assert np.mean(made[2].sizes) == pytest.approx(1.0, abs=2e-3)
    assert not np.array_equal(made[0].sizes, made[2].sizes)
