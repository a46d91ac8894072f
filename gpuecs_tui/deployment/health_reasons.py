"""Sorts why a target of the load balancer is not healthy.

Codes: Elastic Load Balancing API reference, "TargetHealth". The description of
``Target.ResponseCodeMismatch`` names the status codes: "Health checks failed with these codes:
[404]".
"""

from __future__ import annotations

import re

_CODES = re.compile(r"with these codes: \[([\d, ]+)\]")
NOT_FOUND = 404
_SERVER_ERROR = 500
_REASONS = {
    "Target.Timeout": "health-timeout",
    "Target.FailedHealthChecks": "health-refused",
    "Target.NotInUse": "not-in-zone",
    "Target.InvalidState": "not-in-zone",
    "Target.IpUnusable": "not-in-zone",
}
_NOT_IN_ZONE = "not enabled for the load balancer"
"""In the description of Target.NotInUse, which an event of ECS quotes without the code."""


def codes_of(text: str) -> tuple[int, ...]:
    """Return the status codes that ``text`` names."""
    found = _CODES.search(text)
    return tuple(int(it) for it in re.findall(r"\d+", found[1])) if found else ()


def cause_of(reason: str, description: str) -> str:
    """Return the id of the cause; empty for a target that is only being registered or drained.

    ``reason`` is empty for a text of an ECS event, which has no code.
    """
    codes = codes_of(description)
    if codes:
        if NOT_FOUND in codes:
            return "health-404"
        return "health-5xx" if max(codes) >= _SERVER_ERROR else "health-mismatch"
    if reason == "Target.ResponseCodeMismatch":
        return "health-mismatch"
    if reason:
        return _REASONS.get(reason, "")
    if _NOT_IN_ZONE in description:
        return "not-in-zone"
    if "timed out" in description:
        return "health-timeout"
    return "health-refused" if description else ""
