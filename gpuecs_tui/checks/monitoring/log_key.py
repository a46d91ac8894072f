"""Rule log-key: CloudWatch Logs must be allowed to use the KMS key of the log group."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.log_key import SPEC, USAGE, log_key_id
from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import region_in
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS

LOG_KEY = "log-key"
FIELD = "task.log_kms_key_arn"


def log_key(context: Context) -> Iterator[Finding]:
    """The key must be enabled, in the Region of the stack, and its policy must name the service.

    Otherwise, the log group can't be created (CloudWatch Logs user guide, "Encrypt log data in
    CloudWatch Logs using AWS Key Management Service").
    """
    stack = context.stack
    key, region = stack.task.log_kms_key_arn, stack.stack.region
    if not key or stack.task.log_retention_days == LOG_GROUP_EXISTS:
        return
    its = region_in(key)
    if region and its != region:
        yield error(
            LOG_KEY,
            FIELD,
            _("The KMS key is in {its}, but the log group is in {region}.").format(
                its=its, region=region
            ),
            _("choose a key in {region}").format(region=region),
        )
        return
    reading = context.account.lookups.log_keys.get(
        log_key_id(key, stack.task.log_group), not_read()
    )
    if isinstance(reading, Unknown):
        what = _("Could not check whether CloudWatch Logs may use the KMS key")
        yield unknown(LOG_KEY, FIELD, reading, what)
        return
    found = reading.value
    allow = _("allow logs.{region}.amazonaws.com in the key policy").format(region=region)
    if found is None:
        yield error(
            LOG_KEY,
            FIELD,
            _("KMS key {key} does not exist.").format(key=key),
            _("choose another key"),
        )
    elif found.state != "Enabled":
        yield error(
            LOG_KEY,
            FIELD,
            _(
                "KMS key {key} has the state {state}, so CloudWatch Logs can't encrypt with it."
            ).format(key=key, state=found.state),
            _("enable the key, or choose another one"),
        )
    elif (found.spec, found.usage) != (SPEC, USAGE):
        yield error(
            LOG_KEY,
            FIELD,
            _(
                "KMS key {key} has the type {spec} and the usage {usage}. CloudWatch Logs supports "
                "only symmetric keys that encrypt."
            ).format(key=key, spec=found.spec, usage=found.usage),
            _("choose a key of the type {spec}").format(spec=SPEC),
        )
    elif found.for_logs is None:
        yield undecided(
            LOG_KEY,
            FIELD,
            _(
                "Could not check whether the policy of KMS key {key} allows CloudWatch Logs. If it "
                "does not, the log group can't be created."
            ).format(key=key),
            allow,
        )
    elif not found.for_logs:
        yield error(
            LOG_KEY,
            FIELD,
            _(
                "The policy of KMS key {key} does not allow CloudWatch Logs to encrypt log group "
                "{group}. The apply will fail."
            ).format(key=key, group=stack.task.log_group),
            allow,
        )
