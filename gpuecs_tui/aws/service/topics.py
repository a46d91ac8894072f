"""An SNS topic, and whether an alarm can send to it."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader


@dataclass(frozen=True, slots=True)
class AlarmTopic:
    """A topic as far as an alarm depends on it."""

    key: str
    """The KMS key that encrypts it, as SNS returns it; empty without encryption."""


def read_topic(reader: AccountReader, arn: str) -> Reading[AlarmTopic | None]:
    """Return a topic; None if it does not exist."""

    def read() -> AlarmTopic | None:
        try:
            found = reader.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        return AlarmTopic(str(found.get("KmsMasterKeyId", "")))

    return reader.reading("sns:GetTopicAttributes", read)
