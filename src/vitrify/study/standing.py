"""Names that the first release had for what is in `vitrify.study.status`."""

from vitrify.renamed import renamed

STATUS = "vitrify.study.status"
__getattr__ = renamed(
    __name__,
    {
        "EnsembleStanding": f"{STATUS}.EnsembleStatus",
        "ProductStanding": f"{STATUS}.ProductStatus",
        "Standing": f"{STATUS}.StudyStatus",
        "described": f"{STATUS}.described",
        "standing": f"{STATUS}.study_status",
        "totals": f"{STATUS}.totals",
    },
)
