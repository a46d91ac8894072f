"""Rule ami-type: whether GPU tasks run on an AMI that is chosen by its ID."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.aws.facts import MachineImage
from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.capacity.ami import ami_parameter

FIELD, RELEASE = "fleet.ami", "fleet.ami_release"
_ECS_WITHOUT_GPU = re.compile(
    r"(amzn2?|al2023)-ami-(minimal-)?ecs-(?!gpu|neuron)|bottlerocket-aws-ecs-[0-9]+-(?!nvidia)"
)
"""The names of Amazon's ECS AMIs that have no NVIDIA driver (ecs-optimized AMI guide)."""
_BOTTLEROCKET = re.compile(r"bottlerocket-")
_AL2_GPU = re.compile(r"amzn2-ami-ecs-gpu-")
_ECS_WITH_GPU = re.compile(r"al2023-ami-ecs-gpu-")
"""The names of Amazon's AMIs that have driver and agent and run a shell script. Other names prove
nothing: a Deep Learning AMI, for example, has a driver but no agent."""


def ami_type(context: Context) -> Iterator[Finding]:
    """The AMI exists, matches the type's architecture, is an ECS GPU AMI by name, and isn't old."""
    yield from _release(context)
    ami = context.stack.fleet.ami
    if not ami.startswith("ami-"):
        return
    reading = context.account.lookups.machine_images.get(ami, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check whether {ami} exists and has a GPU driver").format(ami=ami)
        yield unknown("ami-type", FIELD, reading, what)
    elif reading.value is None:
        yield error(
            "ami-type",
            FIELD,
            _("AMI {ami} does not exist in {region}, or this account may not use it.").format(
                ami=ami, region=context.account.region
            ),
            fix=((FIELD, "al2023"),),
        )
    else:
        yield from _found(context, reading.value)


def _release(context: Context) -> Iterator[Finding]:
    """Yield that a pinned release does not exist, or could not be checked."""
    release, parameter = context.stack.fleet.ami_release, ami_parameter(context.stack)
    if not release or not parameter:
        return
    reading = context.account.lookups.parameter_amis.get(parameter, not_read())
    if isinstance(reading, Unknown):
        what = _("Could not check whether release {name} exists").format(name=release)
        yield unknown("ami-type", RELEASE, reading, what)
    elif reading.value is None:
        yield error(
            "ami-type",
            RELEASE,
            _("Release {name} does not exist in {region}: it has no SSM parameter.").format(
                name=release, region=context.account.region
            ),
            _("choose another release, or leave fleet.ami_release empty for the newest"),
            ((RELEASE, ""),),
        )


def _found(context: Context, it: MachineImage) -> Iterator[Finding]:
    of_type = context.instance_type.architecture if context.instance_type else ""
    if of_type and it.architecture and it.architecture != of_type:
        yield error(
            "ami-type",
            FIELD,
            _("AMI {ami} is for {its}, but {type} is {other}. No instances will start.").format(
                ami=it.id,
                its=it.architecture,
                type=context.stack.fleet.instance_type,
                other=of_type,
            ),
            fix=((FIELD, "al2023"),),
        )
    if _ECS_WITHOUT_GPU.match(it.name):
        yield error(
            "ami-type",
            FIELD,
            _("AMI {name} has no NVIDIA driver. Its instances register no GPUs.").format(
                name=it.name
            ),
            fix=((FIELD, "al2023"),),
        )
    elif _BOTTLEROCKET.match(it.name):
        yield error(
            "ami-type",
            FIELD,
            _(
                "AMI {name} is a Bottlerocket AMI, which doesn't run shell scripts as user data. "
                "Its instances join no cluster."
            ).format(name=it.name),
            fix=((FIELD, "bottlerocket"),),
        )
    elif _AL2_GPU.match(it.name):
        yield warning(
            "ami-type",
            FIELD,
            _(
                "AMI {name} is based on Amazon Linux 2. ECS support for it ended on 2026-06-30."
            ).format(name=it.name),
            fix=((FIELD, "al2023"),),
        )
    elif not _ECS_WITH_GPU.match(it.name):
        yield undecided(
            "ami-type",
            FIELD,
            _("Could not check whether AMI {name} has an NVIDIA driver and the ECS agent.").format(
                name=it.name or it.id
            ),
            _("check that it has both, or use al2023"),
        )
    if it.deprecated_after and it.deprecated_after < context.now:
        yield warning(
            "ami-type",
            FIELD,
            _("AMI {name} has been deprecated since {day}.").format(
                name=it.name or it.id, day=it.deprecated_after.date().isoformat()
            ),
            _("choose a newer AMI"),
        )
