"""docs/policies/ holds IAM policies with exactly the actions that the program and Terraform call.

``python -m tests.docs.test_operator_policy`` writes them. The actions of ``read.json`` and
``state.json`` are those of the calls in gpuecs_tui/aws, and of Terraform's S3 backend; the actions
of ``operate.json`` are those of the calls in gpuecs_tui/operations; the actions of ``apply.json``
are those of the resource types in templates/, and of the calls before a destroy.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.session import Session

from gpuecs_tui.aws.session import action
from gpuecs_tui.terraform.read.rules import HELPERS, KNOWN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "policies"
MANAGED_POLICY_MAX = 6144
"""Maximum characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS
quotas")."""

READERS = frozenset({"call", "pages", "items"})
"""Methods of AccountReader whose first two arguments are a service and an operation."""

S3_ACTIONS: Mapping[str, str] = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListObjectsV2": "s3:ListBucket",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Operations of S3 whose action has another name (Service Authorization Reference, Amazon S3)."""
OBJECT_ACTIONS = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
LOCK_TABLE_ACTIONS = (
    "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem",
)  # fmt: skip
"""Actions that Terraform needs for the lock and the state's digest in a DynamoDB table
(developer.hashicorp.com/terraform/language/backend/s3, "DynamoDB Table Permissions"): it writes and
deletes both, and reads them before each use. The lock file takes OBJECT_ACTIONS."""
LOG_BUCKET_ACTIONS = (
    "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration",
)  # fmt: skip
"""Actions that check the bucket of a load balancer's access logs (gpuecs_tui/aws/log_bucket.py)."""
STATE_SERVICES = ("s3", "dynamodb")

WITH_TAGS = "ecs:TagResource"
"""Needed by RegisterTaskDefinition with tags, which a copied revision has (Amazon ECS developer
guide, "Grant permission to tag resources on creation")."""

WAITS_FOR_TASKS = ("ecs:DescribeTasks", "ecs:ListTasks")
"""Actions with which a destroy waits for the tasks; gpuecs_tui/aws makes the calls."""

_TAGS_OF = {
    "ec2": ("CreateTags", "DeleteTags"),
    "ecs": ("ListTagsForResource", "TagResource", "UntagResource"),
    "elasticloadbalancing": ("AddTags", "DescribeTags", "RemoveTags"),
    "logs": ("ListTagsForResource", "TagResource", "UntagResource"),
    "cloudwatch": ("ListTagsForResource", "TagResource", "UntagResource"),
    "application-autoscaling": ("ListTagsForResource", "TagResource", "UntagResource"),
    "autoscaling": ("CreateOrUpdateTags", "DeleteTags"),
}
_RULE = ("ec2:DescribeSecurityGroupRules", "ec2:ModifySecurityGroupRules")
TERRAFORM: Mapping[str, tuple[str, ...]] = {
    # Application Auto Scaling creates the alarms of a target tracking policy with the permissions
    # of the caller (ECS developer guide, "IAM permissions required for Amazon ECS service auto
    # scaling").
    "aws_appautoscaling_policy": (
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:PutScalingPolicy", "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm",
    ),
    "aws_appautoscaling_scheduled_action": (
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:PutScheduledAction",
    ),
    "aws_appautoscaling_target": (
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:RegisterScalableTarget",
    ),
    "aws_autoscaling_group": (
        "autoscaling:CancelInstanceRefresh", "autoscaling:CreateAutoScalingGroup",
        "autoscaling:DeleteAutoScalingGroup", "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeInstanceRefreshes", "autoscaling:DescribeScalingActivities",
        "autoscaling:DisableMetricsCollection", "autoscaling:EnableMetricsCollection",
        "autoscaling:StartInstanceRefresh", "autoscaling:UpdateAutoScalingGroup",
        # EC2 Auto Scaling checks that the caller may launch from the template (user guide,
        # "Control Amazon EC2 launch template usage in Auto Scaling groups").
        "ec2:RunInstances",
    ),
    "aws_cloudwatch_dashboard": (
        "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard",
    ),
    "aws_cloudwatch_metric_alarm": (
        "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm",
    ),
    "aws_cloudwatch_log_group": (
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy", "logs:DescribeLogGroups", "logs:DisassociateKmsKey",
        "logs:PutRetentionPolicy",
    ),
    "aws_ecs_capacity_provider": (
        "ecs:CreateCapacityProvider", "ecs:DeleteCapacityProvider",
        "ecs:DescribeCapacityProviders", "ecs:UpdateCapacityProvider",
    ),
    "aws_ecs_cluster": (
        "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:DescribeClusters", "ecs:UpdateCluster",
    ),
    "aws_ecs_cluster_capacity_providers": (
        "ecs:DescribeClusters", "ecs:PutClusterCapacityProviders",
    ),
    "aws_ecs_service": (
        "ecs:CreateService", "ecs:DeleteService", "ecs:DescribeServices", "ecs:UpdateService",
    ),
    # A stack never deregisters a task definition: skip_destroy keeps the revisions for a rollback.
    "aws_ecs_task_definition": ("ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"),
    "aws_iam_instance_profile": (
        "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile",
        "iam:GetInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile",
        "iam:UntagInstanceProfile",
    ),
    "aws_iam_role": (
        "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:GetRole",
        "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary", "iam:TagRole",
        "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
        "iam:UpdateRoleDescription",
    ),
    "aws_iam_role_policy": ("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"),
    "aws_iam_role_policy_attachment": (
        "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies",
    ),
    "aws_launch_template": (
        "ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplate",
        "ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions",
        "ec2:ModifyLaunchTemplate",
    ),
    "aws_lb": (
        "elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
        "ec2:DescribeNetworkInterfaces",
    ),
    "aws_lb_listener": (
        "elasticloadbalancing:CreateListener", "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
    ),
    "aws_lb_listener_rule": (
        "elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:DescribeRules", "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:SetRulePriorities",
    ),
    "aws_lb_target_group": (
        "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
    ),
    "aws_security_group": (
        "ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    ),
    "aws_vpc_endpoint": (
        "ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:DescribePrefixLists",
        "ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint",
    ),
    "aws_route53_record": (
        "route53:ChangeResourceRecordSets", "route53:GetChange", "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
    ),
    # Service Authorization Reference, AWS WAF V2: the association needs the permission of the
    # load balancer, too.
    "aws_wafv2_web_acl_association": (
        "elasticloadbalancing:SetWebACL", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL",
        "wafv2:GetWebACL", "wafv2:GetWebACLForResource",
    ),
    "aws_vpc_security_group_egress_rule": (
        *_RULE, "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupEgress",
    ),
    "aws_vpc_security_group_ingress_rule": (
        *_RULE, "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress",
    ),
    "terraform_data": (),
    "data.aws_ami": ("ec2:DescribeImages",),
    "data.aws_caller_identity": ("sts:GetCallerIdentity",),
    "data.aws_iam_policy_document": (),
    "data.aws_partition": (),
    "data.aws_route_tables": ("ec2:DescribeRouteTables",),
    "data.aws_ssm_parameter": ("ssm:GetParameter",),
    "data.aws_subnet": ("ec2:DescribeSubnets",),
    "data.aws_vpc": ("ec2:DescribeRouteTables", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"),
}  # fmt: skip
"""Resource type or data source of the templates → the actions with which the AWS provider reads,
creates, changes and deletes it. Tags are added by service."""
PASSED_TO = ("ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "ecs.amazonaws.com")
LINKED = ("autoscaling", "ecs", "ecs.application-autoscaling", "elasticloadbalancing", "spot")
"""Services whose service-linked role AWS creates at their first use."""

_DECLARED = re.compile(r'^(resource|data) "([a-z0-9_]+)"', re.MULTILINE)


def modules(room: str) -> Iterator[ast.Module]:
    """Yield every module of a room."""
    for path in sorted((ROOT / "gpuecs_tui" / room).rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def operations(service: str) -> frozenset[str]:
    """Return the operations of a service in botocore's data."""
    return frozenset(Session().get_service_model(service).operation_names)


def calls(room: str = "aws") -> frozenset[str]:
    """Return the actions of all calls in a room.

    If the operation of a call is a variable, every operation of that service that the module names
    counts.
    """
    found: set[tuple[str, str]] = set()
    for module in modules(room):
        constants = (it for it in ast.walk(module) if isinstance(it, ast.Constant))
        texts = {it.value for it in constants if isinstance(it.value, str)}
        for node in ast.walk(module):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in READERS:
                continue
            match [*node.args]:
                case [ast.Constant(value=str(service)), ast.Constant(value=str(name)), *_]:
                    found.add((service, name))
                case [ast.Constant(value=str(service)), *_]:
                    found |= {(service, name) for name in texts & operations(service)}
    return frozenset(
        S3_ACTIONS.get(name, f"s3:{name}") if service == "s3" else action(service, name)
        for service, name in found
    )


def policies() -> Mapping[str, Mapping[str, Any]]:
    """Return file name → policy as it should be."""
    called = calls()
    of_state = {it for it in called if it.partition(":")[0] in STATE_SERVICES}
    bucket = {it for it in of_state if it.startswith("s3:") and it not in OBJECT_ACTIONS}
    anywhere = {"s3:ListAllMyBuckets"}
    before_destroy = {*calls("terraform/teardown"), *WAITS_FOR_TASKS}
    return {
        "read.json": _policy(
            _allow("ReadTheAccount", called - of_state - {"sts:AssumeRole"}, "*"),
            _allow("ReadTheAccessLogBucket", LOG_BUCKET_ACTIONS, "arn:aws:s3:::LOG-BUCKET"),
        ),
        "state.json": _policy(
            _allow("ListBuckets", anywhere, "*"),
            _allow("StateBucket", bucket - anywhere, "arn:aws:s3:::BUCKET"),
            _allow("StateObjects", OBJECT_ACTIONS, "arn:aws:s3:::BUCKET/KEY*"),
            _allow(
                "LockTable",
                {*LOCK_TABLE_ACTIONS, *(of_state - bucket - {*OBJECT_ACTIONS})},
                "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE",
            ),
            _allow("BackendRole", called & {"sts:AssumeRole"}, "arn:aws:iam::ACCOUNT:role/ROLE"),
        ),
        "operate.json": _policy(
            _allow("Operate", calls("operations") | {WITH_TAGS}, "*"),
        ),
        "apply.json": _policy(
            _allow("Resources", {*_terraform_actions(), *before_destroy}, "*"),
            _allow(
                "PassRoles",
                {"iam:PassRole"},
                "arn:aws:iam::ACCOUNT:role/*",
                {"StringEquals": {"iam:PassedToService": [*PASSED_TO]}},
            ),
            _allow(
                "ServiceLinkedRoles",
                {"iam:CreateServiceLinkedRole"},
                "arn:aws:iam::ACCOUNT:role/aws-service-role/*",
                {"StringEquals": {"iam:AWSServiceName": [f"{it}.amazonaws.com" for it in LINKED]}},
            ),
        ),
    }


def _terraform_actions() -> set[str]:
    named = {it for actions in TERRAFORM.values() for it in actions}
    services = {it.partition(":")[0] for it in named}
    tags = {f"{it}:{name}" for it in services & _TAGS_OF.keys() for name in _TAGS_OF[it]}
    return named | tags


def _policy(*statements: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def _allow(
    sid: str, actions: Iterable[str], resource: str, condition: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def text(policy: Mapping[str, Any]) -> str:
    """Return a policy as the text of its file."""
    return json.dumps(policy, indent=2) + "\n"


def test_the_policies_hold_exactly_the_actions() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    expected = {name: text(policy) for name, policy in policies().items()}
    assert written == expected, "python -m tests.docs.test_operator_policy"


def test_every_call_is_found() -> None:
    """A call through a helper of the module is also found."""
    found = calls()
    assert {"ecs:ListTasks", "ecs:DescribeTasks", "s3:GetBucketTagging", "s3:PutBucketPolicy",
            "servicequotas:GetServiceQuota", "iam:SimulatePrincipalPolicy"} <= found  # fmt: skip
    assert not {it for it in found if it.split(":")[1].startswith(("Put", "Create", "Delete"))} - {
        it for it in found if it.startswith("s3:")
    }, "only the state's bucket is written to without Terraform"


def test_the_state_policy_allows_what_locking_needs() -> None:
    """The policy allows Terraform to lock and unlock the state; this program only reads the
    lock."""
    allowed = {it["Sid"]: it for it in policies()["state.json"]["Statement"]}
    assert {*allowed["StateObjects"]["Action"]} == {*OBJECT_ACTIONS}
    assert {*allowed["LockTable"]["Action"]} == {*LOCK_TABLE_ACTIONS}
    assert {it for it in calls() if it.startswith("dynamodb:")} <= {*LOCK_TABLE_ACTIONS}


def test_every_type_of_the_templates_has_its_actions() -> None:
    declared = {
        name if kind == "resource" else f"data.{name}"
        for path in sorted((ROOT / "templates").glob("*.j2"))
        for kind, name in _DECLARED.findall(path.read_text(encoding="utf-8"))
    }
    # Trust policies are created by a macro.
    assert declared | {"data.aws_iam_policy_document"} == {*TERRAFORM}
    of_readers = {address.partition(".")[0] for address in KNOWN | HELPERS}
    assert of_readers <= {*TERRAFORM}


def test_the_policies_fit_into_managed_policies() -> None:
    for name, policy in policies().items():
        assert len(json.dumps(policy, separators=(",", ":"))) <= MANAGED_POLICY_MAX, name


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, policy in policies().items():
        (FOLDER / name).write_text(text(policy), encoding="utf-8")


def test_every_role_of_a_stack_can_be_passed_to_its_service() -> None:
    """The service that the trust policy of a role names is one that the operator may pass it to."""
    text = (ROOT / "templates" / "iam.tf.j2").read_text(encoding="utf-8")
    trusted = set(re.findall(r'trust\("\w+", \'"([\w.-]+)"\'', text))
    assert {"ec2.amazonaws.com", "ecs.amazonaws.com"} <= trusted <= set(PASSED_TO)
