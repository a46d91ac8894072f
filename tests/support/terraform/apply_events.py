"""Events of an apply, and states with a part of the created resources."""

from __future__ import annotations

import json
from typing import Any

from gpuecs_tui.terraform.state.stored_state import StoredState, parse_state
from tests.support.terraform.fake_engine import event


def hook(address: str, step: str, action: str = "create", id_: str = "") -> str:
    named: dict[str, Any] = {"addr": address, "resource": address}
    named["resource_type"] = address.partition(".")[0]
    told = {"resource": named, "action": action}
    if id_:
        told |= {"id_key": "id", "id_value": id_}
    return event(type=f"apply_{step}", hook=told, **{"@message": address})


def state_with(**ids: str) -> StoredState:
    resources = [
        {
            "mode": "managed",
            "type": "aws_lb",
            "name": name,
            "instances": [{"attributes": {"id": i}}],
        }
        for name, i in ids.items()
    ]
    return parse_state(json.dumps({"serial": 3, "resources": resources}).encode(), "test")
