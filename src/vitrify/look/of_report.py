"""Pages of single glasses beside the report of a store: what the store holds of them, with a soft mode in any case."""

from __future__ import annotations

from pathlib import Path

from vitrify.opening import OpenStore

from .looking import SMALL, asked_by_default
from .page import write_glass_page
from .stored import StoredGlass, stored_glass


def write_stored_page(opened: OpenStore, ensemble: str, sample: int, path: Path) -> bool:
    """Write the page of a glass of a store, and tell whether it was written: glasses of more than 4,000 particles are left
    to `vitrify look`, since one of them can take longer than all the rest of a report. Raises UsageError for a glass that
    cannot be read.

    The softest quasilocalised mode is found anew where the store does not hold it; no other modes are."""
    size = opened.study.ensemble(ensemble).n_particles
    if size > SMALL:
        return False
    asked = asked_by_default(size, modes=0, soft_spots=0, dipoles=0)
    glass, found, notes = stored_glass(opened, ensemble, sample, asked)
    name = StoredGlass(ensemble, sample).name
    source = f"{name} of the store {opened.store.directory.resolve().name}"
    write_glass_page(glass, found, path, title=f"Glass of {name}", source=source, notes=notes)
    return True
