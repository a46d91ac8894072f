"""Service events in AWS's format."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

EVENTS_KEPT = 100
"""ECS keeps a service's last 100 events."""


def add_service_event(service: Any, message: str) -> None:
    """Add a service event in AWS's format: ``(service NAME) message``."""
    event = {
        "id": str(mock_random.uuid4()),
        "createdAt": utcnow(),
        "message": f"(service {service.name}) {message}",
    }
    service.events.insert(0, event)
    del service.events[EVENTS_KEPT:]
