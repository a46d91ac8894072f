from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gpuecs_tui.aws.facts import (
    Image,
    InstanceProfile,
    LogGroup,
    Lookups,
    MachineImage,
    Named,
    Role,
)
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.checks import check
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import (
    ACCOUNT,
    CERTIFICATE,
    DIGEST,
    IMAGE,
    NOW,
    POLICY,
    PROFILE,
    ROLE,
    SERVICE_ROLES,
    account,
    findings,
    known,
    of_rule,
    stack,
)

DENIED = Unknown("x:Y", "not allowed to call x:Y", "")


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
        ("stack.permissions_boundary", POLICY + "boundary", []),
        ("stack.permissions_boundary", POLICY + "absent", ["error"]),
        (
            "stack.permissions_boundary",
            POLICY.replace(ACCOUNT, "999999999999") + "boundary",
            ["error"],
        ),
        ("stack.permissions_boundary", "arn:aws:iam::aws:policy/PowerUserAccess", []),
        ("fleet.key_name", "mine", []),
        ("fleet.key_name", "theirs", ["error"]),
    ],
)
def test_role_missing(key: str, value: str, found: list[str]) -> None:
    assert of_rule("role-missing", **{key: value}) == [(it, key) for it in found]


def test_roles_that_may_not_be_listed_are_unknown() -> None:
    facts = account(roles=DENIED, instance_profiles=DENIED, key_pairs=DENIED)
    facts = replace(facts, lookups=Lookups(policies={POLICY + "boundary": DENIED}))
    found = of_rule(
        "role-missing",
        facts,
        task__task_role_arn=ROLE + "tasks",
        fleet__instance_profile_arn=PROFILE + "good",
        fleet__key_name="mine",
        stack__permissions_boundary=POLICY + "boundary",
    )
    assert [severity for severity, _field in found] == ["unknown"] * 4


def test_a_boundary_that_was_not_looked_up_is_unknown() -> None:
    facts = account(lookups=Lookups())
    found = of_rule("role-missing", facts, stack__permissions_boundary=POLICY + "boundary")
    assert found == [("unknown", "stack.permissions_boundary")]


@pytest.mark.parametrize(
    ("region", "trusts", "found"),
    [
        ("cn-north-1", "ec2.amazonaws.com.cn", []),
        ("cn-north-1", "ec2.amazonaws.com", []),
        ("us-gov-west-1", "ec2.amazonaws.com", []),
        ("us-gov-west-1", "ec2.amazonaws.com.cn", ["error"]),
        ("cn-northwest-1", "ecs-tasks.amazonaws.com", ["error"]),
    ],
)
def test_instances_have_another_service_principal_in_china(
    region: str, trusts: str, found: list[str]
) -> None:
    key = "fleet.instance_profile_arn"
    facts = account(roles=known((Role("instances", ROLE + "instances", (trusts,)),)))
    answers: dict[str, Value] = {key: PROFILE + "good", "stack.region": region}
    assert of_rule("role-missing", facts, **answers) == [(it, key) for it in found]


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
    facts = account(roles=known((role, chosen, *SERVICE_ROLES)))
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
    # The list of /ecs/ groups has no information about other groups.
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
        # The rule registry-login has the only finding.
        ("vllm/vllm-openai:v0.9", []),
    ],
)
def test_image_exists(image: str, found: list[str]) -> None:
    images: dict[str, Reading[tuple[Image, ...] | None]] = {
        "llm": known((Image("1", DIGEST, NOW, 1),)),
        "llm-gone": known(None),
    }
    facts = account(lookups=Lookups(images=images, image_architectures={image: known(("x86_64",))}))
    assert of_rule("image-exists", facts, task__image=image) == [(it, "task.image") for it in found]


def test_the_images_of_further_containers_exist_too() -> None:
    missing = REGISTRY + "-gone:1"
    found = of_rule(
        "image-exists",
        account(lookups=Lookups(images={"llm-gone": known(None)})),
        task__image="public.ecr.aws/x/y:1",
        sidecars__images={"metrics": missing},
        sidecars__memory_mib={"metrics": "256"},
    )
    assert found == [("error", "sidecars.images"), ("unknown", "task.image")]


@pytest.mark.parametrize("region", ["eu-west-1", ""])
def test_an_image_of_another_region_names_only_a_known_one(region: str) -> None:
    facts = account(region=region)
    (found,) = [it for it in findings(facts) if it.rule == "image-exists"]
    assert "it is in us-east-1" in found.message
    assert ("use an image in eu-west-1" in found.remedy) is bool(region)
    assert "in ," not in found.remedy


@pytest.mark.parametrize(
    ("architectures", "type", "found"),
    [
        (known(("arm64", "x86_64")), "g4dn.xlarge", []),
        (known(("arm64",)), "g4dn.xlarge", ["error"]),
        (known(("x86_64",)), "g5g.xlarge", ["error"]),
        (known(()), "g4dn.xlarge", []),  # a single manifest does not name the architecture
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
    ("value", "exists", "found"),
    [
        ("arn:aws:secretsmanager:us-east-1:{}:secret:token-AbCdEf", known(True), []),
        ("arn:aws:secretsmanager:us-east-1:{}:secret:token-AbCdEf:key::", known(False), ["error"]),
        ("arn:aws:secretsmanager:us-east-1:{}:secret:token-AbCdEf", DENIED, ["unknown"]),
        ("arn:aws:secretsmanager:eu-west-1:{}:secret:token-AbCdEf", known(True), ["unknown"]),
        ("arn:aws:secretsmanager:eu-west-1:{}:secret:token-AbCdEf", known(False), ["error"]),
        # A parameter with an ARN may be in another Region; a parameter with a name is in this one.
        ("arn:aws:ssm:eu-west-1:{}:parameter/llm/token", known(True), []),
        ("arn:aws:ssm:eu-west-1:{}:parameter/llm/token", known(False), ["error"]),
        ("/llm/token", known(True), []),
        ("llm-token", known(True), []),
        ("llm-token", known(False), ["error"]),
        ("llm-token", DENIED, ["unknown"]),
    ],
)
def test_secret_exists(value: str, exists: Reading[bool], found: list[str]) -> None:
    value = value.format(ACCOUNT)
    facts = account(lookups=Lookups(secrets={value: exists}))
    assert of_rule("secret-exists", facts, task__secrets={"TOKEN": value}) == [
        (it, "task.secrets") for it in found
    ]


@pytest.mark.parametrize(
    ("exists", "severity"), [(known(True), ""), (known(False), "error"), (DENIED, "unknown")]
)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_credentials_of_a_registry_exist_in_any_region(
    region: str, exists: Reading[bool], severity: str
) -> None:
    arn = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:ngc-AbCdEf"
    found = of_rule(
        "secret-exists",
        account(lookups=Lookups(secrets={arn: exists})),
        container__registry_secret_arn=arn,
    )
    assert found == ([(severity, "container.registry_secret_arn")] if severity else [])
