"""Claims 36 to 52: energies, structure and strain coupling of quasilocalised modes."""

from __future__ import annotations

from vitrify.report.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
