import os

import pytest

from vitrify.campaign import slurm
from vitrify.campaign.slurm_file import read_slurm
from vitrify.errors import UsageError

SOUND = '[slurm]\nwalltime = "12:00:00"\nmemory = "8 GB"\nmaximum_jobs = 20\n'


def read(tmp_path, text):
    file = tmp_path / "queue.toml"
    file.write_text(text)
    return read_slurm(file)


def test_three_keys_are_enough(tmp_path):
    spec = read(tmp_path, SOUND)
    assert (spec.seconds, spec.memory, spec.maximum_jobs, spec.minimum_jobs) == (43_200, "8 GB", 20, 0)
    assert (spec.cores, spec.gpus, spec.workers, spec.tls, spec.partition, spec.directives) == (1, 0, 20, True, None, ())


def test_every_key_is_read(tmp_path):
    more = {
        "cores": "16", "minimum_jobs": "2", "partition": '"long"', "account": '"glass"', "interface": '"ib0"',
        "directives": '["--constraint=zen4"]', "prologue": '["module load gcc"]', "python": '"/opt/bin/python"',
        "log_directory": '"/scratch/log"', "tls": "false",
    }  # fmt: skip
    spec = read(tmp_path, SOUND + "".join(f"{key} = {value}\n" for key, value in more.items()))
    assert (spec.workers, spec.minimum_jobs, spec.partition, spec.account) == (320, 2, "long", "glass")
    assert (spec.directives, spec.prologue, spec.tls) == (("--constraint=zen4",), ("module load gcc",), False)
    assert (spec.interface, spec.python, spec.log_directory) == ("ib0", "/opt/bin/python", "/scratch/log")


@pytest.mark.parametrize(
    ("walltime", "seconds"), [("00:30:00", 1800), ("12:00:00", 43_200), ("100:00:00", 360_000), ("2-01:00:05", 176_405)]
)
def test_walltimes(tmp_path, walltime, seconds):
    assert read(tmp_path, SOUND.replace("12:00:00", walltime)).seconds == seconds


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('cores = "4"', "line 5: [slurm]: cores is '4', must be an integer"),
        ("cores = true", "line 5: [slurm]: cores is True, must be an integer"),
        ("cores = 0", "line 5: [slurm]: cores is 0, must be at least 1"),
        ("gpus = -1", "line 5: [slurm]: gpus is -1, must be 0 or more"),
        ("gpus = 1\ncores = 4", "line 6: [slurm]: cores is 4, must be 1 where gpus is not 0"),
        ("minimum_jobs = 21", "line 5: [slurm]: minimum_jobs is 21, must be from 0 to maximum_jobs, 20"),
        ("minimum_jobs = -1", "line 5: [slurm]: minimum_jobs is -1, must be from 0 to maximum_jobs, 20"),
        ('directives = ["zen4"]', "line 5: [slurm]: directives is 'zen4', must be an argument of sbatch such as \"--constraint=zen4\""),
        ('directives = ["-A x\\nrm -r ."]', "line 5: [slurm]: directives is '-A x\\nrm -r .', must be an argument of sbatch"),
        ('directives = "--exclusive"', "line 5: [slurm]: directives is '--exclusive', must be a list of texts"),
        ("prologue = [1]", "line 5: [slurm]: prologue is [1], must be a list of texts"),
        ('tls = "no"', "line 5: [slurm]: tls is 'no', must be true or false"),
        ('account = ""', "line 5: [slurm]: account is '', must be a text"),
        ('partition = "a\\nrm -r ."', "line 5: [slurm]: partition is 'a\\nrm -r .', must be a text on one line"),
        ('python = "a\\u0000"', "line 5: [slurm]: python is 'a\\x00', must be a text on one line"),
        ('queue = "long"', "line 5: [slurm]: 'queue' is not a key of it, must be one of walltime, memory, "),
        ('patition = "long"', "line 5: [slurm]: 'patition' is not a key of it, did you mean 'partition'?"),
        ("[study]", "line 5: 'study' stands outside the table [slurm], the only one of a Slurm file"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path, line, sentence):
    with pytest.raises(UsageError) as error:
        read(tmp_path, SOUND + line + "\n")
    assert str(error.value).startswith(f"{tmp_path / 'queue.toml'}, {sentence}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("12:00:00", "720", 'line 2: [slurm]: walltime is \'720\', must be a time such as "12:00:00" or "2-00:00:00"'),
        ("12:00:00", "00:00:00", "line 2: [slurm]: walltime is '00:00:00', must be a time such as"),
        ("12:00:00", "12:60:00", "line 2: [slurm]: walltime is '12:60:00', must be a time such as"),
        ('"12:00:00"', "12:00:00", "line 2: [slurm]: walltime is datetime.time(12, 0), must be a text"),
        ("8 GB", "much", "line 3: [slurm]: memory is 'much', must be a size such as \"8 GB\""),
        ("8 GB", "8", "line 3: [slurm]: memory is '8', must be a size such as \"8 GB\""),
        ("= 20", "= 0", "line 4: [slurm]: maximum_jobs is 0, must be at least 1"),
        ("maximum_jobs = 20\n", "", "line 1: [slurm]: maximum_jobs is missing"),
    ],
)
def test_what_is_needed_is_checked(tmp_path, old, new, sentence):
    with pytest.raises(UsageError) as error:
        read(tmp_path, SOUND.replace(old, new))
    assert str(error.value).startswith(f"{tmp_path / 'queue.toml'}, {sentence}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a Slurm file must begin with the table [slurm], which contains its keys"),
        ("slurm = 3", "a Slurm file must begin with the table [slurm], which contains its keys"),
        ("[slurm", "not valid TOML: "),
        ("n = " + "[" * 5000, "not valid TOML: "),
        ("n = " + "1" * 5000, "not valid TOML: "),
    ],
)
def test_what_is_no_slurm_file(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=sentence.replace("[", r"\[")):
        read(tmp_path, text)


def test_what_is_no_text(tmp_path):
    with pytest.raises(UsageError, match="Slurm file .* cannot be read: No such file"):
        read_slurm(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read: it is no text"):
        read_slurm(tmp_path / "bytes.toml")


def test_lines_are_those_of_an_editor(tmp_path):
    """A text may hold what Python, but no editor, takes for the end of a line."""
    with pytest.raises(UsageError, match="line 6: "):
        read(tmp_path, SOUND + 'account = "a\u0085\u2028b"\ncores = "4"\n')


def test_certificates_of_a_driver_in_another_pid_namespace_stay(tmp_path, monkeypatch):
    """Its process number means nothing here."""
    pytest.importorskip("cryptography")
    ours, theirs = os.getpid(), 2**22 + 1  # no process has this number
    monkeypatch.setattr("os.getpid", lambda: theirs)
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setattr("vitrify.campaign.slurm.process_space", lambda: "this boot, another namespace")
        other = slurm._certificates(tmp_path, True)
        other.__enter__()
    (certificates,) = tmp_path.iterdir()
    monkeypatch.setattr("os.getpid", lambda: ours)
    with slurm._certificates(tmp_path, True):
        assert certificates.exists()
        assert len(list(tmp_path.iterdir())) == 2
    other.__exit__(None, None, None)
