"""What the environment says of threads, of the compiler and of the kernels' folder."""

import pytest
from numba import config

from vitrify.backends import choose, threads
from vitrify.backends.cpu import Cpu
from vitrify.errors import UsageError


@pytest.mark.parametrize("text", ["²", "٣", "9" * 5000, "", "-1", "0", "1.5", "many"])
def test_a_number_of_threads_that_is_none_is_told(monkeypatch, text):
    """Some are digits to str.isdigit, but no number to int."""
    monkeypatch.setenv("VITRIFY_THREADS", text)
    with pytest.raises(UsageError, match="VITRIFY_THREADS is .*, must be a positive whole number"):
        threads()


def test_a_compiler_that_is_switched_off_is_told(monkeypatch):
    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    with pytest.raises(UsageError, match="NUMBA_DISABLE_JIT is set"):
        choose.backend.__wrapped__()


def test_kernels_run_where_no_folder_can_keep_them(monkeypatch):
    """Each process compiles for itself then."""

    def nowhere(self, function):
        raise RuntimeError(f"cannot cache function {function.__name__!r}: no locator available")

    monkeypatch.setattr("vitrify.backends.kept.FunctionCache.__init__", nowhere)

    def twice(x):
        return 2 * x

    assert Cpu().compile(twice)(3) == 6
