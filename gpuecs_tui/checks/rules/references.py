"""Rules certificate, image-exists and secret-exists: what the stack names must be there."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.ecr import EcrImage, ecr_image
from gpuecs_tui.aws.facts import Certificate
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.aws.secret_place import secret_place
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown
from gpuecs_tui.checks.rules.registries import registry_login
from gpuecs_tui.i18n import _

CERTIFICATE = "load_balancer.certificate_arn"
IMAGE = "task.image"
SECRETS = "task.secrets"


def certificate(context: Context) -> Iterator[Finding]:
    """An HTTPS listener takes a certificate that is issued, valid and of the same region."""
    balancer = context.stack.load_balancer
    arn = balancer.certificate_arn
    # A server certificate of IAM is of no region, and none of ACM's lists has it.
    if balancer.protocol != "HTTPS" or ":acm:" not in arn:
        return
    region = arn.split(":")[3]
    if region != context.stack.stack.region:
        yield error(
            "certificate",
            CERTIFICATE,
            _("The certificate is of {its}, and the load balancer of {region}.").format(
                its=region, region=context.stack.stack.region
            ),
            _("take a certificate of {region}").format(region=context.stack.stack.region),
        )
        return
    reading = context.account.certificates
    if isinstance(reading, Unknown):
        yield unknown(
            "certificate", CERTIFICATE, reading, _("Whether the certificate is valid can't be told")
        )
        return
    found = next((it for it in reading.value if it.arn == arn), None)
    if reason := _invalid(context, found, arn):
        yield error("certificate", CERTIFICATE, reason, _("take one that is issued and valid"))


def image_exists(context: Context) -> Iterator[Finding]:
    """An image in this account's ECR must be there, for the instances' architecture.

    Other registries are not asked: each has its own protocol, credentials and limits on anonymous
    calls. That is no finding against the image, but it isn't fine either, and there is something to
    do about it: so it is of severity unknown, which neither stops an apply nor ``check``.
    """
    reference = context.stack.task.image
    image = ecr_image(reference)
    if image is None:
        # Where a login may be needed, registry-login says that and what to do.
        if reference and not any(registry_login(context)):
            yield undecided(
                "image-exists",
                IMAGE,
                _(
                    "Whether {image} exists and may be pulled can't be checked: of registries only "
                    "ECR is read."
                ).format(image=reference),
                _("be sure that instances can pull it, or copy it to ECR"),
            )
        return
    identity = context.account.identity
    if isinstance(identity, Known) and image.account != identity.value.account:
        yield undecided(
            "image-exists",
            IMAGE,
            _("Whether the image exists and may be pulled is up to account {account}.").format(
                account=image.account
            ),
            _("be sure that its repository lets this account pull"),
        )
    elif image.region != context.account.region:
        yield undecided(
            "image-exists",
            IMAGE,
            _("The image is in {region}; whether it exists was not asked there.").format(
                region=image.region
            ),
            _("take one in {region}, which is pulled faster").format(region=context.account.region)
            # Unknown where the Terraform leaves it open.
            if context.account.region
            else _("check that the image exists there"),
        )
    else:
        yield from _image(context, image)


def secret_exists(context: Context) -> Iterator[Finding]:
    """A secret must exist, and ECS must find it.

    A parameter of SSM may be of another region, by its full ARN (ECS API reference, Secret). Of
    Secrets Manager nothing of the kind is documented.
    """
    for name, arn in context.stack.task.secrets.items():
        place = secret_place(arn)
        abroad = place.region not in ("", context.stack.stack.region)
        reading = context.account.lookups.secrets.get(arn, not_read())
        if isinstance(reading, Unknown):
            what = _("Could not check whether the secret of {name} exists").format(name=name)
            yield unknown("secret-exists", SECRETS, reading, what)
        elif not reading.value:
            yield error(
                "secret-exists",
                SECRETS,
                _(
                    "The secret {arn} of {name} does not exist, or is scheduled for deletion."
                ).format(arn=arn, name=name),
                _("create or restore it, or choose another"),
            )
        elif abroad and place.service == "secretsmanager":
            yield undecided(
                "secret-exists",
                SECRETS,
                _(
                    "The secret of {name} is in {its}. AWS documents secrets of another region for "
                    "SSM parameters only, not for Secrets Manager."
                ).format(name=name, its=place.region),
                _("replicate the secret to {region}, and use the replica's ARN").format(
                    region=context.stack.stack.region
                ),
            )


def _invalid(context: Context, found: Certificate | None, arn: str) -> str:
    if found is None:
        return _("There is no certificate {arn}.").format(arn=arn)
    if found.expires and found.expires < context.now:
        return _("The certificate of {domain} expired on {day}.").format(
            domain=found.domain, day=found.expires.date().isoformat()
        )
    if found.status != "ISSUED":
        return _("The certificate of {domain} is {status}, not ISSUED.").format(
            domain=found.domain, status=found.status
        )
    return ""


def _image(context: Context, image: EcrImage) -> Iterator[Finding]:
    reading = context.account.lookups.images.get(image.repository, not_read())
    if isinstance(reading, Unknown):
        yield unknown("image-exists", IMAGE, reading, _("Whether the image exists can't be told"))
    elif reading.value is None:
        yield error(
            "image-exists",
            IMAGE,
            _("There is no repository {name} in this account's ECR.").format(name=image.repository),
            _("create it and push the image, or take another"),
        )
    elif not any(
        it.digest == image.digest if image.digest else it.tag == image.tag for it in reading.value
    ):
        tags = ", ".join([it.tag for it in reading.value if it.tag][:5])
        yield error(
            "image-exists",
            IMAGE,
            _("The repository {name} has no image {which}.").format(
                name=image.repository, which=image.digest or image.tag
            ),
            _("push it, or take one of: {tags}").format(tags=tags) if tags else _("push it"),
        )
    else:
        yield from _architecture(context)


def _architecture(context: Context) -> Iterator[Finding]:
    of_type = context.instance_type.architecture if context.instance_type else ""
    if not of_type:
        return
    image = context.stack.task.image
    reading = context.account.lookups.image_architectures.get(image, not_read())
    if isinstance(reading, Unknown):
        what = _("For which architecture the image is can't be told")
        yield unknown("image-exists", IMAGE, reading, what)
    elif reading.value and of_type not in reading.value:
        yield error(
            "image-exists",
            IMAGE,
            _("The image is for {its} only, and {type} is {other}: no container starts.").format(
                its=", ".join(reading.value),
                type=context.stack.fleet.instance_type,
                other=of_type,
            ),
            _("push it for {other} too, or take a type that is {its}").format(
                its=_(" or ").join(reading.value), other=of_type
            ),
        )
