import os
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)  # workers unpickle the tasks by this name
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def folder(tmp_path):
    """Where a store is to be."""
    return tmp_path / "store"


@pytest.fixture
def log(tmp_path):
    """Where tasks note that they were begun."""
    return tmp_path / "begun"
