"""The import identity of each resource type that gpuecs-tui writes.

Source of each rule: section "Import" of the resource's page in the documentation of the AWS
provider 5.100, tried on the demo account (tests/e2e/test_recovery.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PlannedValues = Mapping[str, Any]
"""A resource's planned attributes, without those known only after the apply."""


@dataclass(frozen=True, slots=True)
class GeneratedImport:
    """One import block."""

    address: str
    id: str
    """The provider's import identity."""


def import_id(type_: str, id_: str, planned: PlannedValues) -> str | None:
    """Return the import identity of a resource whose provider ``id_`` is in the journal.

    None if the identity needs other facts, or the type is unknown.
    """
    rule = _RULES.get(type_)
    return (rule(id_, planned) or None) if rule is not None else None


def is_known(type_: str) -> bool:
    """Tell whether the import identity of a type is known."""
    return type_ in _RULES


def import_blocks(imports: Iterable[GeneratedImport]) -> str:
    """Return the Terraform of ``import`` blocks."""
    return "\n".join(
        f"import {{\n  to = {it.address}\n  id = {_quoted(it.id)}\n}}\n" for it in imports
    )


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return escaped.replace("${", "$${").replace("%{", "%%{")


def _same(id_: str, _planned: PlannedValues) -> str:
    return id_


def _last_of_arn(id_: str, _planned: PlannedValues) -> str:
    return id_.rpartition("/")[2]


def _service(id_: str, _planned: PlannedValues) -> str:
    # arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME
    return "/".join(id_.split("/")[-2:]) if id_.count("/") >= 2 else ""


def _attachment(_id: str, planned: PlannedValues) -> str:
    # The provider generates its id.
    role, policy = planned.get("role"), planned.get("policy_arn")
    return f"{role}/{policy}" if role and policy else ""


def _task_definition(id_: str, _planned: PlannedValues) -> str:
    # Its id is the family without the revision, so the account must be read.
    return id_ if id_.startswith("arn:") else ""


def _scalable_target(id_: str, planned: PlannedValues) -> str:
    # The provider's id is service/CLUSTER/NAME.
    namespace, dimension = planned.get("service_namespace"), planned.get("scalable_dimension")
    return f"{namespace}/{id_}/{dimension}" if namespace and dimension else ""


SET_AGAIN = frozenset({
    "aws_appautoscaling_policy",
    "aws_appautoscaling_scheduled_action",
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_metric_alarm",
})  # fmt: skip
"""Types that are not imported: their calls (PutScalingPolicy, PutScheduledAction, PutDashboard,
PutMetricAlarm) set what exists already, so creating it again does no harm (API references of
Application Auto Scaling and CloudWatch)."""

_RULES: Mapping[str, Callable[[str, PlannedValues], str]] = {
    # service-namespace/resource-id/scalable-dimension
    "aws_appautoscaling_target": _scalable_target,
    "aws_autoscaling_group": _same,  # name
    "aws_cloudwatch_log_group": _same,  # name
    "aws_ecs_capacity_provider": _last_of_arn,  # name
    "aws_ecs_cluster": _last_of_arn,  # name
    "aws_ecs_cluster_capacity_providers": _last_of_arn,  # cluster_name
    "aws_ecs_service": _service,  # cluster-name/service-name
    "aws_ecs_task_definition": _task_definition,  # arn
    "aws_iam_instance_profile": _same,  # name
    "aws_iam_role": _same,  # name
    "aws_iam_role_policy": _same,  # role_name:role_policy_name
    "aws_iam_role_policy_attachment": _attachment,  # role-name/policy-arn
    "aws_launch_template": _same,  # id
    "aws_lb": _same,  # arn
    "aws_lb_listener": _same,  # arn
    "aws_lb_listener_rule": _same,  # arn
    "aws_lb_target_group": _same,  # arn
    "aws_route53_record": _same,  # ZONE_NAME_TYPE
    "aws_security_group": _same,  # id
    "aws_vpc_endpoint": _same,  # id
    "aws_vpc_security_group_egress_rule": _same,  # id
    "aws_vpc_security_group_ingress_rule": _same,  # id
    "aws_wafv2_web_acl_association": _same,  # WEB_ACL_ARN,RESOURCE_ARN
}
"""Type → the rule that builds its import identity from the provider's id or planned attributes."""
