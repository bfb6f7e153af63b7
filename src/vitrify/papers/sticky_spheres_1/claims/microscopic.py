"""Claims 20 to 35, 53 to 56: density of states, core sizes, and what they go with."""

from __future__ import annotations

from vitrify.report.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
