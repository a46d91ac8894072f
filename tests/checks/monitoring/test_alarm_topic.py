"""Rule alarm-topic: whether an alarm can send to its topic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.service.topics import AlarmTopic
from gpuecs_tui.checks import check
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import ACCOUNT, account, known, stack

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:on-call"
DENIED = Unknown("sns:GetTopicAttributes", "not allowed to call it", "")


@pytest.mark.parametrize(
    ("topic", "reading", "severity", "says"),
    [
        ("", known(None), "", ""),
        (TOPIC, known(AlarmTopic("")), "", ""),
        (TOPIC, known(AlarmTopic(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a")), "", ""),
        (TOPIC, known(AlarmTopic("alias/aws/sns")), "warning", "Alarms send no message"),
        (TOPIC, known(None), "error", "does not exist"),
        (TOPIC, DENIED, "unknown", "Could not check"),
        (TOPIC.replace("us-east-1", "eu-west-1"), DENIED, "error", "is in eu-west-1"),
    ],
)
def test_alarm_topic(
    topic: str, reading: Reading[AlarmTopic | None], severity: str, says: str
) -> None:
    facts = account()
    facts = replace(facts, lookups=replace(facts.lookups, topics={topic: reading}))
    on: dict[str, Value] = {"alarms__enabled": True, "alarms__topic_arn": topic}
    found = [it for it in check(stack(**on), facts) if it.rule == "alarm-topic"]
    assert [(it.severity, it.field) for it in found] == [
        (it, "alarms.topic_arn") for it in [severity] if it
    ]
    assert all(says in it.message for it in found)
    assert not [it for it in check(stack(), facts) if it.rule == "alarm-topic"]
