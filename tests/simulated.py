"""Programs of their own on numba-cuda's simulator, where there is no GPU."""

import os
import subprocess
import sys

import pytest


def assert_same(script):
    """Run a script whose kernels are simulated; it prints "same" at its end."""
    pytest.importorskip("numba_cuda")
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "same", done.stderr[-2000:]
