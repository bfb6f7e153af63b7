"""The line of a whole spectrum begins where modes are no longer found one by one."""

from types import SimpleNamespace

import numpy as np
import pytest

from vitrify.report.figures.density import whole_spectrum


@pytest.mark.parametrize(("lowest", "begins"), [([], 0.1), ([0.3], 0.1), ([0.2, 0.35, 0.6], 0.4)])
def test_zero_modes_spread_over_the_resolution_are_not_drawn_as_soft_ones(lowest, begins):
    omega = 0.2 * np.arange(1, 10)
    density = np.where(omega < 0.5, 30.0, omega**2)  # the foot of zero modes
    x = SimpleNamespace(
        spectrum=[SimpleNamespace(arrays={"omega": omega, "density": density})],
        micro=SimpleNamespace(omega0=2.0, density=SimpleNamespace(omega=np.array(lowest))),
        spec=SimpleNamespace(dimension=3),
    )
    line = whole_spectrum(x)
    assert line[0, 0] == pytest.approx(begins)
    np.testing.assert_allclose(line[:, 1], 2.0 / 3.0 * density[-len(line) :])
