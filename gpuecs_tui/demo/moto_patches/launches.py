"""Launches of an Auto Scaling group: spread over its zones, and failed where a fault says so."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.core.utils import utcnow
from moto.ec2.models.instances import StateReason
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.moto_patches.mixed_instances import next_is_spot
from gpuecs_tui.demo.moto_patches.patching import wrap
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.launches import EVERY_ZONE, LAUNCHES, FailedLaunch

Launch = Any
"""FakeAutoScalingGroup.replace_autoscaling_group_instances."""


ACTIVITIES_KEPT = 500
"""AWS keeps six weeks of activities; a failed launch adds one every few seconds here."""


def spread_over_subnets() -> None:
    """All instances of a group start in its first subnet; AWS spreads them over the zones."""

    def launch(original: Any, self: FakeAutoScalingGroup, count: int, tags: dict[str, str]) -> None:
        subnets = (self.vpc_zone_identifier or "").split(",")
        begin = len(self.instance_states)
        for number in range(begin, begin + count):
            turn = number % len(subnets)
            _launch_one(original, self, [*subnets[turn:], *subnets[:turn]], tags)

    wrap(FakeAutoScalingGroup, "replace_autoscaling_group_instances", launch)


def _launch_one(
    original: Launch, group: FakeAutoScalingGroup, subnets: list[str], tags: dict[str, str]
) -> None:
    """Launch an instance in the first of ``subnets`` where that works."""
    kept = group.vpc_zone_identifier
    for subnet in subnets:
        failure = _failure(group, subnet)
        if failure and not failure.state_reason:
            _note_failure(group, subnet, failure)
            continue
        try:
            group.vpc_zone_identifier = subnet or kept
            spot = next_is_spot(group)
            original(group, 1, dict(tags))
            if spot:
                group.instance_states[-1].instance.lifecycle = "spot"
        finally:
            group.vpc_zone_identifier = kept
        if failure:
            _end_instance(group, subnet, failure)
        return


def _failure(group: FakeAutoScalingGroup, subnet: str) -> FailedLaunch | None:
    for fault, failure in active.of(LAUNCHES):
        if fault.operand in ("", EVERY_ZONE, _zone(group, subnet)):
            return failure
    return None


def _zone(group: FakeAutoScalingGroup, subnet: str) -> str:
    if not subnet:
        return str(group.availability_zones[0])
    return str(group.autoscaling_backend.ec2_backend.get_subnet(subnet).availability_zone)


def _note_failure(
    group: FakeAutoScalingGroup, subnet: str, failure: FailedLaunch, identity: str = ""
) -> None:
    zone = _zone(group, subnet)
    zones = sorted({_zone(group, it) for it in (group.vpc_zone_identifier or subnet).split(",")})
    message = failure.message.format(
        type=group.instance_type,
        zone=zone,
        others=", ".join(it for it in zones if it != zone) or "another Availability Zone",
        subnet=subnet,
        image=group.image_id,
        account=ACCOUNT_ID,
        profile=f"{group.name}-instance",
    )
    note_activity(
        group,
        f"Launching a new EC2 instance: {identity}" if identity else "Launching a new EC2 instance",
        cause_of_launch(group, len(group.instance_states)),
        failure.status,
        message,
    )


def _end_instance(group: FakeAutoScalingGroup, subnet: str, failure: FailedLaunch) -> None:
    """Terminate the instance that was just launched."""
    instance = group.instance_states.pop().instance
    group.autoscaling_backend.ec2_backend.terminate_instances([instance.id])
    code = failure.state_reason.partition(": ")[0]
    instance.state_reason = StateReason(failure.state_reason, code)
    _note_failure(group, subnet, failure, instance.id)


def cause_of_launch(group: FakeAutoScalingGroup, there: int) -> str:
    """Return in AWS's words why a launch began while the group had ``there`` instances.

    https://github.com/pelias-deprecated/kubernetes/issues/32 quotes an activity.
    """
    return (
        f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference "
        "between desired and actual capacity, increasing the capacity from "
        f"{there} to {max(there + 1, group.desired_capacity or 0)}."
    )


def note_activity(
    group: FakeAutoScalingGroup,
    description: str,
    cause: str,
    status: str = "Successful",
    message: str = "",
) -> None:
    """Add a scaling activity that has ended."""
    now = utcnow()
    activity = {
        "ActivityId": str(mock_random.uuid4()),
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": description,
        "Cause": cause,
        "StartTime": now,
        "EndTime": now,
        "StatusCode": status,
        "Progress": 100,
        "Details": "{}",
    }
    if message:
        activity["StatusMessage"] = message
    activities_of(group).insert(0, activity)
    del activities_of(group)[ACTIVITIES_KEPT:]


def activities_of(group: FakeAutoScalingGroup) -> list[dict[str, Any]]:
    """Return the group's list of activities, newest first; the caller may add to it."""
    entries: list[dict[str, Any]] = group.__dict__.setdefault("demo_activities", [])
    return entries


GAPS = (spread_over_subnets,)
