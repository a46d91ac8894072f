"""Rule access-logs: the bucket that the load balancer writes its access logs to."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.log_bucket import SSE_S3, allows_delivery, objects, statement
from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown
from gpuecs_tui.i18n import _

RULE, KEY = "access-logs", "load_balancer.access_log_bucket"


def access_logs(context: Context) -> Iterator[Finding]:
    """The bucket must exist in the Region of the stack, with an encryption that the delivery
    supports, and its policy must allow the delivery.

    AWS refuses the bucket during the apply if Elastic Load Balancing can't write to it (user guide,
    "Enable access logs for your Application Load Balancer").
    """
    bucket = context.stack.load_balancer.access_log_bucket
    region = context.stack.stack.region
    if not bucket or not region:
        return
    place = context.account.lookups.log_bucket_regions.get(bucket, not_read())
    if isinstance(place, Unknown):
        yield unknown(RULE, KEY, place, _("Could not check the Region of the access log bucket"))
    elif not place.value:
        message = _("The bucket {bucket} for access logs does not exist.").format(bucket=bucket)
        yield error(RULE, KEY, message, _("create it, or choose another bucket"))
        return
    elif place.value != region:
        yield error(
            RULE,
            KEY,
            _(
                "The bucket {bucket} for access logs is in {its}, but the load balancer is in "
                "{region}."
            ).format(bucket=bucket, its=place.value, region=region),
            _("choose a bucket in {region}").format(region=region),
        )
        return
    yield from _encryption(context, bucket)
    yield from _policy(context, bucket, region)


def _encryption(context: Context, bucket: str) -> Iterator[Finding]:
    reading = context.account.lookups.log_bucket_encryptions.get(bucket, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check the encryption of the access log bucket")
        yield unknown(RULE, KEY, reading, what)
    elif reading.value not in ("", SSE_S3):
        message = _(
            "The bucket {bucket} for access logs encrypts with {algorithm}. Elastic Load Balancing "
            "supports only SSE-S3 ({supported})."
        ).format(bucket=bucket, algorithm=reading.value, supported=SSE_S3)
        yield error(RULE, KEY, message, _("choose a bucket with SSE-S3"))


def _policy(context: Context, bucket: str, region: str) -> Iterator[Finding]:
    identity = context.account.identity
    reading = context.account.lookups.log_bucket_policies.get(bucket, not_read())
    account = "ACCOUNT" if isinstance(identity, Unknown) else identity.value.account
    where = (region, account, bucket, context.stack.load_balancer.access_log_prefix)
    remedy = _("check that the policy of the bucket has this statement: {statement}").format(
        statement=statement(*where)
    )
    unread = next((it for it in (reading, identity) if isinstance(it, Unknown)), None)
    if unread or isinstance(reading, Unknown):
        message = _(
            "Could not check whether the policy of {bucket} allows the delivery of access logs: "
            "{reason}."
        ).format(bucket=bucket, reason=unread.reason if unread else "")
        yield undecided(RULE, KEY, message, remedy)
        return
    allowed = allows_delivery(reading.value, region, objects(*where))
    if allowed is None:
        message = _(
            "Whether the policy of {bucket} allows the delivery of access logs depends on "
            "conditions, which gpuecs-tui does not check."
        ).format(bucket=bucket)
        yield undecided(RULE, KEY, message, remedy)
    elif not allowed:
        message = _(
            "The policy of {bucket} does not allow Elastic Load Balancing to write access logs. "
            "The apply will fail."
        ).format(bucket=bucket)
        yield error(
            RULE,
            KEY,
            message,
            _("add this statement to the policy of the bucket: {statement}").format(
                statement=statement(*where)
            ),
        )
