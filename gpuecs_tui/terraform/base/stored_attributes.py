"""The attributes in a local state file, for checks that must not fail on a damaged file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.base.json_objects import objects


def stored_attributes(state: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address, without a key, and the attributes of each managed resource instance.

    Yields nothing if the file is missing, unreadable or not a state; a run reports that.
    """
    for resource in objects((read_json(state) or {}).get("resources")):
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        address = f"{module}{resource.get('type')}.{resource.get('name')}"
        for instance in objects(resource.get("instances")):
            attributes = instance.get("attributes")
            yield address, attributes if isinstance(attributes, dict) else {}
