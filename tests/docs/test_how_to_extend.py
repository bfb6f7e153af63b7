"""docs/plugins.md, done as it says: its files written, its commands run one after the other, and what they leave looked at."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow  # minutes of kernels that no other test has

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```\w+\n# file: (\S+)\n(.*?)```", PAGE, re.S))
LAST = re.findall(r"```text\nexport VITRIFY_PLUGINS=(\S+)\n(.*?)```", PAGE, re.S)[-1]


def call(folder, words, plugins):
    """A command in a process of its own, since what is registered stays so."""
    program = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()", *words]
    environment = {**os.environ, "VITRIFY_PLUGINS": plugins}
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder in which all was done, and what each command said."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    said = {}
    for line in LAST[1].splitlines():
        _, *words = shlex.split(line)
        found = call(folder, words, LAST[0])
        assert found.returncode == 0, (line, found.stderr)
        said[" ".join(words[:2])] = found.stdout + found.stderr
    return folder, said


def test_the_page_has_a_file_of_each_kind():
    assert set(LAST[0].split(":")) <= FILES.keys()
    for word in (
        "@register\n",
        "@register_step",
        "register_format(",
        "@register_potential(",
        "@register_glass_former",
        "@register_figure(",
        "register_paper(",
    ):
        assert any(word in text for text in FILES.values()), word


def test_models_plan_and_status_know_them(done):
    folder, said = done
    models = next(text for words, text in said.items() if words.startswith("models"))
    assert "write: soft(height=1.0)" in models
    assert "write: soft_mixture(), which is soft(height=1.0) [0.5:0.5; lengths 1,1.2,1.4]" in models
    assert "not known yet" in said["plan soft.toml"]
    rows = [x for x in said["status soft-store"].splitlines() if "farthest" in x]
    assert len(rows) == 2
    plan = json.loads(call(folder, ["plan", "soft.toml", "--store", "soft-store", "--json"], LAST[0]).stdout)
    assert (plan["tasks"], plan["missing"], plan["unknown"]) == (12, 0, [])


def test_the_glasses_are_of_the_potential_and_kicked(done):
    folder, _ = done
    name = {"VITRIFY_PLUGINS": LAST[0]}
    script = (
        "import vitrify; g = vitrify.open_store('soft-store').glass('soft 0.9', 0); "
        "print(g.model, g.provenance['kicked_by'], g.provenance['preparation'].split()[1])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env={**os.environ, **name}, capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\n")[0] == "soft(height=1.0) [0.5:0.5; lengths 1,1.2,1.4] 0.02 kick(size=0.02)"


def test_energy_of_the_potential_by_hand(done):
    """U = Σ (1 − r²/λ_ij²)⁴ over all pairs of nearest images, of the exported file and of the table."""
    folder, _ = done
    lines = (folder / "glasses" / "soft_0.9" / "000000.plain").read_text().splitlines()
    edge, rows = float(lines[0]), np.array([x.split() for x in lines[1:]], dtype=float)
    species, x = rows[:, 0].astype(int), rows[:, 1:]
    d = x[:, None] - x[None]
    d -= edge * np.rint(d / edge)
    u = (d**2).sum(axis=2) / np.array([[1.0, 1.2], [1.2, 1.4]])[species[:, None], species[None]] ** 2
    energy = (np.clip(1.0 - u, 0.0, None) ** 4)[np.triu_indices(len(x), 1)].sum()
    table = pd.read_csv(folder / "soft.csv")
    own = table[(table["ensemble"] == "soft 0.9") & (table["sample"] == 0)]
    assert own["energy_per_particle"].item() * len(x) == pytest.approx(energy, rel=1e-9)
    assert own["farthest"].item() < 1.4


def test_the_report_is_that_of_the_paper(done):
    folder, _ = done
    for page in ("page", "page-of-tables"):
        claims = json.loads((folder / page / "claims.json").read_text(encoding="utf-8"))
        verdicts = [x["verdict"] for x in (claims["claims"] if isinstance(claims, dict) else claims)]
        assert verdicts[0] == "agrees"
        assert len(verdicts) == 2
        assert "How far soft spheres reach" in (folder / page / "index.html").read_text(encoding="utf-8")
        assert (folder / page / "figures" / "figure_01.csv").exists()


def test_without_the_observables_plugin_all_else_is_read(done):
    folder, _ = done
    rest = ":".join(x for x in LAST[0].split(":") if x not in ("farthest.py", "soft_paper.py"))
    found = call(folder, ["export", "soft-store", "--table", "rest.csv"], rest)
    assert found.returncode == 0, found.stderr
    assert "asks for farthest, which needs a plugin that is not loaded (vitrify --plugin FILE)" in found.stderr
    table, full = pd.read_csv(folder / "rest.csv"), pd.read_csv(folder / "soft.csv")
    assert "farthest" not in table
    assert np.array_equal(table["pressure"], full["pressure"])
    for source in ("soft-store", "tables"):
        found = call(folder, ["report", source, "--output", f"rest-{source}"], rest)
        assert found.returncode == 0, found.stderr
        assert "needs a plugin that is not loaded" in (folder / f"rest-{source}" / "index.html").read_text(encoding="utf-8")
    for words in (
        ["export", "soft-store", "--tables", "tables"],
        ["prune", "soft-store", "--yes"],
        ["status", "soft-store"],
    ):
        refused = call(folder, words, rest)
        assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (2, 1), words
        assert "plugin" in refused.stderr


def test_a_store_whose_model_or_step_is_of_a_plugin_says_which(done):
    folder, _ = done
    for name, said in (("kick.py", "step is 'kick', must be one of melt"), ("soft.py", "model 'soft_mixture' is unknown")):
        rest = ":".join(x for x in LAST[0].split(":") if x != name)
        refused = call(folder, ["export", "soft-store", "--table", "none.csv"], rest)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
        assert said in refused.stderr


def test_a_figure_of_a_study_without_a_paper(done):
    folder, _ = done
    plugins = LAST[0].replace("soft_paper.py", "farthest_figure.py")
    found = call(folder, ["report", "soft-store", "--output", "figure"], plugins)
    assert found.returncode == 0, found.stderr
    assert "Farthest distances" in (folder / "figure" / "index.html").read_text(encoding="utf-8")
    plain = call(folder, ["report", "soft-store", "--output", "means"], plugins.replace(":farthest_figure.py", ""))
    assert plain.returncode == 0, plain.stderr
    drawn = (folder / "means" / "figures").glob("*.csv")
    assert any("farthest" in x.read_text(encoding="utf-8").splitlines()[0] for x in drawn)
