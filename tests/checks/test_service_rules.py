from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from gpuecs_tui.aws.facts import (
    GpuInstance,
    Image,
    InstanceProfile,
    LogGroup,
    Lookups,
    MachineImage,
    Named,
    Quota,
    Role,
)
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.checks import apply_fix, check, timing
from gpuecs_tui.stack.fields import Value

from .builders import (
    ACCOUNT,
    ANSWERS,
    CERTIFICATE,
    DIGEST,
    IMAGE,
    NOW,
    PROFILE,
    ROLE,
    account,
    findings,
    known,
    of_rule,
    stack,
)

DENIED = Unknown("x:Y", "not allowed to call x:Y", "")


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"task__host_port": 80, "service__desired_count": 2, "fleet__max_size": 2}, False),
        ({"task__host_port": 80, "service__desired_count": 3, "fleet__max_size": 2}, True),
        ({"task__network_mode": "host", "service__desired_count": 3, "fleet__max_size": 2}, True),
        ({"task__host_port": 0, "service__desired_count": 3, "fleet__max_size": 2}, False),
    ],
)
def test_static_port(changes: dict[str, Value], bad: bool) -> None:
    assert of_rule("static-port", **changes) == ([("error", "fleet.max_size")] if bad else [])


@pytest.mark.parametrize(
    ("mode", "port", "bad"),
    [
        *[("bridge", port, False) for port in (0, 21, 23, 80, 2374, 2377, 51677 - 20000, 32767)],
        *[("bridge", port, True) for port in (22, 2375, 2376, 32768, 51678, 51680, 65535)],
        ("host", 22, True),
        ("host", 51679, True),
        ("host", 32767, False),
        ("host", 61000, False),
        ("awsvpc", 22, False),
    ],
)
def test_port_range(mode: str, port: int, bad: bool) -> None:
    key = "task__host_port" if mode == "bridge" else "task__container_port"
    changes: dict[str, Value] = {"task__network_mode": mode, key: port}
    found = of_rule("port-range", **changes)
    assert found == ([("error", key.replace("__", "."))] if bad else [])


@pytest.mark.parametrize("port", [32768, 49153, 60999])
def test_a_host_port_that_outgoing_connections_get_too(port: int) -> None:
    found = of_rule("port-range", task__network_mode="host", task__container_port=port)
    assert found == [("warning", "task.container_port")]
    assert of_rule("port-range", task__network_mode="awsvpc", task__container_port=port) == []


@pytest.mark.parametrize(
    ("name", "severity"),
    [("us-east-1", None), ("af-south-1", "error"), ("xx-nowhere-9", "error")],
)
def test_region(name: str, severity: str | None) -> None:
    found = of_rule("region", stack__region=name)
    assert found == ([(severity, "stack.region")] if severity else [])
    assert of_rule("region", account(regions=DENIED), stack__region=name) == [
        ("unknown", "stack.region")
    ]


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ("", False),
        ("5.100.0", False),
        ("6.52.9", False),
        ("6.53.0", True),
        ("6.53.12", True),
        ("6.54", True),
        ("6.55.0", False),
        ("6.530.0", False),
    ],
)
def test_provider_version(version: str, bad: bool) -> None:
    found = check(stack(), account(), provider=version, now=NOW)
    assert [(it.rule, it.severity, it.field) for it in found] == (
        [("provider-version", "error", "stack.region")] if bad else []
    )


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"health_check__port": "traffic-port"}, False),
        ({"health_check__port": "8000"}, True),
        ({"health_check__port": "80", "task__host_port": 80}, False),
        ({"health_check__port": "81", "task__host_port": 80}, True),
        ({"health_check__port": "9000", "task__network_mode": "awsvpc"}, False),
    ],
)
def test_the_health_check_asks_a_port_that_leads_to_a_task(
    changes: dict[str, Value], bad: bool
) -> None:
    assert of_rule("port-range", **changes) == ([("error", "health_check.port")] if bad else [])


@pytest.mark.parametrize(
    ("interval", "timeout", "grace", "found"),
    [
        (5, 2, 30, []),
        (5, 4, 30, []),
        (5, 5, 30, [("error", "health_check.timeout_seconds")]),
        (5, 6, 30, [("error", "health_check.timeout_seconds")]),
        (5, 2, 29, [("warning", "service.health_check_grace_seconds")]),
        (30, 5, 79, [("warning", "service.health_check_grace_seconds")]),
        (30, 5, 80, []),
    ],
)
def test_health_timing(
    interval: int, timeout: int, grace: int, found: list[tuple[str, str]]
) -> None:
    assert (
        of_rule(
            "health-timing",
            health_check__interval_seconds=interval,
            health_check__timeout_seconds=timeout,
            service__health_check_grace_seconds=grace,
        )
        == found
    )


def test_timing_in_seconds() -> None:
    times = timing(stack())
    assert (times.healthy, times.unhealthy, times.removed, times.startup) == (25, 12, 72, 30)


@pytest.mark.parametrize(
    ("market", "delay", "idle", "mended"),
    [
        ("spot", 89, 60, None),
        ("spot", 90, 60, 60),
        ("spot", 60, 300, None),  # no delay could be long enough
        ("spot", 0, 300, 60),
        ("on-demand", 3600, 60, None),
        ("on-demand", 30, 60, None),  # AWS's own idle timeout says nothing of the requests
        ("on-demand", 0, 60, 60),
        ("on-demand", 0, 1, 60),
        ("on-demand", 60, 61, 61),
        ("on-demand", 299, 300, 300),
        ("on-demand", 300, 300, None),
        ("on-demand", 3599, 4000, 3600),
        ("on-demand", 3600, 4000, None),
    ],
)
def test_drain_timing(market: str, delay: int, idle: int, mended: int | None) -> None:
    found = findings(
        account(),
        fleet__market=market,
        load_balancer__deregistration_delay_seconds=delay,
        load_balancer__idle_timeout_seconds=idle,
    )
    key = "load_balancer.deregistration_delay_seconds"
    assert [(it.severity, it.field, it.fix) for it in found if it.rule == "drain-timing"] == (
        [("warning", key, ((key, mended),))] if mended else []
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"fleet__max_size": 1}, [("warning", "fleet.max_size")]),
        ({"fleet__max_size": 1, "service__minimum_healthy_percent": 0}, []),
        ({"fleet__max_size": 1, "service__desired_count": 2}, [("error", "fleet.max_size")]),
        ({"fleet__max_size": 1, "service__desired_count": 0}, []),
        # Told by static-port.
        ({"fleet__max_size": 1, "service__desired_count": 2, "task__host_port": 80}, []),
        ({"service__maximum_percent": 150}, [("warning", "service.maximum_percent")]),
        ({"service__maximum_percent": 150, "service__desired_count": 2}, []),
        (
            {"service__maximum_percent": 100, "service__minimum_healthy_percent": 60},
            [("warning", "service.maximum_percent")],
        ),
        ({"service__maximum_percent": 100, "service__minimum_healthy_percent": 0}, []),
    ],
)
def test_rollout_surge(changes: dict[str, Value], found: list[tuple[str, str]]) -> None:
    assert of_rule("rollout-surge", **changes) == found


@pytest.mark.parametrize(
    ("size", "fix"),
    [
        (1, (("service.maximum_percent", 200), ("fleet.max_size", 2))),
        (2, (("service.maximum_percent", 200),)),
        (5, (("service.maximum_percent", 200),)),
    ],
)
def test_percentages_that_leave_no_room_are_not_the_fleets_fault(
    size: int, fix: tuple[tuple[str, Value], ...]
) -> None:
    answers: dict[str, Value] = {
        **ANSWERS,
        "service.maximum_percent": 150,
        "fleet.max_size": size,
    }
    (found,) = (it for it in findings(account(), answers) if it.rule == "rollout-surge")
    assert found.fix == fix
    assert found.remedy.startswith("set service.maximum_percent to 200")
    assert "rollout-surge" not in {it.rule for it in findings(account(), apply_fix(found, answers))}


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({}, False),
        ({"fleet__initial_size": 0}, True),
        ({"fleet__initial_size": 0, "service__desired_count": 2}, False),
        ({"fleet__initial_size": 0, "service__desired_count": 0}, False),
        ({"fleet__initial_size": 0, "fleet__max_size": 1}, False),
    ],
)
def test_zero_scale_cost(changes: dict[str, Value], bad: bool) -> None:
    found = of_rule("zero-scale-cost", **changes)
    assert found == ([("warning", "fleet.initial_size")] if bad else [])


@pytest.mark.parametrize(
    ("vcpus", "changes", "severity"),
    [
        (8, {}, None),
        (7, {}, "warning"),
        (3, {}, "error"),
        (0, {}, "error"),
        (8, {"fleet__market": "spot"}, "error"),
        (8, {"fleet__instance_type": "p3.2xlarge"}, "error"),
    ],
)
def test_quota(vcpus: int, changes: dict[str, Value], severity: str | None) -> None:
    quotas = (
        Quota("L-DB2E81BA", "G", "on-demand", vcpus),
        Quota("L-3819A6DF", "G", "spot", 0),
        Quota("L-417A185B", "P", "on-demand", 0),
    )
    found = of_rule("quota", account(quotas=known(quotas)), **changes)
    assert found == ([(severity, "fleet.max_size")] if severity else [])


@pytest.mark.parametrize(
    ("running", "severity"),
    [
        ([("g5.4xlarge", "on-demand", 56, "other")], None),
        ([("g5.4xlarge", "on-demand", 57, "other")], "warning"),
        ([("g5.4xlarge", "on-demand", 61, "")], "error"),
        ([("g5.4xlarge", "on-demand", 61, "llm")], None),
        ([("g5.4xlarge", "spot", 61, "")], None),
        ([("p3.2xlarge", "on-demand", 61, "")], None),
        ([("g5.4xlarge", "on-demand", 30, ""), ("g6.xlarge", "on-demand", 31, "")], "error"),
    ],
)
def test_what_runs_already_uses_the_quota(
    running: list[tuple[str, Literal["on-demand", "spot"], int, str]], severity: str | None
) -> None:
    # Two g4dn.xlarge are 8 of 64 vCPUs.
    instances = tuple(GpuInstance(f"i-{n}", *it) for n, it in enumerate(running))
    found = of_rule("quota", account(gpu_instances=known(instances)))
    assert found == ([(severity, "fleet.max_size")] if severity else [])


def test_vt_instances_use_the_quota_of_g() -> None:
    video = GpuInstance("i-1", "vt1.24xlarge", "on-demand", 61, "")
    assert of_rule("quota", account(gpu_instances=known((video,)))) == [("error", "fleet.max_size")]


def test_what_runs_already_is_unknown() -> None:
    assert of_rule("quota", account(gpu_instances=DENIED)) == [("unknown", "fleet.max_size")]
    full = account(gpu_instances=DENIED)
    assert of_rule("quota", full, fleet__max_size=17) == [("warning", "fleet.max_size")]


def test_a_quota_that_may_not_be_read_is_unknown() -> None:
    found = next(it for it in findings(account(quotas=DENIED)) if it.rule == "quota")
    assert found.severity == "unknown"
    assert "not allowed to call x:Y" in found.message


def test_eni_limit() -> None:
    many: dict[str, Value] = {
        "fleet__instance_type": "g5.48xlarge",
        "service__distinct_instances": False,
        "task__network_mode": "awsvpc",
    }
    assert of_rule("eni-limit", **many) == [("warning", "task.network_mode")]
    assert of_rule("eni-limit", **{**many, "task__network_mode": "bridge"}) == []
    assert of_rule("eni-limit", **{**many, "fleet__instance_type": "g5.12xlarge"}) == []
    assert of_rule("eni-limit", **{**many, "fleet__instance_type": "p3.2xlarge"}) == [
        ("unknown", "task.network_mode")
    ]


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        (CERTIFICATE + "good", []),
        (CERTIFICATE + "old", ["error"]),
        (CERTIFICATE + "new", ["error"]),
        (CERTIFICATE + "absent", ["error"]),
        (CERTIFICATE.replace("us-east-1", "eu-west-1") + "good", ["error"]),
        (f"arn:aws:iam::{ACCOUNT}:server-certificate/x", []),
    ],
)
def test_certificate(arn: str, found: list[str]) -> None:
    https: dict[str, Value] = {
        "load_balancer__protocol": "HTTPS",
        "load_balancer__certificate_arn": arn,
    }
    key = "load_balancer.certificate_arn"
    assert of_rule("certificate", **https) == [(it, key) for it in found]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("task.execution_role_arn", ROLE + "tasks", []),
        ("task.execution_role_arn", ROLE + "instances", ["error"]),
        ("task.task_role_arn", ROLE + "absent", ["error"]),
        ("task.task_role_arn", ROLE.replace(ACCOUNT, "999999999999") + "tasks", ["error"]),
        ("fleet.instance_profile_arn", PROFILE + "good", []),
        ("fleet.instance_profile_arn", PROFILE + "empty", ["error"]),
        ("fleet.instance_profile_arn", PROFILE + "wrong", ["error"]),
        ("fleet.instance_profile_arn", PROFILE + "absent", ["error"]),
        ("fleet.key_name", "mine", []),
        ("fleet.key_name", "theirs", ["error"]),
    ],
)
def test_role_missing(key: str, value: str, found: list[str]) -> None:
    assert of_rule("role-missing", **{key: value}) == [(it, key) for it in found]


def test_roles_that_may_not_be_listed_are_unknown() -> None:
    facts = account(roles=DENIED, instance_profiles=DENIED, key_pairs=DENIED)
    found = of_rule(
        "role-missing",
        facts,
        task__task_role_arn=ROLE + "tasks",
        fleet__instance_profile_arn=PROFILE + "good",
        fleet__key_name="mine",
    )
    assert [severity for severity, _field in found] == ["unknown"] * 3


def test_a_profile_whose_role_may_not_be_read_is_unknown() -> None:
    key = "fleet.instance_profile_arn"
    found = of_rule("role-missing", account(roles=DENIED), **{key: PROFILE + "good"})
    assert found == [("unknown", key)]


TAKEN = {
    "names.cluster": "clusters",
    "names.capacity_provider": "capacity_providers",
    "names.autoscaling_group": "autoscaling_groups",
    "names.launch_template": "launch_templates",
    "names.load_balancer": "load_balancers",
    "names.target_group": "target_groups",
}


@pytest.mark.parametrize("key", TAKEN)
def test_name_taken(key: str) -> None:
    name = str(stack()[key])
    facts = account(**{TAKEN[key]: known((Named("other", "arn:o"), Named(name, "arn:it")))})
    assert of_rule("name-taken", facts) == [("error", key)]
    for owned in ({name}, {"arn:it"}):
        assert check(stack(), facts, owned=frozenset(owned), now=NOW) == []
    unsure = check(stack(), facts, owned=None, now=NOW)
    assert [(it.severity, it.field) for it in unsure] == [("unknown", key)]
    denied = account(**{TAKEN[key]: DENIED})
    assert of_rule("name-taken", denied) == [("unknown", key)]


def test_a_role_of_a_name_that_is_created() -> None:
    role = Role("llm-execution-us-east-1", ROLE + "llm-execution-us-east-1", ())
    chosen = Role("tasks", ROLE + "tasks", ("ecs-tasks.amazonaws.com",))
    facts = account(roles=known((role, chosen)))
    assert of_rule("name-taken", facts) == [("error", "stack.name")]
    assert of_rule("name-taken", facts, task__execution_role_arn=ROLE + "tasks") == []


def test_an_instance_profile_of_a_name_that_is_created() -> None:
    name = "llm-instance-us-east-1"
    facts = account(instance_profiles=known((InstanceProfile(name, PROFILE + name, None),)))
    assert of_rule("name-taken", facts) == [("error", "stack.name")]
    assert of_rule("name-taken", facts, fleet__instance_profile_arn=PROFILE + "x") == []
    assert check(stack(), facts, owned=frozenset({name}), now=NOW) == []
    denied = account(instance_profiles=DENIED)
    assert of_rule("name-taken", denied) == [("unknown", "stack.name")]


@pytest.mark.parametrize(
    ("exists", "retention", "bad"),
    [(True, 30, True), (True, -1, False), (False, 30, False), (False, -1, True)],
)
def test_log_group(exists: bool, retention: int, bad: bool) -> None:
    reading: Reading[LogGroup | None] = known(LogGroup("/ecs/llm", None) if exists else None)
    facts = account(lookups=Lookups(log_groups={"/ecs/llm": reading}))
    found = of_rule("name-taken", facts, task__log_retention_days=retention)
    assert found == ([("error", "task.log_group")] if bad else [])


@pytest.mark.parametrize("retention", [30, -1])
def test_a_log_group_that_may_not_be_read_is_unknown(retention: int) -> None:
    facts = account(log_groups=DENIED)
    found = of_rule("name-taken", facts, task__log_retention_days=retention)
    assert found == [("unknown", "task.log_group")]
    # The list of /ecs/ says nothing of others.
    found = of_rule("name-taken", account(), task__log_group="/other/llm")
    assert found == [("unknown", "task.log_group")]


def test_a_log_group_of_an_unread_state_is_unknown() -> None:
    facts = account(log_groups=known((LogGroup("/ecs/llm", None),)))
    assert of_rule("name-taken", facts) == [("error", "task.log_group")]
    unsure = check(stack(), facts, owned=None, now=NOW)
    assert [(it.severity, it.field) for it in unsure] == [("unknown", "task.log_group")]
    assert check(stack(), facts, owned=frozenset({"/ecs/llm"}), now=NOW) == []


@pytest.mark.parametrize(
    ("key", "value", "bad"),
    [
        ("names.load_balancer", "x" * 32, False),
        ("names.load_balancer", "x" * 33, True),
        ("names.load_balancer", "internal-x", True),
        ("names.capacity_provider", "aws-x", True),
        ("names.capacity_provider", "my-aws-x", False),
        ("names.service", "x" * 255, False),
        ("names.service", "x" * 256, True),
        ("names.service", "a.b", True),
    ],
)
def test_name_limit(key: str, value: str, bad: bool) -> None:
    assert of_rule("name-limit", **{key: value}) == ([("error", key)] if bad else [])


AMI = "ami-0123456789abcdef0"


@pytest.mark.parametrize(
    ("name", "architecture", "found"),
    [
        ("al2023-ami-ecs-gpu-hvm-2023.0.20260820-kernel-6.1-x86_64-ebs", "x86_64", []),
        ("al2023-ami-ecs-hvm-2023.0.20260820-kernel-6.1-x86_64", "x86_64", ["error"]),
        ("amzn2-ami-ecs-hvm-2.0.20260101-x86_64-ebs", "x86_64", ["error"]),
        ("amzn2-ami-ecs-gpu-hvm-2.0.20260101-x86_64-ebs", "x86_64", ["warning"]),
        ("bottlerocket-aws-ecs-2-x86_64-v1.30.0", "x86_64", ["error"]),
        ("bottlerocket-aws-ecs-2-nvidia-x86_64-v1.30.0", "x86_64", ["error"]),
        ("our-nvidia-golden", "arm64", ["error", "unknown"]),
        ("al2023-ami-ecs-gpu-hvm-2023.0.20260820-kernel-6.1-arm64-ebs", "arm64", ["error"]),
        ("our-golden", "x86_64", ["unknown"]),
        ("our-gpu-golden", "x86_64", ["unknown"]),
        ("Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04)", "x86_64", ["unknown"]),
        ("amazon-eks-node-al2023-x86_64-nvidia-1.33-v20260820", "x86_64", ["unknown"]),
    ],
)
def test_ami_type(name: str, architecture: str, found: list[str]) -> None:
    image: Reading[MachineImage | None] = known(MachineImage(AMI, name, architecture, None))
    facts = account(lookups=Lookups(machine_images={AMI: image}))
    assert of_rule("ami-type", facts, fleet__ami=AMI) == [(it, "fleet.ami") for it in found]


def test_an_ami_that_is_gone_or_old() -> None:
    absent: Reading[MachineImage | None] = known(None)
    facts = account(lookups=Lookups(machine_images={AMI: absent}))
    assert of_rule("ami-type", facts, fleet__ami=AMI) == [("error", "fleet.ami")]
    old = MachineImage(
        AMI, "al2023-ami-ecs-gpu-hvm-1", "x86_64", datetime(2026, 11, 22, tzinfo=UTC)
    )
    facts = account(lookups=Lookups(machine_images={AMI: known(old)}))
    assert of_rule("ami-type", facts, fleet__ami=AMI) == [("warning", "fleet.ami")]
    assert of_rule("ami-type", fleet__ami="bottlerocket") == []


REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llm"


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (REGISTRY + ":1", []),
        (REGISTRY + "@" + DIGEST, []),
        (REGISTRY + ":2", ["error"]),
        (REGISTRY, ["error"]),  # latest
        (REGISTRY + "@" + DIGEST.replace("0", "1"), ["error"]),
        (REGISTRY + "-gone:1", ["error"]),
        (REGISTRY + "-unread:1", ["unknown"]),
        (REGISTRY.replace("us-east-1", "eu-west-1") + ":1", ["unknown"]),
        (REGISTRY.replace(ACCOUNT, "999999999999") + ":1", ["unknown"]),
        ("public.ecr.aws/x/y:1", ["unknown"]),
        ("vllm/vllm-openai:v0.9", ["unknown"]),
    ],
)
def test_image_exists(image: str, found: list[str]) -> None:
    images: dict[str, Reading[tuple[Image, ...] | None]] = {
        "llm": known((Image("1", DIGEST, NOW, 1),)),
        "llm-gone": known(None),
    }
    facts = account(lookups=Lookups(images=images, image_architectures={image: known(("x86_64",))}))
    assert of_rule("image-exists", facts, task__image=image) == [(it, "task.image") for it in found]


@pytest.mark.parametrize(
    ("architectures", "type", "found"),
    [
        (known(("arm64", "x86_64")), "g4dn.xlarge", []),
        (known(("arm64",)), "g4dn.xlarge", ["error"]),
        (known(("x86_64",)), "g5g.xlarge", ["error"]),
        (known(()), "g4dn.xlarge", []),  # a single manifest doesn't say
        (DENIED, "g4dn.xlarge", ["unknown"]),
    ],
)
def test_an_image_of_another_architecture(
    architectures: Reading[tuple[str, ...]], type: str, found: list[str]
) -> None:
    images = account().lookups.images
    facts = account(lookups=Lookups(images=images, image_architectures={IMAGE: architectures}))
    assert of_rule("image-exists", facts, fleet__instance_type=type) == [
        (it, "task.image") for it in found
    ]


@pytest.mark.parametrize(
    ("region", "exists", "found"),
    [
        ("us-east-1", known(True), []),
        ("us-east-1", known(False), ["error"]),
        ("us-east-1", DENIED, ["unknown"]),
        ("eu-west-1", known(True), ["error"]),
    ],
)
def test_secret_exists(region: str, exists: Reading[bool], found: list[str]) -> None:
    arn = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:token-AbCdEf"
    facts = account(lookups=Lookups(secrets={arn: exists}))
    assert of_rule("secret-exists", facts, task__secrets={"TOKEN": arn}) == [
        (it, "task.secrets") for it in found
    ]


def test_no_account_no_false_alarm() -> None:
    """Without an account nothing is claimed of it: what is found is unknown or of the stack."""
    assert {it.severity for it in check(stack(), None, now=NOW)} == {"unknown"}
    assert replace(account(), region="us-east-1") == account()
