"""A glass whose file kept too few digits: the message says so, and says it of nothing else."""

import numpy as np
import pytest

from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models.catalogue import parse
from vitrify.observables import measure
from vitrify.observables.rounding import decimal_digits, force_of_rounding, is_single_precision
from vitrify.statics import Pairs


def refusal(glass, **options):
    with pytest.raises(SampleFailure) as caught:
        measure(glass, **options)
    return str(caught.value)


@pytest.mark.parametrize("digits", [4, 6, 8])
def test_decimal_digits_are_named(glass, digits):
    said = refusal(glass.with_positions(np.round(glass.positions, digits)), force_tolerance=1e-12)
    assert f"its positions hold {digits} decimal digits" in said
    assert "--force-tolerance" in said
    assert "--quench" in said


def test_digits_of_a_box_about_the_origin_are_named(pss_glass):
    half = 0.5 * pss_glass.box
    rounded = np.round((pss_glass.positions + half) % pss_glass.box - half, 7)
    assert "hold 7 decimal digits" in refusal(pss_glass.with_positions(rounded))


def test_single_precision_is_named(pss_glass):
    single = pss_glass.positions.astype(np.float32).astype(float)
    assert "hold single precision" in refusal(pss_glass.with_positions(single))


def test_another_cause_is_not_blamed_on_digits(pss_glass):
    """Eight digits, but the wrong model: the force is far more than what rounding leaves."""
    rounded = np.round(pss_glass.positions, 8)
    other = Glass(rounded, pss_glass.box, pss_glass.species, parse("pss(rc=1.3)"))
    said = refusal(other)
    assert "digits" not in said
    assert "--force-tolerance" in said
    pushed = pss_glass.with_positions(pss_glass.positions + 1e-4 * np.sin(np.arange(pss_glass.n_particles))[:, None])
    assert "hold" not in refusal(pushed)


def test_the_bound_holds_for_every_rounding(glass):
    for digits in (3, 5, 7):
        rounded = Pairs.of(glass.with_positions(np.round(glass.positions, digits)))
        left = np.abs(rounded.forces()).max()
        assert left <= force_of_rounding(rounded, 10.0**-digits)
        assert left >= 1e-4 * force_of_rounding(rounded, 10.0**-digits)  # which is no idle bound


def test_full_digits_are_not_taken_for_rounded_ones(glass):
    assert decimal_digits(glass.positions) is None
    assert not is_single_precision(glass.positions)
