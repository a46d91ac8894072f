"""Faults of the demo account: each is found by its rule, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.checks.network.endpoints import FIELD
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_USAGE
from gpuecs_tui.demo import account, fault_names, protocol, service_faults
from gpuecs_tui.demo.faults.registry import HOLDS
from gpuecs_tui.demo.seed.access import LOG_KEY_ALIAS
from gpuecs_tui.stack.answers import dump_answers, load_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.network import in_endpoint_order
from tests.support.repository import ROOT

ACCOUNT = "123456789012"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
OF_OTHER_STACKS = ("few-rules", "service-scaled")
"""Faults that require a stack with a created security group, or an applied stack."""
WITH_RULE = tuple(
    name for name, fault in fault_names.FAULTS.items() if fault.rule and name not in OF_OTHER_STACKS
)


@pytest.fixture(scope="module")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the command line finds the account of this module."""
    home = tmp_path_factory.mktemp("state")
    folder = home / "gpuecs-tui" / "demo"
    account.start_or_find(folder)
    yield home
    account.stop(folder)


@pytest.fixture
def own_account(
    state_home: Path, scrubbed: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[account.DemoAccount]:
    """This account without faults; the environment is restored, because --demo replaces it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(state_home))
    kept = dict(os.environ)
    yield account.with_faults(account.start_or_find(), ())
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="module")
def answers(state_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack that depends on everything that can be wrong in an account."""
    found = account.start_or_find(state_home / "gpuecs-tui" / "demo")
    session: Any = boto3.Session(
        aws_access_key_id=account.ACCESS_KEY,
        aws_secret_access_key=account.SECRET_KEY,
        region_name=account.REGION,
    )

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=found.endpoint)

    ec2, iam = client("ec2"), client("iam")
    subnets = {
        tag["Value"]: subnet
        for subnet in ec2.describe_subnets()["Subnets"]
        for tag in subnet.get("Tags", ())
        if tag["Key"] == "Name"
    }
    groups = {
        it["GroupName"]: it["GroupId"] for it in ec2.describe_security_groups()["SecurityGroups"]
    }
    (certificate,) = client("acm").list_certificates(CertificateStatuses=["ISSUED"])[
        "CertificateSummaryList"
    ]
    secret = client("secretsmanager").describe_secret(SecretId="prod/llm/api-key")["ARN"]
    key = client("kms").describe_key(KeyId=LOG_KEY_ALIAS)
    owned = ec2.describe_images(Owners=["self"])["Images"]
    (image,) = (it for it in owned if it["Name"].endswith("[encrypted]"))
    profile = iam.get_instance_profile(InstanceProfileName="ecsInstanceRole")["InstanceProfile"]
    role = iam.create_role(
        RoleName="llm-execution",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]
    iam.attach_role_policy(
        RoleName="llm-execution",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    )
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
    iam.put_role_policy(
        RoleName="llm-execution",
        PolicyName="secrets",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    stack: dict[str, Value] = {
        "stack.name": "demo-llm",
        "stack.region": account.REGION,
        "network.vpc_id": subnets["ml-platform-private-a"]["VpcId"],
        "network.instance_subnet_ids": tuple(
            subnets[f"ml-platform-private-{zone}"]["SubnetId"] for zone in "abc"
        ),
        "network.load_balancer_subnet_ids": tuple(
            subnets[f"ml-platform-public-{zone}"]["SubnetId"] for zone in "abc"
        ),
        "network.instance_security_group_ids": (groups["[prod] gpu-tasks"],),
        "network.load_balancer_security_group_ids": (
            groups["alb-public"],
            groups["legacy-web"],  # allows the clients that are redirected
        ),
        "fleet.instance_type": "g4dn.xlarge",
        "task.log_kms_key_arn": key["KeyMetadata"]["Arn"],
        "fleet.ami": image["ImageId"],
        "fleet.key_name": "ops-2026",
        "fleet.instance_profile_arn": profile["Arn"],
        "task.image": f"{REGISTRY}/llm-server:2.4.1",
        "task.secrets": {"API_KEY": secret},
        "task.execution_role_arn": role["Arn"],
        "load_balancer.internal": False,
        "load_balancer.protocol": "HTTPS",
        "load_balancer.certificate_arn": certificate["CertificateArn"],
    }
    path = tmp_path_factory.mktemp("answers") / "answers.toml"
    path.write_text(dump_answers(stack), encoding="utf-8")
    return path


def check(capsys: pytest.CaptureFixture[str], answers: Path, *faults: str) -> list[dict[str, str]]:
    words = [word for fault in faults for word in ("--demo-fault", fault)]
    main(["--demo", *words, "check", str(answers), "--json"])
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["findings"]
    return found


@pytest.mark.usefixtures("own_account")
@pytest.mark.parametrize("name", WITH_RULE)
def test_each_fault_is_found_by_its_rule_and_gone_without_it(
    name: str, answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = check(capsys, answers, name)
    assert fault_names.FAULTS[name].rule in {
        it["rule"] for it in found if it["severity"] != "unknown"
    }
    assert check(capsys, answers) == []


@pytest.mark.usefixtures("own_account")
def test_few_rules_are_found_and_refused(
    answers: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    created = tmp_path / "created.toml"
    chosen = load_answers(answers.read_text())
    chosen["network.load_balancer_security_group_ids"] = ()
    chosen["network.ingress_cidrs"] = ("10.0.0.0/8",)
    created.write_text(dump_answers(chosen))

    def found(*faults: str) -> set[str]:
        return {it["rule"] for it in check(capsys, created, *faults)}

    assert "rule-limit" in found("few-rules")
    assert "rule-limit" not in found("few-rules:2") | found()
    held = account.with_faults(account.start_or_find(), ["few-rules"])
    for name, value in held.environ.items():
        monkeypatch.setenv(name, value)
    ec2 = boto3.client("ec2")
    vpc = str(chosen["network.vpc_id"])
    group = ec2.create_security_group(GroupName="few", Description="few", VpcId=vpc)["GroupId"]

    def allow(port: int) -> None:
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="10.0.0.0/8"
        )

    try:
        allow(80)
        with pytest.raises(ClientError, match="RulesPerSecurityGroupLimitExceeded"):
            allow(443)
        account.with_faults(held, ())
        allow(443)
    finally:
        ec2.delete_security_group(GroupId=group)


@pytest.mark.usefixtures("own_account")
def test_a_scaled_service_is_found_by_the_stack_that_it_belongs_to(
    answers: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as environment:
        for name, value in account.start_or_find().environ.items():
            environment.setenv(name, value)
        ecs = boto3.client("ecs")
        ecs.create_cluster(clusterName="scaled")
        task = [{"name": "app", "image": "app", "memory": 128}]
        ecs.register_task_definition(family="scaled", containerDefinitions=task)
        arn = ecs.create_service(
            cluster="scaled", serviceName="scaled", taskDefinition="scaled", desiredCount=0
        )["service"]["serviceArn"]
    chosen = {
        **load_answers(answers.read_text()),
        "names.cluster": "scaled",
        "names.service": "scaled",
    }
    stack = tmp_path / "stack"
    (tmp_path / "scaled.toml").write_text(dump_answers(chosen))
    assert main(["render", str(tmp_path / "scaled.toml"), str(stack)]) == 0
    instance = {"attributes": {"arn": arn, "id": arn, "name": "scaled"}, "schema_version": 1}
    service = {
        "mode": "managed",
        "type": "aws_ecs_service",
        "name": "this",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [instance],
    }
    state = {"version": 4, "serial": 1, "lineage": "a", "outputs": {}, "resources": [service]}
    (stack / "terraform.tfstate").write_text(json.dumps(state))
    capsys.readouterr()

    def said(*faults: str) -> list[str]:
        found = check(capsys, stack, *faults)
        return [it["message"] for it in found if it["rule"] == "count-reset"]

    (message,) = said("service-scaled")
    assert "keeps the service between 1 and 4 tasks" in message
    assert not [it for it in said() if "Application Auto Scaling" in it]


@pytest.mark.usefixtures("own_account")
def test_a_denied_call_makes_what_it_tells_unknown(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = check(capsys, answers, "denied:ec2:DescribeKeyPairs")
    assert (found["rule"], found["severity"]) == ("role-missing", "unknown")
    assert "ec2:DescribeKeyPairs" in found["message"] + found["remedy"]
    # Each of the three formats of AWS's errors.
    for call in ("iam:ListRoles", "acm:ListCertificates", "servicequotas:*"):
        assert {it["severity"] for it in check(capsys, answers, f"denied:{call}")} == {"unknown"}


@pytest.mark.usefixtures("own_account")
def test_faults_add_up_and_are_exactly_those_of_the_last_command(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = check(capsys, answers, "quota-zero", "key-pair-missing")
    assert {it["rule"] for it in found} == {"quota", "role-missing"}
    assert main(["demo", "status"]) == 0
    assert "quota-zero, key-pair-missing" in capsys.readouterr().out
    assert {it["rule"] for it in check(capsys, answers, "no-egress")} == {"egress"}
    assert account.start_or_find().faults == ("no-egress",)


@pytest.mark.usefixtures("own_account")
def test_the_remedy_of_no_egress_is_to_create_the_endpoints(
    answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = check(capsys, answers, "no-egress")
    assert found["rule"] == "egress"
    *_others, services = found["remedy"].partition("create VPC endpoints for ")
    # The VPC has a gateway endpoint for S3.
    assert "s3" not in services.split(", ")
    mended = tmp_path / "mended.toml"
    chosen = {**load_answers(answers.read_text()), FIELD: in_endpoint_order(services.split(", "))}
    mended.write_text(dump_answers(chosen))
    assert check(capsys, mended, "no-egress") == []


def test_a_call_that_is_throttled_slow_or_hanging_is_so(
    own_account: account.DemoAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in own_account.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    ecs = boto3.client("ecs")
    held = account.with_faults(own_account, ["throttled:ecs:List*"])
    with pytest.raises(ClientError, match="ThrottlingException"):
        ecs.list_clusters()
    held = account.with_faults(held, ["slow:300"])
    begin = time.monotonic()
    assert ecs.list_clusters()["clusterArns"]
    assert time.monotonic() - begin >= 0.3
    held = account.with_faults(held, ["hanging:ecs:ListClusters"])
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ecs.list_clusters)
        assert ecs.describe_clusters(clusters=["legacy-batch"])["clusters"], "others go on"
        assert not asked.done()
        account.with_faults(held, ())
        assert asked.result(timeout=30)["clusterArns"]


def test_a_taken_name_is_taken_wherever_it_is_fixed(
    own_account: account.DemoAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in own_account.environ.items():
        monkeypatch.setenv(name, value)

    def taken() -> set[str]:
        iam, ecs, logs = (boto3.client(it) for it in ("iam", "ecs", "logs"))
        groups = logs.describe_log_groups(logGroupNamePrefix="/ecs/mine")["logGroups"]
        return {
            *(arn for arn in ecs.list_clusters()["clusterArns"] if arn.endswith("/mine")),
            *(it["RoleName"] for it in iam.list_roles()["Roles"] if "mine-" in it["RoleName"]),
            *(
                it["InstanceProfileName"] + " profile"
                for it in iam.list_instance_profiles()["InstanceProfiles"]
                if "mine-" in it["InstanceProfileName"]
            ),
            *(it["logGroupName"] for it in groups),
        }

    held = account.with_faults(own_account, ["name-taken:mine"])
    assert taken() == {
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/mine",
        "mine-instance-us-east-1",
        "mine-execution-us-east-1",
        "mine-task-us-east-1",
        "mine-instance-us-east-1 profile",
        "/ecs/mine",
    }
    account.with_faults(held, ())
    assert taken() == set()


def test_what_was_made_under_a_fault_outlives_it(
    own_account: account.DemoAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in own_account.environ.items():
        monkeypatch.setenv(name, value)
    ec2, ecs = boto3.client("ec2"), boto3.client("ecs")
    before = {it["KeyName"] for it in ec2.describe_key_pairs()["KeyPairs"]}
    held = account.with_faults(own_account, ["key-pair-missing", "name-taken:mine"])
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    ec2.create_key_pair(KeyName="fresh")
    account.with_faults(held, ())
    assert {it["KeyName"] for it in ec2.describe_key_pairs()["KeyPairs"]} == before | {"fresh"}
    assert not any("/mine" in arn for arn in ecs.list_clusters()["clusterArns"])


def test_only_who_has_the_token_sets_faults(own_account: account.DemoAccount) -> None:
    url = own_account.endpoint + protocol.FAULTS_PATH
    request = urllib.request.Request(url, data=b'{"faults": ["quota-zero"]}')
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)
    assert account.start_or_find().faults == ()


def test_every_fault_is_made_somewhere_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(HOLDS) == {*WITH_RULE, *OF_OTHER_STACKS}
    # test_service_faults plays each of the others.
    of_calls = {"denied", "throttled", "hanging", "slow"}
    assert set(fault_names.FAULTS) == {*HOLDS, *of_calls, *service_faults.NAMES}
    document = (ROOT / "docs" / "demo-account.md").read_text("utf-8")
    assert [it for it in service_faults.NAMES if f"`{it}`" not in document] == []
    with pytest.raises(SystemExit) as end:
        main(["--demo-fault", "list"])
    assert end.value.code == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split("[")[0].split()[0] for line in listed] == list(
        fault_names.FAULTS
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--demo", "--demo-fault", "nonsense", "gpus"], "unknown demo fault nonsense"),
        (["--demo", "--demo-fault", "pull-notfond", "gpus"], "did you mean pull-notfound?"),
        (["--demo", "--demo-fault", "denied", "gpus"], "denied:CALL"),
        (["--demo", "--demo-fault", "denied:rm -rf", "gpus"], "denied:CALL"),
        (["--demo", "--demo-fault", "quota-zero:1", "gpus"], "quota-zero"),
        (["--demo-fault", "quota-zero", "gpus"], "--demo"),
    ],
)
def test_a_fault_that_is_none_is_a_usage_error(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == EXIT_USAGE
    assert said in capsys.readouterr().err


def test_only_a_near_fault_is_suggested() -> None:
    for name, suggested in (("foo", False), ("nonsense", False), ("ooom", True), ("quota", False)):
        with pytest.raises(fault_names.UnknownFault) as refused:
            fault_names.take_apart(name)
        assert ("did you mean" in str(refused.value)) is suggested, name


@pytest.mark.usefixtures("own_account")
def test_demo_fault_starts_ends_and_outlives_other_commands(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert main(["demo", "fault", *words]) == 0
        return capsys.readouterr().out

    assert said() == "No fault is simulated.\n"
    assert "Simulated faults: oom" in said("oom")
    assert "Starts in 3600 s: exits:137" in said("exits:137", "--in", "3600")
    # A command without --demo-fault ends only the faults of an earlier --demo-fault.
    assert check(capsys, answers, "quota-zero") != []
    assert account.start_or_find().faults == ("quota-zero", "oom")
    assert check(capsys, answers) == []
    assert main(["demo", "status"]) == 0
    status = capsys.readouterr().out
    assert "Simulated faults: oom\n" in status and "exits:137" in status
    assert "oom" not in said("oom", "--clear")
    assert said("--clear") == "No fault is simulated.\n"
    assert account.start_or_find().waiting == ()
    assert "pull-slow" in said("list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fault", "pul-slow"], "unknown demo fault pul-slow: did you mean pull-slow?"),
        (["fault", "exits:0"], "invalid demo fault exits: use exits[:CODE]"),
        (["fault", "--in", "5"], "--in requires a fault to start."),
        (["fault", "oom", "--in", "0"], "a number of seconds from 1 to 86400"),
        (["fault", "oom", "--in", "nan"], "a number of seconds from 1 to 86400"),
        (["status", "--clear"], "--clear requires the action fault or metric."),
        (["stop", "--in", "5"], "--in requires the action fault."),
        (["stop", "oom"], "demo stop takes no further argument: oom."),
        (["fault", "oom"], "The demo account is not running."),
    ],
)
def test_a_wrong_demo_fault_gets_one_sentence(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert main(["demo", *words]) == EXIT_USAGE
    error = capsys.readouterr().err
    assert said in error and len(error.splitlines()) == 1


def test_metrics_are_set_and_cleared_by_the_command(
    own_account: account.DemoAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    def metric(*words: str) -> str:
        assert main(["demo", "metric", *words]) == 0
        return capsys.readouterr().out

    assert metric() == "No metric has data.\n"
    assert metric("RequestCount", "600") == "RequestCount = 600\n"
    assert metric("GpuUse", "0.5") == "GpuUse = 0.5\nRequestCount = 600\n"
    assert metric("GpuUse", "--clear") == "RequestCount = 600\n"
    assert metric("--clear") == "No metric has data.\n"
    for words, reason in (
        (("RequestCount",), "A metric requires a value, or --clear."),
        (("RequestCount", "5", "--clear"), "A metric requires a value, or --clear."),
        (("RequestCount", "-1"), "A metric requires a number from 0"),
        (("RequestCount", "nan"), "A metric requires a number from 0"),
    ):
        assert main(["demo", "metric", *words]) == EXIT_USAGE
        assert reason in capsys.readouterr().err
    assert main(["demo", "fault", "slow:1", "5"]) == EXIT_USAGE
    assert "A value requires the action metric." in capsys.readouterr().err
