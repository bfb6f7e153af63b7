"""Table II of the paper: coefficients of the piecewise sticky spheres."""

from __future__ import annotations

import pandas as pd

from vitrify.models.potentials import PiecewiseStickySpheres
from vitrify.report.gathered import Study

TABLE_II = {  # as printed in the paper
    1.1: (-2065.398715559462, -6775.790387829389, -25758.833604839492, 35758.32100717132, -17961.4634217834, 3172.8363373043844),
    1.15: (-360.56276228220503, -1087.3468598689665, -3686.241663716159, 4884.979422475693, -2333.6422601463023, 390.72335017374587),
    1.2: (-106.991613526652, -304.918469059567, -939.388037994211, 1190.70962256002, -541.3001315875512, 85.86849369147127),
    1.3: (-17.7556513878655, -50.37332289908061, -138.58271673010657, 161.71576064627635, -66.7252832098764, 9.50283097488097),
    1.5: (1.1582440286928275, -2.2619482444770567, -12.414700446492716, 12.584354590303674, -4.320508006050397, 0.49862551162881885),
}  # fmt: skip


def coefficients(study: Study) -> pd.DataFrame:
    """Table II: the coefficients that follow from the six conditions, and the distance of the printed ones from them."""
    del study
    rows = []
    for rc, printed in TABLE_II.items():
        solved = PiecewiseStickySpheres(rc).table_coefficients()
        off = max(abs(a / b - 1.0) for a, b in zip(solved.values(), printed, strict=True))
        rows.append({"r_c": rc, **{k: f"{v:.15g}" for k, v in solved.items()}, "largest difference": f"{off:.1e}"})
    return pd.DataFrame(rows)
