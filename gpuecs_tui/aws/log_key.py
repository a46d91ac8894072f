"""The KMS key that encrypts a log group, and whether CloudWatch Logs may use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader

NEEDED = ("kms:encrypt", "kms:decrypt", "kms:generatedatakey")
"""Actions without which CloudWatch Logs can't use a key, in lower case (CloudWatch Logs user guide,
"Encrypt log data in CloudWatch Logs using AWS Key Management Service")."""
_CONTEXT = "kms:encryptioncontext:aws:logs:arn"
"""The condition key under which CloudWatch Logs puts the ARN of the log group."""
SPEC, USAGE = "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"
"""The kind of key that CloudWatch Logs supports (CloudWatch Logs API, "AssociateKmsKey")."""
_LIKE = ("arnequals", "arnlike", "stringequals", "stringlike")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key as far as a log group depends on it."""

    state: str
    """``Enabled``, or why it can't encrypt: ``Disabled``, ``PendingDeletion``, …"""
    for_logs: bool | None
    """Whether its policy allows CloudWatch Logs; None if that could not be read or decided."""
    spec: str = SPEC
    """What the key consists of; others than ``SPEC`` are asymmetric keys and HMAC keys."""
    usage: str = USAGE


def log_key_id(key: str, log_group: str) -> str:
    """Return the id under which the reading of a key for a log group is stored."""
    return f"{key} {log_group}"


def read_log_key(
    reader: AccountReader, key: str, account: str, log_group: str
) -> Reading[LogKey | None]:
    """Return the key with the ARN ``key``; None if it does not exist."""

    def read() -> LogKey | None:
        try:
            found = reader.call("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        return LogKey(
            str(found.get("KeyState", "")),
            _for_logs(reader, key, account, log_group),
            str(found.get("KeySpec", SPEC)),
            str(found.get("KeyUsage", USAGE)),
        )

    return reader.reading("kms:DescribeKey", read)


def _for_logs(reader: AccountReader, key: str, account: str, log_group: str) -> bool | None:
    try:
        answer = reader.call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")
    except AwsProblem:
        return None
    partition = key.split(":")[1]
    arn = f"arn:{partition}:logs:{reader.region}:{account}:log-group:{log_group}"
    return allows_logs(answer.get("Policy", ""), reader.region, arn)


def allows_logs(policy: str, region: str, log_group_arn: str) -> bool | None:
    """Return whether a key policy allows CloudWatch Logs to encrypt a log group with the key.

    None if a condition or a wildcard decides, which only AWS can evaluate.
    """
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return None
    statements = [statements] if isinstance(statements, dict) else statements
    allowed: set[str] = set()
    open_actions: set[str] = set()
    for each in statements:
        applies = _applies(each, region, log_group_arn)
        actions = set(_actions(each))
        if applies is False or not actions:
            continue
        if each.get("Effect") == "Deny":
            return False if applies else None
        (allowed if applies else open_actions).update(actions)
    if allowed.issuperset(NEEDED):
        return True
    return None if (allowed | open_actions).issuperset(NEEDED) else False


def _applies(statement: Mapping[str, Any], region: str, log_group_arn: str) -> bool | None:
    """Return whether a statement is about CloudWatch Logs and this log group; None if undecided."""
    principal = statement.get("Principal", {})
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    services = _list(named.get("Service"))
    # The second name is that of the Regions in China.
    names = {f"logs.{region}.amazonaws.com", f"logs.{region}.amazonaws.com.cn"}
    if not names & {*services}:
        # "*" and {"AWS": "*"} mean the same (IAM user guide, "Principal").
        everyone = "*" in (*_list(named.get("AWS")), *services) or "NotPrincipal" in statement
        return None if everyone else False
    found: bool | None = True
    for operator, conditions in (statement.get("Condition") or {}).items():
        for name, values in conditions.items():
            if name.lower() == _CONTEXT and operator.lower() in _LIKE:
                if not any(fnmatchcase(log_group_arn, str(it)) for it in _list(values)):
                    return False
            else:
                found = None
    return found


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield the needed actions that a statement names."""
    patterns = [str(it).lower() for it in _list(statement.get("Action"))]
    excepted = [str(it).lower() for it in _list(statement.get("NotAction"))]
    for action in NEEDED:
        if any(fnmatchcase(action, it) for it in patterns) or (
            excepted and not any(fnmatchcase(action, it) for it in excepted)
        ):
            yield action


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
