"""Packages of other programs, which few need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from vitrify.errors import UsageError, kind_and_text

INSTALLED_BY = {"freud": "freud-analysis"}  # module → package, where they differ


def require_package(module: str, what: str) -> Any:
    """A module of another program. Raises UsageError where it is not installed or does not load.

    what: in the sentence, what needs it."""
    name = module.partition(".")[0]
    package = INSTALLED_BY.get(name, name)
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise UsageError(f"{what} needs the package {package}, which pip install {package} brings") from None
    except Exception as error:  # a library that it lacks, say
        raise UsageError(f"{what} needs the package {package}, which cannot be imported: {kind_and_text(error)}") from None
