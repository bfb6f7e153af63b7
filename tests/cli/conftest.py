"""A glass in a file, and the command that measures it."""

import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli


@pytest.fixture
def file(tmp_path, pss_glass):
    path = tmp_path / "glass.xyz"
    pss_glass.write(path)
    return path


@pytest.fixture
def measure():
    """Call `vitrify measure` with these arguments."""
    return lambda *arguments: CliRunner().invoke(cli, ["measure", *map(str, arguments)])
