"""Where a store has the products of a study, whichever version of the code made them.

A change of code that changes results raises a number in their digest (`digest.physics`), and a run then makes them anew.
Who takes results out of a store wants those that are there: of the same definition in all but such numbers, and in what
the earlier version did not know."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vitrify.campaign import Store
from vitrify.campaign.plain_file import reading
from vitrify.options import defaults_of
from vitrify.recipe import STEPS

from .counting import Counts, held, sample_counts
from .digest import DIMENSION, FORMULA, PREPARATION, RULE, SHORT, digest_of
from .folders import GLASS, PILOTS, Product, group_products, products
from .identity import definitions, read_definition
from .spec import EnsembleSpec, StudySpec

CODE, OPTIONS = "physics", "options"
LIQUID, MEASURED = 2, 1  # numbers of the first release: of its liquids and glasses, and of all that it measured
DIGEST = re.compile(r"[0-9a-f]{64}")
Definition = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kept:
    """A product, in the folder and under the digest that the store has it, and what defines it there."""

    product: Product
    definition: Definition

    @property
    def physics(self) -> object:
        """The number of the code that made it; see `digest.physics`."""
        return self.definition.get(CODE)


def kept_products(study: StudySpec, spec: EnsembleSpec, store: Store) -> Iterator[Kept]:
    """The products of an ensemble, its pilots last. Each is looked for under today's digest, then among the folders that
    an earlier version of the code filled, of which the fullest is taken; what is nowhere has today's digest."""
    now = {folder: _plain(x) for folder, x in definitions(replace(study, ensembles=(spec,))).items()}
    pilots = next((x for x in products(study, spec) if x.name == PILOTS), None)
    of_pilots = now[pilots.folder] if pilots else {}
    named = pilots.digest if pilots else ""
    for group in spec.groups():
        glass, *measured = group_products(study, group)
        first = _first(now[glass.folder], LIQUID, {PILOTS: digest_of(_first(of_pilots, LIQUID))} if pilots else {})
        found = _kept(glass, now[glass.folder], store, first, of_pilots)
        yield found
        for x in measured:
            asked = {**now[x.folder], GLASS: found.product.digest}
            yield _kept(x, asked, store, _first(asked, MEASURED))
        named = str(found.definition.get(PILOTS, "")) if group.n_particles == spec.n_particles else named
    if pilots is not None:
        yield _under(named, pilots, of_pilots, store)


def _first(now: Definition, physics: int, changes: Definition | None = None) -> dict[str, object]:
    """What defined a product in the first release, whose folders do not say it."""
    return {name: x for name, x in now.items() if name != RULE} | {CODE: physics} | dict(changes or {})


def kept_groups(study: StudySpec, spec: EnsembleSpec, store: Store) -> Iterator[tuple[Kept, list[Kept]]]:
    """The glasses of each size with what is measured of them, as the store has them."""
    yield from grouped([x for x in kept_products(study, spec, store) if x.product.name != PILOTS])


def grouped(kept: list[Kept]) -> Iterator[tuple[Kept, list[Kept]]]:
    """Products in their order, without pilots, by the glasses that they are of."""
    starts = [k for k, x in enumerate(kept) if x.product.name == GLASS]
    for start, end in zip(starts, [*starts[1:], len(kept)], strict=True):
        yield kept[start], kept[start + 1 : end]


def kept_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """counting.ensemble_counts of what the store has."""
    return sample_counts(held(x.product, store) for x in kept_products(study, spec, store))[spec.n_particles]


def kept_pilots(study: StudySpec, spec: EnsembleSpec, store: Store) -> Kept | None:
    """The pilots of an ensemble; None where it has none."""
    return next((x for x in kept_products(study, spec, store) if x.product.name == PILOTS), None)


def _kept(product: Product, now: Definition, store: Store, first: Definition, pilots: Definition | None = None) -> Kept:
    """now: what defines the product today, first: in the first release; pilots: the parent temperature of its glasses."""
    own = Kept(product, now)
    if store.names(product.folder) and digest_of(dict(now)) == product.digest:
        return own
    place = product.folder.rpartition("/")[0]
    earlier = (_read(f"{place}/{x}", product, store, first) for x in _folders(store.directory / place, f"{product.name}-"))
    alike = [x for x in earlier if x is not None and _alike(x.definition, now, product, store, pilots or {})]
    return max(alike, key=lambda x: len(store.names(x.product.folder)), default=own)


def _folders(place: Path, beginning: str) -> list[str]:
    """Names in a folder that begin so, sorted. Raises Unreadable."""
    try:
        with reading(place):
            return sorted(x for x in os.listdir(place) if x.startswith(beginning))
    except FileNotFoundError:
        return []


def _read(folder: str, product: Product, store: Store, first: Definition) -> Kept | None:
    """What stands in a folder in the place of a product, where the folder's name is the digest of what it says."""
    definition = read_definition(store, folder) or first
    digest = digest_of(dict(definition))
    known = definition and folder.endswith(f"-{digest[:SHORT]}")
    return Kept(replace(product, folder=folder, digest=digest), definition) if known else None


def _alike(there: Definition, now: Definition, product: Product, store: Store, pilots: Definition) -> bool:
    """Do both define the same, apart from the numbers of the code and from what only one of them knows?"""
    asked = product.observable.options if product.observable else {}
    there, now = ({DIMENSION: 3, **x} if "model" in x else x for x in (there, now))
    for key in (there.keys() | now.keys()) - {CODE}:
        before, after = there.get(key), now.get(key)
        if key == OPTIONS and isinstance(before, dict) and isinstance(after, dict):
            same = all(before.get(x, y if x not in asked else None) == y for x, y in after.items())
        elif key == PREPARATION and isinstance(before, list) and isinstance(after, list):
            same = len(before) == len(after) and all(map(_same_step, before, after))
        elif key == PILOTS and DIGEST.fullmatch(str(before)) and pilots:
            folder = f"{product.folder.rpartition('/')[0]}/{PILOTS}-{str(before)[:SHORT]}"
            found = read_definition(store, folder) or _of_first(before, pilots)
            same = bool(found) and _alike(found, pilots, replace(product, observable=None), store, {})
        else:
            same = before == after or (key not in (FORMULA, PREPARATION) and not (key in there and key in now))
        if not same:
            return False
    return True


def _same_step(before: Definition, after: Definition) -> bool:
    """Do two steps do the same, apart from the version of their code and from options that one of them did not know?"""
    if before.get("step") != after.get("step"):
        return False
    kind = STEPS.get(str(after.get("step")))
    defaults = defaults_of(kind) if kind else {}
    options = (before.keys() | after.keys()) - {"version"}
    return all(before.get(x, defaults.get(x)) == after.get(x, defaults.get(x)) for x in options)


def _of_first(digest: object, pilots: Definition) -> Definition:
    """The first release's definition of the pilots, where that is what a digest says."""
    first = _first(pilots, LIQUID)
    return first if digest_of(first) == digest else {}


def _under(digest: str, pilots: Product, now: Definition, store: Store) -> Kept:
    """The pilots of glasses that name them by this digest."""
    if digest == pilots.digest:
        return Kept(pilots, now)
    folder = f"{pilots.folder.rpartition('-')[0]}-{digest[:SHORT]}"
    return _read(folder, pilots, store, _first(now, LIQUID)) or Kept(pilots, now)


def _plain(definition: Definition) -> Definition:
    """As spec.json has it."""
    found: Definition = json.loads(json.dumps(definition, default=repr))
    return found
