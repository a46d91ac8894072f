"""The name and Region of the stack, the names derived from it, and the place of its state."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, table, text
from gpuecs_tui.stack.releases.strategy import PROVIDERS

NAME_PATTERN = r"(?!internal-)(?!aws|ecs|fargate)[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]"
"""Valid for a load balancer, a capacity provider and an IAM role, whose names are derived from
it."""
NAME_MAX = 24
"""Leaves room for the suffixes of a load balancer's or target group's 32 characters."""

ECS_NAME = r"[A-Za-z0-9_-]+"
ECS_NAME_MAX = 255
ECS_NAME_SAYS = N_("can contain only letters, numbers, hyphens, and underscores")
CAPACITY_PROVIDER_NAME = r"(?!(?i:aws|ecs|fargate))[A-Za-z0-9_-]+"
"""AWS rejects these prefixes; Terraform doesn't check them (docs/aws.md, "Capacity provider")."""
ELB_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ELB_NAME_MAX = 32
ELB_NAME_SAYS = N_(
    "can contain only letters, numbers, and hyphens, and can't start or end with a hyphen"
)
LAUNCH_TEMPLATE_NAME = r"[A-Za-z0-9().\-/_]+"
LAUNCH_TEMPLATE_NAME_MAX = 125
AUTOSCALING_GROUP_NAME = r"[ -9;-~]+"
"""Printable ASCII characters except the colon."""
LOG_GROUP_NAME = r"[.\-_/#A-Za-z0-9]+"
LOG_GROUP_NAME_MAX = 512
BUCKET_NAME = r"[a-z0-9][a-z0-9.-]*[a-z0-9]"
REGION = r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]"
TAG_KEY = r"(?!(?i:aws):)(?! )[\w .:/=+@-]{1,128}(?<! )"
TAG_VALUE = r"(?!(?i:aws):)(?! )(?u:[\w .:/=+@-]{0,256})(?<! )"
"""Accepted by every AWS service of a stack; EC2 accepts more (ELB API reference, Tag; ELB user
guide, tag restrictions). Values may have letters and digits of any script."""

ROLE_PATH = r"/(?:[!-.0-~]+/)*"
"""IAM API reference, CreateRole, Path: begins and ends with a slash, visible ASCII characters."""
ROLE_PATH_MAX = 512
ROLE_KEYS = ("stack.role_path", "stack.permissions_boundary")
"""What all roles that the stack creates have in common."""
POLICY_ARN = r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/[\w+=,.@/-]+"
"""A managed policy of an account or of AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``stack.*``: the name, Region and tags of the stack; path and boundary of its roles."""

    name: str = text(
        N_("Name"),
        N_("Prefix for all resource names. Changing it forces replacement of all resources."),
        pattern=NAME_PATTERN,
        pattern_says=N_(
            "must start with a letter and contain only a-z, 0-9, and single hyphens between them; "
            "can't start with internal-, aws, ecs, or fargate"
        ),
        min_length=2,
        max_length=NAME_MAX,
        optional=False,
    )
    region: str = text(
        N_("Region"),
        N_("AWS Region, such as us-east-1."),
        pattern=REGION,
        pattern_says=N_("must be a Region name, such as us-east-1"),
        optional=False,
    )
    tags: dict[str, str] = table(
        N_("Tags"),
        N_("Tags for all resources of the stack, one name=value per line."),
        {},
        item_pattern=TAG_KEY,
        pattern=TAG_VALUE,
        pattern_says=N_(
            "a tag name has 1–128 letters, numbers, inner spaces, or .:/=+@_- and can't start with "
            "aws:; a tag value has at most 256 of them"
        ),
    )
    role_path: str = text(
        N_("Path of IAM roles"),
        N_(
            "IAM path of the roles and the instance profile that the stack creates, such as "
            "/teams/ml/. It can't change once the stack is applied."
        ),
        "/",
        pattern=ROLE_PATH,
        pattern_says=N_("must start and end with / and contain no spaces"),
        max_length=ROLE_PATH_MAX,
    )
    permissions_boundary: str = text(
        N_("Permissions boundary"),
        N_(
            "ARN of the managed policy that limits the roles that the stack creates. Some accounts "
            "allow no role without one. The boundary must allow what the roles need."
        ),
        "",
        pattern=POLICY_ARN,
        pattern_says=N_("must be the ARN of a managed policy"),
    )
    provider_minimum: str = choice(
        N_("Lowest AWS provider"),
        N_(
            "Lowest release of Terraform's AWS provider that the stack accepts. Deployment "
            "strategies other than rolling raise the default to 6.4.0, or 6.21.0. A state that "
            "provider 6 has written can't be used with provider 5 again."
        ),
        PROVIDERS[0],
        PROVIDERS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``names.*``: the names of the AWS resources. Each follows from ``stack.name`` unless set."""

    cluster: str = text(
        N_("Cluster"),
        N_("Name of the ECS cluster."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    service: str = text(
        N_("Service"),
        N_("Name of the ECS service."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    task_family: str = text(
        N_("Task family"),
        N_("Family of the task definition."),
        derived=True,
        optional=False,
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
    )
    capacity_provider: str = text(
        N_("Capacity provider"),
        N_("Name of the ECS capacity provider."),
        derived=True,
        optional=False,
        pattern=CAPACITY_PROVIDER_NAME,
        max_length=ECS_NAME_MAX,
        pattern_says=N_(
            "can contain only letters, numbers, hyphens, and underscores, and can't start with "
            "aws, ecs, or fargate"
        ),
    )
    autoscaling_group: str = text(
        N_("Auto Scaling group"),
        N_("Name of the Auto Scaling group."),
        derived=True,
        optional=False,
        pattern=AUTOSCALING_GROUP_NAME,
        max_length=255,
        pattern_says=N_("can contain only printable ASCII characters except the colon"),
    )
    launch_template: str = text(
        N_("Launch template"),
        N_("Name of the launch template."),
        derived=True,
        optional=False,
        pattern=LAUNCH_TEMPLATE_NAME,
        min_length=3,
        max_length=LAUNCH_TEMPLATE_NAME_MAX,
        pattern_says=N_("can contain only letters, numbers, and ( ) . - / _"),
    )
    load_balancer: str = text(
        N_("Load balancer"),
        N_("Name of the load balancer, which becomes part of its DNS name."),
        derived=True,
        optional=False,
        pattern=r"(?!internal-)" + ELB_NAME,
        max_length=ELB_NAME_MAX,
        pattern_says=N_(
            "can contain only letters, numbers, and hyphens, can't start or end with a hyphen, and "
            "can't start with internal-"
        ),
    )
    target_group: str = text(
        N_("Target group"),
        N_(
            "Name of the target group. The end of the default changes whenever the target group is "
            "replaced, because the old and the new one exist at the same time for a while."
        ),
        derived=True,
        optional=False,
        pattern=ELB_NAME,
        max_length=ELB_NAME_MAX,
        pattern_says=ELB_NAME_SAYS,
    )
    log_group: str = text(
        N_("Log group"),
        N_("Log group for the logs of the tasks. The same as task.log_group."),
        derived=True,
        optional=False,
        pattern=LOG_GROUP_NAME,
        max_length=LOG_GROUP_NAME_MAX,
        pattern_says=N_("can contain only letters, numbers, and . - _ / #"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBackend:
    """``state.*``: where Terraform keeps the state."""

    backend: str = choice(
        N_("State backend"),
        N_("local: a file in the stack directory. s3: a bucket that a team can share."),
        "local",
        ("local", "s3"),
    )
    bucket: str = text(
        N_("Bucket"),
        N_("Existing S3 bucket with versioning."),
        "",
        pattern=BUCKET_NAME,
        min_length=3,
        max_length=63,
        pattern_says=N_("must be a bucket name: a–z, 0–9, periods, and hyphens"),
    )
    key: str = text(
        N_("Object key"),
        N_("Key of the state object in the bucket. The default is NAME/terraform.tfstate."),
        "",
        max_length=1024,
        pattern=r"[^/\s]\S*",
        pattern_says=N_("must not contain white space or start with /"),
    )
    region: str = text(
        N_("Bucket Region"),
        N_("Region of the bucket. The default is the Region of the stack."),
        "",
        pattern=REGION,
        pattern_says=N_("must be a Region name, such as us-east-1"),
    )
