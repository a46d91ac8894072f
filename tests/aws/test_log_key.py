"""Whether a key policy allows CloudWatch Logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gpuecs_tui.aws.log_key import allows_logs

REGION = "us-east-1"
ARN = f"arn:aws:logs:{REGION}:123456789012:log-group:/ecs/llm"
LOGS = {"Service": f"logs.{REGION}.amazonaws.com"}
ACTIONS = [
    "kms:Encrypt*",
    "kms:Decrypt*",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:Describe*",
]
CONTEXT = "kms:EncryptionContext:aws:logs:arn"
OWNER = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
         "Action": "kms:*", "Resource": "*"}  # fmt: skip


def allow(principal: Any = LOGS, action: Any = tuple(ACTIONS), **more: Any) -> dict[str, Any]:
    actions = [*action] if isinstance(action, tuple) else action
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **more}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([OWNER], False),
        ([OWNER, allow()], True),
        (allow(action="kms:*"), True),
        ([allow(action=("kms:Encrypt", "kms:Decrypt"))], False),
        ([allow(action=("kms:Encrypt", "kms:Decrypt")), allow(action="kms:GenerateDataKey")], True),
        ([allow({"Service": "logs.eu-west-1.amazonaws.com"})], False),
        ([allow({"Service": ["ec2.amazonaws.com", f"logs.{REGION}.amazonaws.com.cn"]})], True),
        ([allow("*")], None),
        ([allow(Condition={"ArnEquals": {CONTEXT: ARN}})], True),
        ([allow(Condition={"ArnLike": {CONTEXT: [ARN + "-other", ARN[:-3] + "*"]}})], True),
        ([allow(Condition={"ArnLike": {CONTEXT: ARN + "-other"}})], False),
        ([allow(Condition={"StringEquals": {"aws:SourceAccount": "1"}})], None),
        ([allow(Condition={"ArnNotLike": {CONTEXT: ARN}})], None),
        ([allow(), {**allow(action="kms:Decrypt"), "Effect": "Deny"}], False),
        ([allow(), {**allow("*"), "Effect": "Deny"}], None),
        ([allow({"AWS": "*"}, "kms:*")], None),
        ([allow(), {**allow({"AWS": ["*"]}), "Effect": "Deny"}], None),
        ([allow(), {**allow(action="kms:ScheduleKeyDeletion"), "Effect": "Deny"}], True),
        ([{**allow(), "Action": None, "NotAction": "kms:Put*"}], True),
        ([{**allow(), "Action": None, "NotAction": "kms:*"}], False),
    ],
)  # fmt: skip
def test_policies(statements: Any, expected: bool | None) -> None:
    assert allows_logs(json.dumps({"Statement": statements}), REGION, ARN) is expected


def test_what_is_no_policy_is_undecided() -> None:
    assert allows_logs("", REGION, ARN) is None
    assert allows_logs("[]", REGION, ARN) is None
