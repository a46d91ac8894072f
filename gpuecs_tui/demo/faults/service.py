"""Faults of a running service: changes that Terraform did not make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget

from gpuecs_tui.demo.seed.seeding import moto_backend

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
LEAST, MOST = 1, 4
"""Tasks of a scaled service."""


@contextmanager
def service_scaled(_operand: str) -> Iterator[None]:
    """A scalable target for each active service, including services created later."""

    def describe(
        self: ApplicationAutoscalingBackend,
        namespace: str,
        r_ids: list[str] | None,
        dimension: str | None,
    ) -> list[FakeScalableTarget]:
        found = original(self, namespace, r_ids, dimension)
        if namespace != NAMESPACE or dimension not in (None, DIMENSION):
            return found
        there = {it.resource_id for it in found}
        names = [it for it in _services() if not r_ids or it in r_ids]
        return [*found, *(_target(self, it) for it in names if it not in there)]

    original = ApplicationAutoscalingBackend.describe_scalable_targets
    with patch.object(ApplicationAutoscalingBackend, "describe_scalable_targets", describe):
        yield


def _services() -> list[str]:
    services: Any = moto_backend("ecs").services.values()
    return [f"service/{it.cluster_name}/{it.name}" for it in services if it.status == "ACTIVE"]


def _target(scaling: ApplicationAutoscalingBackend, resource: str) -> FakeScalableTarget:
    role = f"arn:aws:iam::{scaling.account_id}:role/aws-service-role/ecs.application-autoscaling"
    target = FakeScalableTarget(scaling, NAMESPACE, resource, DIMENSION, LEAST, MOST, role, "")
    # It has the type of a text but is read as a table.
    target.suspended_state = {}  # type: ignore[assignment]
    return target


HOLDS = {"service-scaled": service_scaled}
