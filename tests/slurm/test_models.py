"""Models of a user's own, and a plugin, on a real Slurm whose jobs have none of their files."""

import pytest

from models_elsewhere import made_by, made_here, write_files
from vitrify.campaign import Slurm
from vitrify.campaign.slurm import SlurmSpec
from vitrify.study.observables import OBSERVABLES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
JOBS = SlurmSpec(walltime="00:10:00", memory="2 GB", maximum_jobs=1, cores=2, interface="lo", directives=("--exclusive",))


def test_jobs_make_what_this_process_makes(slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", slurm.environment["SLURM_CONF"])
    monkeypatch.setenv("VITRIFY_PLUGINS", "")
    for name in ("study", "nothing"):
        (tmp_path / name).mkdir()
    write_files(tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    try:
        ledger, found = made_here(tmp_path / "study")
        monkeypatch.chdir(tmp_path / "nothing")
        assert made_by(Slurm(JOBS), ledger, tmp_path / "study", tmp_path / "store") == found
    finally:
        dict.pop(OBSERVABLES, "far", None)
