"""Products of a study as a store has them, whichever version of the code made them.

A change of code that changes results raises a number in their definition (`digest.physics`), and a run then makes them
anew. Reading takes the results that are there, whose definition is the same except for such numbers and for what the
earlier version did not know."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from vitrify.campaign import Store
from vitrify.campaign.plain_file import reading
from vitrify.options import defaults_of
from vitrify.recipe import STEPS

from .digest import DIMENSION, FIRST_RULE, FORMULA, IMPORTED, PREPARATION, RULE, TEMPERATURE_RULE, Definition, digest_of
from .inventory import Counts, sample_counts, take_inventory
from .manifest import SHOWN, read_definition
from .products import GLASS, PILOTS, SHORT, Ledger, Product, ensemble_products, grouped
from .spec import EnsembleSpec, StudySpec

CODE, OPTIONS = "physics", "options"
LIQUID, MEASURED = 2, 1  # numbers of the first release: of its liquids and glasses, and of all that it measured
DIGEST = re.compile(r"[0-9a-f]{64}")


def kept_products(asked: Sequence[Product], store: Store) -> Iterator[Product]:
    """Yield the products of an ensemble, in the folders and under the digests that they have in the store. Its pilots come
    last.

    Each is looked for under today's digest, then among the folders that an earlier version of the code filled, of which the
    fullest is taken. A product that is found nowhere has today's digest. Raises Unreadable."""
    pilots = next((x for x in asked if x.name == PILOTS), None)
    groups = [(_kept_glasses(glasses, pilots, store), measured) for glasses, measured in grouped(asked)]
    if pilots is not None:
        own, _ = groups[0]  # the glasses of the ensemble's own size
        pilots = _under(str(own.definition.get(PILOTS, "")), pilots, store)
    for glasses, measured in groups:
        found = replace(glasses, needs=pilots)
        yield found
        for x in measured:
            of_found = replace(x, needs=found, definition={**x.definition, GLASS: found.digest})
            yield _kept(of_found, store, _first(of_found.definition, MEASURED))
    if pilots is not None:
        yield pilots


def kept_groups(study: StudySpec, spec: EnsembleSpec, store: Store) -> Iterator[tuple[Product, list[Product]]]:
    """Yield the glasses of each size with the observables measured on them, as the store has them."""
    yield from grouped(kept_products(list(ensemble_products(study, spec)), store))


def kept_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Counts of the ensemble's own size for the products that the store has, in the form of `inventory.ensemble_counts`."""
    kept = kept_products(list(ensemble_products(study, spec)), store)
    return sample_counts([take_inventory(x, store) for x in kept])[spec.n_particles]


def kept_pilots(asked: Sequence[Product], store: Store) -> Product | None:
    """The pilots of an ensemble as the store has them, or None where it has none."""
    return next((x for x in kept_products(asked, store) if x.name == PILOTS), None)


def temperatures_made_anew(study: StudySpec | Ledger, store: Store) -> str:
    """One sentence that warns where a run of this study finds temperatures anew that the store has by the first release's
    rule, and makes the glasses of these ensembles anew. Empty where there are none."""
    ensembles = Ledger.of(study).ensembles()
    names = [name for name, asked in ensembles.items() if asked[0].name == PILOTS and _is_by_first_rule(asked, store)]
    if not names:
        return ""
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return (
        f"the store {store.directory} has temperatures by an earlier rule, {FIRST_RULE}, which can fall short of "
        f"4 G a0³/30 of an ensemble's own glasses: {shown} ({len(names)} in all); they are found again by "
        f"{TEMPERATURE_RULE}, and these glasses are made again; the earlier results stay in the store"
    )


def _is_by_first_rule(asked: list[Product], store: Store) -> bool:
    """Tell whether the pilots that the store has name no rule."""
    pilots = kept_pilots(asked, store)
    return pilots is not None and RULE not in pilots.definition


def _first(now: Definition, physics: int) -> Definition:
    """The definition of a product in the first release, whose folders do not contain it."""
    return {name: x for name, x in now.items() if name != RULE} | {CODE: physics}


def _kept_glasses(glasses: Product, pilots: Product | None, store: Store) -> Product:
    first = _first(glasses.definition, LIQUID)
    if pilots is None:
        return _kept(glasses, store, first)
    return _kept(glasses, store, first | {PILOTS: digest_of(_first(pilots.definition, LIQUID))}, pilots.definition)


def _kept(product: Product, store: Store, first: Definition, pilots: Definition | None = None) -> Product:
    """Find the folder of a product in the store. first: its definition in the first release; pilots: today's definition of
    the parent temperature of its glasses."""
    if store.names(product.folder) and digest_of(product.definition) == product.digest:
        return product
    place = product.folder.rpartition("/")[0]
    earlier = (_read(f"{place}/{x}", product, store, first) for x in _folders(store.directory / place, f"{product.name}-"))
    alike = [x for x in earlier if x is not None and _alike(x.definition, product, store, pilots or {})]
    return max(alike, key=lambda x: len(store.names(x.folder)), default=product)


def _folders(place: Path, beginning: str) -> list[str]:
    """Names in a folder that begin with this text, sorted. Raises Unreadable."""
    try:
        with reading(place):
            return sorted(x for x in os.listdir(place) if x.startswith(beginning))
    except FileNotFoundError:
        return []


def _read(folder: str, product: Product, store: Store, first: Definition) -> Product | None:
    """Read the definition of a folder that may hold a product, where the folder's name is the digest of that definition."""
    definition = read_definition(store, folder) or first
    digest = digest_of(definition)
    known = definition and folder.endswith(f"-{digest[:SHORT]}")
    return replace(product, folder=folder, digest=digest, definition=definition) if known else None


def _alike(there: Definition, product: Product, store: Store, pilots: Definition) -> bool:
    """Tell whether two definitions agree, apart from the version numbers of the code and from what only one of them
    knows."""
    asked = product.observable.options if product.observable else {}
    there, now = ({DIMENSION: 3, **x} if "model" in x else x for x in (there, product.definition))
    for key in (there.keys() | now.keys()) - {CODE}:
        before, after = there.get(key), now.get(key)
        if key == OPTIONS and isinstance(before, dict) and isinstance(after, dict):
            same = all(before.get(x, y if x not in asked else None) == y for x, y in after.items())
        elif key == PREPARATION and isinstance(before, list) and isinstance(after, list):
            same = len(before) == len(after) and all(map(_same_step, before, after))
        elif key == PILOTS and DIGEST.fullmatch(str(before)) and pilots:
            folder = f"{product.folder.rpartition('/')[0]}/{PILOTS}-{str(before)[:SHORT]}"
            found = read_definition(store, folder) or _of_first(before, pilots)
            same = bool(found) and _alike(found, replace(product, observable=None, definition=pilots), store, {})
        else:
            same = before == after or (key not in (FORMULA, IMPORTED, PREPARATION) and not (key in there and key in now))
        if not same:
            return False
    return True


def _same_step(before: Definition, after: Definition) -> bool:
    """Tell whether two steps do the same, apart from the version of their code and from options that one of them did not
    know."""
    if before.get("step") != after.get("step"):
        return False
    kind = STEPS.get(str(after.get("step")))
    defaults = defaults_of(kind) if kind else {}
    options = (before.keys() | after.keys()) - {"version"}
    return all(before.get(x, defaults.get(x)) == after.get(x, defaults.get(x)) for x in options)


def _of_first(digest: object, pilots: Definition) -> Definition:
    """The first release's definition of the pilots, where this digest belongs to it."""
    first = _first(pilots, LIQUID)
    return first if digest_of(first) == digest else {}


def _under(digest: str, pilots: Product, store: Store) -> Product:
    """The pilots of glasses that name them by this digest."""
    if digest == pilots.digest:
        return pilots
    folder = f"{pilots.folder.rpartition('-')[0]}-{digest[:SHORT]}"
    return _read(folder, pilots, store, _first(pilots.definition, LIQUID)) or pilots
