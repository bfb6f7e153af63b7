"""Whatever the streams and the environment are: numbers or one sentence, never a traceback."""

import json
import os
import subprocess
import sys

import pytest

from patience import PATIENCE

COMMAND = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()"]
ODD = ["PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONUNBUFFERED", "LANG", "LC_ALL", "VITRIFY_THREADS"]


def called(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment):
    """Run the command in a process of its own, in this environment. Bytes come out: they need be no UTF-8."""
    plain = {name: value for name, value in os.environ.items() if name not in ODD}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, timeout=PATIENCE,
        env=plain | environment, check=False,
    )  # fmt: skip


def shell(line, **environment):
    """The same with the redirections that only a shell has."""
    program = " ".join([sys.executable, "-c", "'from vitrify.cli.main import cli; cli()'"])
    return subprocess.run(
        ["bash", "-c", line.replace("vitrify", program)],
        capture_output=True,
        timeout=PATIENCE,
        env=os.environ | environment,
        check=False,
    )


def one_sentence(done, word):
    said = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 2, said
    assert word in said
    assert len(said.splitlines()) == 1
    return True


@pytest.fixture(scope="module")
def file(tmp_path_factory, pss_glass):
    path = tmp_path_factory.mktemp("streams") / "g.xyz"
    pss_glass.write(path)
    return path


@pytest.mark.parametrize(("encoding", "arguments"), [
    ("latin-1", ["models"]), ("cp1252", ["make", "--help"]), ("ascii", ["models"]), ("latin-1:strict", ["models"]), ("utf-16", ["--help"]),
])  # fmt: skip
def test_letters_that_the_output_lacks_are_replaced(encoding, arguments):
    done = called(*arguments, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout) > 50


def test_numbers_are_not_lost_for_a_letter(file):
    done = called("measure", file, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, b"")
    rows = done.stdout.decode("latin-1").splitlines()
    assert [row.split()[0] for row in rows][-1] == "omega0"  # the last row: none is missing


def test_json_is_ascii_and_the_plain_locale_is_enough(file):
    done = called("measure", file, "--json", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("ascii"))["n_particles"] == 160


@pytest.mark.parametrize(("arguments", "unbuffered"), [(["models"], ""), (["models"], "1"), (["--help"], "")])
def test_a_full_disk_behind_standard_output_is_one_sentence(arguments, unbuffered):
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device, opened as a child's stream
        assert one_sentence(called(*arguments, stdout=full, PYTHONUNBUFFERED=unbuffered), "No space left on device")


def test_a_full_disk_behind_standard_error_changes_no_exit_code():
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device, opened as a child's stream
        assert called("measure", "missing.xyz", stderr=full).returncode == 2


@pytest.mark.parametrize(("line", "code"), [
    ("vitrify models >&-", 0),
    ("vitrify models <&- >/dev/null 2>&-", 0),
    ("vitrify measure missing.xyz 2>&-", 2),
    ("vitrify models >&- 2>&- <&-", 0),
])  # fmt: skip
def test_closed_streams_are_quiet(line, code):
    done = shell(line)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_whoever_stops_reading_is_not_told_so(unbuffered):
    done = shell("(vitrify models; vitrify models) | head -1; exit ${PIPESTATUS[1]}", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"harmonic\n", b"")
    nobody = shell("vitrify models | true")
    assert nobody.stderr == b""


@pytest.mark.parametrize(("name", "value", "word"), [
    ("NUMBA_DISABLE_JIT", "1", "NUMBA_DISABLE_JIT is set"),
    ("NUMBA_DISABLE_JIT", "yes", "'NUMBA_DISABLE_JIT'"),
    ("NUMBA_NUM_THREADS", "many", "'NUMBA_NUM_THREADS'"),
    ("NUMBA_NUM_THREADS", "0", "NUMBA_NUM_THREADS is '0', must be a positive whole number"),
    ("NUMBA_NUM_THREADS", "-2", "NUMBA_NUM_THREADS is '-2'"),
    ("NUMBA_OPT", "much", "'NUMBA_OPT'"),
    ("VITRIFY_THREADS", "²", "VITRIFY_THREADS is '²', must be a positive whole number"),
])  # fmt: skip
def test_a_wrong_variable_is_one_sentence(file, name, value, word):
    command = ["info"] if name == "VITRIFY_THREADS" else ["measure", file]
    assert one_sentence(called(*command, PYTHONIOENCODING="utf-8", **{name: value}), word)


def test_variables_that_are_of_no_matter_are_none(file):
    nonsense = {
        "MPLBACKEND": "nonsense", "OMP_NUM_THREADS": "many", "MKL_NUM_THREADS": "²", "NUMBA_CACHE_DIR": "/proc/nowhere",
        "HOME": "/proc/nowhere", "TERM": "nonsense", "COLUMNS": "0", "LINES": "²", "LC_ALL": "nonsense",
    }  # fmt: skip
    done = called("measure", file, "--json", **nonsense)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_particles"] == 160


def test_a_backend_of_pictures_is_of_no_matter_to_a_report(tmp_path):
    done = called("report", tmp_path, "--output", tmp_path / "r", MPLBACKEND="nonsense")
    assert one_sentence(done, "is neither a vitrify store nor")


def test_a_folder_that_is_gone_is_no_matter_to_whole_paths(file, tmp_path):
    gone = tmp_path / "gone"
    done = shell(f"mkdir {gone} && cd {gone} && rmdir {gone} && vitrify measure {file} --json")
    assert done.returncode == 0, done.stderr
    done = shell(
        f"mkdir {gone} && cd {gone} && rmdir {gone} && vitrify make 'pss(rc=1.2)' --particles 100 --density 0.6 --output a.xyz"
    )
    assert one_sentence(done, "a.xyz cannot be written")
