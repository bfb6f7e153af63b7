"""Random numbers belong to the sample: any one can be made again alone, in any process, bit for bit."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(study_seed: int, ensemble: str, stage: str, index: int) -> np.random.Generator:
    """A counter-based generator of its own for each (study seed, ensemble, stage, index)."""
    text = f"{study_seed}\x00{ensemble}\x00{stage}\x00{index}"
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
