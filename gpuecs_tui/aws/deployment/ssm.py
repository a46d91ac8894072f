"""Reads whether Systems Manager can reach an instance."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.ask import maps
from gpuecs_tui.aws.session import AccountReader


def read_ping_status(reader: AccountReader, ec2_instance_id: str) -> str:
    """Return ``Online``, ``ConnectionLost`` or ``Inactive``; empty if Systems Manager doesn't know
    the instance.

    One call; raises AwsProblem.
    """
    answer = reader.call(
        "ssm",
        "DescribeInstanceInformation",
        Filters=[{"Key": "InstanceIds", "Values": [ec2_instance_id]}],
    )
    found = maps(answer, "InstanceInformationList")
    return str(found[0].get("PingStatus", "")) if found else ""
