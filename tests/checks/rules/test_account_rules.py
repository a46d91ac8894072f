"""Rules about permissions of roles, requirements of AWS services, and the running service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.ebs_key import EbsKey
from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity
from gpuecs_tui.aws.log_key import LogKey, log_key_id
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.role_needs import EXEC_ACTIONS, PULL_ACTIONS, role_needs
from gpuecs_tui.aws.service.live_count import LiveCount, service_id
from gpuecs_tui.aws.service_roles import caller_arn
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.stack.fields import Value
from tests.support.fixes import apply_fix
from tests.support.small_account import ACCOUNT, ANSWERS, NOW, ROLE, account, known, of_rule, stack

DENIED = Unknown("iam:SimulatePrincipalPolicy", "not allowed to call it", "")
EXISTING: dict[str, Value] = {
    "task__execution_role_arn": ROLE + "tasks",
    "task__task_role_arn": ROLE + "tasks",
}
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbCdEf"


def with_denied(changes: dict[str, Value], *denied: str) -> AccountFacts:
    """An account whose existing roles have all permissions except ``denied``."""
    facts = account()
    answers: dict[str, Reading[tuple[str, ...]]] = {
        need.id: known(tuple(it for it in need.actions if it in denied))
        for need in role_needs(stack(**changes))
    }
    return replace(facts, lookups=replace(facts.lookups, denied_actions=answers))


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ((), []),
        (("ecr:GetAuthorizationToken",), [("error", "task.execution_role_arn")]),
        (("logs:PutLogEvents",), [("error", "task.execution_role_arn")]),
        (("ssm:GetParameters",), [("error", "task.execution_role_arn")]),
        # The policy of the secret or of the repository itself may allow these.
        (("secretsmanager:GetSecretValue",), [("warning", "task.execution_role_arn")]),
        (PULL_ACTIONS, [("warning", "task.execution_role_arn")]),
        (EXEC_ACTIONS[:1], [("error", "task.task_role_arn")]),
    ],
)
def test_role_permissions(denied: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    changes: dict[str, Value] = {
        **EXISTING,
        "task__secrets": {"A": SECRET + ":key::", "B": "/llm/token"},
        "service__execute_command": True,
    }
    facts = with_denied(changes, *denied)
    assert of_rule("role-permissions", facts, **changes) == expected
    found = [it for it in check(stack(**changes), facts, now=NOW) if it.rule == "role-permissions"]
    assert all(action in it.message for it in found for action in denied)


def test_only_what_is_needed_of_a_role_is_asked() -> None:
    assert list(role_needs(stack())) == []
    own = [need.actions for need in role_needs(stack(**EXISTING, task__image="ubuntu"))]
    assert own == [("logs:CreateLogStream", "logs:PutLogEvents")]
    resources = {
        need.resource
        for need in role_needs(stack(**EXISTING, task__secrets={"A": SECRET + ":k::", "B": "/a/b"}))
    }
    assert {SECRET, f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/a/b"} < resources
    registry = role_needs(stack(**EXISTING, container__registry_secret_arn=SECRET))
    assert SECRET in {need.resource for need in registry}


def test_a_role_that_can_not_be_asked_about_is_unknown() -> None:
    facts = account()
    needs = role_needs(stack(**EXISTING))
    lookups = replace(facts.lookups, denied_actions={need.id: DENIED for need in needs})
    assert of_rule("role-permissions", replace(facts, lookups=lookups), **EXISTING) == [
        ("unknown", "task.execution_role_arn")
    ]


@pytest.mark.parametrize(
    ("market", "lost", "may", "expected"),
    [
        ("on-demand", "AWSServiceRoleForECS", known(True), []),
        ("on-demand", "AWSServiceRoleForECS", known(False), [("error", "names.cluster")]),
        ("on-demand", "AWSServiceRoleForECS", DENIED, [("unknown", "names.cluster")]),
        ("on-demand", "AWSServiceRoleForEC2Spot", known(False), []),
        ("spot", "AWSServiceRoleForEC2Spot", known(False), [("error", "fleet.market")]),
        ("spot", "", known(False), []),
    ],
)
def test_service_linked_role(
    market: str, lost: str, may: Reading[bool], expected: list[tuple[str, str]]
) -> None:
    facts = account()
    assert not isinstance(facts.roles, Unknown)
    facts = replace(
        facts,
        roles=known(tuple(it for it in facts.roles.value if it.name != lost)),
        lookups=replace(facts.lookups, may_create={lost: may}),
    )
    assert of_rule("service-linked-role", facts, fleet__market=market) == expected


def test_whose_policies_count_for_the_caller() -> None:
    session = f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/deploy/me"
    role = f"arn:aws-us-gov:iam::{ACCOUNT}:role/deploy"
    assert caller_arn(CallerIdentity(ACCOUNT, session, "assumed-role")) == role
    user = f"arn:aws:iam::{ACCOUNT}:user/team/me"
    assert caller_arn(CallerIdentity(ACCOUNT, user, "user")) == user


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (known(EbsKey("alias/aws/ebs", True)), []),
        (known(EbsKey("arn:aws:kms:us-east-1:1:key/a", True)), []),
        (known(EbsKey("arn:aws:kms:us-east-1:1:key/a", False)), ["warning"]),
        (known(EbsKey("arn:aws:kms:us-east-1:1:key/a", None)), ["unknown"]),
        (DENIED, ["unknown"]),
    ],
)
def test_ebs_key(key: Reading[EbsKey], expected: list[str]) -> None:
    facts = account()
    facts = replace(facts, lookups=replace(facts.lookups, ebs_keys={"us-east-1": key}))
    field = "fleet.root_volume_gib"
    assert of_rule("ebs-key", facts) == [(it, field) for it in expected]
    # Without a block device in the stack, the AMI determines what is encrypted.
    assert of_rule("ebs-key", facts, fleet__root_volume_gib=0) == []


KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a"


@pytest.mark.parametrize(
    ("key", "reading", "severity", "says"),
    [
        (KEY, known(LogKey("Enabled", True)), "", ""),
        (KEY, known(LogKey("Enabled", False)), "error", "does not allow CloudWatch Logs"),
        (KEY, known(LogKey("Enabled", None)), "unknown", "Could not check whether the policy"),
        (KEY, known(LogKey("PendingDeletion", True)), "error", "has the state PendingDeletion"),
        (KEY, known(LogKey("Enabled", True, "RSA_2048")), "error", "has the type RSA_2048"),
        (
            KEY,
            known(LogKey("Enabled", True, "HMAC_256", "GENERATE_VERIFY_MAC")),
            "error",
            "the usage GENERATE_VERIFY_MAC",
        ),
        (KEY, known(None), "error", "does not exist"),
        (KEY, DENIED, "unknown", "Could not check whether CloudWatch Logs may use"),
        (KEY.replace("us-east-1", "eu-west-1"), DENIED, "error", "is in eu-west-1"),
    ],
)
def test_log_key(key: str, reading: Reading[LogKey | None], severity: str, says: str) -> None:
    facts = account()
    wanted = stack(task__log_kms_key_arn=key)
    keys = {log_key_id(key, wanted.task.log_group): reading}
    facts = replace(facts, lookups=replace(facts.lookups, log_keys=keys))
    found = [it for it in check(wanted, facts) if it.rule == "log-key"]
    assert [(it.severity, it.field) for it in found] == [
        (it, "task.log_kms_key_arn") for it in [severity] if it
    ]
    assert all(says in it.message for it in found)
    own_group = stack(task__log_kms_key_arn=key, task__log_retention_days=-1)
    assert not [it for it in check(own_group, facts) if it.rule == "log-key"]


def counts(
    live: Reading[LiveCount | None],
    changes: dict[str, Value],
    owned: frozenset[str] | None = None,
) -> list[Finding]:
    facts = account()
    lookups = replace(facts.lookups, live_counts={service_id("llm", "llm"): live})
    wanted = stack(**changes)
    found = check(wanted, replace(facts, lookups=lookups), owned=owned, now=NOW)
    return [it for it in found if it.rule == "count-reset"]


def test_count_reset() -> None:
    own: dict[str, Value] = {"service__desired_count": 2, "service__ignore_changes": ()}
    ignoring: dict[str, Value] = {**own, "service__ignore_changes": ("desired_count",)}
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/llm/llm"
    four = LiveCount(arn, 4, 3, None)

    (found,) = counts(known(four), own)
    assert "is now 4 (3 running). The apply sets it to 2." in found.message
    (found,) = counts(known(four), ignoring)
    assert "keeps 4 tasks, not 2" in found.message
    (single,) = counts(known(replace(four, desired=1)), ignoring)
    assert "keeps 1 task, not 2" in single.message
    assert apply_fix(found, ANSWERS)["service.ignore_changes"] == ()
    (found,) = counts(known(replace(four, scaled=(1, 9))), own)
    assert "between 1 and 9" in found.message and "to 2" in found.message
    assert apply_fix(found, ANSWERS)["service.ignore_changes"] == ("desired_count",)
    (found,) = counts(DENIED, own)
    assert found.severity == "unknown"

    assert counts(known(replace(four, scaled=(1, 9))), ignoring) == []
    scaling: dict[str, Value] = {**own, "autoscaling__enabled": True}
    assert counts(known(replace(four, scaled=(1, 9))), scaling) == []
    assert counts(DENIED, scaling) == []
    assert counts(known(replace(four, desired=2)), own) == []
    assert counts(known(None), own) == []
    # The rule name-taken reports a service of that name in another stack.
    assert counts(known(four), own, frozenset({"other"})) == []
    assert len(counts(known(four), own, frozenset({arn}))) == 1
