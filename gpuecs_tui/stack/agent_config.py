"""Settings of the ECS agent in a stack's user data, such as the memory that it reserves.

On Amazon Linux, the agent reads lines of ``NAME=value`` in ``/etc/ecs/ecs.config``, of which the
last counts; on Bottlerocket, ``[settings.ecs]`` of the TOML (ECS developer guide, "Amazon ECS
container agent configuration"; Bottlerocket, settings.ecs).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gpuecs_tui.stack.shell_commands import commands

AGENT_STOP_SECONDS = 30
"""From SIGTERM to SIGKILL unless the container says otherwise (ECS_CONTAINER_STOP_TIMEOUT)."""
RESERVED = "ECS_RESERVED_MEMORY"
_RESERVED_TOML = "reserved-memory"
_ECS_TABLE = re.compile(r"^\[settings\.ecs\]", re.MULTILINE)
_SETTING = re.compile(r"\b(ECS_[A-Z_]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"';|&>)\\]*)")


@dataclass(frozen=True, slots=True)
class Reserved:
    """Memory that the agent doesn't offer to tasks."""

    mib: int = 0
    told: str = ""
    """The text instead of a number, such as a variable; empty if ``mib`` is known."""


@lru_cache(maxsize=64)
def reserved_memory(user_data: str, ami: str) -> Reserved:
    """Return the memory that ``user_data`` reserves on instances of ``ami``; 0 MiB without it."""
    if RESERVED not in user_data and _RESERVED_TOML not in user_data:
        return Reserved()
    if ami == "bottlerocket":
        return _reserved_toml(user_data)
    value = ""
    for command in commands(user_data):
        value = settings(command.whole).get(RESERVED, value)
    if not value:
        return Reserved()
    return Reserved(int(value)) if _is_number(value) else Reserved(told=value)


def settings(text: str) -> dict[str, str]:
    """Return the agent's settings that ``text`` assigns, as ``NAME=value``; the last value
    applies."""
    # printf and echo -e are given line feeds as \n.
    lines = text.replace("\\n", "\n").split("\n")
    kept = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return {name: value.strip("\"'") for name, value in _SETTING.findall(kept)}


def _reserved_toml(user_data: str) -> Reserved:
    # Imported only when needed: few stacks use it, and it would delay the first frame.
    import tomllib

    head = "" if _ECS_TABLE.search(user_data) else "[settings.ecs]\n"
    try:
        tree = tomllib.loads(head + user_data)
    except (ValueError, RecursionError):
        return Reserved()
    table = tree.get("settings", {})
    ecs = table.get("ecs", {}) if isinstance(table, dict) else {}
    value = ecs.get(_RESERVED_TOML, 0) if isinstance(ecs, dict) else 0
    return Reserved(int(value)) if _is_number(str(value)) else Reserved(told=str(value))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len("1000000000")
