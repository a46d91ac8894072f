"""Rule ami-type: is an AMI given by its id one on which GPU tasks run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.aws.facts import MachineImage
from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import _

FIELD = "fleet.ami"
_ECS_WITHOUT_GPU = re.compile(
    r"(amzn2?|al2023)-ami-(minimal-)?ecs-(?!gpu|neuron)|bottlerocket-aws-ecs-[0-9]+-(?!nvidia)"
)
"""The names of Amazon's ECS AMIs that have no NVIDIA driver (ecs-optimized AMI guide)."""
_BOTTLEROCKET = re.compile(r"bottlerocket-")
_AL2_GPU = re.compile(r"amzn2-ami-ecs-gpu-")
_ECS_WITH_GPU = re.compile(r"al2023-ami-ecs-gpu-")
"""The names of Amazon's that have both driver and agent and take a shell script; of any other name
nobody can tell: a Deep Learning AMI has a driver and no agent."""


def ami_type(context: Context) -> Iterator[Finding]:
    """It exists, is of the type's architecture, is an ECS GPU AMI by its name, isn't old."""
    ami = context.stack.fleet.ami
    if not ami.startswith("ami-"):
        return
    reading = context.account.lookups.machine_images.get(ami, not_read())
    if isinstance(reading, Unknown):
        what = _("Whether {ami} exists and has a GPU driver can't be told").format(ami=ami)
        yield unknown("ami-type", FIELD, reading, what)
    elif reading.value is None:
        yield error(
            "ami-type",
            FIELD,
            _("There is no AMI {ami} in {region} that this account may use.").format(
                ami=ami, region=context.account.region
            ),
            fix=((FIELD, "al2023"),),
        )
    else:
        yield from _found(context, reading.value)


def _found(context: Context, it: MachineImage) -> Iterator[Finding]:
    of_type = context.instance_type.architecture if context.instance_type else ""
    if of_type and it.architecture and it.architecture != of_type:
        yield error(
            "ami-type",
            FIELD,
            _("The AMI {ami} is for {its}, and {type} is {other}: no instance starts.").format(
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
            _("The AMI {name} has no NVIDIA driver: its instances register no GPU.").format(
                name=it.name
            ),
            fix=((FIELD, "al2023"),),
        )
    elif _BOTTLEROCKET.match(it.name):
        yield error(
            "ami-type",
            FIELD,
            _(
                "The AMI {name} is Bottlerocket's, which takes no shell script as user data: its "
                "instances join no cluster."
            ).format(name=it.name),
            fix=((FIELD, "bottlerocket"),),
        )
    elif _AL2_GPU.match(it.name):
        yield warning(
            "ami-type",
            FIELD,
            _(
                "The AMI {name} is of Amazon Linux 2, whose support by ECS ended on 2026-06-30."
            ).format(name=it.name),
            fix=((FIELD, "al2023"),),
        )
    elif not _ECS_WITH_GPU.match(it.name):
        yield undecided(
            "ami-type",
            FIELD,
            _(
                "Whether the AMI {name} has an NVIDIA driver and the ECS agent can't be told."
            ).format(name=it.name or it.id),
            _("be sure that it has both, or take al2023"),
        )
    if it.deprecated_after and it.deprecated_after < context.now:
        yield warning(
            "ami-type",
            FIELD,
            _("The AMI {name} is deprecated since {day}.").format(
                name=it.name or it.id, day=it.deprecated_after.date().isoformat()
            ),
            _("take a newer one"),
        )
