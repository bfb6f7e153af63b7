"""The statements of the paper, claim by claim, in its own order."""

from vitrify.report.claim import Claim

from . import macroscopic, microscopic, modes

CLAIMS: tuple[Claim, ...] = tuple(sorted((*macroscopic.CLAIMS, *microscopic.CLAIMS, *modes.CLAIMS), key=lambda x: x.number))
