"""Stage launching: EC2 refuses an instance."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.aws.deployment.facts import ScalingActivity
from gpuecs_tui.aws.discovery.compute import QUOTAS
from gpuecs_tui.deployment import launch_reasons
from gpuecs_tui.deployment.cause import Cause, Recogniser, Recognition
from gpuecs_tui.deployment.situation import Situation, text_of
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.instance_type import quota_family

_FAILURES = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html"
_CAPACITY = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html"
_CODES = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
_KMS = "Client.InvalidKMSKey", "Client.InternalError"


def _no_capacity(it: Situation) -> Recognition | None:
    failed = it.launch_failures.get("no-capacity", ())
    if not failed:
        return None
    texts = [text_of(each) for each in failed]
    zones = sorted({zone for zone in map(launch_reasons.zone, texts) if zone})
    kind = launch_reasons.instance_type(texts[0]) or _type_of(it)
    where = ", ".join(zones) or _("the group's Availability Zones")
    return Recognition(
        sentence=_("EC2 has no {kind} capacity in {zones}. {attempts}").format(
            kind=kind, zones=where, attempts=_attempts(it, failed)
        ),
        seen=_quoted(failed),
        next_step=_(
            "Add a subnet in another Availability Zone to instance subnets, or choose another "
            "instance type. The Auto Scaling group keeps trying."
        ),
    )


def _vcpu_limit(it: Situation) -> Recognition | None:
    failed = it.launch_failures.get("vcpu-limit", ())
    if not failed:
        return None
    limit = launch_reasons.vcpu_limit(text_of(failed[0]))
    code = _quota_code(it, "on-demand")
    words = (
        _("The launch exceeds the vCPU limit of {limit}. {attempts}")
        if limit is not None
        else _("The launch exceeds the vCPU limit. {attempts}")
    )
    return Recognition(
        sentence=words.format(limit=limit, attempts=_attempts(it, failed)),
        seen=_quoted(failed),
        next_step=_(
            "Request an increase of the EC2 quota {code} in Service Quotas, or choose a smaller "
            "instance type."
        ).format(code=code),
    )


def _spot_limit(it: Situation) -> Recognition | None:
    failed = it.launch_failures.get("spot-limit", ())
    if not failed:
        return None
    return Recognition(
        sentence=_("The launch exceeds the vCPU quota for Spot Instances. {attempts}").format(
            attempts=_attempts(it, failed)
        ),
        seen=_quoted(failed),
        next_step=_(
            "Request an increase of the EC2 quota {code} in Service Quotas, or set purchase "
            "option to on-demand."
        ).format(code=_quota_code(it, "spot")),
    )


def _quota_code(it: Situation, market: str) -> str:
    """Return the code of the quota, or those of all families of the fleet's types."""
    several = types_of(it.stack) if it.stack is not None else ()
    families = {quota_family(name) for name in several or (_type_of(it, "g"),)}
    codes = [code for code, of, for_market in QUOTAS if of in families and for_market == market]
    return _(" or ").join(codes)


def _type_of(it: Situation, default: str = "") -> str:
    if it.stack is not None and it.stack.fleet.instance_type:
        return it.stack.fleet.instance_type
    return next((each.instance_type for each in it.members), default) or default


def _launch(id: str, sentence: str, next_step: str) -> Recogniser:
    """Return the recogniser of failed launches of the cause ``id``; both texts untranslated."""

    def recognise(it: Situation) -> Recognition | None:
        failed = it.launch_failures.get(id, ())
        if not failed:
            return None
        return Recognition(
            sentence=f"{_(sentence)} {_attempts(it, failed)}",
            seen=_quoted(failed),
            next_step=_(next_step),
        )

    return recognise


def _kms_denied(it: Situation) -> Recognition | None:
    failed = it.launch_failures.get("kms-denied", ())
    ended = [each for each in it.instances.values() if each.state_reason_code.startswith(_KMS)]
    if not failed and not ended:
        return None
    seen = [f"{each.state_reason_code}: {each.state_reason}" for each in ended[:1]]
    certain = any("KMS" in each for each in (*map(text_of, failed), *seen))
    return Recognition(
        sentence=_(
            "EC2 could not create the encrypted volume of an instance: Auto Scaling may not use "
            "the KMS key."
        ),
        seen=(*_quoted(failed), *seen)[:1],
        next_step=_(
            "Allow the role AWSServiceRoleForAutoScaling to use the key: add kms:CreateGrant and "
            "the cryptographic actions to the key policy."
        ),
        alternatives=()
        if certain
        else (
            _(
                "If no customer managed key encrypts the volumes, the AMI's snapshot or its "
                "encryption is broken: launch the AMI once by hand."
            ),
        ),
        certain=certain,
    )


def _slr_missing(it: Situation) -> Recognition | None:
    failed = it.launch_failures.get("slr-missing", ())
    events = [
        each.message for each in it.events if launch_reasons.cause_of(each.message) == "slr-missing"
    ]
    if not failed and not events:
        return None
    text = _quoted(failed)[0] if failed else events[0]
    name = "autoscaling.amazonaws.com" if failed else "ecs.amazonaws.com"
    for service in ("autoscaling", "elasticloadbalancing", "spot", "ecs"):
        if f"AWSServiceRoleFor{service}".lower() in text.replace("EC2", "").lower():
            name = f"{service}.amazonaws.com"
            break
    return Recognition(
        sentence=_("A service-linked role does not exist or may not be used."),
        seen=(text,),
        next_step=_("Run: aws iam create-service-linked-role --aws-service-name {service}").format(
            service=shell_word(name)
        ),
    )


def _attempts(it: Situation, failed: tuple[ScalingActivity, ...]) -> str:
    """Return how many launches failed, and for how long."""
    text = ngettext("{n} launch failed.", "{n} launches failed.", len(failed))
    first = min((each.started_at for each in failed if each.started_at), default=None)
    if first is None:
        return text.format(n=len(failed))
    since = in_words(max(it.now - first, timedelta()))
    text = ngettext(
        "{n} launch failed, {since} ago.", "{n} launches failed in {since}.", len(failed)
    )
    return text.format(n=len(failed), since=since)


def _quoted(failed: tuple[ScalingActivity, ...]) -> tuple[str, ...]:
    return tuple(text_of(each) for each in failed[:1])


CAUSES = (
    Cause(
        id="no-capacity",
        stage="launching",
        demo_fault="no-capacity",
        looks=N_("A scaling activity failed: EC2 has no capacity in the Availability Zone."),
        do=N_(
            "Use more Availability Zones, another instance type, or a capacity reservation. The "
            "Auto Scaling group keeps trying."
        ),
        source=_CAPACITY,
        recognise=_no_capacity,
    ),
    Cause(
        id="vcpu-limit",
        stage="launching",
        demo_fault="vcpu-limit",
        looks=N_("A scaling activity failed with VcpuLimitExceeded."),
        do=N_("Request an increase of the vCPU quota."),
        source="https://repost.aws/knowledge-center/ec2-on-demand-instance-vcpu-increase",
        recognise=_vcpu_limit,
    ),
    Cause(
        id="spot-limit",
        stage="launching",
        demo_fault="spot-limit",
        looks=N_("A scaling activity failed with MaxSpotInstanceCountExceeded."),
        do=N_("Request an increase of the Spot quota, or use On-Demand Instances."),
        source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html",
        recognise=_spot_limit,
    ),
    Cause(
        id="spot-none",
        stage="launching",
        demo_fault="spot-none",
        looks=N_("A scaling activity failed: there is no Spot capacity."),
        do=N_("Use On-Demand Instances, other instance types, or more Availability Zones."),
        source=_CAPACITY,
        recognise=_launch(
            "spot-none",
            N_("There is no Spot capacity for the request."),
            N_("Set purchase option to on-demand, or choose another instance type."),
        ),
    ),
    Cause(
        id="bad-template",
        stage="launching",
        demo_fault="bad-template",
        looks=N_(
            "A scaling activity failed: the AMI, key pair, security group, subnet or launch "
            "template does not exist, or the instance type is not supported."
        ),
        do=N_("Replace what the message names, then run a plan."),
        source=_FAILURES,
        recognise=_launch(
            "bad-template",
            N_("EC2 rejects the launch template: it refers to something that does not exist."),
            N_("Replace what the message names, then run a plan."),
        ),
    ),
    Cause(
        id="kms-denied",
        stage="launching",
        demo_fault="kms-denied",
        looks=N_(
            "Instances end during their launch with Client.InternalError or Client.InvalidKMSKey."
        ),
        do=N_("Allow AWSServiceRoleForAutoScaling to use the KMS key of the volumes."),
        source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
        recognise=_kms_denied,
    ),
    Cause(
        id="profile-bad",
        stage="launching",
        demo_fault="profile-bad",
        looks=N_("A scaling activity failed: the IAM instance profile is invalid."),
        do=N_("Choose an instance profile that exists and has a role."),
        source=_FAILURES,
        recognise=_launch(
            "profile-bad",
            N_("EC2 rejects the instance profile: it does not exist or has no role."),
            N_("Set instance profile to a profile that exists and has a role."),
        ),
    ),
    Cause(
        id="no-address",
        stage="launching",
        demo_fault="no-address",
        looks=N_("A scaling activity failed: the subnet has no free IP address."),
        do=N_("Add a subnet with free addresses to instance subnets."),
        source=_CODES,
        recognise=_launch(
            "no-address",
            N_("A subnet has no free IP address for an instance."),
            N_("Add a subnet with free addresses to instance subnets."),
        ),
    ),
    Cause(
        id="slr-missing",
        stage="launching",
        demo_fault="slr-missing",
        looks=N_("A scaling activity or a service event names a service-linked role."),
        do=N_("Create the service-linked role."),
        source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html",
        recognise=_slr_missing,
    ),
    Cause(
        id=launch_reasons.OTHER,
        stage="launching",
        not_played=N_("It covers every other message."),
        looks=N_("A scaling activity failed with another message."),
        do=N_("Read the message."),
        source=_FAILURES,
        recognise=_launch(
            launch_reasons.OTHER,
            N_("EC2 Auto Scaling could not launch an instance."),
            N_("Read the message above: it is not one of the known causes."),
        ),
    ),
)
