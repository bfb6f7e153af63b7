"""The model of a glass, its mixture with it, goes into its file and comes back; who overrides it is told."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner

import vitrify
from vitrify.cli.main import cli
from vitrify.errors import ModelOverridden, UsageError
from vitrify.glass import Glass
from vitrify.models import Mixture, Model, Potential, catalogue
from vitrify.study.work import glass_result, read_glass

OTHER = "pss(rc=1.2) [0.8:0.2; lengths 1,1.1,1.25; masses 1,2]"
PAPER = "pss(rc=1.2) [0.8:0.2; lengths 1,1.18,1.4]"


@pytest.fixture(scope="module")
def made():
    """A glass of another mixture than the paper's, heavy large particles included."""
    recipe = vitrify.Recipe(melt_msd=1.0)
    return vitrify.make_glass(OTHER, n_particles=100, density=0.75, parent_temperature=6.0, recipe=recipe)


@pytest.fixture
def file(made, tmp_path):
    made.write(tmp_path / "other.xyz")
    return tmp_path / "other.xyz"


def run(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def test_moduli_of_another_mixture_are_the_same_after_a_file(made, file):
    """To the last bit, and not those that the paper's lengths would give."""
    back = Glass.read(file)
    assert (str(back.model), back.model, back.provenance) == (OTHER, made.model, made.provenance)
    here = vitrify.measure(made)
    assert vitrify.measure(back) == here
    assert vitrify.measure(file) == vitrify.measure(str(file)) == here
    assert here.model == OTHER
    assert here.is_minimum
    told = run("measure", file, "--json")
    assert (told.exit_code, told.stderr) == (0, "")
    found = json.loads(told.stdout)
    assert (found["shear_modulus"], found["bulk_modulus"], found["model"]) == (here.shear_modulus, here.bulk_modulus, OTHER)
    with pytest.warns(ModelOverridden):
        wrong = vitrify.quench_glass(Glass.read(file, PAPER))
    assert abs(vitrify.measure(wrong).shear_modulus / here.shear_modulus - 1) > 0.1


def test_a_mixture_comes_back_from_a_store(made, tmp_path):
    class OneResult:
        directory = tmp_path

        def read(self, key, digest):
            return glass_result(made)

    back = read_glass(OneResult(), "here")
    assert back.model == made.model
    assert np.array_equal(back.positions, made.positions)
    assert vitrify.measure(back) == vitrify.measure(made)


def test_a_mixture_stands_in_a_lammps_file(made, tmp_path):
    made.write(tmp_path / "g.data")
    first, *rest = (tmp_path / "g.data").read_text().split("\n")
    assert OTHER in first
    assert rest[rest.index("Masses") + 2 :][:2] == ["1 1 # A", "2 2 # B"]


@pytest.mark.parametrize(
    "model", [OTHER, "pss(rc=1.20) [.80:.2;lengths 1.0,1.10,1.25; masses 1,2]", catalogue.parse(OTHER)], ids=str
)
def test_the_files_own_model_may_be_given_in_silence(file, model):
    assert Glass.read(file, model).model == catalogue.parse(OTHER)  # a warning would be an error here
    told = run("measure", file, "--model", str(model))
    assert (told.exit_code, told.stderr) == (0, "")


def test_who_overrides_a_files_model_is_told_both_with_their_lengths(file):
    with pytest.warns(ModelOverridden, match="other.xyz says that its model is") as caught:
        glass = Glass.read(file, model=PAPER)
    assert str(glass.model) == PAPER
    assert caught[0].filename == __file__
    sentence = str(caught[0].message)
    assert f"is {OTHER}, but {PAPER} was given and is used" in sentence
    told = run("measure", file, "--model", PAPER, "--quench", "--json")
    assert told.exit_code == 0
    assert len(told.stderr.strip().split("\n")) == 1
    assert f"is {OTHER}, but {PAPER} was given and is used" in told.stderr
    assert json.loads(told.stdout)["model"] == PAPER


def test_the_papers_lengths_are_named_where_they_override(tmp_path):
    Glass([[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], "pss(rc=1.2) [0.5:0.5; lengths 1,1.1,1.2]").write(tmp_path / "g.xyz")
    with pytest.warns(
        ModelOverridden, match=r"lengths 1,1.1,1.2\], but pss\(rc=1.2\) \[0.5:0.5; lengths 1,1.18,1.4\] was given"
    ):
        Glass.read(tmp_path / "g.xyz", "pss(rc=1.2)")


def test_a_model_that_cannot_be_read_is_overridden_aloud(tmp_path):
    text = '2\nLattice="8 0 0 0 8 0 0 0 8" model="yukawa(kappa=3)"\nA 1 1 1\nB 2.2 1 1\n'
    (tmp_path / "g.xyz").write_text(text)
    with pytest.raises(UsageError, match="'yukawa' is unknown"):
        Glass.read(tmp_path / "g.xyz")
    with pytest.warns(ModelOverridden, match=r"is yukawa\(kappa=3\), but"):
        Glass.read(tmp_path / "g.xyz", "pss(rc=1.2)")


def test_a_file_of_the_first_release_without_a_model_is_of_another_mixture(tmp_path):
    """Release 0.1.0 wrote no model where its name alone would not have given it back."""
    path = foreign(tmp_path / "g.xyz", {"A": 50, "B": 50}, note='minimiser="cg" quench_max_force=1e-11')
    with pytest.raises(UsageError, match="an early release of vitrify"):
        Glass.read(path)
    with pytest.warns(
        ModelOverridden,
        match=r"a mixture other than that of the paper, but pss\(rc=1.2\) \[0.5:0.5; lengths 1,1.18,1.4\] was given",
    ):
        Glass.read(path, "pss(rc=1.2)")
    Glass.read(path, "pss(rc=1.2) [0.5:0.5; lengths 1,1.1,1.2]")


def test_a_wrong_composition_is_refused_and_the_files_model_pointed_to(file):
    with pytest.raises(UsageError, match="has 80 A, 20 B, but the mixture of") as caught:
        Glass.read(file, "pss(rc=1.2)")
    assert "[0.5:0.5; lengths 1,1.18,1.4]" in str(caught.value)
    assert f"the file says {OTHER}" in str(caught.value)
    told = run("measure", file, "--model", "pss(rc=1.2)", "--quench")
    assert told.exit_code == 2
    assert len(told.stderr.strip().split("\n")) == 1


def foreign(path, counts, *, note=""):
    """A file that another program wrote: no model in it. counts: particles by name."""
    spots = 1.6 * np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3)
    names = [name for name, n in counts.items() for _ in range(n)]
    rows = [f"{name} {x} {y} {z}" for name, (x, y, z) in zip(names, spots, strict=False)]
    path.write_text("\n".join([str(len(names)), f'Lattice="8 0 0 0 8 0 0 0 8" {note}', *rows]) + "\n")
    return path


def test_a_composition_that_the_model_cannot_have_is_refused_with_the_one_that_fits(tmp_path):
    path = foreign(tmp_path / "g.xyz", {"A": 40, "B": 60})
    with pytest.raises(UsageError, match="has 40 A, 60 B") as caught:
        Glass.read(path, "pss(rc=1.2)")
    assert "[0.5:0.5; lengths" in str(caught.value)
    fits = "pss(rc=1.2) [0.4:0.6; lengths 1,1.18,1.4]"
    assert fits in str(caught.value)
    assert str(Glass.read(path, fits).model) == fits


@pytest.mark.parametrize("counts", [{"A": 1, "B": 2}, {"A": 7, "B": 3}, {"A": 10}, {"B": 10}, {"A": 100, "B": 1}])
def test_the_mixture_that_is_advised_reads_the_file(tmp_path, counts):
    path, wrong = foreign(tmp_path / "g.xyz", counts), "pss(rc=1.2) [0.51:0.49; lengths 1,1.18,1.4; masses 1,3]"
    if counts == {"A": 1, "B": 2}:
        wrong = "pss(rc=1.2) [0.9:0.1; lengths 1,1.18,1.4; masses 1,3]"
    with pytest.raises(UsageError) as caught:
        Glass.read(path, wrong)
    advised = str(caught.value).split('"')[1]
    assert Glass.read(path, advised).n_particles == sum(counts.values())


@pytest.mark.parametrize("counts", [{"A": 50, "B": 51}, {"A": 51, "B": 50}, {"A": 1}, {"B": 1}, {"A": 1, "B": 1}])
def test_odd_numbers_are_of_an_even_mixture(tmp_path, counts):
    assert Glass.read(foreign(tmp_path / "g.xyz", counts), "pss(rc=1.2)").n_particles == sum(counts.values())


def test_names_that_do_not_occur_are_told(tmp_path):
    path = foreign(tmp_path / "g.xyz", {"Cu": 10, "Zr": 10})
    with pytest.raises(UsageError, match="has no species 'Cr' to be mapped; it has Cu, Zr"):
        Glass.read(path, "pss(rc=1.2)", {"Cr": "A", "Zr": "B"})
    told = run("measure", path, "--model", "pss(rc=1.2)", "--species", "Cu=A,Zr=B,Ni=A")
    assert told.exit_code == 2
    assert "has no species 'Ni' to be mapped; it has Cu, Zr" in told.stderr
    assert "name each species once" in run("measure", path, "--species", "Cu=A,Cu=B").stderr
    with pytest.raises(UsageError, match="species 'Zr' mapped to 'C', which is none of A, B"):
        Glass.read(path, "pss(rc=1.2)", {"Cu": "A", "Zr": "C"})
    assert Glass.read(path, "pss(rc=1.2)", {"Cu": "A", "Zr": "B"}).species.tolist() == [0] * 10 + [1] * 10
    named = Glass.read(path, "pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4; labels Cu,Zr]")
    assert named.species.tolist() == [0] * 10 + [1] * 10


@pytest.mark.parametrize("given", ["Cu=A", ["Cu"], 5])
def test_a_mapping_of_species_is_a_mapping(tmp_path, given):
    with pytest.raises(UsageError, match="species"):
        Glass.read(foreign(tmp_path / "g.xyz", {"Cu": 2}), "pss(rc=1.2)", given)


@dataclass(frozen=True, slots=True)
class Mine(Potential):
    """A potential of a user's own, (1 − u)⁴ to u = 1."""

    @property
    def cutoff(self):
        return 1.0

    def derivatives(self):
        def phi(u, c):
            x = 1.0 - u
            return x**4, -4.0 * x**3, 12.0 * x**2, -24.0 * x, 24.0 + 0.0 * u

        return phi


def test_a_model_of_ones_own_is_named_in_the_file_and_must_be_given(tmp_path):
    model = Model("mine", Mine(), Mixture.parse("[0.5:0.5; lengths 1,1.1,1.2]"))
    path = tmp_path / "g.xyz"
    Glass([[1, 1, 1], [1.7, 1, 1]], 8.0, [0, 1], model, {"seed": 1}).write(path)
    with pytest.raises(
        UsageError, match=r"has the model mine \[0.5:0.5; lengths 1,1.1,1.2\], whose potential is not part of vitrify"
    ):
        Glass.read(path)
    told = run("measure", path)
    assert told.exit_code == 2
    assert "mine [0.5:0.5; lengths 1,1.1,1.2]" in told.stderr
    back = Glass.read(path, model)
    assert (back.model, back.provenance) == (model, {"seed": 1})
    for other in (replace(model, mixture=Mixture()), replace(model, name="yours"), catalogue.pss(mixture=model.mixture)):
        with pytest.warns(ModelOverridden, match=r"says that its model is mine \[0.5:0.5; lengths 1,1.1,1.2\], but"):
            Glass.read(path, other)


def test_a_model_that_only_looks_like_a_named_one_is_not_written_as_one(tmp_path):
    impostor = Model("pss(rc=1.2)", Mine())
    Glass([[1, 1, 1], [1.7, 1, 1]], 8.0, [0, 1], impostor).write(tmp_path / "g.xyz")
    with pytest.raises(UsageError, match="whose potential is not part of vitrify"):
        Glass.read(tmp_path / "g.xyz")
    assert Glass.read(tmp_path / "g.xyz", impostor).model == impostor


def test_a_named_model_in_the_place_of_its_namesake_is_told(tmp_path):
    Glass([[1, 1, 1], [1.7, 1, 1]], 8.0, [0, 1], Model("pss(rc=1.2)", Mine())).write(tmp_path / "g.xyz")
    with pytest.warns(ModelOverridden, match="which its maker wrote, but"):
        Glass.read(tmp_path / "g.xyz", "pss(rc=1.2)")


@pytest.mark.parametrize("given", [5, None, [1], b"g.xyz", {"a": 1}], ids=repr)
def test_what_is_no_glass_is_not_measured(given):
    with pytest.raises(UsageError, match="takes a Glass or the path of a file"):
        vitrify.measure(given)


def test_a_path_without_a_model_says_what_to_pass(tmp_path):
    path = foreign(tmp_path / "g.xyz", {"A": 1, "B": 1})
    with pytest.raises(UsageError, match=r"Glass.read\(path, model="):
        vitrify.measure(path)


@pytest.mark.parametrize("given", [5, b"g.xyz", None, ["g.xyz"]], ids=repr)
def test_what_is_no_path_is_not_read(given):
    with pytest.raises(UsageError, match="must be a path"):
        Glass.read(given)


@pytest.mark.parametrize("model", [5, "nonsense(", ["pss"]], ids=repr)
def test_what_is_no_model_is_refused_before_the_file_is_read(tmp_path, model):
    with pytest.raises(UsageError, match="^model"):
        Glass.read(tmp_path / "none.xyz", model)
