"""A_g, ξ_g and χ_G of PSS r_c = 1.2, ρ = 0.60 from the tables beside this file.

    python studies/results/dss_rho060.py

dss_rho060.csv has a row for each glass of N = 3,000 (the first samples of "DSS rho=0.60" in studies/paper.toml);
`frequencies` are those of all modes below `modes_counted_below` (√(ε/m)/λ), empty where modes were not computed.
dss_rho060_dipoles.csv has c(r) of glasses of N = 24,000, 48 dipoles each, a column a glass.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from vitrify.ensemble import DipoleDecays, LowModes, fluctuation, mean, microscopic

N, N_DIPOLES, DENSITY = 3000, 24_000, 0.60
HERE = Path(__file__).parent


def main() -> None:
    """Read both tables, print the numbers with their errors."""
    table = pd.read_csv(HERE / "dss_rho060.csv", dtype={"frequencies": str})
    dipoles = pd.read_csv(HERE / "dss_rho060_dipoles.csv")
    known = table[table["modes_counted_below"].notna()]
    frequencies = [np.array(str(x).split(), dtype=float) for x in known["frequencies"].fillna("")]
    modes = LowModes(N, frequencies, known["modes_counted_below"].to_numpy(float))
    planes = [x for x in ("shear_modulus", "shear_modulus_xz", "shear_modulus_yz") if x in table]
    shear = mean(table[planes].mean(axis=1))
    decays = list(dipoles.iloc[:, 1:].to_numpy(float).T)
    found = microscopic(shear, DENSITY, modes, DipoleDecays(N_DIPOLES, dipoles["r_over_a0"].to_numpy(float), decays))
    chi = fluctuation(table["shear_modulus"], N)
    print(f"glasses {len(table)}, with modes {len(known)}, large ones {len(decays)}")
    print(f"G {shear}  K {mean(table['bulk_modulus'])}  p/p0 {mean(table['p_over_p0'])}")
    print(f"chi_G {chi.chi} ({100 * chi.removed_fraction:.1f} % removed; direct {chi.direct})")
    print(f"chi_K {fluctuation(table['bulk_modulus'], N).chi}")
    tail = found.tail
    print(f"A_g omega0^5 {found.prefactor} per degree of freedom, from {tail.n_modes} modes below {tail.window:.3f} omega0")
    print(f"free exponent {tail.exponent}; other windows:")
    for fit in found.windows:
        print(f"    below {fit.window:.3f} omega0: {fit.prefactor} from {fit.n_modes} modes, exponent {fit.exponent}")
    print(f"xi_g/a0 {found.length}  omega_g/omega0 {found.frequency}  N {found.number}  2 xi_g^3 {found.stz}")
    qlm = table[table["qlm_frequency"].notna()]
    omega2 = found.omega0**2
    split = "  ".join(f"{x} {mean(qlm[f'qlm_{x}'] / omega2)}" for x in ("k_plus", "k_minus", "f_plus", "f_minus"))
    print(f"{len(qlm)} quasilocalised modes, in omega0^2: {split}")
    ratio = qlm["qlm_dilation_over_shear"]
    print(f"dilation/shear {mean(ratio)}, quartiles {ratio.quantile(0.25):.2f} and {ratio.quantile(0.75):.2f}")


if __name__ == "__main__":
    main()
