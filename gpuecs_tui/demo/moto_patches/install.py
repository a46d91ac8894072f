"""moto's gaps as a target of Terraform's AWS provider, closed in this process.

Each function closes one and says by which symptom it shows. tests/demo/moto_patches/test_gaps.py
observes every symptom on moto as it comes, too: the day it fails there, moto has closed the gap and
the function can go.
"""

from __future__ import annotations

from gpuecs_tui.demo.moto_patches import (
    autoscaling,
    ec2,
    ecs,
    elbv2,
    iam,
    refusals_autoscaling,
    refusals_ec2,
    refusals_ecs,
    refusals_elbv2,
    refusals_listener,
    refusals_logs,
    refusals_service,
    refusals_task,
    refusals_vpc,
    s3,
)

GAPS = (
    *ecs.GAPS,
    *refusals_service.GAPS,
    *refusals_ecs.GAPS,
    *refusals_task.GAPS,
    *ec2.GAPS,
    *refusals_ec2.GAPS,
    *autoscaling.GAPS,
    *refusals_autoscaling.GAPS,
    *elbv2.GAPS,
    *refusals_elbv2.GAPS,
    *refusals_listener.GAPS,
    *refusals_vpc.GAPS,
    *s3.GAPS,
    *iam.GAPS,
    *refusals_logs.GAPS,
)
"""Every gap, in the order in which they are closed."""


def close_all() -> None:
    """Close every gap, once in a process."""
    for close in GAPS:
        close()
