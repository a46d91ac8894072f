"""Lists of JSON objects that may be damaged or masked."""

from __future__ import annotations

from typing import Any


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list; other items are left out, and a value that is no list has
    none."""
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []
