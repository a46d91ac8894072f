"""The stack's own name and place, the names made from it, and where its state is kept."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, table, text

NAME_PATTERN = r"(?!internal-)(?!aws|ecs|fargate)[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]"
"""Strict enough for a load balancer, a capacity provider and an IAM role at once, whose names are
made from it."""
NAME_MAX = 24
"""Leaves room for the suffixes of a load balancer's or target group's 32 characters."""

ECS_NAME = r"[A-Za-z0-9_-]+"
ECS_NAME_MAX = 255
ECS_NAME_SAYS = N_("may hold letters, digits, - and _")
CAPACITY_PROVIDER_NAME = r"(?!(?i:aws|ecs|fargate))[A-Za-z0-9_-]+"
"""AWS refuses these prefixes, Terraform doesn't check them (docs/aws.md, "Capacity provider")."""
ELB_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ELB_NAME_MAX = 32
ELB_NAME_SAYS = N_("may hold letters, digits and - inside")
LAUNCH_TEMPLATE_NAME = r"[A-Za-z0-9().\-/_]+"
LAUNCH_TEMPLATE_NAME_MAX = 125
AUTOSCALING_GROUP_NAME = r"[ -9;-~]+"
"""Printable characters but the colon."""
LOG_GROUP_NAME = r"[.\-_/#A-Za-z0-9]+"
LOG_GROUP_NAME_MAX = 512
BUCKET_NAME = r"[a-z0-9][a-z0-9.-]*[a-z0-9]"
REGION = r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]"
TAG_KEY = r"(?!(?i:aws):)(?! )[\w .:/=+@-]{1,128}(?<! )"
TAG_VALUE = r"(?!(?i:aws):)(?! )(?u:[\w .:/=+@-]{0,256})(?<! )"
"""What every service of a stack takes; EC2 alone would take more (ELB API reference, Tag; ELB user
guide, tag restrictions). Letters and digits of any script in values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``stack.*``: what the stack is called and where it lives."""

    name: str = text(
        N_("Name"),
        N_("The stem of every name in the stack. Changing it later replaces everything."),
        pattern=NAME_PATTERN,
        pattern_says=N_(
            "must start with a letter, hold only a-z, 0-9 and single - inside, and not start with "
            "internal-, aws, ecs or fargate"
        ),
        min_length=2,
        max_length=NAME_MAX,
        optional=False,
    )
    region: str = text(
        N_("Region"),
        N_("The AWS region, such as us-east-1."),
        pattern=REGION,
        pattern_says=N_("must be a region's name, such as us-east-1"),
        optional=False,
    )
    tags: dict[str, str] = table(
        N_("Tags"),
        N_("Put on everything the stack creates, one name=value a line."),
        {},
        item_pattern=TAG_KEY,
        pattern=TAG_VALUE,
        pattern_says=N_(
            "a tag's name has 1–128 letters, digits, spaces inside or .:/=+@_-, not starting "
            "aws:, and its value at most 256 of them"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``names.*``: what AWS's resources are called; each follows from ``stack.name`` unless set."""

    cluster: str = text(
        N_("Cluster"),
        N_("The ECS cluster's name."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    service: str = text(
        N_("Service"),
        N_("The ECS service's name."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    task_family: str = text(
        N_("Task family"),
        N_("The task definition's family."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    capacity_provider: str = text(
        N_("Capacity provider"),
        N_("The ECS capacity provider's name."),
        derived=True,
        optional=False,
        pattern=CAPACITY_PROVIDER_NAME,
        max_length=ECS_NAME_MAX,
        pattern_says=N_(
            "may hold letters, digits, - and _, and not start with aws, ecs or fargate"
        ),
    )
    autoscaling_group: str = text(
        N_("Auto Scaling group"),
        N_("The Auto Scaling group's name."),
        derived=True,
        optional=False,
        pattern=AUTOSCALING_GROUP_NAME,
        max_length=255,
        pattern_says=N_("may hold any printable ASCII character but a colon"),
    )
    launch_template: str = text(
        N_("Launch template"),
        N_("The launch template's name."),
        derived=True,
        optional=False,
        pattern=LAUNCH_TEMPLATE_NAME,
        min_length=3,
        max_length=LAUNCH_TEMPLATE_NAME_MAX,
        pattern_says=N_("may hold letters, digits and ( ) . - / _"),
    )
    load_balancer: str = text(
        N_("Load balancer"),
        N_("The load balancer's name, part of its DNS name."),
        derived=True,
        optional=False,
        pattern=r"(?!internal-)" + ELB_NAME,
        max_length=ELB_NAME_MAX,
        pattern_says=N_("may hold letters, digits and - inside, and not start with internal-"),
    )
    target_group: str = text(
        N_("Target group"),
        N_(
            "Its default ends in letters that change with whatever replaces the target group, "
            "because the old and the new one exist side by side for a while."
        ),
        derived=True,
        optional=False,
        pattern=ELB_NAME,
        max_length=ELB_NAME_MAX,
        pattern_says=ELB_NAME_SAYS,
    )
    log_group: str = text(
        N_("Log group"),
        N_("Where the tasks' logs go; the same as task.log_group."),
        derived=True,
        optional=False,
        pattern=LOG_GROUP_NAME,
        max_length=LOG_GROUP_NAME_MAX,
        pattern_says=N_("may hold letters, digits and . - _ / #"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBackend:
    """``state.*``: where Terraform keeps what it knows."""

    backend: str = choice(
        N_("State"),
        N_("local: a file beside the Terraform; s3: a bucket, which a team can share."),
        "local",
        ("local", "s3"),
    )
    bucket: str = text(
        N_("Bucket"),
        N_("An existing, versioned S3 bucket."),
        "",
        pattern=BUCKET_NAME,
        min_length=3,
        max_length=63,
        pattern_says=N_("must be a bucket's name"),
    )
    key: str = text(
        N_("Object key"),
        N_("Where in the bucket; the default is NAME/terraform.tfstate."),
        "",
        max_length=1024,
        pattern=r"[^/\s]\S*",
        pattern_says=N_("must not hold white space or start with /"),
    )
    region: str = text(
        N_("Bucket's region"),
        N_("The default is the stack's region."),
        "",
        pattern=REGION,
        pattern_says=N_("must be a region's name, such as us-east-1"),
    )
