"""Glasses and moduli of a study made in step ahead of the engine; the CPU stands in for the GPU."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner

from vitrify import campaign
from vitrify.backends import Cpu
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.models import catalogue
from vitrify.observables import elasticity, low_frequency_modes
from vitrify.preparation import liquid
from vitrify.study import ensemble_table, parse_study, plan
from vitrify.study.on_device import make_in_step, samples_at_once, with_gpu
from vitrify.study.work import glass_checksum, read_glass

TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 160
n_samples = 3
parent_temperature = 6.0
melt_msd = 1.0

[[ensemble]]
name = "by fire"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 160
n_samples = 1
parent_temperature = 6.0
melt_msd = 1.0
minimiser = "fire"
"""


class Pretended(Cpu):
    """A machine that says how much memory it has free."""

    def __init__(self, free):
        super().__init__()
        self.free = free

    def free_memory(self):
        return self.free


def on_device(study, free):
    """Its units, those for a GPU on a machine that pretends to be one."""
    pretended = partial(make_in_step, machine=Pretended(free))
    return [replace(x, together=pretended) if x.together else x for x in with_gpu(plan(study))]


@pytest.mark.parametrize("free", [2**40, 1])  # all samples at once, or one after the other
def test_glasses_and_moduli_are_published_and_the_rest_comes_after_them(tmp_path, free):
    study, store = parse_study(TEXT), Store.create(tmp_path / "s")
    units = on_device(study, free)
    at_once = [x for x in units if x.together]  # either minimiser
    assert [(x.counts, x.resources, len(x.tasks)) for x in at_once] == [(0, {"GPU": 1}, 2), (0, {"GPU": 1}, 6)]
    campaign.run(at_once, store, workers=1)
    glass, _, elastic = plan(study)[0].tasks
    assert "elasticity" in elastic.key
    found = store.read(elastic.key, elastic.digest).values
    expected = elasticity(read_glass(store, glass.key, glass.digest))
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-8)
    assert store.read(elastic.key).made_from == glass_checksum(store.read(glass.key))
    assert len(store.keys(glass.key.rpartition("/")[0])) == 3
    outcome = campaign.run(units, store, workers=1)
    assert (outcome.made, outcome.failed) == (4, 0)  # mechanics was still missing
    table = ensemble_table(study, study.ensembles[0], store)
    assert len(table) == 3
    assert np.isfinite(table["shear_modulus"]).all()
    assert {"cpu"} == {read_glass(store, glass.key).provenance["device"]}  # made in step by the machine that pretends


def test_modes_are_measured_on_the_device_too(tmp_path):
    """A number of modes of one ensemble, and those below a frequency of another; the rest of the engine finds nothing to do."""
    below = TEXT.replace('"by fire"', '"below"').replace('minimiser = "fire"\n', "")
    for text in (
        TEXT.split('[[ensemble]]\nname = "by')[0] + 'observables = ["elasticity", { name = "modes", number = 7 }]\n',
        below.split("[[ensemble]]")[0] + "[[ensemble]]" + below.split("[[ensemble]]")[2] + 'observables = ["modes"]\n',
    ):
        study, store = parse_study(text), Store.create(tmp_path / str(len(text)))
        units = on_device(study, 2**40)
        campaign.run([x for x in units if x.together], store, workers=1)
        glass, *measured = plan(study)[0].tasks
        task = next(x for x in measured if "modes" in x.key)
        found, made = store.read(task.key, task.digest), read_glass(store, glass.key, glass.digest)
        settings = task.arguments[0].settings
        expected, first = low_frequency_modes(made, **settings)
        np.testing.assert_allclose(found.arrays["frequency"], expected.frequencies, rtol=1e-8)
        assert found.values["first_shear_phonon"] == pytest.approx(first, rel=1e-8)
        assert found.made_from == glass_checksum(store.read(glass.key))


def test_what_fails_on_a_device_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setitem(liquid.equilibrate.__kwdefaults__, "max_steps", 2500)
    study = parse_study(TEXT.replace("parent_temperature = 6.0", "parent_temperature = 0.05"))
    store, units = Store.create(tmp_path / "s"), on_device(study, 2**40)
    campaign.run([x for x in units if x.together], store, workers=1)
    assert "moved only" in store.failure(units[0].tasks[0].key).reason


def test_a_device_that_breaks_leaves_the_work_to_the_cpu(tmp_path, capsys):
    def broken(store, tasks):
        raise RuntimeError("out of resources")

    study, store = parse_study(TEXT), Store.create(tmp_path / "s")
    units = [replace(x, together=broken) if x.together else x for x in on_device(study, 1)]
    outcome = campaign.run(units, store, workers=1)
    assert (outcome.made, outcome.failed) == (4, 0)
    assert "loose on a GPU: RuntimeError: out of resources; its tasks are now done one by one" in capsys.readouterr().err


def test_a_batch_fits_into_free_memory():
    spec = parse_study(TEXT).ensembles[0]
    assert samples_at_once(spec, 1) == 1
    one = samples_at_once(spec, 10**9)
    assert samples_at_once(spec, 2 * 10**9) == pytest.approx(2 * one, abs=1)
    assert 5_000 < samples_at_once(parse_study(TEXT.replace("160", "3000")).ensembles[0], 70 * 10**9) < 40_000


def test_without_a_gpu_one_line_says_so_and_the_cpu_works(tmp_path):
    arguments = ["make", "pss(rc=1.2)", "--particles", "160", "--density", "0.6", "--temperature", "6"]
    runs = [
        CliRunner().invoke(cli, [*arguments, *device, "--output", str(tmp_path / f"{k}.xyz")])
        for k, device in enumerate((["--device", "cuda"], []))
    ]
    assert [run.exit_code for run in runs] == [0, 0]
    assert runs[0].output.splitlines()[0].startswith("no GPU is used: ")
    assert runs[0].output.splitlines()[0].endswith("; working on the CPU")
    assert "no GPU" not in runs[1].output
    assert (tmp_path / "0.xyz").read_text().splitlines()[2:] == (tmp_path / "1.xyz").read_text().splitlines()[2:]


def test_a_study_on_a_device_that_is_not_there_is_made_on_the_cpu(tmp_path):
    (tmp_path / "s.toml").write_text(TEXT.split('[[ensemble]]\nname = "by')[0].replace("n_samples = 3", "n_samples = 1"))
    run = CliRunner().invoke(
        cli,
        [
            "run",
            str(tmp_path / "s.toml"),
            "--store",
            str(tmp_path / "store"),
            "--device",
            "cuda",
            "--no-report",
            "--workers",
            "1",
        ],
    )
    assert run.exit_code == 0, run.output
    assert "working on the CPU" in run.output
    assert "1 sample made" in run.output


def test_particles_that_do_not_meet_have_no_moduli(pss_glass):
    from vitrify.errors import SampleFailure
    from vitrify.glass import Glass
    from vitrify.observables.elasticity import elasticities

    lonely = Glass(np.array([[1.0, 1, 1], [5, 5, 5], [9, 1, 5]]), 12.0, np.array([0, 1, 0]), catalogue.pss(), {})
    with pytest.raises(SampleFailure, match="moduli do not exist"):
        elasticity(lonely)
    failed, found = elasticities([lonely, pss_glass], Pretended(1))
    assert isinstance(failed, SampleFailure)
    assert found == pytest.approx(elasticity(pss_glass), rel=1e-8)
