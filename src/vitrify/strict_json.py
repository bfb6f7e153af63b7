"""JSON that every parser reads: NaN and infinities become null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def strict_json(content: Any, **options: Any) -> str:
    """A JSON text in which NaN and infinities are null, since the standard has no words for them.

    options: those of json.dumps."""
    return json.dumps(_finite(content), allow_nan=False, **options)


def _finite(content: Any) -> Any:
    if isinstance(content, float):  # NumPy's double is one
        return float(content) if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
