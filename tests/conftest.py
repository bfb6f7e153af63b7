"""Glasses that many tests share, each made once a session."""

from __future__ import annotations

import os
import time
import warnings
from functools import cache

if "PYTEST_XDIST_WORKER" in os.environ:  # processes side by side: threads of each would wait for those of the others
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MKL_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from samples import GLASSES, make

with warnings.catch_warnings():  # what third parties warn of while they are imported is not ours to mend
    warnings.simplefilter("ignore")
    import jax

jax.config.update("jax_enable_x64", True)

settings.register_profile("any machine", deadline=None)  # a busy one may take a second for what takes another a millisecond
settings.load_profile("any machine")


BEGAN, NO_TIME = time.monotonic(), "no time was left"


def pytest_addoption(parser):
    parser.addoption(
        "--begin-within", type=float, default=float("inf"), metavar="SECONDS",
        help="leave out the tests that have not begun after so long, and name them",
    )  # fmt: skip


def pytest_runtest_setup(item):
    within = item.config.getoption("--begin-within")
    if time.monotonic() > BEGAN + within:
        pytest.skip(f"{NO_TIME}: it would have begun after {within:.0f} s")


@cache
def _made(name):
    return make(name)


@pytest.fixture(params=GLASSES, scope="session")
def glass(request):
    """One small glass of each family."""
    return _made(request.param)


@pytest.fixture(scope="session")
def pss_glass():
    return _made("pss")


@pytest.fixture(scope="session")
def made():
    """A small glass of a family, by its name."""
    return _made


@pytest.fixture
def tell(record_property):
    """Say what was counted; it is printed at the end of the session, wherever the test ran."""
    return lambda sentence: record_property("told", sentence)


def pytest_terminal_summary(terminalreporter):
    told = [
        (report.nodeid.rpartition("::")[2], sentence)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, sentence in report.user_properties
        if name == "told"
    ]
    if told:
        terminalreporter.section("counts")
    for test, sentence in told:
        terminalreporter.write_line(f"{test}: {sentence}")
    left_out = [x.nodeid for x in terminalreporter.stats.get("skipped", []) if NO_TIME in str(x.longrepr)]
    if left_out:
        terminalreporter.section("left out, as no time was left")
    for test in left_out:
        terminalreporter.write_line(test)
