"""What is said of a service that keeps a revision while its container or port changes.

AWS takes no service whose revision lacks the container or port of its load balancer (ECS API
reference, UpdateService, ``loadBalancers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gpuecs_tui.i18n import _

Ports = Mapping[str, tuple[range, ...]]
"""Container name → its container ports."""


def refused_words(wanted: Mapping[str, object], revision: str) -> str:
    """Return that AWS refuses the update; ``revision`` (``family:7``) was seen to lack ``wanted``.

    ``wanted``: key or attribute → what it is to be.
    """
    return _(
        "AWS refuses the update of the service: {changes}, but service.ignore_changes has "
        "task_definition, and revision {revision}, which the service keeps, does not have it."
    ).format(changes=_changes(wanted), revision=revision)


def perhaps_refused_words(wanted: Mapping[str, object]) -> str:
    """Return that AWS refuses it unless the revision, which was not read, has ``wanted``."""
    return _(
        "{changes}, and service.ignore_changes has task_definition. AWS refuses the update of the "
        "service unless the revision that it keeps has it; that revision was not read."
    ).format(changes=_changes(wanted))


def remedy_words() -> str:
    """Return what to do, as an imperative without capital and full stop."""
    return _(
        "take task_definition out of service.ignore_changes, or add load_balancer to it and "
        "change both with your own tool"
    )


def _changes(wanted: Mapping[str, object]) -> str:
    parts = [
        _("{key} is to be {value}").format(key=key, value=value) for key, value in wanted.items()
    ]
    return _(" and ").join(parts)


def short_name(arn: str) -> str:
    """Return ``family:revision`` of the ARN of a task definition, or what is that already."""
    return arn.rpartition("/")[2]


def ports_of(containers: Iterable[Mapping[str, Any]]) -> Ports:
    """Return the container ports of container definitions, by name.

    As the ECS API has them: a mapping names one port or a range such as ``8000-8010``.
    """
    return {
        str(it.get("name")): tuple(map(_range, it.get("portMappings") or ())) for it in containers
    }


def has_port(ports: Ports, container: str, port: int) -> bool:
    """Tell whether ``container`` has ``port``."""
    return any(port in each for each in ports.get(container, ()))


def _range(mapping: Mapping[str, Any]) -> range:
    if port := mapping.get("containerPort"):
        return range(port, port + 1)
    first, _dash, last = str(mapping.get("containerPortRange", "")).partition("-")
    return range(int(first), int(last or first) + 1) if first.isdecimal() else range(0)
