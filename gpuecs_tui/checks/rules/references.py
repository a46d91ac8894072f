"""Rules certificate, image-exists and secret-exists: what the stack refers to must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gpuecs_tui.aws.ecr import EcrImage, ecr_image
from gpuecs_tui.aws.facts import Certificate, Image
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.aws.secret_place import secret_place
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown
from gpuecs_tui.checks.rules.registries import login_findings
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.references import images_of
from gpuecs_tui.stack.partitions import region_in

CERTIFICATE = "load_balancer.certificate_arn"
IMAGE = "task.image"
SECRETS = "task.secrets"
REGISTRY_SECRET = "container.registry_secret_arn"


def certificate(context: Context) -> Iterator[Finding]:
    """An HTTPS listener needs a certificate that is issued, valid, and in the same Region."""
    balancer = context.stack.load_balancer
    arn = balancer.certificate_arn
    # IAM server certificates have no Region, and ACM doesn't list them.
    if balancer.protocol != "HTTPS" or ":acm:" not in arn:
        return
    region = region_in(arn)
    if region != context.stack.stack.region:
        yield error(
            "certificate",
            CERTIFICATE,
            _("The certificate is in {its}, but the load balancer is in {region}.").format(
                its=region, region=context.stack.stack.region
            ),
            _("choose a certificate in {region}").format(region=context.stack.stack.region),
        )
        return
    reading = context.account.certificates
    if isinstance(reading, Unknown):
        yield unknown(
            "certificate",
            CERTIFICATE,
            reading,
            _("Could not check whether the certificate is valid"),
        )
        return
    found = next((it for it in reading.value if it.arn == arn), None)
    if reason := _invalid(context, found, arn):
        yield error(
            "certificate", CERTIFICATE, reason, _("choose a certificate that is issued and valid")
        )


def image_exists(context: Context) -> Iterator[Finding]:
    """An image in this account's ECR must exist for the architecture of the instances.

    Other registries are not read: each has its own protocol, credentials, and limits on anonymous
    calls. The finding then has the severity unknown, which stops neither an apply nor ``check``.
    """
    for key, reference in images_of(context.stack):
        yield from _exists(context, key, reference)


def _exists(context: Context, key: str, reference: str) -> Iterator[Finding]:
    image = ecr_image(reference)
    if image is None:
        # If a login may be needed, the rule registry-login reports it.
        if reference and not any(login_findings(context.stack, key, reference)):
            yield undecided(
                "image-exists",
                key,
                _(
                    "Could not check whether {image} exists and can be pulled: only ECR registries "
                    "are read."
                ).format(image=reference),
                _("check that instances can pull it, or copy it to ECR"),
            )
        return
    identity = context.account.identity
    if isinstance(identity, Known) and image.account != identity.value.account:
        yield undecided(
            "image-exists",
            key,
            _(
                "The image belongs to account {account}. Could not check whether it exists and can "
                "be pulled."
            ).format(account=image.account),
            _("check that the repository policy allows this account to pull"),
        )
    elif image.region != context.account.region:
        yield undecided(
            "image-exists",
            key,
            _(
                "Could not check whether the image exists: it is in {region}, which was not read."
            ).format(region=image.region),
            _("use an image in {region}, which is pulled faster").format(
                region=context.account.region
            )
            # The Region is unknown if the Terraform leaves it open.
            if context.account.region
            else _("check that the image exists there"),
        )
    else:
        yield from _image(context, key, reference, image)


def secret_exists(context: Context) -> Iterator[Finding]:
    """A secret must exist, and ECS must find it.

    An SSM parameter may be in another Region if its full ARN is given (ECS API reference, Secret),
    and so may the credentials of a registry (ECS developer guide, "Private registry authentication
    for tasks"). For other secrets of Secrets Manager, this is not documented.
    """
    registry = context.stack.container.registry_secret_arn
    if registry:
        yield from _secret(context, REGISTRY_SECRET, registry, _("the registry of the image"))
    for name, arn in context.stack.task.secrets.items():
        place = secret_place(arn)
        abroad = place.region not in ("", context.stack.stack.region)
        found = [*_secret(context, SECRETS, arn, name)]
        yield from found
        if not found and abroad and place.service == "secretsmanager":
            yield undecided(
                "secret-exists",
                SECRETS,
                _(
                    "The secret for {name} is in {its}. AWS documents secrets in another Region "
                    "only for SSM parameters, not for Secrets Manager."
                ).format(name=name, its=place.region),
                _("replicate the secret to {region}, and use the ARN of the replica").format(
                    region=context.stack.stack.region
                ),
            )


def _secret(context: Context, key: str, arn: str, name: str) -> Iterator[Finding]:
    reading = context.account.lookups.secrets.get(arn, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check whether the secret for {name} exists").format(name=name)
        yield unknown("secret-exists", key, reading, what)
    elif not reading.value:
        yield error(
            "secret-exists",
            key,
            _("Secret {arn} for {name} does not exist, or is scheduled for deletion.").format(
                arn=arn, name=name
            ),
            _("create or restore it, or choose another secret"),
        )


def _invalid(context: Context, found: Certificate | None, arn: str) -> str:
    if found is None:
        return _("Certificate {arn} does not exist.").format(arn=arn)
    if found.expires and found.expires < context.now:
        return _("The certificate for {domain} expired on {day}.").format(
            domain=found.domain, day=found.expires.date().isoformat()
        )
    if found.status != "ISSUED":
        return _("The certificate for {domain} has the status {status}, not ISSUED.").format(
            domain=found.domain, status=found.status
        )
    return ""


def _image(context: Context, key: str, reference: str, image: EcrImage) -> Iterator[Finding]:
    reading = context.account.lookups.images.get(image.repository, not_read())
    if isinstance(reading, Unknown):
        yield unknown("image-exists", key, reading, _("Could not check whether the image exists"))
    elif reading.value is None:
        yield error(
            "image-exists",
            key,
            _("Repository {name} does not exist in this account's ECR.").format(
                name=image.repository
            ),
            _("create it and push the image, or choose another image"),
        )
    elif _chosen(image, reading.value) is None:
        tags = ", ".join([it.tag for it in reading.value if it.tag][:5])
        yield error(
            "image-exists",
            key,
            _("Repository {name} has no image {which}.").format(
                name=image.repository, which=image.digest or image.tag
            ),
            _("push the image, or choose one of: {tags}").format(tags=tags)
            if tags
            else _("push the image"),
        )
    else:
        yield from _architecture(context, key, reference)


def image_of(context: Context, reference: str) -> Image | None:
    """Return an image in this account's ECR; None if it is elsewhere, or was not read."""
    image = ecr_image(reference)
    if image is None or image.region != context.account.region:
        return None
    identity = context.account.identity
    if not isinstance(identity, Known) or image.account != identity.value.account:
        return None
    reading = context.account.lookups.images.get(image.repository, not_read())
    return _chosen(image, reading.value or ()) if isinstance(reading, Known) else None


def _chosen(image: EcrImage, images: Iterable[Image]) -> Image | None:
    return next(
        (
            it
            for it in images
            if (it.digest == image.digest if image.digest else it.tag == image.tag)
        ),
        None,
    )


def _architecture(context: Context, key: str, reference: str) -> Iterator[Finding]:
    of_type = context.instance_type.architecture if context.instance_type else ""
    if not of_type:
        return
    reading = context.account.lookups.image_architectures.get(reference, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check the architecture of the image")
        yield unknown("image-exists", key, reading, what)
    elif reading.value and of_type not in reading.value:
        yield error(
            "image-exists",
            key,
            _(
                "The image is only for {its}, but {type} is {other}. No containers will start."
            ).format(
                its=", ".join(reading.value),
                type=context.stack.fleet.instance_type,
                other=of_type,
            ),
            _("push the image for {other} too, or choose an instance type that is {its}").format(
                its=_(" or ").join(reading.value), other=of_type
            ),
        )
