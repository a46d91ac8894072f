"""Reads the Auto Scaling group and its scaling activities."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.ask import Ask, maps, moment
from gpuecs_tui.aws.deployment.facts import DeployedFleet, FleetInstance, ScalingActivity
from gpuecs_tui.aws.errors import AwsProblem

ACTIVITIES = 20
"""Number of scaling activities to request: what fits on a screen."""


def read_fleet(ask: Ask) -> DeployedFleet | None:
    """Return the Auto Scaling group; None if there is none. One call; raises AwsProblem."""
    answer = ask.reader.call(
        "autoscaling",
        "DescribeAutoScalingGroups",
        AutoScalingGroupNames=[ask.names.autoscaling_group],
    )
    groups = maps(answer, "AutoScalingGroups")
    instances = tuple(
        FleetInstance(
            each["InstanceId"],
            each.get("AvailabilityZone", ""),
            each.get("InstanceType", ""),
            each.get("LifecycleState", ""),
            each.get("HealthStatus", ""),
            bool(each.get("ProtectedFromScaleIn")),
        )
        for group in groups[:1]
        for each in maps(group, "Instances")
    )
    ask.seen.fleet = frozenset(it.ec2_instance_id for it in instances)
    ask.seen.in_service = frozenset(
        it.ec2_instance_id for it in instances if it.lifecycle == "InService"
    )
    if not groups:
        return None
    return DeployedFleet(
        groups[0]["MinSize"],
        groups[0]["DesiredCapacity"],
        groups[0]["MaxSize"],
        tuple(sorted(instances, key=lambda each: (each.zone, each.ec2_instance_id))),
    )


def read_activities(ask: Ask) -> tuple[ScalingActivity, ...]:
    """Return the group's newest scaling activities. One call; raises AwsProblem."""
    try:
        answer = ask.reader.call(
            "autoscaling",
            "DescribeScalingActivities",
            AutoScalingGroupName=ask.names.autoscaling_group,
            MaxRecords=ACTIVITIES,
        )
    except AwsProblem as problem:
        # Asked for a group that doesn't exist it answers with a ValidationError.
        if problem.kind == "not_found" or "ot found" in problem.sentence:
            return ()
        raise
    return tuple(
        ScalingActivity(
            it.get("StatusCode", ""),
            it.get("Description", ""),
            it.get("StatusMessage", ""),
            moment(it, "StartTime"),
            it.get("ActivityId", ""),
            it.get("Cause", ""),
            moment(it, "EndTime"),
        )
        for it in maps(answer, "Activities")
    )
