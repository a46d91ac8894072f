"""Plans as ``terraform show -json`` prints them."""

from typing import Any


def resource(address: str, *actions: str, **change: Any) -> dict[str, Any]:
    body = {"actions": list(actions), "before": None, "after": None, **change}
    return {"address": address, "type": address.split(".")[0], "mode": "managed", "change": body}


def show(*changes: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), "output_changes": outputs}
