"""Names that the first release had for what is in `vitrify.study.orphans`."""

from vitrify.renamed import renamed

ORPHANS = "vitrify.study.orphans"
SAME = ("SetAside", "leftovers", "not_asked_for", "quarantined_files", "refuse_while_at_work", "remove", "set_aside")
__getattr__ = renamed(__name__, {"Surplus": f"{ORPHANS}.Orphans"} | {x: f"{ORPHANS}.{x}" for x in SAME})
