"""Names that the first release had for what is in `vitrify.study.products`."""

from __future__ import annotations

import warnings

from vitrify.renamed import renamed

from .products import GLASS, ensemble_products
from .spec import EnsembleSpec, StudySpec

PRODUCTS = "vitrify.study.products"
__getattr__ = renamed(__name__, {x: f"{PRODUCTS}.{x}" for x in ("Product", "sample_name")})


def glass_folder(study: StudySpec, spec: EnsembleSpec) -> str:
    """Folder of the glasses of an ensemble's own size."""
    warnings.warn(
        "vitrify.study.folders.glass_folder is now the folder of a product of vitrify.study.Ledger",
        DeprecationWarning,
        stacklevel=2,
    )
    return next(x.folder for x in ensemble_products(study, spec) if x.name == GLASS)
