"""Closes moto's gaps that Terraform's AWS provider or this program notices.

Each function closes one gap. Its docstring says what moto does without it.
tests/demo/moto_patches/test_gaps.py also checks that unpatched moto has each symptom. If such a
test fails, moto has closed the gap and the function can be deleted.
"""

from __future__ import annotations

from gpuecs_tui.demo.moto_patches import (
    acm,
    autoscaling,
    ec2,
    ecs,
    elbv2,
    iam,
    instance_status,
    launches,
    logs,
    mixed_instances,
    refusals_autoscaling,
    refusals_ec2,
    refusals_ecs,
    refusals_elbv2,
    refusals_listener,
    refusals_logs,
    refusals_service,
    refusals_task,
    refusals_task_scaling,
    refusals_vpc,
    s3,
    service_deployments,
    shells,
    task_scaling,
    wafv2,
)

GAPS = (
    *ecs.GAPS,
    *service_deployments.GAPS,
    *shells.GAPS,
    *refusals_service.GAPS,
    *refusals_ecs.GAPS,
    *refusals_task.GAPS,
    *ec2.GAPS,
    *instance_status.GAPS,
    *refusals_ec2.GAPS,
    *autoscaling.GAPS,
    *launches.GAPS,
    *mixed_instances.GAPS,
    *task_scaling.GAPS,
    *refusals_task_scaling.GAPS,
    *refusals_autoscaling.GAPS,
    *elbv2.GAPS,
    *refusals_elbv2.GAPS,
    *refusals_listener.GAPS,
    *refusals_vpc.GAPS,
    *s3.GAPS,
    *iam.GAPS,
    *logs.GAPS,
    *refusals_logs.GAPS,
    *acm.GAPS,
    *wafv2.GAPS,
)
"""Every gap, in the order in which they are closed."""


def close_all() -> None:
    """Close every gap, once in a process."""
    for close in GAPS:
        close()
