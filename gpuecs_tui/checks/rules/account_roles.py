"""Rules service-linked-role and ebs-key: what AWS services need to act for the stack."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.ebs_key import AUTO_SCALING_ROLE
from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.aws.service_roles import CREATE, ECS_SCALING_ROLE, missing_service_roles
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import _

SERVICE_ROLE = "service-linked-role"
EBS_KEY = "ebs-key"
VOLUME = "fleet.root_volume_gib"
_FIELDS = {
    "AWSServiceRoleForECS": "names.cluster",
    "AWSServiceRoleForAutoScaling": "names.autoscaling_group",
    "AWSServiceRoleForElasticLoadBalancing": "names.load_balancer",
    "AWSServiceRoleForEC2Spot": "fleet.market",
    ECS_SCALING_ROLE: "autoscaling.enabled",
}


def service_linked_role(context: Context) -> Iterator[Finding]:
    """Report a missing service-linked role that the caller may not create.

    AWS creates it when the service is first used.
    """
    for name, service in missing_service_roles(context.stack, context.account).items():
        reading = context.account.lookups.may_create.get(name, not_read())
        remedy = _(
            "ask an administrator to run: aws iam create-service-linked-role {option}"
        ).format(option=f"--aws-service-name {service}")
        if isinstance(reading, Unknown):
            message = _(
                "The account has no role {name}. Could not check whether you may create it: "
                "{reason}."
            ).format(name=name, reason=reading.reason)
            yield undecided(SERVICE_ROLE, _FIELDS[name], message, remedy)
        elif not reading.value:
            yield error(
                SERVICE_ROLE,
                _FIELDS[name],
                _(
                    "The account has no role {name}, and you are not allowed to create it "
                    "({action}). The apply will fail."
                ).format(name=name, action=CREATE),
                remedy,
            )


def ebs_key(context: Context) -> Iterator[Finding]:
    """Auto Scaling must be allowed to use the default key that encrypts volumes.

    Without a grant or a key policy for its service-linked role, instances terminate at once with
    Client.InternalError (Auto Scaling user guide, "Required AWS KMS key policy for use with
    encrypted volumes").
    """
    region = context.stack.stack.region
    reading = context.account.lookups.ebs_keys.get(region)
    if reading is None or not context.stack.fleet.root_volume_gib:
        return
    if isinstance(reading, Unknown):
        what = _("Could not check which key EBS uses to encrypt volumes")
        yield unknown(EBS_KEY, VOLUME, reading, what)
        return
    key = reading.value
    remedy = _("allow {role} in the key policy, or create a grant for it").format(
        role=AUTO_SCALING_ROLE
    )
    if key.for_auto_scaling is None:
        yield undecided(
            EBS_KEY,
            VOLUME,
            _(
                "EBS encrypts volumes with the customer managed key {key}. Could not check whether "
                "Auto Scaling may use it. If not, instances terminate at once with "
                "Client.InternalError."
            ).format(key=key.id),
            remedy,
        )
    elif not key.for_auto_scaling:
        yield warning(
            EBS_KEY,
            VOLUME,
            _(
                "EBS encrypts volumes with the customer managed key {key}. Neither a grant nor the "
                "key policy names {role}, so instances terminate at once with Client.InternalError."
            ).format(key=key.id, role=AUTO_SCALING_ROLE),
            remedy,
        )
