"""The name that `vitrify.models` had as a package: importing it, or a module of it, warns for one release."""

import sys
import warnings
from importlib import import_module
from pkgutil import walk_packages

from vitrify import models

warnings.warn("vitrify.model is now vitrify.models", DeprecationWarning, stacklevel=2)

# the same modules under both names, so that a class stays one class
for found in walk_packages(models.__path__, f"{models.__name__}."):
    sys.modules[found.name.replace(models.__name__, __name__, 1)] = import_module(found.name)
sys.modules[__name__] = models
