"""Rule gpu-type: whether ECS runs GPU tasks on the instance type."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.catalogue import only_seen, why_not
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.capacity.fleet_types import key_of_types
from gpuecs_tui.stack.instance_type import InstanceType

AMI_DEPENDENT = frozenset(
    {"no-arm64-ecs-gpu-ami", "unsupported-driver", "unsupported-kepler", "unlisted"}
)
"""Reasons that are specific to the ECS GPU AMI, so another AMI may work."""


def gpu_type(context: Context) -> Iterator[Finding]:
    """Report a type without an NVIDIA GPU, with a fraction of one, or without an ECS GPU AMI."""
    for name, it in context.types.items():
        if it is None:
            yield from _not_found(context, name)
        elif it.supported:
            yield from _undocumented(context, it)
        else:
            yield from _unsupported(context, it)


def _unsupported(context: Context, it: InstanceType) -> Iterator[Finding]:
    name, field = it.name, key_of_types(context.stack)
    message = _("GPU tasks don't run on {type}: {reason}.").format(type=name, reason=why_not(it))
    remedy = _("choose another instance type, such as g4dn.xlarge, g5.xlarge, or g6.xlarge")
    ami = context.stack.fleet.ami
    if ami != "al2023" and it.ecs_support == "no-arm64-ecs-gpu-ami":
        yield warning(
            "gpu-type",
            field,
            _(
                "{type} is an arm64 type. Bottlerocket has an arm64 image with the NVIDIA driver, "
                "but GPU tasks on it have not been verified."
            ).format(type=name),
            remedy,
        )
    elif ami.startswith("ami-") and it.ecs_support in AMI_DEPENDENT:
        yield warning(
            "gpu-type",
            field,
            _("Whether GPU tasks run on {type} depends on your AMI: {reason}.").format(
                type=name, reason=why_not(it)
            ),
            _("check that the AMI has a driver for its GPU and the ECS agent"),
        )
    elif it.ecs_support == "unlisted":
        yield undecided("gpu-type", field, message, remedy)
    else:
        yield error("gpu-type", field, message, remedy)


def _undocumented(context: Context, it: InstanceType) -> Iterator[Finding]:
    if seen := only_seen(it):
        yield undecided(
            "gpu-type",
            key_of_types(context.stack),
            _("AWS does not document that GPU tasks run on {type} with ECS; {seen}.").format(
                type=it.name, seen=seen
            ),
            _("test one instance first, or choose a documented type"),
        )


def _not_found(context: Context, name: str) -> Iterator[Finding]:
    types = context.account.instance_types
    if isinstance(types, Known):
        yield error(
            "gpu-type",
            key_of_types(context.stack),
            _("Region {region} has no instance type {type} with GPUs.").format(
                region=context.account.region, type=name
            ),
            _("choose a type with NVIDIA GPUs, such as g4dn.xlarge"),
        )
    else:
        yield unknown(
            "gpu-type",
            key_of_types(context.stack),
            types,
            _("{type} is not in the catalogue. Could not check whether it has GPUs").format(
                type=name
            ),
        )
