"""A terminal that closes: what is in hand is finished, as after Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest
import watched

from patience import PATIENCE

N = 12
# makes standard input the terminal that the session belongs to, as a login does; fork() is not for processes with threads
ON_TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


def all_that_was_begun_is_there(folder, log):
    return sorted(f"{x:06d}.h5" for x in watched.squared(log)) == sorted(watched.published(folder))


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_hangup_finishes_what_is_in_hand_however_often_it_comes(folder, log, tmp_path, engine):
    process = watched.start(folder, N, log, 0.7, engine)
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGHUP)
        time.sleep(0.1)
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGHUP, said + wrong
    assert "SIGHUP: samples that have begun are being finished" in wrong
    assert len(watched.squared(log)) < N
    assert all_that_was_begun_is_there(folder, log)
    assert not list((folder / "runs").glob("*.json"))
    watched.finish(folder, N, log)
    assert sorted(watched.squared(log)) == list(range(N))
    assert watched.contents(folder) == watched.undisturbed(tmp_path, N)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_run_under_nohup_goes_on(folder, log, engine):
    process = watched.start(folder, 6, log, 0.3, engine, before=["nohup"])
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    os.killpg(process.pid, signal.SIGHUP)
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + wrong
    assert sorted(watched.squared(log)) == list(range(6))


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_run_whose_terminal_is_closed_finishes_what_is_in_hand(folder, log, engine):
    terminal, within = pty.openpty()
    command = [sys.executable, str(watched.HERE / "squares.py"), *map(str, (folder, N, log, 0.7, engine))]
    process = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, *command], stdin=within, stdout=within, stderr=within, start_new_session=True
    )
    os.close(within)
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    os.close(terminal)
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGHUP
    assert len(watched.squared(log)) < N
    assert all_that_was_begun_is_there(folder, log)


def test_ctrl_c_after_a_hangup_stops_at_once(folder, log):
    process = watched.start(folder, 4, log, 25.0, "here")
    watched.wait_for(lambda: watched.squared(log))
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert not watched.published(folder)


def test_the_shell_that_started_it_may_be_gone(folder, log):
    """As after `vitrify run ... &` and a logout: the shell tells its jobs, and ends."""
    line = (
        f"{sys.executable} {watched.HERE / 'squares.py'} {folder} {N} {log} 0.5 here & trap 'kill -HUP $!; exit' HUP; wait"
    )
    shell = subprocess.Popen(
        ["sh", "-c", line], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    shell.send_signal(signal.SIGHUP)
    shell.wait(timeout=PATIENCE)
    watched.wait_for(lambda: not list((folder / "runs").glob("*.json")))
    assert len(watched.squared(log)) < N
    assert all_that_was_begun_is_there(folder, log)
