"""Changes the instances of a service: drains one, terminates one."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.refused import Refused

TERMINATE = "autoscaling:TerminateInstanceInAutoScalingGroup"
"""The action of ``terminate``, as ``AwsProblem.call`` names it."""


def drain(reader: AccountReader, names: DeployedNames, identity: str) -> None:
    """Let ECS place no more tasks on a container instance and move its tasks of services.

    Raises AwsProblem, and Refused if ECS names a reason.
    """
    answer = reader.call(
        "ecs",
        "UpdateContainerInstancesState",
        cluster=names.cluster,
        containerInstances=[identity],
        status="DRAINING",
    )
    for failure in answer.get("failures") or ():
        reason = failure.get("detail") or failure.get("reason") or ""
        raise Refused(
            _("ECS could not drain the container instance {id}: {reason}.").format(
                id=identity, reason=reason
            )
        )


def terminate(reader: AccountReader, ec2_instance_id: str, *, shrink: bool) -> None:
    """Terminate an instance of an Auto Scaling group, also a protected one.

    The group launches a replacement, unless ``shrink``: then its desired capacity decreases by one.
    Scale-in protection does not protect from this call (EC2 Auto Scaling user guide, "Use instance
    scale-in protection"). Raises AwsProblem.
    """
    reader.call(
        "autoscaling",
        "TerminateInstanceInAutoScalingGroup",
        InstanceId=ec2_instance_id,
        ShouldDecrementDesiredCapacity=shrink,
    )
