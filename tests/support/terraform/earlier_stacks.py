"""Stacks that the earlier version wrote, and their states."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

EARLIER = Path(__file__).parent / "data" / "earlier"
LISTENER, RULE = "aws_lb_listener", "aws_vpc_security_group_ingress_rule"


def copied(name: str, folder: Path, *, state: bool = False) -> Path:
    """Return a copy of a stack of the earlier version, by default without its state."""
    shutil.copytree(EARLIER / name, folder / name)
    if not state:
        (folder / name / "terraform.tfstate").unlink(missing_ok=True)
    return folder / name


def applied(directory: Path, *, whole: bool = True) -> None:
    """Change the local state as an apply of the upgrade does; without ``whole``, as an interrupted
    apply does.

    The engine writes the moved addresses before it changes any resource.
    """
    names = {f"{LISTENER}.this": "http", f"{RULE}.listener": "http"}
    path = directory / "terraform.tfstate"
    raw = json.loads(path.read_text())
    for resource in raw["resources"]:
        address = f"{resource['type']}.{resource['name']}"
        resource["name"] = names.get(address, resource["name"])
        if whole and address == "aws_ecs_task_definition.this":
            resource["instances"][0]["attributes"]["skip_destroy"] = True
    ties = {"mode": "managed", "type": "terraform_data", "name": "fleet_ties",
            "instances": [{"attributes": {"id": "t"}}]}  # fmt: skip
    raw["resources"].append(ties)
    path.write_text(json.dumps(raw))
