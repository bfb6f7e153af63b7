"""Glasses of which only energies and forces are known: a harmonic solid in closed form, a glass of soft spheres by automatic
differentiation, the package's own measure, and ASE's EMT by dense differences and by strain with new minimisation."""

import hashlib
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

import vitrify
from vitrify import measure_calculator
from vitrify.errors import SampleFailure, UsageError
from vitrify.preparation import Recipe, prepare_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.census import census
from vitrify.statics.quasilocalised import iterate

MODULI = ("pressure", "shear_modulus", "shear_modulus_xz", "shear_modulus_yz", "shear_modulus_affine", "bulk_modulus")
REACH = 2.0  # range of a soft sphere, in its own size
ROUNDING = 1e-12  # of a number: what sums in another order change


class Harmonic:
    """U = ½ u·A·u + t/24 (p·u)⁴ + s/6 (p·u)³ − Σ g_ab b_ab·u + ½ V c g:g of the displacements u from places that follow the
    displacement gradient g of the cell: every number of it is known."""

    def __init__(self, d=3, n=12, seed=1):
        rng = np.random.default_rng(seed)
        self.n, self.d, self.c, self.t, self.s = n, d, 7.0, 900.0, 40.0
        self.cell0 = 4.0 * np.eye(d) + 0.3 * np.tril(rng.random((d, d)), -1)
        self.x0 = rng.random((n, d)) @ self.cell0
        self.volume = np.linalg.det(self.cell0)
        q, _ = np.linalg.qr(np.c_[np.kron(np.ones((n, 1)), np.eye(d)), rng.normal(size=(n * d, n * d - d))])
        self.eigenvalues = np.sort(np.r_[1.0, 1.0, 1.0, 1.5, 2.0, 2.0, 10.0 ** (2.0 * rng.random(n * d - d - 6)) + 2.0])
        self.a = (q[:, d:] * self.eigenvalues) @ q[:, d:].T
        self.inverse = (q[:, d:] / self.eigenvalues) @ q[:, d:].T
        free = lambda x: q[:, d:] @ (q[:, d:].T @ x)  # noqa: E731  # without translations
        self.p = free(rng.normal(size=n * d))
        self.b = np.array([[free(rng.normal(size=n * d)) for _ in range(d)] for _ in range(d)])

    def __call__(self, positions, cell):
        g = np.linalg.solve(self.cell0, cell).T - np.eye(self.d)
        u = (positions - self.x0 @ (np.eye(self.d) + g).T).ravel()
        work, along = np.einsum("ab,abk->k", g, self.b), self.p @ u
        energy = 0.5 * u @ self.a @ u + self.t / 24 * along**4 + self.s / 6 * along**3 - work @ u
        forces = -self.a @ u - (self.t / 6 * along**3 + self.s / 2 * along**2) * self.p + work
        return energy + 0.5 * self.volume * self.c * np.sum(g**2), forces.reshape(positions.shape)

    def modulus(self, *planes):
        b = sum(self.b[k] for k in planes)
        return len(planes) * self.c - b @ self.inverse @ b / self.volume


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("kind", ["quartic", "cubic"])
@pytest.mark.parametrize("with_jvp", [False, True], ids=["differences", "jvp"])
def test_a_harmonic_solid(d, kind, with_jvp):
    solid = Harmonic(d)
    calculator = lambda x, cell: solid(x, cell)  # noqa: E731  # a function may carry an attribute
    if with_jvp:

        def jvp(x, cell, v):
            u, v = (x - solid.x0).ravel(), v.ravel()
            along = solid.p @ u
            return -(solid.a @ v + (solid.t / 2 * along**2 + solid.s * along) * (solid.p @ v) * solid.p).reshape(x.shape)

        calculator.jvp = jvp
    found = measure_calculator(solid.x0, calculator, cell=solid.cell0, modes=5, quasilocalised=1, kind=kind)
    modes = found.modes
    assert np.abs(modes.eigenvalues - solid.eigenvalues[:5]).max() < 1e-7  # three of them are one number
    assert (np.abs(modes.eigenvalues - solid.eigenvalues[:5]) <= modes.errors + ROUNDING).all()
    true = {
        "shear_modulus": solid.modulus((0, 1)),
        "bulk_modulus": solid.modulus(*((k, k) for k in range(d))) / d**2,
        "shear_modulus_affine": solid.c,
        "pressure": 0.0,
        "energy_per_particle": 0.0,
    }
    for name, value in true.items():
        error = found.errors.get(name, ROUNDING)
        assert error < 1e-5
        assert abs(getattr(found, name) - value) <= error + ROUNDING, name
    pi = solid.inverse @ solid.p / np.linalg.norm(solid.inverse @ solid.p)
    (spot,) = found.quasilocalised
    assert spot.frequency**2 == pytest.approx(pi @ solid.a @ pi, rel=1e-5)
    assert abs(spot.vector.ravel() @ pi) == pytest.approx(1.0, abs=1e-8)
    assert spot.quartic == pytest.approx(solid.t * (solid.p @ pi) ** 4, rel=1e-4)
    assert abs(spot.cubic) == pytest.approx(abs(solid.s * (solid.p @ pi) ** 3), rel=1e-4)


def soft_spheres(positions, cell, lam):
    """U of φ = (1 − (r/REACH λ)²)⁵, four of whose derivatives vanish at the cutoff."""
    f = (positions[:, None] - positions) @ jnp.linalg.inv(cell)
    square = jnp.sum(((f - jnp.rint(f)) @ cell) ** 2, axis=-1)
    x = 1.0 - square / (REACH * lam) ** 2
    pair = jnp.where((x > 0) & ~jnp.eye(len(positions), dtype=bool), jnp.maximum(x, 0.0) ** 5, 0.0)
    return 0.5 * jnp.sum(pair)


def strained_spheres(gradient, positions, cell, lam):
    map_ = jnp.eye(3) + gradient
    return soft_spheres(positions @ map_.T, cell @ map_.T, lam)


both = jax.jit(jax.value_and_grad(soft_spheres))
matrix_of = jax.jit(jax.hessian(soft_spheres))
stress_of = jax.jit(jax.grad(strained_spheres))
born_of = jax.jit(jax.hessian(strained_spheres))


@jax.jit
def strain_forces_of(positions, cell, lam):
    """∂²U/∂g∂u of x = (1 + g)·(X + u), (3, 3, n, 3)."""
    return jax.jacfwd(lambda x: jax.grad(strained_spheres)(jnp.zeros((3, 3)), x, cell, lam))(positions)


class SoftSpheres:
    """Spheres of one size or of several, in JAX."""

    def __init__(self, sizes):
        self.lam = 0.5 * (sizes[:, None] + sizes)

    def __call__(self, positions, cell):
        energy, slope = both(positions, cell, self.lam)
        return float(energy), -np.asarray(slope)

    def truth(self, x, cell):
        """Moduli, eigenvalues and M, by automatic differentiation and a dense pseudo-inverse."""
        volume, m = abs(np.linalg.det(cell)), np.asarray(matrix_of(x, cell, self.lam)).reshape(x.size, x.size)
        inverse = np.linalg.pinv(m, rcond=1e-9, hermitian=True)
        stress, born = (np.asarray(f(np.zeros((3, 3)), x, cell, self.lam)) for f in (stress_of, born_of))
        xi = np.asarray(strain_forces_of(x, cell, self.lam)).reshape(3, 3, -1)
        pressure = -np.trace(stress) / (3 * volume)
        found = {"pressure": pressure, "shear_modulus_affine": born[0, 1, 0, 1] / volume}
        for name, (a, b) in {"shear_modulus": (0, 1), "shear_modulus_xz": (0, 2), "shear_modulus_yz": (1, 2)}.items():
            found[name] = (born[a, b, a, b] - xi[a, b] @ inverse @ xi[a, b]) / volume
        all_ = np.einsum("aak->k", xi)  # of x(η) = e^η x, whose ∂²U/∂η² has ∂U/∂η besides
        curved = np.einsum("aabb", born) + np.trace(stress) - 3 * np.trace(stress)
        found["bulk_modulus"] = (curved - all_ @ inverse @ all_) / (9 * volume)
        return found, np.sort(np.linalg.eigvalsh(m))[3:], m


@pytest.fixture(scope="module")
def spheres():
    """A glass of 32 soft spheres of two sizes at a minimum: the model, positions, cell, moduli, eigenvalues and matrix."""
    rng = np.random.default_rng(1)
    model, cell = (
        SoftSpheres(np.where(np.arange(32) % 2, 1.0, 1.4)),
        np.array([[4.8, 0, 0], [0.4, 4.9, 0], [-0.2, 0.3, 4.7]]),
    )
    flat = lambda x: (lambda e, f: (e, -f.ravel()))(*model(x.reshape(-1, 3), cell))  # noqa: E731  # one line
    x = minimize(flat, (rng.random((32, 3)) @ cell).ravel(), jac=True, method="L-BFGS-B").x
    for _ in range(8):  # Newton's method, to the last digit
        m = np.asarray(matrix_of(x.reshape(-1, 3), cell, model.lam)).reshape(96, 96)
        x = x - np.linalg.pinv(m, rcond=1e-9, hermitian=True) @ flat(x)[1]
    assert np.abs(flat(x)[1]).max() < 1e-12
    return model, x.reshape(-1, 3), cell, *model.truth(x.reshape(-1, 3), cell)


def require_covered(found, true, eigenvalues):
    """The told errors are errors: larger than the true ones, and yet small."""
    for name in true:
        away = abs(getattr(found, name) - true[name])
        assert away <= found.errors[name] + ROUNDING * abs(true[name]), name
        assert found.errors[name] < 1e-4 * abs(true["bulk_modulus"]), name
    away = np.abs(found.modes.eigenvalues - eigenvalues[: len(found.modes.eigenvalues)])
    assert (away <= found.modes.errors + ROUNDING * eigenvalues[-1]).all()
    assert (found.modes.errors < 1e-3 * found.modes.eigenvalues).all()


def test_soft_spheres_against_automatic_differentiation(spheres):
    model, x, cell, true, eigenvalues, m = spheres
    found = measure_calculator(x, model, cell=cell, modes=10, quasilocalised=3)
    require_covered(found, true, eigenvalues)
    assert found.shear_modulus_affine - found.shear_modulus > 0.05 * found.shear_modulus  # there is something to relax
    assert np.sum(eigenvalues < found.modes.counted_below) == 10
    line = lambda z, s: soft_spheres(x + s * z.reshape(x.shape), cell, model.lam)  # noqa: E731  # U along z
    third = lambda z: jax.jacfwd(jax.jacfwd(jax.jacfwd(line, 1), 1), 1)(z, 0.0)  # noqa: E731  # its derivatives
    fourth = lambda z: jax.jacfwd(jax.jacfwd(jax.jacfwd(jax.jacfwd(line, 1), 1), 1), 1)(z, 0.0)  # noqa: E731  # one line, and its own name
    force = jax.jit(lambda z: jax.grad(fourth)(z) / 4.0)
    for spot in found.quasilocalised:
        z = spot.vector.ravel()
        assert spot.quartic == pytest.approx(float(jax.jit(fourth)(z)), rel=1e-4)
        assert spot.cubic == pytest.approx(float(jax.jit(third)(z)), rel=1e-4, abs=1e-4)
        assert abs(spot.derivative - float(jax.jit(fourth)(z))) <= spot.errors["derivative"]
        linear, along = m @ z, np.asarray(force(z))
        left = linear - (z @ linear) / (z @ along) * along  # of Eq. (A14), by automatic differentiation
        assert np.linalg.norm(left) < (spot.residual + 1e-4) * np.linalg.norm(linear)
        assert abs(spot.frequency - np.sqrt(z @ linear)) <= spot.errors["frequency"] < 1e-3 * spot.frequency
    assert np.all(np.diff([x.frequency for x in found.quasilocalised]) > 0)


def test_single_precision_is_told_in_the_errors(spheres):
    model, x, cell, true, eigenvalues, _ = spheres

    def single(positions, cell):
        energy, forces = model(positions, cell)
        return np.float32(energy), forces.astype(np.float32)

    found = measure_calculator(x, single, cell=cell, modes=4)
    for name, value in true.items():
        assert abs(getattr(found, name) - value) <= found.errors[name], name
    assert (np.abs(found.modes.eigenvalues - eigenvalues[:4]) <= found.modes.errors).all()
    assert 1e-8 < found.product_error < 1e-2
    assert found.errors["shear_modulus"] > 1e3 * measure_calculator(x, model, cell=cell).errors["shear_modulus"]


def single_inside(of, shift=0.0):
    """A calculator whose places, energy and forces are in single precision, as those of a network are; converted and
    shifted afterwards."""

    def calculator(positions, cell):
        energy, forces = of(positions.astype(np.float32).astype(float), cell.astype(np.float32).astype(float))
        return float(np.float32(energy + shift)) - 1.0000001 * shift, forces.astype(np.float32).astype(float)

    return calculator


def noisy(of, amplitude):
    """A calculator whose forces have white noise, the same for the same places."""

    def calculator(positions, cell):
        energy, forces = of(positions, cell)
        key = hashlib.blake2b(positions.tobytes() + cell.tobytes(), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(key, "big"))
        noise = amplitude * rng.normal(size=forces.shape)
        return energy, forces + noise - noise.mean(axis=0)

    return calculator


def test_energies_rounded_before_they_are_shifted_are_compared_with_forces():
    """Grains of energy, whose differences halve as the steps do, look exact: seed 9 has them, others agree by accident."""
    from vitrify.statics.differences import Differences
    from vitrify.statics.force_calls import Calculator, ForceCalls

    def rounded(of):
        return lambda x, cell: (
            lambda e, f: (float(np.float32(e - 300.0)) + 300.00003, f.astype(np.float32).astype(float))
        )(*of(x, cell))

    for seed in range(30):
        solid = Harmonic(seed=seed)
        for single in (rounded(solid), single_inside(solid, -300.0)):
            ask = lambda x, cell, _, single=single: single(x, cell)  # noqa: E731  # one line
            with ForceCalls(Calculator(single, ask), solid.x0, solid.cell0) as calls:
                Differences(calls)  # raises where it finds that forces are not the slope of the energy


def test_noise_below_which_no_minimisation_gets_is_told_with_the_tolerance_that_allows_it():
    solid = Harmonic()
    rough = noisy(solid, 1e-6)
    with pytest.raises(SampleFailure, match="the calculator's own noise is (.e-07|[12]e-06),") as told:
        measure_calculator(solid.x0, rough, cell=solid.cell0, force_tolerance=1e-6)
    enough = float(re.search(r"force_tolerance=([^,]+),", str(told.value)).group(1))
    found = measure_calculator(solid.x0, rough, cell=solid.cell0, modes=2, force_tolerance=enough)
    assert (np.abs(found.modes.eigenvalues - solid.eigenvalues[:2]) <= found.modes.errors).all()


def test_noise_makes_no_saddle_of_a_minimum():
    """Where noise hides whether the lowest modes are positive, that is told, and no saddle."""
    told = []
    for seed in range(8):
        solid = Harmonic(seed=seed)
        try:
            measure_calculator(solid.x0, noisy(solid, 3e-4), cell=solid.cell0, force_tolerance=10.0)
        except SampleFailure as error:
            told.append(str(error))
    assert told
    assert all("too rough to tell whether the glass is a minimum" in x for x in told)


def test_a_crystal_has_as_many_modes_of_one_frequency_as_it_has():
    places = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    x, cell = 2.1 * (cells + places).reshape(-1, 3), 4.2 * np.eye(3)
    model = SoftSpheres(np.ones(32))
    true, eigenvalues, _ = model.truth(x, cell)
    found = measure_calculator(x, model, cell=4.2, modes=20)
    assert np.sum(np.diff(eigenvalues[:20]) < 1e-9 * eigenvalues[:19]) > 10
    require_covered(found, true, eigenvalues)


@pytest.fixture(scope="module")
def small():
    """Glasses of our own of 64 particles, by their model."""
    rng = lambda: np.random.default_rng(7)  # noqa: E731  # each of its own
    asked = {
        "pss(rc=1.2)": (0.6, 6.0, 3),
        "inverse_power(exponent=10, rc=1.4, smooth_to=3)": (0.82, 3.0, 3),
        "kob_andersen_2d()": (1.2, 2.0, 2),
    }
    return {
        name: prepare_glass(
            vitrify.models.parse(name), n_particles=64 if d == 3 else 100, density=density, parent_temperature=hot, rng=rng(), recipe=Recipe(melt_msd=2.0), dimension=d
        )
        for name, (density, hot, d) in asked.items()
    }  # fmt: skip


@pytest.mark.parametrize("name", ["pss(rc=1.2)", "kob_andersen_2d()"])
def test_our_own_glass_through_its_calculator_of_ase(name, small):
    pytest.importorskip("ase")
    glass = small[name]
    found, true = measure_calculator(glass, glass.model.calculator(), modes=5), vitrify.measure(glass)
    low, _ = vitrify.observables.low_frequency_modes(glass, number=5)
    for x in (*MODULI, "shear_modulus_diagonal", "poisson_ratio", "g_over_k"):
        if getattr(true, x) is not None:
            assert abs(getattr(found, x) - getattr(true, x)) <= found.errors[x] + 1e-11 * true.bulk_modulus, x
            assert found.errors[x] < 1e-2 * true.bulk_modulus, x  # its third derivative jumps
    assert found.energy_per_particle == pytest.approx(true.energy_per_particle, rel=1e-12)
    assert found.max_force == pytest.approx(true.max_force, rel=1e-3, abs=1e-12)
    assert (np.abs(found.modes.eigenvalues - low.eigenvalues) <= found.modes.errors).all()
    np.testing.assert_allclose(found.modes.participation_ratios, low.participation_ratios, rtol=1e-3)
    assert found.shear_modulus_affine > found.shear_modulus  # with forces alone it would be that


SLOW = [pytest.param(x, marks=pytest.mark.slow) for x in ("cubic", "participation")]


@pytest.mark.parametrize("kind", ["quartic", *SLOW])
def test_soft_modes_are_those_of_our_own_search(kind, small):
    pytest.importorskip("ase")
    glass = small["inverse_power(exponent=10, rc=1.4, smooth_to=3)"]
    hessian = Hessian(Pairs.of(glass))
    (spot,) = measure_calculator(glass, glass.model.calculator(), quasilocalised=1, kind=kind).quasilocalised
    softest = census(hessian, kind, starts=20).modes[0].mode
    end = iterate(hessian, spot.vector, kind)
    assert abs(np.vdot(end.vector, spot.vector)) > 0.99999
    assert abs(np.sqrt(end.stiffness) - spot.frequency) <= spot.errors["frequency"] < 1e-2 * spot.frequency
    assert abs(abs(end.derivative) - abs(spot.derivative)) <= spot.errors["derivative"]
    assert spot.frequency == pytest.approx(np.sqrt(softest.stiffness), rel=1e-3)


def test_an_alloy_of_emt_against_a_dense_matrix_and_strain_with_new_minimisation():
    build = pytest.importorskip("ase.build")
    from ase.calculators.emt import EMT
    from ase.optimize import LBFGS

    atoms = build.bulk("Cu", cubic=True).repeat((2, 2, 2))
    atoms.symbols[np.random.default_rng(0).permutation(32)[:12]] = "Au"
    atoms.rattle(0.02, seed=2)
    atoms.set_cell(1.03 * atoms.cell, scale_atoms=True)

    def relaxed(strain):
        body = atoms.copy()
        body.set_cell(atoms.cell[:] @ (np.eye(3) + strain).T, scale_atoms=True)
        body.calc = EMT()
        assert LBFGS(body, logfile=None).run(fmax=3e-7, steps=3000)
        return body

    glass, step = relaxed(np.zeros((3, 3))), 1e-3
    energy = lambda strain: relaxed(strain).get_potential_energy()  # noqa: E731  # one line, and its own name
    shear = step * np.eye(3)[:, [0]] @ np.eye(3)[[1]]
    middle = glass.get_potential_energy()
    g = (energy(shear) - 2 * middle + energy(-shear)) / (step**2 * glass.get_volume())
    found = measure_calculator(glass, modes=6)
    assert found.shear_modulus == pytest.approx(g, rel=1e-3)  # truncation, step² C''/C
    assert found.shear_modulus_affine > 1.02 * g
    rows, body = np.zeros((96, 96)), glass.copy()
    body.calc = EMT()
    for k in range(96):
        for sign in (1, -1):
            body.positions = glass.positions
            body.positions[k // 3, k % 3] += sign * 1e-4
            rows[k] -= sign * body.get_forces().ravel() / 2e-4
    eigenvalues = np.sort(np.linalg.eigvalsh(0.5 * (rows + rows.T)))[3:]
    np.testing.assert_allclose(found.modes.eigenvalues, eigenvalues[:6], rtol=1e-6)  # of a second difference of 1e-4
    pressure = -np.trace(glass.get_stress(voigt=False)) / 3
    assert abs(found.pressure - pressure) <= found.errors["pressure"]


def no_energy(x, cell):
    raise ZeroDivisionError("no energy today")


def drawn(of):
    """A calculator with a field from outside."""
    return lambda x, cell: (lambda e, f: (e + x.sum(), f - 1.0))(*of(x, cell))


def flat(x, cell):
    return 0.0, 0.0 * x


def turned_around(of):
    return lambda x, cell: (lambda e, f: (e, -f))(*of(x, cell))


BROKEN = {
    "fails: ZeroDivisionError: no energy today": lambda of: no_energy,
    "energy not finite": lambda of: lambda x, cell: (np.nan, of(x, cell)[1]),
    "forces not finite": lambda of: lambda x, cell: (of(x, cell)[0], np.full(x.shape, np.inf)),
    r"forces of shape \(3,\), must be an array of shape \(12, 3\)": lambda of: lambda x, cell: (0.0, x[0]),
    "energy of shape": lambda of: lambda x, cell: (x, x),
    "gives a float, must give the energy and the forces": lambda of: lambda x, cell: 1.0,
    "not the slope of its energy": turned_around,
    "vanish wherever": lambda of: flat,
    "forces sum to": drawn,
    r"energy is .*1j.*, must be real numbers": lambda of: lambda x, cell: (np.complex128(1j), of(x, cell)[1]),
    "forces is .*, must be numbers": lambda of: lambda x, cell: (0.0, "none"),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_calculator_that_cannot_be_is_one_sentence(sentence):
    solid = Harmonic()
    with pytest.raises(UsageError, match=sentence) as told:
        measure_calculator(solid.x0, BROKEN[sentence](solid), cell=solid.cell0)
    assert len(str(told.value).splitlines()) == 1


def test_the_class_of_a_calculator_is_no_calculator():
    emt = pytest.importorskip("ase.calculators.emt").EMT
    with pytest.raises(UsageError, match=r"calculator is the class EMT, must be a calculator .* such as EMT\(\)"):
        vitrify.measure_calculator(pytest.importorskip("ase.build").bulk("Cu"), emt)


def test_a_derivative_that_is_none_is_refused():
    solid = Harmonic()
    wrong = lambda x, cell: solid(x, cell)  # noqa: E731  # it carries an attribute
    wrong.jvp = lambda x, cell, v: v
    with pytest.raises(UsageError, match="jvp departs"):
        measure_calculator(solid.x0, wrong, cell=solid.cell0)


def test_forces_that_do_not_balance_are_refused_unless_allowed():
    solid = Harmonic()
    pushed = solid.x0 + 1e-4 * np.random.default_rng(0).normal(size=solid.x0.shape)
    with pytest.raises(SampleFailure, match="not at mechanical equilibrium"):
        measure_calculator(pushed, solid, cell=solid.cell0)
    found = measure_calculator(pushed, solid, cell=solid.cell0, force_tolerance=0.1)
    assert found.modes.eigenvalues[0] == pytest.approx(1.0, rel=1e-2)


@pytest.mark.parametrize(("value", "sentence"), [(-0.5, "saddle"), (0.0, "zero modes")])
def test_a_saddle_and_what_floats_are_refused(value, sentence):
    solid = Harmonic()
    values, vectors = np.linalg.eigh(solid.a)
    solid.a = solid.a + (value - values[5]) * np.outer(vectors[:, 5], vectors[:, 5])
    with pytest.raises(SampleFailure, match=sentence):
        measure_calculator(solid.x0, solid, cell=solid.cell0)


class Stopping:
    """A calculator that is stopped at its k-th call, and counts them."""

    def __init__(self, of, last=None):
        self.of, self.last, self.calls = of, last, 0

    def __call__(self, x, cell):
        self.calls += 1
        if self.calls == self.last:
            raise KeyboardInterrupt
        return self.of(x, cell)


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    solid, kept = Harmonic(), tmp_path / "solid.forces"
    asked = {"cell": solid.cell0, "modes": 5, "quasilocalised": 1}
    whole = Stopping(solid)
    true = measure_calculator(solid.x0, whole, resume=tmp_path / "whole.forces", **asked)
    assert true.force_calls == whole.calls
    with pytest.raises(KeyboardInterrupt):
        measure_calculator(solid.x0, Stopping(solid, 200), resume=kept, **asked)
    kept.write_bytes(kept.read_bytes()[:-7])  # a record that was cut is asked for again
    rest = Stopping(solid)
    found = measure_calculator(solid.x0, rest, resume=kept, **asked)
    assert rest.calls == whole.calls - 198 + 1  # one look whether the calculator is the same
    assert found.values | {"force_calls": 0} == true.values | {"force_calls": 0}
    with pytest.raises(UsageError, match="of another calculator"):
        measure_calculator(solid.x0, Harmonic(seed=2), resume=kept, **asked)
    with pytest.raises(UsageError, match="of another configuration"):
        measure_calculator(solid.x0 + 1e-9, solid, resume=kept, **asked)
    other = tmp_path / "other"
    other.write_text("not ours")
    with pytest.raises(UsageError, match="is not a file of forces"):
        measure_calculator(solid.x0, solid, resume=other, **asked)
    assert other.read_text() == "not ours"


def test_a_small_subspace_finds_the_same(spheres):
    """A subspace that is full keeps its softest half, and goes on."""
    from vitrify.statics.differences import Differences
    from vitrify.statics.force_calls import Calculator, ForceCalls
    from vitrify.statics.subspace import Subspace

    model, x, cell, _, eigenvalues, m = spheres
    with ForceCalls(Calculator(model, lambda x, cell, _: model(x, cell)), x, cell) as calls:
        subspace = Subspace(Differences(calls), capacity=40)
        low = subspace.lowest(4)
        force = subspace.of.random()
        answer = subspace.solve(force, 1e-6)
    np.testing.assert_allclose(low.eigenvalues, eigenvalues[:4], rtol=1e-6)
    assert low.proof == "deflated conjugate gradients"
    assert np.linalg.norm(m @ answer - force) < 3e-6 * np.linalg.norm(force)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"modes": -1}, "modes is -1, must be a whole number"),
        ({"kind": "pseudo-harmonic"}, "kind is 'pseudo-harmonic', must be one of quartic, cubic, participation"),
        ({"force_tolerance": 0}, "force_tolerance is 0, must be a positive number"),
        ({"cell": None}, "no cell"),
        ({"cell": [1.0, 2.0]}, "must be an edge, 3 edges, or 3 vectors"),
        ({"calculator": None}, "calculator is None, must be a calculator of ASE, or a function"),
        ({"configuration": [1.0, 2.0]}, "positions have the shape"),
        ({"configuration": "glass"}, "must be finite numbers"),
    ],
)
def test_arguments_that_cannot_be(given, sentence):
    solid = Harmonic()
    with pytest.raises(UsageError, match=sentence):
        measure_calculator(**{"configuration": solid.x0, "calculator": solid, "cell": solid.cell0} | given)
