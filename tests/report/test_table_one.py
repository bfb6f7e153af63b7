"""Table I beside the rule for T, by the ensemble's own glasses."""

import numpy as np
import pandas as pd
import pytest

from vitrify.ensemble import DipoleDecays, LowModes, ParentTemperature, microscopic, summarise
from vitrify.report.gathered import Gathered, Study
from vitrify.report.tables import ensembles
from vitrify.study import Counts, parse_study

TEXT = """[study]
name = "t"

[[ensemble]]
name = "DSS rho=0.60"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 1000
n_samples = 4
"""
MODULI = np.array([23.0, 24.0, 24.0, 25.0])  # 4 · 24/30/0.6 = 5.33, its error 0.0907


def table_one(parent, text=TEXT, moduli=MODULI):
    spec = parse_study(text).ensembles[0]
    rows = pd.DataFrame({"shear_modulus": moduli, "shear_modulus_xz": moduli, "shear_modulus_yz": moduli})
    found = summarise(rows, 1000)
    low, decays = LowModes(1000, [], np.empty(0)), DipoleDecays(1000, np.empty(0), [])
    micro = microscopic(found.shear_modulus_of_planes, spec.density, low, decays)
    gathered = Gathered(spec, rows, found, Counts(4, 4, 0, {}), parent, micro, pd.DataFrame(), [], [])
    return ensembles(Study(parse_study(text), (gathered,))).iloc[0]


@pytest.mark.parametrize(("temperature", "reached"), [(5.52, "yes"), (5.5, "open"), (5.34, "open"), (5.33, "no")])
def test_whether_t_reaches_the_rule_of_the_ensemble_s_own_glasses(temperature, reached):
    for row in (
        table_one(ParentTemperature(temperature, 24.0, 0.4, 1, 1000)),
        table_one(None, TEXT + f"parent_temperature = {temperature}\n"),
    ):
        assert (row["T"], row["4 G a0³/30"], row["T is at least that"]) == (f"{temperature:g}", "5.33(9)", reached)


def test_a_temperature_that_is_not_found_yet_and_a_modulus_without_error_leave_it_open():
    assert table_one(None)[["T", "G∞", "T is at least that"]].tolist() == ["auto", "–", "open"]
    assert table_one(ParentTemperature(5.4, 24.0, 0.4, 1, 1000), moduli=MODULI[:1])["T is at least that"] == "open"
