"""Capacity reservations of the demo account, which moto lacks.

One is unused and one is half used, both of types that the account's quotas allow. Their Name tags
say that they are part of the demo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID

MADE_ON = datetime(2026, 11, 1, tzinfo=UTC)
LABEL = "demo account: not a real reservation"

RESERVATIONS = (
    ("cr-0de0000000000001a", "g6.xlarge", "a", 1, 1),
    ("cr-0de0000000000002b", "g5.12xlarge", "b", 2, 1),
)
"""Id, instance type, the zone's letter, instances, and how many of those are unused."""

_FILTERS = {
    "instance-type": "InstanceType",
    "availability-zone": "AvailabilityZone",
    "state": "State",
}
"""Filter of DescribeCapacityReservations → the field that it filters."""


def found(
    region: str, ids: Collection[str], filters: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    """Return the reservations of ``region`` that match ``ids`` (empty: all) and ``filters``."""
    offered = [_reservation(*each) for each in RESERVATIONS] if region == REGION else []
    return [
        it
        for it in offered
        if (not ids or it["CapacityReservationId"] in ids)
        and all(it.get(_FILTERS.get(name, "")) in values for name, values in filters.items())
    ]


def _reservation(id: str, instance_type: str, zone: str, total: int, unused: int) -> dict[str, Any]:
    return {
        "CapacityReservationId": id,
        "CapacityReservationArn": f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:capacity-reservation/{id}",
        "OwnerId": ACCOUNT_ID,
        "InstanceType": instance_type,
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": f"{REGION}{zone}",
        "Tenancy": "default",
        "TotalInstanceCount": total,
        "AvailableInstanceCount": unused,
        "State": "active",
        "StartDate": MADE_ON.replace(tzinfo=None),
        "CreateDate": MADE_ON.replace(tzinfo=None),
        "EndDateType": "unlimited",
        "InstanceMatchCriteria": "open",
        "ReservationType": "default",
        "Tags": [{"Key": "Name", "Value": LABEL}],
    }
