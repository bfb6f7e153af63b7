"""An energy beyond pairs, Stillinger and Weber's, against its triplets, LAMMPS, matscipy and published constants.

Derivatives are taken from the energy alone: power series of NumPy's arrays, and an infinitesimal imaginary displacement."""

import numpy as np
import pytest
from scipy.optimize import brentq

from lammps_runs import energy_and_forces, lammps
from samples import forces
from vitrify import Glass, Mixture, make_glass, measure, models
from vitrify.backends import backend
from vitrify.batch import glass_batch
from vitrify.errors import SampleFailure, UsageError
from vitrify.kernels import many_body
from vitrify.observables import elastic_constants, elasticity, local_moduli, mechanics
from vitrify.preparation import liquid as liquids
from vitrify.preparation.places import OnDevice
from vitrify.preparation.samples import Samples
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.elastic_tensor import full_tensor, tensor_response
from vitrify.statics.mode_energy import strain_coupling
from vitrify.statics.quasilocalised import softest_mode
from vitrify.statics.stability import probe, stability
from vitrify.statics.strain import BULK, SHEAR_XY, strain_force

MODEL = models.named("stillinger_weber")
SILICON_DENSITY = 8 / (5.431 / 2.0951) ** 3
GPA = 2.1683 * 160.21766 / 2.0951**3  # ε/λ³ of silicon


@pytest.fixture(scope="module")
def silicon():
    """A small amorphous silicon."""
    return make_glass(MODEL, n_particles=64, density=SILICON_DENSITY, parent_temperature=0.15, seed=1)


def diamond(times, edge):
    """times³ unit cells of diamond."""
    quarter = np.array([(0, 0, 0), (0, 2, 2), (2, 0, 2), (2, 2, 0), (1, 1, 1), (1, 3, 3), (3, 1, 3), (3, 3, 1)]) / 4.0
    cells = np.array(list(np.ndindex(times, times, times)), dtype=float)
    positions = edge * (cells[:, None] + quarter).reshape(-1, 3)
    return Glass(positions, times * edge, np.zeros(len(positions)), MODEL)


@pytest.fixture(scope="module", params=["at rest", "images", "other numbers"])
def pairs(request, silicon):
    """Pairs of the glass at rest, of a cell so small that particles meet images of themselves, of a hotter configuration."""
    rng = np.random.default_rng(5)
    if request.param == "at rest":
        return Pairs.of(silicon)
    if request.param == "images":
        positions = diamond(1, 5.431 / 2.0951).positions + 0.05 * rng.normal(size=(8, 3))
        return Pairs.of(Glass(positions, 5.431 / 2.0951, np.zeros(8), MODEL))
    other = models.named("stillinger_weber", strength=9.0, a=1.7, gamma=0.9, cos0=0.1, A=3.0, B=0.5)
    moved = silicon.positions + 0.05 * rng.normal(size=silicon.positions.shape)
    return Pairs.of(Glass(moved, silicon.box, silicon.species, other))


class Taylor:
    """Power series of arrays, four coefficients; complex, so that an infinitesimal imaginary part is one more derivative."""

    def __init__(self, *coefficients):
        self.c = [*coefficients, *[0.0 * coefficients[0]] * (4 - len(coefficients))]

    def __add__(self, other):
        return Taylor(*[x + y for x, y in zip(self.c, _series(other).c, strict=True)])

    def __sub__(self, other):
        return self + -1.0 * _series(other)

    def __mul__(self, other):
        y = _series(other).c
        return Taylor(*[sum(self.c[m] * y[k - m] for m in range(k + 1)) for k in range(4)])

    __rmul__ = __mul__

    def inverse(self):
        """1/x, order by order of x y = 1."""
        y = [1.0 / self.c[0]]
        for k in range(1, 4):
            y.append(-sum(self.c[m] * y[k - m] for m in range(1, k + 1)) / self.c[0])
        return Taylor(*y)

    def of(self, function):
        """f(x) of a function that gives f and three derivatives at x0, by Faà di Bruno's formula."""
        f, f1, f2, f3 = function(self.c[0])
        _, a, b, c = self.c
        return Taylor(f, f1 * a, f1 * b + f2 * a * a / 2, f1 * c + f2 * a * b + f3 * a**3 / 6)

    def __getitem__(self, which):
        return Taylor(*[np.asarray(x)[which] for x in self.c])


def _series(x):
    return x if isinstance(x, Taylor) else Taylor(x + 0j)


def root(x):
    y = np.sqrt(x)
    return y, 0.5 / y, -0.25 / y**3, 0.375 / y**5


def exponential(x):
    return (np.exp(x),) * 4


class Energy:
    """U from explicit pairs and triplets (their Eqs. 2.3 and 2.5)."""

    def __init__(self, pairs):
        self.pairs = pairs
        rows = [np.arange(a, b) for a, b in zip(pairs.start, pairs.start[1:], strict=False)]
        chosen = [np.stack([row[x] for x in np.triu_indices(len(row), 1)]) for row in rows]
        self.first, self.second = np.concatenate(chosen, axis=1)

    def __call__(self, x=0.0, z=0.0, strain=0.0):
        """Coefficients of U of particles that are strained by (1 + t strain) and moved by x + t z, (n, 3) or zero."""
        A, B, a, gamma, strength, cos0 = self.pairs.surroundings.numbers
        r = [Taylor(self.pairs.r_pd[:, d] + _apart(self.pairs, x, d), self._first(z, strain, d)) for d in range(3)]
        length = (r[0] * r[0] + r[1] * r[1] + r[2] * r[2]).of(root)
        e, per_length = (gamma * (length - a).inverse()).of(exponential), length.inverse()
        unit, p, q = [x * per_length for x in r], self.first, self.second
        cosine = unit[0][p] * unit[0][q] + unit[1][p] * unit[1][q] + unit[2][p] * unit[2][q] - cos0
        angles, square = e[p] * e[q] * cosine * cosine, per_length * per_length
        two = A * (B * square * square - 1.0) * (length - a).inverse().of(exponential)
        return np.array([0.5 * np.sum(x) + strength * np.sum(y) for x, y in zip(two.c, angles.c, strict=True)])

    def _first(self, z, strain, d):
        strained = self.pairs.r_pd @ np.broadcast_to(strain, (3, 3))[d]
        return strained + _apart(self.pairs, z, d)

    def derivative(self, k, w, z=0.0, strain=0.0):
        """∂ᵏ⁺¹U/∂tᵏ∂s of a path t z, or of a strain, and a displacement s w."""
        tiny = 1e-30
        return float(self(x=1j * tiny * w, z=z, strain=strain)[k].imag) / tiny * [1, 1, 2, 6][k]


def _apart(pairs, x, d):
    return 0j if np.isscalar(x) else x[pairs.target, d] - x[pairs.source, d]


def directions(pairs, number):
    """Displacements of length √n or so of which some particles move by λ."""
    return np.random.default_rng(0).normal(size=(number, pairs.n_particles, 3)) * 0.5


def test_all_orders(pairs):
    """The energy, ∂U/∂x, M·z, U''':zz and U''''⋮zzz, each along three other directions."""
    energy, (z, *others) = Energy(pairs), directions(pairs, 4)
    assert pairs.energy == pytest.approx(energy()[0].real, rel=1e-12)
    np.testing.assert_allclose(pairs.energies.sum(), pairs.energy, rtol=1e-12)
    found = [-pairs.forces(), hessian_force(pairs, z), cubic_force(pairs, z), quartic_force(pairs, z)]
    for k, force in enumerate(found):
        for w in others:
            scale = np.linalg.norm(force) * np.linalg.norm(w)
            assert np.vdot(force, w) == pytest.approx(energy.derivative(k, w, z), abs=1e-11 * scale + 1e-10)


def test_the_matrix_and_its_products(pairs):
    hessian, n = Hessian(pairs), pairs.n_particles
    matrix = hessian.matrix().toarray()
    np.testing.assert_array_equal(matrix, matrix.T)
    x = directions(pairs, 3)
    y = hessian.alone.put([0.0 * x])
    hessian.alone.multiply(hessian.alone.put([x]), y)
    for z, image in zip(x, hessian.alone.get(y, 3)[0], strict=True):
        expected = hessian_force(pairs, z)
        np.testing.assert_allclose(image, expected, atol=1e-12 * np.abs(expected).max())
        np.testing.assert_allclose(matrix @ z.ravel(), expected.ravel(), atol=1e-12 * np.abs(expected).max())
    blocks = np.array([matrix[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] for i in range(n)])
    np.testing.assert_allclose(hessian.diagonal, blocks, atol=1e-12 * np.abs(blocks).max())


@pytest.mark.parametrize("strain", [SHEAR_XY, BULK], ids=["shear", "bulk"])
def test_strains(pairs, strain):
    """Ξ, ∂U/∂γ, the Born part and the stress."""
    energy, (w,) = Energy(pairs), directions(pairs, 1)
    xi = strain_force(pairs, strain)
    expected = energy.derivative(1, w, strain=strain)
    assert np.vdot(xi, w) == pytest.approx(expected, abs=1e-11 * np.linalg.norm(xi) * np.linalg.norm(w))
    alone = Hessian(pairs).alone
    slope, born = alone.strain(strain[None], alone.put([np.zeros((1, pairs.n_particles, 3))]))[0, :, 0]
    _, first, second, _ = energy(strain=strain).real
    assert slope == pytest.approx(first, abs=1e-10 * born)
    assert born == pytest.approx(2.0 * second, rel=1e-10)
    assert np.vdot(pairs.virial(), strain) == pytest.approx(slope, abs=1e-10 * born)


def test_the_coupling_of_a_mode_to_strains(silicon):
    pairs = Pairs.of(silicon)
    energy, (mode,) = Energy(pairs), directions(pairs, 1)
    found = strain_coupling(pairs, mode)
    for a, b in ((0, 0), (0, 1), (1, 2)):
        strain = np.zeros((3, 3))
        strain[a, b] += 0.5
        strain[b, a] += 0.5
        expected = energy.derivative(1, mode, strain=strain)
        assert found[a, b] == pytest.approx(expected, abs=1e-10 * np.abs(found).max())


def test_moduli_by_the_dense_matrix(silicon):
    """G with its nonaffine part, and K from −V dp/dV of the total energy along e^η."""
    pairs = Pairs.of(silicon)
    energy, inverse = Energy(pairs), np.linalg.pinv(Hessian(pairs).matrix().toarray(), rcond=1e-10, hermitian=True)
    found = elasticity(silicon)
    xi = strain_force(pairs, SHEAR_XY).ravel()
    born = 2.0 * energy(strain=SHEAR_XY)[2].real
    assert found["shear_modulus"] == pytest.approx((born - xi @ inverse @ xi) / silicon.volume, rel=1e-7)
    assert found["shear_modulus"] < 0.9 * born / silicon.volume  # the affine answer alone would fail

    _, first, second, _ = energy(strain=BULK).real  # e^η − 1 = η + η²/2: U'' of η is 2 second + first
    xi = strain_force(pairs, BULK).ravel()
    bulk = (2.0 * second + first - 3.0 * first - xi @ inverse @ xi) / (9 * silicon.volume)
    assert found["bulk_modulus"] == pytest.approx(bulk, rel=1e-7)
    assert found["is_minimum"]


def test_quasilocalised_modes(silicon):
    """The residual of the equation that defines them, by derivatives that were tested above."""
    pairs, hessian = Pairs.of(silicon), Hessian(Pairs.of(silicon))
    for order, force_of in (("quartic", quartic_force), ("cubic", cubic_force)):
        mode = softest_mode(hessian, order)
        assert mode.converged
        linear, force = hessian_force(pairs, mode.vector), force_of(pairs, mode.vector)
        ratio = np.vdot(linear, mode.vector) / np.vdot(force, mode.vector)
        assert np.linalg.norm(linear - ratio * force) < 1e-8 * np.linalg.norm(linear)
        assert mode.stiffness == pytest.approx(float(np.vdot(linear, mode.vector)), rel=1e-9)
    assert stability(hessian, certified=False).is_minimum
    assert stability(hessian, certified=True).is_minimum


# --- other programs, and published numbers --------------------------------------------------------------------------------


def test_diamond_silicon():
    """U/N = −2 ε at the published lattice constant, 5.431 Å, and elastic constants 151, 76, 56 GPa (Cowley, Phys. Rev. Lett.
    60, 2379 (1988); Balamane, Halicioglu and Tiller, Phys. Rev. B 46, 2250 (1992))."""
    crystal = diamond(3, 5.431 / 2.0951)
    pairs = Pairs.of(crystal)
    assert mechanics(crystal)["energy_per_particle"] == pytest.approx(-2.0, abs=1e-6)
    assert abs(mechanics(crystal)["pressure"]) * GPA < 0.02
    np.testing.assert_allclose(pairs.forces(), 0.0, atol=1e-12)
    found = tensor_response(Hessian(pairs), probe(pairs))
    constants = GPA * (found.born - found.nonaffine)
    assert constants[0, 0] == pytest.approx(151.4, abs=0.6)
    assert constants[0, 1] == pytest.approx(76.4, abs=0.6)
    assert constants[3, 3] == pytest.approx(56.4, abs=0.6)
    assert GPA * found.born[3, 3] > 100.0  # most of the softness is that of particles which follow


def silicon_file(path, model=MODEL):
    """LAMMPS' file of the same potential, in ε and λ."""
    A, B, a, gamma, strength, cos0 = model.potential.numbers()
    path.write_text(f"A A A 1.0 1.0 {a!r} {strength!r} {gamma!r} {cos0!r} {A!r} {B!r} 4.0 0.0 0.0\n")
    return path


def test_lammps_has_the_same_energy_forces_and_pressure(silicon, tmp_path):
    moved = silicon.positions + 0.05 * np.random.default_rng(1).normal(size=silicon.positions.shape)
    glass = Glass(moved, silicon.box, silicon.species, MODEL)
    glass.write(tmp_path / "silicon.data")
    file = silicon_file(tmp_path / "Si.sw")
    with lammps(f"read_data {tmp_path / 'silicon.data'}", "pair_style sw", f"pair_coeff * * {file} A") as engine:
        energy, forces = energy_and_forces(engine)
        pressure = engine.get_thermo("press")
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(energy, rel=1e-12)
    np.testing.assert_allclose(pairs.forces(), forces, atol=1e-10 * np.abs(forces).max())
    assert mechanics(glass)["pressure"] == pytest.approx(pressure, rel=1e-10)


def matscipys(glass):
    """Atoms of matscipy's Stillinger and Weber with the numbers of ours, and their calculator."""
    ase = pytest.importorskip("ase")
    manybody = pytest.importorskip("matscipy.calculators.manybody")
    forms = pytest.importorskip("matscipy.calculators.manybody.explicit_forms")
    A, B, a, gamma, strength, cos0 = MODEL.potential.numbers()
    atoms = ase.Atoms(f"Si{glass.n_particles}", glass.positions, cell=[glass.box] * 3, pbc=True)
    known = {
        "__ref__": "ours", "el": "Si", "epsilon": 1.0, "sigma": 1.0, "costheta0": -cos0, "A": A, "B": B, "p": 4, "q": 0, "a": a,
        "lambda1": strength, "gamma": gamma,
    }  # fmt: skip
    atoms.calc = manybody.Manybody(**forms.StillingerWeber(known))
    return atoms, atoms.calc


@pytest.mark.slow
def test_matscipy_has_the_same_matrix(silicon):
    atoms, calculator = matscipys(silicon)
    theirs = calculator.get_hessian(atoms, format="sparse").toarray()
    pairs = Pairs.of(silicon)
    assert pairs.energy == pytest.approx(atoms.get_potential_energy(), rel=1e-9)
    ours = Hessian(pairs).matrix().toarray()
    np.testing.assert_allclose(ours, theirs, atol=1e-8 * np.abs(theirs).max())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_matscipy_has_the_same_elastic_constants(silicon):
    """Stress and nonaffine part of a glass, and all of a crystal without stress: matscipy's Born part of energies beyond
    pairs has a term in the stress that the finite strain of explicit triplets, above, does not have."""
    exact = {"x0": None, "rtol": 1e-12, "maxiter": None, "M": None, "callback": None, "atol": 1e-12}
    edge = brentq(lambda x: mechanics(diamond(2, x))["pressure"], 2.55, 2.64, xtol=1e-13)
    for glass in (silicon, diamond(2, edge)):
        atoms, calculator = matscipys(glass)
        found, theirs = elastic_constants(glass), calculator.get_birch_coefficients(atoms)
        scale = np.abs(theirs).max()
        relaxed = calculator.get_non_affine_contribution_to_elastic_constants(atoms, cg_parameters=exact)
        np.testing.assert_allclose(found.stress, atoms.get_stress(voigt=False), atol=1e-10 * scale)
        np.testing.assert_allclose(full_tensor(found.nonaffine), -np.asarray(relaxed), atol=1e-9 * scale)
    np.testing.assert_allclose(full_tensor(found.birch_born), theirs, atol=1e-9 * scale)


# --- in motion ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tilted", [False, True])
def test_forces_in_motion_are_those_of_statics(silicon, tilted):
    box = silicon.box * np.array([(1.0, 0.0, 0.0), (0.1, 1.0, 0.0), (-0.05, 0.08, 1.0)]) if tilted else silicon.box
    positions = silicon.positions + 0.03 * np.random.default_rng(4).normal(size=silicon.positions.shape)
    glass = Glass(positions, box, silicon.species, MODEL)
    batch = glass_batch(glass)
    batch.rebuild(0)
    forces(batch)
    expected = Pairs.of(glass).forces()
    np.testing.assert_allclose(batch.force[:, :3], expected[batch.label], atol=1e-11 * np.abs(expected).max())


def total_energy(batch, step):
    pairs = Pairs.of(batch.glass(0))
    level = batch.velocity[:, :3] + 0.5 * step * pairs.forces()[batch.label]
    return pairs.energy + 0.5 * np.sum(level**2)


def drift(silicon, monkeypatch, steps):
    """The energy, level with positions, at eleven moments of a run without a thermostat, less the first."""
    monkeypatch.setattr(liquids, "COUPLING", 0.0)
    batch, step = glass_batch(silicon), 0.005
    samples = Samples(batch)
    liquids.set_velocities(samples, 0.05, [np.random.default_rng(1)])
    batch.rebuild(0)
    energies = []
    for _ in range(11):
        liquids.advance(samples, steps=steps // 10, time_step=step, temperature=0.05)
        energies.append(total_energy(batch, step))
    return np.array(energies) - energies[0]


def test_energy_is_kept(silicon, monkeypatch):
    assert np.abs(drift(silicon, monkeypatch, 10_000)).max() < 1e-4 * 1.5 * 64 * 0.05


@pytest.mark.slow
def test_energy_is_kept_over_a_million_steps(silicon, monkeypatch):
    assert np.abs(drift(silicon, monkeypatch, 1_000_000)).max() < 2e-4 * 1.5 * 64 * 0.05


# --- at the door ----------------------------------------------------------------------------------------------------------


def test_a_mixture_of_lengths_is_refused():
    with pytest.raises(UsageError, match="its mixture has lengths other than 1, such as 1.18; write lengths of 1"):
        models.named("stillinger_weber", mixture=Mixture())
    assert models.parse("mw_water()").potential.strength == 23.15
    assert models.parse(str(MODEL)) == MODEL
    with pytest.raises(UsageError, match="a is 0.5, must be above 1"):
        models.named("stillinger_weber", a=0.5)


def test_rattlers_cannot_be_left_out():
    """A free particle in a hole of a crystal."""
    crystal = diamond(3, 5.431 / 2.0951)
    missing = np.linalg.norm(crystal.positions - crystal.positions[100], axis=1) > 2.2
    positions = np.concatenate([crystal.positions[missing], crystal.positions[100:101]])
    glass = Glass(positions, crystal.box, np.zeros(len(positions)), MODEL)
    with pytest.raises(SampleFailure, match="are rattlers, which cannot be left out of an energy that is not one of pairs"):
        Pairs.of(glass).without_rattlers()


def test_sums_over_pairs_are_refused(silicon, tmp_path):
    with pytest.raises(UsageError, match="has an energy beyond pairs, which a table of pairs cannot hold"):
        MODEL.write_lammps_table(tmp_path / "silicon.table")
    with pytest.raises(UsageError, match="has an energy beyond pairs, which has no place on a map"):
        local_moduli(silicon)


def test_measure_tells_all(silicon):
    found = measure(silicon)
    assert found.is_minimum
    assert found.energy_per_particle == pytest.approx(-1.85, abs=0.1)
    assert (
        4.0 < np.mean(np.bincount(Pairs.of(silicon).source[Pairs.of(silicon).distance < 1.4], minlength=64)) < 4.8
    )  # as other fast quenches


def test_a_gpu_refuses_in_one_sentence(silicon):
    with pytest.raises(
        UsageError, match=r"has an energy beyond pairs, which runs on a CPU alone; leave out --device cuda$"
    ):
        OnDevice(glass_batch(silicon), None)


@pytest.mark.parametrize("number", [1, 2, 3, 11, 20])
def test_any_number_of_moments_is_kept(number):
    """A user's own energy may have as many as it likes."""
    cpu, kept = backend(), np.zeros((2, number))
    load, store = cpu.inline(many_body.load_of(number)), cpu.inline(many_body.store)

    def again(array, other):
        store(other, 1, load(array, 1))

    given = np.arange(2.0 * number).reshape(2, number)
    cpu.compile(again)(given, kept)
    np.testing.assert_array_equal(kept, np.where([[False], [True]], given, 0.0))
