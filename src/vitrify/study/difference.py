"""In what a folder of the store differs from what the study asks for now, for a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from vitrify.campaign import Store

from .digest import DIMENSION, FIRST_RULE, FORMULA, PREPARATION, RULE, SHORT, Definition
from .folders import GLASS, PILOTS
from .identity import read_definition

DIGEST = re.compile(r"[0-9a-f]{64}")
About = Callable[[str], Definition]


def difference(now: Mapping[str, Definition], store: Store, folder: str) -> str:
    """Such as "density 0.55, now 0.6", against the nearest that the study asks for; a folder that does not say what defines
    it is told by its digest alone. now: what defines each folder that the study asks for, as `definitions` tells it."""
    ensemble, _, name = folder.partition("/")
    product, _, short = name.rpartition("-")
    if not any(x.startswith(f"{ensemble}/") for x in now):
        return "the study has no such ensemble now"
    asked = [x for x in now if x.rpartition("-")[0] == f"{ensemble}/{product}"]
    if not asked:
        return f"{product} is not asked for now"
    before = _unfolded(folder, lambda x: read_definition(store, x))
    differing = [_differing(before, _unfolded(x, lambda y: now.get(y, {}))) for x in asked]
    nearest = min(differing, key=lambda x: len(x))
    return "; ".join(nearest) or f"digest {short}, to which nothing in the study leads now"


def _unfolded(folder: str, about: About, seen: frozenset[str] = frozenset()) -> Definition:
    """All that defines the results of a folder: definitions that it names by digest stand in their place. seen: folders
    that lead here, which a forged one may name again."""
    ensemble, _, name = folder.partition("/")
    found = dict(about(folder))
    if "physics" in found:
        found[f"code of {found.get('observable', 'the liquid')}"] = found.pop("physics")
    options = found.pop("options", {})
    found |= options if isinstance(options, dict) else {}
    for product in (GLASS, PILOTS):
        named = str(found.get(product, ""))
        within = f"{ensemble}/{product}-{named[:SHORT]}"
        if DIGEST.fullmatch(named) and not name.startswith(f"{PILOTS}-") and within not in seen:
            found = _unfolded(within, about, seen | {folder}) | found | {product: "auto"}
    return found


def _differing(before: Definition, after: Definition) -> list[str]:
    if "model" in before and before.get(FORMULA) != after.get(FORMULA):  # shipped families and older stores say none
        before, after = ({FORMULA: "not recorded"} | x for x in (before, after))
    if "model" in before:
        before, after = ({DIMENSION: 3, PREPARATION: "none"} | dict(x) for x in (before, after))
    if "n_pilots" in before and "n_pilots" in after:
        before, after = ({RULE: FIRST_RULE} | x for x in (before, after))
    return [f"{key} {value}, now {after[key]}" for key, value in before.items() if key in after and after[key] != value]
