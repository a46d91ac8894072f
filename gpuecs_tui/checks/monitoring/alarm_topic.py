"""Rule alarm-topic: an alarm must be able to send to its SNS topic."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import region_in

ALARM_TOPIC = "alarm-topic"
FIELD = "alarms.topic_arn"
AWS_KEY = "alias/aws/sns"
"""The AWS managed key of SNS, whose policy can't be changed, so that it can't allow CloudWatch."""


def alarm_topic(context: Context) -> Iterator[Finding]:
    """The topic must exist in the Region, and CloudWatch must be able to encrypt for it.

    An alarm sends nothing to a topic that is encrypted with the AWS managed key of SNS (re:Post
    knowledge center, "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?").
    """
    stack = context.stack
    topic, region = stack.alarms.topic_arn, stack.stack.region
    if not (stack.alarms.enabled and topic):
        return
    its = region_in(topic)
    if region and its != region:
        yield error(
            ALARM_TOPIC,
            FIELD,
            _("The SNS topic is in {its}, but the alarms are in {region}.").format(
                its=its, region=region
            ),
            _("choose a topic in {region}").format(region=region),
        )
        return
    reading = context.account.lookups.topics.get(topic, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check whether the alarms can send to the SNS topic")
        yield unknown(ALARM_TOPIC, FIELD, reading, what)
    elif reading.value is None:
        yield error(
            ALARM_TOPIC,
            FIELD,
            _("SNS topic {topic} does not exist, so alarms send no message.").format(topic=topic),
            _("create it, or choose another topic"),
        )
    elif reading.value.key.endswith(AWS_KEY):
        yield warning(
            ALARM_TOPIC,
            FIELD,
            _(
                "SNS topic {topic} is encrypted with the AWS managed key {key}, which CloudWatch "
                "can't use. Alarms send no message."
            ).format(topic=topic.rpartition(":")[2], key=AWS_KEY),
            _(
                "encrypt the topic with a customer managed key that allows "
                "cloudwatch.amazonaws.com, or choose another topic"
            ),
        )
