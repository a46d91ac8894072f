"""The GPU instances and how their number follows the tasks."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, text

INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
AMI = r"al2023|bottlerocket|ami-[0-9a-f]{8,17}"
INSTANCE_PROFILE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:instance-profile/[\w+=,.@/-]+"
FLEET_MAX = 5000
"""Above any account's default quota; keeps a slip of the finger from becoming a plan."""
THROUGHPUT_MAX = 750
"""MiB/s: gp3 takes 0.25 MiB/s for each of its IOPS, of which it has 3,000 (EBS user guide)."""
USER_DATA_MAX = 12000
"""Characters, and bytes as UTF-8; EC2 takes 16 KiB of user data, the bootstrap script included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """``fleet.*``: the Auto Scaling group, its launch template and its capacity provider."""

    instance_type: str = text(
        N_("Instance type"),
        N_("A type with NVIDIA GPUs, for which ECS has a GPU AMI."),
        pattern=INSTANCE_TYPE,
        pattern_says=N_("must be an instance type, such as g4dn.xlarge"),
        optional=False,
    )
    ami: str = text(
        N_("AMI"),
        N_("al2023 or bottlerocket: the newest ECS GPU image of that system; or an AMI's own id."),
        "al2023",
        pattern=AMI,
        pattern_says=N_(
            "must be al2023, bottlerocket, or an AMI's id: ami- and hexadecimal digits"
        ),
        optional=False,
    )
    min_size: int = integer(
        N_("Minimum size"),
        N_("Instances that always run, and are always paid for."),
        0,
        minimum=0,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    max_size: int = integer(
        N_("Maximum size"),
        N_("The most instances. A rolling update needs room for old and new tasks at once."),
        derived=True,
        minimum=1,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    initial_size: int = integer(
        N_("Initial size"),
        N_("Instances started at creation; afterwards the capacity provider decides."),
        derived=True,
        minimum=0,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    key_name: str = text(
        N_("Key pair"),
        N_("For SSH. None: log in with SSM Session Manager, which needs no open port."),
        "",
        max_length=255,
    )
    instance_profile_arn: str = text(
        N_("Instance profile"),
        N_("An existing profile's ARN. None: one is created with what the ECS agent needs."),
        "",
        pattern=INSTANCE_PROFILE_ARN,
        pattern_says=N_("must be an instance profile's ARN"),
    )
    root_volume_gib: int = integer(
        N_("Root volume"),
        N_("Encrypted gp3; the image and the model must fit. 0 leaves the AMI's own."),
        100,
        minimum=30,
        maximum=16384,
        also=(0,),
        unit="GiB",
    )
    root_volume_throughput_mib: int = integer(
        N_("Volume throughput"),
        N_(
            "Of the gp3 volume with the images; pulling and extracting a large image is bound by "
            "it. Above 125 it costs extra. 0 leaves gp3's 125."
        ),
        250,
        minimum=125,
        maximum=THROUGHPUT_MAX,
        also=(0,),
        unit="MiB/s",
        unset=0,
    )
    imds_hop_limit: int = integer(
        N_("IMDS hop limit"),
        N_(
            "1 keeps bridge-mode tasks from the instance's role. 0 leaves the metadata options out."
        ),
        1,
        minimum=0,
        maximum=64,
        unit=N_("hops"),
    )
    target_capacity: int = integer(
        N_("Target capacity"),
        N_("How full the fleet is kept; below 100 keeps spare instances, which cost."),
        100,
        minimum=1,
        maximum=100,
        unit="%",
    )
    min_scaling_step: int = integer(
        N_("Smallest scaling step"),
        N_("Fewest instances added or removed at once."),
        1,
        minimum=1,
        maximum=10000,
        unit=N_("instances"),
    )
    max_scaling_step: int = integer(
        N_("Largest scaling step"),
        N_("Most instances added at once."),
        10000,
        minimum=1,
        maximum=10000,
        unit=N_("instances"),
    )
    instance_warmup_seconds: int = integer(
        N_("Instance warm-up"),
        N_("How long a new instance is left out of the scaling metric."),
        300,
        minimum=0,
        maximum=10000,
        unit="s",
    )
    termination_protection: bool = flag(
        N_("Termination protection"),
        N_("Instances with running tasks are not scaled in."),
        True,
    )
    managed_draining: bool = flag(
        N_("Managed draining"),
        N_("Tasks are moved away before an instance ends; can hold one for up to 48 h."),
        True,
    )
    health_check_grace_seconds: int = integer(
        N_("Health check grace"),
        N_("How long after its start an instance's health is ignored."),
        0,
        minimum=0,
        maximum=7200,
        unit="s",
    )
    market: str = choice(
        N_("Market"),
        N_("spot is cheaper and can end with two minutes' notice."),
        "on-demand",
        ("on-demand", "spot"),
    )
    capacity_rebalance: bool = flag(
        N_("Capacity rebalancing"),
        N_("Starts a new spot instance as soon as AWS expects one to be interrupted."),
        True,
        unset=False,
    )
    large_images: bool = flag(
        N_("Large images"),
        N_(
            "Gives the ECS agent 10 minutes to pull and start an image, and removes images of "
            "stopped tasks after 15 minutes. Off: the agent's defaults, 1 minute and 3 hours."
        ),
        True,
        unset=False,
    )
    instance_refresh: bool = flag(
        N_("Instance refresh"),
        N_("A new launch template rolls the fleet. Off: only new instances take it."),
        False,
    )
    extra_user_data: str = text(
        N_("Extra user data"),
        N_(
            "Appended to the bootstrap script. For Bottlerocket it is TOML: it goes on in "
            "[settings.ecs], and other settings begin with a header, such as [settings.kernel]."
        ),
        "",
        max_length=USER_DATA_MAX,
    )
