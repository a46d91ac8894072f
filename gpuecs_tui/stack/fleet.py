"""The GPU instances, and how their number follows the tasks."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, text, texts

INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
RELEASES = {"al2023": r"al2023-ami-ecs-gpu-hvm-[\w.-]+", "bottlerocket": r"\d+\.\d+\.\d+"}
"""Operating system → the name of a release in its SSM parameters (docs/aws.md, "AMIs")."""
RELEASE = "|".join(RELEASES.values())
AMI = r"al2023|bottlerocket|ami-[0-9a-f]{8,17}"
INSTANCE_PROFILE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:instance-profile/[\w+=,.@/-]+"
FLEET_MAX = 5000
"""Above the default quotas of all accounts; prevents a plan from a typing error."""
THROUGHPUT_MAX = 750
"""MiB/s: gp3 allows 0.25 MiB/s per IOPS and has 3,000 IOPS (EBS user guide)."""
USER_DATA_MAX = 12000
"""Characters, and bytes as UTF-8. EC2 accepts 16 KiB of user data including the bootstrap
script."""
SPOT_STRATEGIES = (
    "price-capacity-optimized",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "lowest-price",
)
"""Auto Scaling API reference, InstancesDistribution."""

INSIGHTS = {"account": "", "off": "disabled", "on": "enabled", "enhanced": "enhanced"}
"""``fleet.container_insights`` → the value of the cluster's setting (ECS API reference,
ClusterSetting); empty without the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """``fleet.*``: the Auto Scaling group, its launch template and its capacity provider."""

    instance_type: str = text(
        N_("Instance type"),
        N_("Instance type with NVIDIA GPUs that an ECS GPU AMI supports."),
        pattern=INSTANCE_TYPE,
        pattern_says=N_("must be an instance type, such as g4dn.xlarge"),
        optional=False,
    )
    instance_types: tuple[str, ...] = texts(
        N_("Instance types"),
        N_(
            "Several instance types instead of one, the preferred type first. An instance is of "
            "whichever type has capacity, so a task must fit on each of them."
        ),
        (),
        item_pattern=INSTANCE_TYPE,
        pattern_says=N_("must be an instance type, such as g4dn.xlarge"),
    )
    ami: str = text(
        N_("AMI"),
        N_(
            "al2023 or bottlerocket: the latest ECS GPU AMI of that operating system. An AMI ID: "
            "exactly that AMI."
        ),
        "al2023",
        pattern=AMI,
        pattern_says=N_("must be al2023, bottlerocket, or an AMI ID: ami- and hexadecimal digits"),
        optional=False,
    )
    ami_release: str = text(
        N_("AMI release"),
        N_(
            "Pins the release of al2023 or bottlerocket, so that a new release changes no plan. "
            "Leave empty for the newest release."
        ),
        "",
        pattern=RELEASE,
        pattern_says=N_(
            "must be the name of an ECS GPU AMI, such as al2023-ami-ecs-gpu-hvm-…, or a version of "
            "Bottlerocket, such as 1.49.0"
        ),
    )
    min_size: int = integer(
        N_("Minimum size"),
        N_("Instances that always run and are always billed."),
        0,
        minimum=0,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    max_size: int = integer(
        N_("Maximum size"),
        N_(
            "Most instances that may run. A deployment needs room for old and new tasks at the "
            "same time."
        ),
        derived=True,
        minimum=1,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    initial_size: int = integer(
        N_("Initial size"),
        N_(
            "Instances to launch when the group is created. Afterwards, the capacity provider "
            "decides."
        ),
        derived=True,
        minimum=0,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    key_name: str = text(
        N_("Key pair"),
        N_("Key pair for SSH. Leave empty to use SSM Session Manager, which needs no open port."),
        "",
        max_length=255,
    )
    instance_profile_arn: str = text(
        N_("Instance profile"),
        N_(
            "ARN of an existing instance profile. Leave empty to create one with the permissions "
            "that the ECS agent needs."
        ),
        "",
        pattern=INSTANCE_PROFILE_ARN,
        pattern_says=N_("must be the ARN of an instance profile"),
    )
    root_volume_gib: int = integer(
        N_("Root volume"),
        N_(
            "Size of the encrypted gp3 volume for the image and the model. 0 keeps the volume of "
            "the AMI."
        ),
        100,
        minimum=30,
        maximum=16384,
        also=(0,),
        unit="GiB",
    )
    root_volume_throughput_mib: int = integer(
        N_("Volume throughput"),
        N_(
            "Throughput of the gp3 volume that stores the images. It limits how fast a large image "
            "is pulled and extracted. Above 125 it costs extra; 0 keeps the gp3 default of 125."
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
            "1 prevents tasks in bridge mode from using the instance role. 0 leaves the metadata "
            "options to the AMI."
        ),
        1,
        minimum=0,
        maximum=64,
        unit=N_("hops"),
    )
    target_capacity: int = integer(
        N_("Target capacity"),
        N_(
            "Share of the fleet that tasks should use. Below 100, spare instances keep running and "
            "are billed."
        ),
        100,
        minimum=1,
        maximum=100,
        unit="%",
    )
    min_scaling_step: int = integer(
        N_("Minimum scaling step"),
        N_("Fewest instances to add or remove at once."),
        1,
        minimum=1,
        maximum=10000,
        unit=N_("instances"),
    )
    max_scaling_step: int = integer(
        N_("Maximum scaling step"),
        N_("Most instances to add at once."),
        10000,
        minimum=1,
        maximum=10000,
        unit=N_("instances"),
    )
    instance_warmup_seconds: int = integer(
        N_("Instance warm-up"),
        N_("Time until a new instance counts in the scaling metric."),
        300,
        minimum=0,
        maximum=10000,
        unit="s",
    )
    termination_protection: bool = flag(
        N_("Termination protection"),
        N_("Instances with running tasks are protected from scale-in."),
        True,
    )
    managed_draining: bool = flag(
        N_("Managed draining"),
        N_(
            "Moves tasks away before an instance is terminated. This can delay termination for up "
            "to 48 h."
        ),
        True,
    )
    health_check_grace_seconds: int = integer(
        N_("Health check grace period"),
        N_("Time after launch during which the health of an instance is ignored."),
        0,
        minimum=0,
        maximum=7200,
        unit="s",
    )
    market: str = choice(
        N_("Purchase option"),
        N_("spot costs less, but AWS can interrupt instances with two minutes' notice."),
        "on-demand",
        ("on-demand", "spot"),
    )
    on_demand_base: int = integer(
        N_("On-Demand base"),
        N_("Instances that are always On-Demand. Only instances above this number can be Spot."),
        0,
        minimum=0,
        maximum=FLEET_MAX,
        unit=N_("instances"),
    )
    spot_percent: int = integer(
        N_("Spot share"),
        N_("Share of the instances above the On-Demand base that are Spot."),
        100,
        minimum=1,
        maximum=100,
        unit="%",
    )
    spot_allocation_strategy: str = choice(
        N_("Spot allocation strategy"),
        N_(
            "How EC2 chooses type and zone of a Spot instance: by capacity and price, by capacity "
            "only, by capacity and the order of the types, or by the lowest price."
        ),
        SPOT_STRATEGIES[0],
        SPOT_STRATEGIES,
    )
    capacity_rebalance: bool = flag(
        N_("Capacity rebalancing"),
        N_("Launches a replacement Spot instance as soon as AWS expects an interruption."),
        True,
        unset=False,
    )
    large_images: bool = flag(
        N_("Large images"),
        N_(
            "Gives the ECS agent 10 minutes to pull and start an image, and removes images of "
            "stopped tasks after 15 minutes. Off: the agent's defaults of 1 minute and 3 hours."
        ),
        True,
        unset=False,
    )
    tag_network_interfaces: bool = flag(
        N_("Tag network interfaces"),
        N_(
            "Gives the network interfaces of the instances the tags of the stack, which AWS "
            "otherwise leaves without any."
        ),
        True,
        unset=False,
    )
    container_insights: str = choice(
        N_("Container Insights"),
        N_(
            "CloudWatch metrics of the cluster and the service, billed for each metric. enhanced "
            "adds metrics of every task and container. account: the setting of the account when "
            "the cluster is created; later it changes nothing, so turn them off with off."
        ),
        "account",
        tuple(INSIGHTS),
        unset="account",
    )
    gpu_metrics: bool = flag(
        N_("GPU metrics"),
        N_(
            "GPU use and memory as CloudWatch metrics of the Auto Scaling group, billed as three "
            "custom metrics. User data installs the CloudWatch agent beside the ECS agent."
        ),
        False,
    )
    instance_refresh: bool = flag(
        N_("Instance refresh"),
        N_(
            "Replaces the instances when the launch template changes. Off: only new instances use "
            "it."
        ),
        False,
    )
    refresh_auto_rollback: bool = flag(
        N_("Refresh rollback"),
        N_(
            "A failed instance refresh is rolled back. Terraform sets the new launch template "
            "version before the refresh starts, so the rollback may keep the new version."
        ),
        False,
    )
    refresh_skip_matching: bool = flag(
        N_("Skip matching instances"),
        N_("An instance refresh keeps instances that already have the new launch template."),
        False,
    )
    refresh_checkpoints: tuple[str, ...] = texts(
        N_("Refresh checkpoints"),
        N_(
            "Percentages of replaced instances at which an instance refresh waits, in ascending "
            "order. The last one must be 100 to replace all instances."
        ),
        (),
        item_pattern=r"[1-9][0-9]?|100",
        pattern_says=N_("must be a percentage from 1 to 100"),
    )
    refresh_checkpoint_seconds: int = integer(
        N_("Checkpoint wait"),
        N_("Time that an instance refresh waits at each checkpoint."),
        3600,
        minimum=0,
        maximum=172800,
        unit="s",
    )
    extra_user_data: str = text(
        N_("Extra user data"),
        N_(
            "Appended to the bootstrap script. For Bottlerocket, it is TOML that continues "
            "[settings.ecs]; other settings start with a header, such as [settings.kernel]."
        ),
        "",
        max_length=USER_DATA_MAX,
    )
