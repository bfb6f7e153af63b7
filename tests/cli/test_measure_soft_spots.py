"""`measure --soft-spots k --kind ...`: the table, the JSON, the modes in a file, and mistakes."""

import json

import numpy as np
import pytest

from vitrify.observables import soft_spots
from vitrify.statics import Hessian, Pairs


def test_json_and_modes_are_those_of_the_function(file, pss_glass, tmp_path, measure):
    frames = tmp_path / "modes.xyz"
    done = measure(file, "--soft-spots", 3, "--kind", "participation", "--json", "--write-modes", frames)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["soft_spots"]
    known = soft_spots(pss_glass, 3, kind="participation")
    assert (found["kind"], found["found"], found["starts"], found["lost"]) == ("participation", known.found, 40, 0)
    for x, spot in zip(found["spots"], known.spots, strict=True):
        assert {name: x[name] for name in spot.values} == pytest.approx(spot.values)
        assert x["core"] == pytest.approx(spot.core.tolist())
        assert x["found_by"] == spot.found_by
        assert sum(x["profile"]["square"]) == pytest.approx(1.0)
        assert sum(x["profile"]["k_plus"]) == pytest.approx(x["k_plus"])
    lines = frames.read_text().splitlines()
    assert len(lines) == 3 * (pss_glass.n_particles + 2)
    assert 'mode="soft spot 0"' in lines[1]
    first = np.array([line.split()[4:7] for line in lines[2 : 2 + pss_glass.n_particles]], dtype=float)
    matrix = Hessian(Pairs.of(pss_glass)).matrix()
    assert first.ravel() @ (matrix @ first.ravel()) == pytest.approx(found["spots"][0]["frequency"] ** 2)


def test_a_table_for_people(file, measure):
    done = measure(file, "--soft-spots", 2)
    assert done.exit_code == 0
    head, *rows = done.output[done.output.index("soft spots, quartic: the 2 softest of ") :].splitlines()[1:]
    assert head.split()[:4] == ["frequency", "core", "size", "participation"]
    assert [row.split()[0] for row in rows] == ["0", "1"]


def test_a_kind_needs_soft_spots(file, measure):
    done = measure(file, "--kind", "cubic")
    assert (done.exit_code, "ask for --soft-spots k too" in done.stderr) == (2, True)
    assert measure(file, "--soft-spots", 2, "--kind", "quintic").exit_code == 2
    assert measure(file, "--soft-spots", 0).exit_code == 2
