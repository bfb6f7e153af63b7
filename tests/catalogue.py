"""Every member of each family: a generic test runs over all of them."""

from vitrify.models.potentials import (
    Harmonic,
    Hertzian,
    InversePower,
    LennardJones,
    PiecewiseStickySpheres,
    QStickySpheres,
)

POTENTIALS = [
    QStickySpheres(6, 3.0),
    QStickySpheres(8, 2.5),
    QStickySpheres(12, 2.0),
    QStickySpheres(20, 1.8),
    PiecewiseStickySpheres(1.1),
    PiecewiseStickySpheres(1.15),
    PiecewiseStickySpheres(1.2),
    PiecewiseStickySpheres(1.3),
    PiecewiseStickySpheres(1.5),
    LennardJones(2.5),
    LennardJones(2.5, 0),
    LennardJones(2.5, 1),
    LennardJones(1.8, 3),
    InversePower(10, 1.48),
    InversePower(10, 1.48, 3),
    InversePower(36, 1.3, 3),
    Hertzian(),
    Harmonic(),
]
