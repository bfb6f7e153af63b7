"""docs/own-models.md, done as it says: its five lines written to a file, its commands run one after the other."""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from vitrify import Glass
from vitrify.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs" / "own-models.md").read_text(encoding="utf-8")


def test_five_lines_are_a_model_that_makes_a_glass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"```python\n# file: mine.py\n(.*?)```", PAGE, re.DOTALL)
    assert len([x for x in lines.splitlines() if x]) == 5
    Path("mine.py").write_text(lines, encoding="utf-8")
    said = []
    for line in re.search(r"```text\n(vitrify models --check.*?)```", PAGE, re.DOTALL)[1].splitlines():
        done = CliRunner().invoke(cli, shlex.split(line.replace("--particles 400", "--particles 60"))[1:])
        assert done.exit_code == 0, done.output
        said.append(done.output)
    assert "smooth at the cutoff to φ'''" in said[0]
    assert "shear_modulus" in said[2]
    assert Glass.read("soft.xyz", model="mine.py:Mine").model.potential.cutoff == 1.0
