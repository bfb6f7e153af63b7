"""What a run of today makes anew in a store that an earlier release filled."""

from __future__ import annotations

from vitrify.campaign import Store

from .digest import FIRST_RULE, RULE, TEMPERATURE_RULE
from .earlier import kept_pilots
from .identity import SHOWN
from .spec import EnsembleSpec, StudySpec


def temperatures_made_anew(study: StudySpec, store: Store) -> str:
    """One sentence where a run of this study finds temperatures anew that stand in the store by the first release's rule,
    and makes the glasses of these ensembles anew; empty where there are none."""
    names = [x.name for x in study.ensembles if x.parent_temperature == "auto" and _is_by_first_rule(study, x, store)]
    if not names:
        return ""
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return (
        f"the store {store.directory} has temperatures by an earlier rule, {FIRST_RULE}, which can fall short of "
        f"4 G a0³/30 of an ensemble's own glasses: {shown} ({len(names)} in all); they are found anew by "
        f"{TEMPERATURE_RULE}, and these glasses made anew; what is there stays"
    )


def _is_by_first_rule(study: StudySpec, spec: EnsembleSpec, store: Store) -> bool:
    """Do the pilots that stand in the store say no rule?"""
    pilots = kept_pilots(study, spec, store)
    return pilots is not None and RULE not in pilots.definition
