"""How long until the first result: import, and the first glass of a machine that has compiled nothing yet."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

from .table import Row
from .timing import interleaved, seconds

# above the size up to which modes come from a dense matrix, so that no kernel stays uncompiled
FIRST_GLASS = """
import numpy as np
from vitrify.models.catalogue import parse
from vitrify.observables import *
from vitrify.preparation import prepare_glass
rng = np.random.default_rng(1)
glass = prepare_glass(parse({model!r}), n_particles=800, density={density}, parent_temperature={temperature}, rng=rng)
measure(glass), radial_distribution(glass), density_of_states(glass), low_frequency_modes(glass)
quasilocalised_mode(glass), dipole_decay(glass, number=8)
"""
MODELS = (("pss(rc=1.2)", 0.6, 5.4), ("qss(q=12, xc=2.0)", 0.698, 5.0))


def rows(*, quick: bool) -> Iterator[Row]:
    """Import and the two families of the paper."""
    spent = interleaved({"bare": lambda: _python("pass"), "ours": lambda: _python("import vitrify")}, 3 if quick else 7)
    note = f"on top of bare python, {spent['bare']:.3f} s"
    yield Row(work="import vitrify", ours=max(spent["ours"] - spent["bare"], 0.0), at_most=0.3, note=note)
    for model, density, temperature in MODELS[:1] if quick else MODELS:
        code = FIRST_GLASS.format(model=model, density=density, temperature=temperature)
        with tempfile.TemporaryDirectory(prefix="vitrify-bench-numba-") as cache:
            cold, *warm = (_python(code, cache) for _ in range(2 if quick else 3))
        work = f"first compilation of all that a {model.split('(')[0].upper()} glass needs, empty cache"
        note = f"first process {cold:.1f} s, a later one {np.median(warm):.1f} s; N = 800 and every observable"
        yield Row(work=work, ours=cold - float(np.median(warm)), at_most=40.0, note=note)


def _python(code: str, cache: str | None = None) -> float:
    """Seconds of a fresh interpreter that runs this."""
    environment = os.environ | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], env=environment, check=True))
