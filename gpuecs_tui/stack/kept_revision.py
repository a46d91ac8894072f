"""Messages about a service that keeps its revision although its container or port changes.

AWS rejects a service whose revision lacks the container or port of its load balancer (ECS API
reference, UpdateService, ``loadBalancers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gpuecs_tui.i18n import _

Ports = Mapping[str, tuple[range, ...]]
"""Container name → its container ports."""


def refused_words(wanted: Mapping[str, object], revision: str) -> str:
    """Return the message that AWS rejects the update: ``revision`` (``family:7``) lacks ``wanted``.

    ``wanted``: key or attribute → its new value.
    """
    return _(
        "AWS will reject the update of the service: {changes}, which revision {revision} doesn't "
        "have. The service keeps this revision because service.ignore_changes contains "
        "task_definition."
    ).format(changes=_changes(wanted), revision=revision)


def perhaps_refused_words(wanted: Mapping[str, object]) -> str:
    """Return the message that AWS rejects the update unless the unread revision has ``wanted``."""
    return _(
        "{changes}. The service keeps its revision because service.ignore_changes contains "
        "task_definition. AWS will reject the update of the service unless that revision has it; "
        "the revision was not read."
    ).format(changes=_changes(wanted))


def remedy_words() -> str:
    """Return the remedy, an imperative without a capital letter and a full stop."""
    return _(
        "remove task_definition from service.ignore_changes, or add load_balancer to it and change "
        "both with your own tool"
    )


def _changes(wanted: Mapping[str, object]) -> str:
    parts = [
        _("{key} changes to {value}").format(key=key, value=value) for key, value in wanted.items()
    ]
    return _(" and ").join(parts)


def revision_name(arn: str) -> str:
    """Return ``family:revision`` of a task definition's ARN, or of such a short name."""
    return arn.rpartition("/")[2]


def ports_of(containers: Iterable[Mapping[str, Any]]) -> Ports:
    """Return the container ports of container definitions, by container name.

    In the ECS API, a mapping has one port or a range such as ``8000-8010``.
    """
    return {
        str(it.get("name")): tuple(map(_range, it.get("portMappings") or ())) for it in containers
    }


def has_port(ports: Ports, container: str, port: int) -> bool:
    """Return whether ``container`` has ``port``."""
    return any(port in each for each in ports.get(container, ()))


def _range(mapping: Mapping[str, Any]) -> range:
    if port := mapping.get("containerPort"):
        return range(port, port + 1)
    first, _dash, last = str(mapping.get("containerPortRange", "")).partition("-")
    return range(int(first), int(last or first) + 1) if first.isdecimal() else range(0)
