"""Two stacks, applied in parallel in the demo account by the installed program.

One has the article's decisions; the other has the opposite option of every decision. Most of the
time of an apply is the provider's wait for the load balancer.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, cast

import boto3
import pytest

from gpuecs_tui.aws.log_bucket import statement
from gpuecs_tui.demo import account
from gpuecs_tui.demo.seed.access import BOUNDARY, LOG_KEY_ALIAS
from gpuecs_tui.stack.answers import dump_answers, load_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.network import VPC_ENDPOINTS, interface_endpoints
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import derived_target_group, resolve
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.teardown.carry_out import SUSPENDED
from tests.e2e.article import CONTAINER, article_attributes
from tests.e2e.engine import terraform
from tests.support.strategies import G4DN_XLARGE, NASTY
from tests.support.terraform.waiting import until
from tests.support.terraform.written_files import ACCOUNT, PARAMETER, put

pytestmark = pytest.mark.e2e

DATA = Path(__file__).parent / "data"
EXIT_CHANGES = 2
"""Exit code of a plan with changes, as with Terraform's ``-detailed-exitcode``."""


SCALING = (
    "aws_appautoscaling_target.this",
    *(f"aws_appautoscaling_policy.{it}" for it in ("requests", "cpu", "memory", "gpu", "metric")),
    *(f'aws_appautoscaling_scheduled_action.this["{it}"]' for it in ("new-year", "1st")),
)
"""What goes before the service, and is created after it."""
LOG_BUCKET = "other-turns-logs"
ALONE = (("b", "10.40.5.0/24"), ("b", "10.40.6.0/24"), ("a", "10.40.7.0/24"))
"""Zone and CIDR block of subnets without a route table of their own, and so without a route to the
internet."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A stack in the demo account."""

    stack: Stack
    directory: Path
    environ: Mapping[str, str]
    program: Path
    """The installed ``gpuecs-tui`` program, which wrote and applied it."""
    planned: Mapping[str, str]
    """Address → its action in ``plan --json`` before the apply."""
    resources: Mapping[str, Mapping[str, Any]]
    """Address → its values in ``terraform show -json``."""

    def says(self, *words: str | Path, code: int = 0) -> str:
        """Return the output of the installed program, which must exit with ``code``."""
        return _says(self.program, self.environ, *words, code=code)


def _says(program: Path, environ: Mapping[str, str], *words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [program, *words], check=False, cwd="/", env=environ,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, (words, done.stdout[-3000:], done.stderr)
    return done.stdout


def _article(places: Mapping[str, str]) -> str:
    return Template((DATA / "article.toml").read_text()).substitute(places)


def _other(places: Mapping[str, str]) -> str:
    return dump_answers({
        "stack.name": "other-turns",
        "stack.region": "us-east-1",
        "stack.tags": {"a b": "x =/y", "team": "推論", "empty": ""},
        "stack.role_path": "/teams/ml/",
        "stack.permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/{BOUNDARY}",
        "network.vpc_id": places["vpc"],
        "network.instance_subnet_ids": tuple(places[f"alone_{n}"] for n in range(len(ALONE))),
        "network.load_balancer_subnet_ids": (places["subnet_a"], places["subnet_b"]),
        "network.vpc_endpoints": VPC_ENDPOINTS,
        "network.ingress_cidrs": ("10.0.0.0/8", "192.0.2.0/24"),
        "network.ingress_prefix_list_ids": (places["prefix_list"],),
        "network.ingress_security_group_ids": (places["instance_group"],),
        "fleet.instance_types": ("g4dn.xlarge", "g5.xlarge"),
        "fleet.market": "spot",
        "fleet.on_demand_base": 1,
        "fleet.spot_percent": 50,
        "fleet.ami_release": "al2023-ami-ecs-gpu-hvm-2023.0.20260918-kernel-6.1-x86_64-ebs",
        "fleet.instance_refresh": True,
        "fleet.refresh_auto_rollback": True,
        "fleet.refresh_skip_matching": True,
        "fleet.refresh_checkpoints": ("50", "100"),
        "fleet.refresh_checkpoint_seconds": 60,
        "fleet.container_insights": "enhanced",
        "fleet.gpu_metrics": True,
        "fleet.extra_user_data": "echo ${HOME} %{x}\r\n☃",
        "task.image": "app:1",
        "task.network_mode": "awsvpc",
        "task.environment": {f"V{n}": text for n, text in enumerate(NASTY)},
        "task.secrets": {"S": f"{places['secret']}:key::", "P": PARAMETER},
        "task.capabilities": ("SYS_PTRACE",),
        "task.shared_memory_mib": 64,
        "task.log_kms_key_arn": places["log_key"],
        "task.command": ("serve", "a b", "${c}"),
        "task.ipc_mode": "task",
        "sidecars.images": {"metrics": "metrics:1", "prepare": "public.ecr.aws/team/prepare:2"},
        "sidecars.memory_mib": {"metrics": "256", "prepare": "512"},
        "sidecars.cpu_units": {"metrics": "128"},
        "sidecars.essential": ("metrics",),
        "sidecars.depends_on": {
            "app": "prepare:SUCCESS metrics:START", "metrics": "prepare:COMPLETE",
        },
        "sidecars.environment": {"metrics.A": "${b}", "prepare.C.d": ""},
        "sidecars.ports": {"metrics": "9400"},
        "container.registry_secret_arn": places["secret"],
        "container.entry_point": ("python", "-m", "${m}"),
        "container.working_directory": "/srv",
        "container.user": "1000:1000",
        "container.ulimits": {"memlock": "-1:-1", "nofile": "1024:65536"},
        "container.labels": {"com.example/team": "ml ${x}", "empty": ""},
        "container.restart": True,
        "container.restart_ignored_exit_codes": ("0", "143"),
        "container_health.command": ("CMD-SHELL", 'curl -f "$URL" || exit 1'),
        "container_health.start_period_seconds": 5,
        "service.execute_command": True,
        "service.ignore_changes": (),
        "autoscaling.enabled": True,
        "autoscaling.max_tasks": 3,
        "autoscaling.requests_per_target": 60,
        "autoscaling.cpu_percent": 70,
        "autoscaling.memory_percent": 80,
        "autoscaling.gpu_percent": 75,
        "autoscaling.metric_name": "Depth ${x}",
        "autoscaling.metric_dimensions": {"Queue": "a b", "Kind": "%{x}"},
        "autoscaling.metric_target": "0.5",
        "autoscaling.schedules": {
            "new-year": "cron(0 3 1 JAN ? *) min 1 max 2", "1st": "rate(365 days) min 1 max 3",
        },
        "autoscaling.timezone": "Europe/Berlin",
        "load_balancer.protocol": "HTTPS",
        "load_balancer.certificate_arn": places["certificate"],
        "load_balancer.access_log_bucket": LOG_BUCKET,
        "load_balancer.access_log_prefix": "teams/ml",
        "load_balancer.host_name": "other.llm.example.com",
        "load_balancer.hosted_zone_id": places["hosted_zone"],
        "load_balancer.web_acl_arn": places["web_acl"],
        "load_balancer.slow_start_seconds": 30,
        "load_balancer.stickiness_seconds": 3600,
        "health_check.port": "8081",
        "alarms.enabled": True,
        "alarms.topic_arn": places["topic"],
        "alarms.latency_seconds": 3,
        "alarms.gpu_memory_percent": 95,
        "alarms.rollback": True,
        "alarms.dashboard": True,
    })  # fmt: skip


def _valid(answers: Mapping[str, Value]) -> Stack:
    resolved = resolve(answers, G4DN_XLARGE)
    assert problems(answers, resolved) == ()
    return resolved.stack


def _session(demo: account.DemoAccount) -> Callable[[str], Any]:
    credentials = demo.environ
    session = boto3.Session(
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        region_name=credentials["AWS_REGION"],
    )

    return lambda name: session.client(cast(Any, name), endpoint_url=demo.endpoint)


def _places(client: Callable[[str], Any]) -> dict[str, str]:
    ec2 = client("ec2")
    subnets = {
        tag["Value"]: subnet
        for subnet in ec2.describe_subnets()["Subnets"]
        for tag in subnet.get("Tags", [])
    }
    groups = {
        group["GroupName"]: group["GroupId"]
        for group in ec2.describe_security_groups()["SecurityGroups"]
    }
    path = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"
    certificates = client("acm").list_certificates(CertificateStatuses=["ISSUED"])
    iam = client("iam")
    profile = iam.get_instance_profile(InstanceProfileName="ecsInstanceRole")
    vpc = subnets["ml-platform-private-a"]["VpcId"]
    storage = client("s3")
    storage.create_bucket(Bucket=LOG_BUCKET)
    delivery = json.loads(statement("us-east-1", ACCOUNT, LOG_BUCKET, "teams/ml"))
    storage.put_bucket_policy(
        Bucket=LOG_BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
    )
    alone = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"us-east-1{zone}")
        for zone, cidr in ALONE
    ]
    return {
        **{f"alone_{n}": made["Subnet"]["SubnetId"] for n, made in enumerate(alone)},
        "vpc": vpc,
        "subnet_a": subnets["ml-platform-private-a"]["SubnetId"],
        "subnet_b": subnets["ml-platform-private-b"]["SubnetId"],
        "instance_group": groups["[prod] gpu-tasks"],
        "load_balancer_group": groups["alb-internal"],
        "ami": client("ssm").get_parameter(Name=path)["Parameter"]["Value"],
        "certificate": certificates["CertificateSummaryList"][0]["CertificateArn"],
        "prefix_list": ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"],
        "hosted_zone": next(
            it["Id"].rpartition("/")[2]
            for it in client("route53").list_hosted_zones()["HostedZones"]
            if not it["Config"]["PrivateZone"]
        ),
        "web_acl": client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"],
        "secret": client("secretsmanager").list_secrets()["SecretList"][0]["ARN"],
        "topic": client("sns").list_topics()["Topics"][0]["TopicArn"],
        "log_key": client("kms").describe_key(KeyId=LOG_KEY_ALIAS)["KeyMetadata"]["Arn"],
        "profile": profile["InstanceProfile"]["Arn"],
        "role": iam.get_role(RoleName="ecsTaskExecutionRole")["Role"]["Arn"],
    }


def _apply(program: Path, answers: str, folder: Path, environ: Mapping[str, str]) -> Applied:
    stack = _valid(load_answers(answers))
    written, directory = folder / "answers.toml", folder / "stack"
    written.write_text(answers, "utf-8")
    _says(program, environ, "render", written, directory)
    planned = json.loads(_says(program, environ, "plan", directory, "--json", code=EXIT_CHANGES))
    # The checks would prevent the apply: the article reserves more memory than its instances
    # register.
    _says(program, environ, "apply", directory, "--yes", "--despite-findings")
    shown = json.loads(terraform(directory, "show", "-json", environ=environ))
    resources = shown["values"]["root_module"]["resources"]
    return Applied(
        stack, directory, environ, program,
        {it["address"]: it["action"] for it in planned["resources"]},
        {each["address"]: each["values"] for each in resources},
    )  # fmt: skip


def _destroy(applied: Applied) -> str:
    name = applied.stack.stack.name
    return applied.says("destroy", applied.directory, "--yes", "--confirm", name)


@pytest.fixture(scope="module")
def both(
    installed: Path,
    demo_account: account.DemoAccount,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Applied, Applied]]:
    """The article's stack and the one with all opposite options, applied; destroyed at the end."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.delenv("TF_CLI_CONFIG_FILE", raising=False)
        home = tmp_path_factory.mktemp("state")
        environ = demo_account.environment({**os.environ, "XDG_STATE_HOME": str(home)})
        client = _session(demo_account)
        places = _places(client)
        applied = list(
            pool.map(
                lambda answers: _apply(
                    installed, answers, tmp_path_factory.mktemp("applied"), environ
                ),
                (_article(places), _other(places)),
            )
        )
        yield applied[0], applied[1]
        for finished in pool.map(_destroy, applied):
            assert re.search(r"\nDestroyed\.\n[13] task definition revisions? stay", finished)
            assert "\nNo instances, EBS volumes, network" in finished
            # Before Terraform's first event, no task ran and no instance was protected.
            before = finished.partition(": Destroying...")[0]
            assert re.search(
                r"Before Terraform destroys:\n(1\. RegisterScalableTarget: .*\n)?"
                r"\d\. UpdateService: .*\n\d\. SetInstanceProtection: (?s:.*)"
                r"(Step 1 of 3 .*\n.* is suspended\.\n)?Step (1 of 2|2 of 3) .*\n.* 0\.\n(?s:.*)"
                r"No task of the service \S+ runs\.\nStep (2 of 2|3 of 3) .*\n"
                r".* protected from scale-in\.\n",
                before,
            ), before[-3000:]
            scaled = "1. RegisterScalableTarget: " in before
            assert scaled is ("Task scaling of the service other-turns is suspended." in before)
        for each in applied:
            state = json.loads((each.directory / "terraform.tfstate").read_text())
            assert state["resources"] == []
        for number in range(len(ALONE)):
            client("ec2").delete_subnet(SubnetId=places[f"alone_{number}"])
        client("s3").delete_bucket(Bucket=LOG_BUCKET)


def test_a_second_plan_is_empty(both: tuple[Applied, Applied]) -> None:
    for each in both:
        each.says("plan", each.directory)


def test_task_scaling_that_a_destroy_left_suspended_is_resumed_by_an_apply(
    both: tuple[Applied, Applied], demo_account: account.DemoAccount
) -> None:
    """Failure mode scaling-suspended: a destroy that ended after its first two steps."""
    _, other = both
    names, client = other.stack.names, _session(demo_account)
    scaling, ecs = client("application-autoscaling"), client("ecs")
    place = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{names.cluster}/{names.service}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    before = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    scaling.register_scalable_target(**place, SuspendedState=SUSPENDED)
    ecs.update_service(cluster=names.cluster, service=names.service, desiredCount=0)
    said = json.loads(other.says("check", other.directory, "--json", code=1))
    assert "scaling-suspended" in {it["rule"] for it in said["findings"]}
    out = other.says("apply", other.directory, "--yes", "--despite-findings")
    assert "aws_appautoscaling_target.this: Modifying" in out

    def desired() -> int:
        found = ecs.describe_services(cluster=names.cluster, services=[names.service])
        count: int = found["services"][0]["desiredCount"]
        return count

    assert until(desired, "the minimum of the target") == other.stack.autoscaling.min_tasks
    after = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert after == before
    other.says("plan", other.directory)


def test_what_was_planned_is_what_was_made(both: tuple[Applied, Applied]) -> None:
    for each in both:
        made = {it for it in each.resources if not it.startswith("data.")}
        assert each.planned == dict.fromkeys(made, "create")


def test_the_article_s_memory_is_told_before_an_apply(both: tuple[Applied, Applied]) -> None:
    article, _ = both
    said = json.loads(article.says("check", article.directory, "--json", code=1))
    assert ("memory-fit", "error") in {(it["rule"], it["severity"]) for it in said["findings"]}


def test_status_names_what_a_task_that_fits_nowhere_waits_for(
    both: tuple[Applied, Applied],
) -> None:
    article, _ = both

    def caused() -> Any:
        tree = json.loads(article.says("status", article.directory, "--json", code=2))
        return tree if tree["causes"] else None

    tree = until(caused, "a cause: a task that has just been started is not stuck")
    revision = article.resources["aws_ecs_task_definition.this"]["arn"].rpartition("/")[2]
    assert tree["applied"]["task_definition"] == revision
    assert tree["state"] == "under_way" and tree["unknown"].keys() <= {"history", "task_scaling"}
    assert {it["id"] for it in tree["causes"]} & {"provisioning", "not-placed-memory"}
    assert {it["id"]: it["state"] for it in tree["stages"]}["placed"] == "failed"


def test_an_applied_directory_is_read_back(both: tuple[Applied, Applied]) -> None:
    for each in both:
        found = read(each.directory)
        assert (found.stack, found.edits, found.unread) == (each.stack, (), ())
        shown = json.loads(each.says("show", each.directory, "--json"))
        keyed = {f"{part}.{key}": it for part, keys in shown.items() for key, it in keys.items()}
        assert keyed == json.loads(json.dumps(each.stack.flat()))


def test_every_typed_text_reaches_aws(both: tuple[Applied, Applied]) -> None:
    _, other = both
    values = other.resources["aws_ecs_task_definition.this"]
    container, *_further = json.loads(values["container_definitions"])
    environment = {pair["name"]: pair["value"] for pair in container["environment"]}
    assert environment == other.stack.task.environment
    assert container["command"] == ["serve", "a b", "${c}"]
    data = base64.b64decode(other.resources["aws_launch_template.this"]["user_data"]).decode()
    assert data.endswith("/gpu-metrics\necho ${HOME} %{x}\r\n☃")
    # What the CloudWatch agent fills in, not Terraform.
    assert '"${aws:AutoScalingGroupName}"' in data
    assert "\nECS_CLUSTER=other-turns\n" in data
    for address in ("aws_lb.this", "aws_ecs_service.this", "aws_security_group.instances"):
        tags = other.resources[address]["tags_all"]
        assert other.stack.stack.tags.items() <= tags.items()
    (policy,) = other.resources["aws_appautoscaling_policy.metric"][
        "target_tracking_scaling_policy_configuration"
    ]
    (metric,) = policy["customized_metric_specification"]
    assert (policy["target_value"], metric["metric_name"]) == (0.5, "Depth ${x}")
    pairs = {it["name"]: it["value"] for it in metric["dimensions"]}
    assert pairs == other.stack.autoscaling.metric_dimensions
    tags = {
        tag["key"]: tag["value"] for tag in other.resources["aws_autoscaling_group.this"]["tag"]
    }
    assert tags == {**other.stack.stack.tags, "Name": "other-turns", "AmazonECSManaged": ""}


def test_endpoints_stand_once_in_a_zone_and_in_the_main_route_table(
    both: tuple[Applied, Applied],
) -> None:
    _, other = both
    chosen = other.stack.network.instance_subnet_ids
    services = interface_endpoints(VPC_ENDPOINTS)
    for service in services:
        made = other.resources[f'aws_vpc_endpoint.interface["{service}"]']
        # The second subnet is in the zone of the first one.
        assert made["subnet_ids"] == sorted((chosen[0], chosen[2]))
        assert made["service_name"] == f"com.amazonaws.us-east-1.{service}"
        assert made["private_dns_enabled"] is True
    main = other.resources["data.aws_vpc.this"]["main_route_table_id"]
    assert other.resources["aws_vpc_endpoint.s3"]["route_table_ids"] == [main]


def test_endpoints_come_and_go_one_by_one(both: tuple[Applied, Applied], tmp_path: Path) -> None:
    _, other = both
    assert _planned(other, {"network.vpc_endpoints": ("ecs", "ecs-agent")}, tmp_path) == {
        **{
            f'aws_vpc_endpoint.interface["{it}"]': "delete"
            for it in interface_endpoints(VPC_ENDPOINTS)[2:]
        },
        "aws_vpc_endpoint.s3": "delete",
    }


def _planned(applied: Applied, changes: Mapping[str, Value], folder: Path) -> Mapping[str, str]:
    """Return address → its actions in a plan for the applied stack with other decisions."""
    directory = folder / "copy"
    shutil.copytree(applied.directory, directory, symlinks=True)
    put(directory, render(_valid({**applied.stack.flat(), **changes})))
    plan = str(folder / "plan")
    terraform(directory, "plan", f"-out={plan}", environ=applied.environ)
    shown = json.loads(terraform(directory, "show", "-json", plan, environ=applied.environ))
    return {
        change["address"]: " ".join(change["change"]["actions"])
        for change in shown["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


def test_a_replaced_capacity_provider_takes_service_and_association_with_it(
    both: tuple[Applied, Applied], tmp_path: Path
) -> None:
    """Failure mode destroy-order: AWS deletes no capacity provider that a cluster or service still
    uses."""
    _, other = both
    assert _planned(other, {"names.capacity_provider": "renamed"}, tmp_path) == dict.fromkeys(
        (
            "aws_ecs_capacity_provider.this",
            "aws_ecs_cluster_capacity_providers.this",
            "aws_ecs_service.this",
            *SCALING,
        ),
        "delete create",
    )


def test_a_replaced_cluster_s_instances_go_before_it(
    both: tuple[Applied, Applied], tmp_path: Path
) -> None:
    """AWS deletes neither a cluster with registered instances nor a group with a capacity
    provider."""
    _, other = both
    assert _planned(other, {"names.cluster": "renamed"}, tmp_path) == {
        "aws_launch_template.this": "update",
        "terraform_data.fleet_ties": "update",
        "aws_cloudwatch_dashboard.this": "update",
        # The launch template contains its name, and is itself created before the old one is
        # destroyed.
        "aws_ecs_cluster.this": "create delete",
        **dict.fromkeys(
            (
                "aws_autoscaling_group.this",
                "aws_ecs_capacity_provider.this",
                "aws_ecs_cluster_capacity_providers.this",
                "aws_ecs_service.this",
                *SCALING,
            ),
            "delete create",
        ),
    }


def test_everyday_changes_replace_nothing_that_serves(
    both: tuple[Applied, Applied], tmp_path: Path
) -> None:
    _, other = both
    everyday: Mapping[str, Value] = {
        "task.image": "app:2",
        "task.environment": {"A": "b"},
        "service.desired_count": 2,
        "fleet.max_size": 9,
        "fleet.target_capacity": 80,
        "fleet.instance_type": "g5.xlarge",
        "fleet.instance_types": ("g5.xlarge", "g6.xlarge"),
        "fleet.imds_hop_limit": 2,
        "load_balancer.deregistration_delay_seconds": 90,
        "load_balancer.idle_timeout_seconds": 600,
        "health_check.path": "/ready",
    }
    assert _planned(other, everyday, tmp_path) == {
        "aws_ecs_task_definition.this": "create delete",
        **dict.fromkeys(
            (
                "aws_autoscaling_group.this",
                "aws_ecs_capacity_provider.this",
                "aws_ecs_service.this",
                "aws_launch_template.this",
                "aws_lb.this",
                "aws_lb_target_group.this",
            ),
            "update",
        ),
    }


def test_a_target_group_s_successor_comes_before_it_goes(
    both: tuple[Applied, Applied], tmp_path: Path
) -> None:
    """Failure mode target-group-in-use."""
    _, other = both
    changes: Mapping[str, Value] = {
        "load_balancer.target_port": 81,
        "names.target_group": derived_target_group(
            {**other.stack.flat(), "load_balancer.target_port": 81}
        ),
    }
    assert _planned(other, changes, tmp_path) == {
        "aws_lb_target_group.this": "create delete",
        "aws_lb_listener.https": "update",
        "aws_ecs_service.this": "update",
        # Its label names the target group.
        "aws_appautoscaling_policy.requests": "update",
        # Their metrics are those of the target group.
        "aws_cloudwatch_metric_alarm.no_healthy_target": "update",
        "aws_cloudwatch_metric_alarm.unhealthy_targets": "update",
        "aws_cloudwatch_dashboard.this": "update",
    }


def test_the_article_s_stack_is_the_article_s(both: tuple[Applied, Applied]) -> None:
    article, _ = both
    expected = article_attributes(article.stack, article.resources)
    actual = {
        address: {name: _sorted(article.resources[address][name]) for name in attributes}
        for address, attributes in expected.items()
    }
    assert actual == expected


def _sorted(value: Any) -> Any:
    # Sets have no order; the lists in them contain only ids.
    plain = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return sorted(value) if plain else value


def test_the_article_s_container_tag_script_and_ignored_changes(
    both: tuple[Applied, Applied],
) -> None:
    article, _ = both
    written = article.resources["aws_ecs_task_definition.this"]["container_definitions"]
    assert json.loads(written) == [CONTAINER]
    managed = {"key": "AmazonECSManaged", "value": "", "propagate_at_launch": True}
    assert managed in article.resources["aws_autoscaling_group.this"]["tag"]
    user_data = base64.b64decode(article.resources["aws_launch_template.this"]["user_data"])
    assert b"\nECS_CLUSTER=inference-cluster\n" in user_data
    (action,) = article.resources["aws_lb_listener.http"]["default_action"]
    assert action["type"] == "forward"
    assert action["target_group_arn"] == article.resources["aws_lb_target_group.this"]["arn"]
    service = (article.directory / "service.tf").read_text()
    assert "[task_definition, desired_count, capacity_provider_strategy]" in service
    assert "[desired_capacity]" in (article.directory / "fleet.tf").read_text()


def test_deploy_and_rollback_go_there_and_back(
    both: tuple[Applied, Applied], demo_account: account.DemoAccount
) -> None:
    """The last test, because it changes the stack and the directory. ``tests/stories`` scales."""
    _, other = both
    ecs = _session(demo_account)("ecs")
    names = other.stack.names
    written = (other.directory / "terraform.tfvars").read_text()

    def change(command: str, *words: str) -> tuple[int, str]:
        """Run a command; return the desired count and the image of the service."""
        other.says(command, other.directory, *words, "--yes", "--despite-findings")
        described = ecs.describe_services(cluster=names.cluster, services=[names.service])
        (service,) = described["services"]
        revision = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        image = revision["taskDefinition"]["containerDefinitions"][0]["image"]
        return service["desiredCount"], image

    assert change("deploy", "--image", "2") == (1, "app:2")
    # No deployment of this stack completes, because its instances reach no ECS endpoint.
    assert change("rollback", "--to", "1") == (1, "app:1")
    assert (other.directory / "terraform.tfvars").read_text() == written
