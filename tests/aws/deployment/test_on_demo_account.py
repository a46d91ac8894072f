"""The calls on the wire and what comes of them, on the demo account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import boto3
import pytest

from gpuecs_tui.aws.deployment import schedule
from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.aws.session import connect
from gpuecs_tui.demo.account import DemoAccount
from tests.support.aws.stub import Stub, running

REGION = "eu-south-1"
NAMES = DeployedNames("watched", "watched", "watched", "watched")


@pytest.fixture
def stub(on_demo_account: DemoAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """The demo account with a service that has no instance; each response is its own."""
    ecs = boto3.client("ecs", region_name=REGION)
    ecs.create_cluster(clusterName="watched")
    container = {"name": "app", "image": "app", "memory": 4096, "cpu": 128}
    ecs.register_task_definition(family="watched", containerDefinitions=[container])
    ecs.create_service(
        cluster="watched", serviceName="watched", taskDefinition="watched", desiredCount=1
    )
    ec2 = boto3.client("ec2", region_name=REGION)
    boto3.client("elbv2", region_name=REGION).create_target_group(
        Name="watched",
        Protocol="HTTP",
        Port=80,
        VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"],
        HealthCheckPath="/ready",
    )
    with running(Stub(upstream=on_demo_account.endpoint)) as serving:
        monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
        yield serving


def test_a_service_is_followed_and_a_hanging_call_is_named(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = connect("", REGION)
    watch = DeploymentWatch(reader, NAMES)
    try:
        reader.prepare()
        # However loaded the machine is.
        monkeypatch.setattr(schedule, "PATIENCE_SECONDS", 60.0)
        monkeypatch.setattr(schedule, "ANSWER_SECONDS", 60.0)
        sizes = []
        while not watch.facts.read_at.keys() >= PARTS.keys():
            before = len(stub.calls)
            list(watch.refresh())
            sizes.append(len(stub.calls) - before)
            monkeypatch.setattr(schedule, "GAP_SECONDS", 0.0)
        assert max(sizes) <= schedule.CALLS_MAX and len(sizes) == 2
        facts = watch.facts
        assert not {it for it in PARTS if isinstance(getattr(facts, it), Unknown)}
        service, check, history = facts.service, facts.health_check, facts.history
        assert isinstance(service, Known) and service.value is not None
        assert service.value.task_definition == "watched:1"
        created_at = service.value.deployments[0].created_at
        assert created_at is not None and created_at.tzinfo is UTC
        assert isinstance(check, Known) and check.value is not None
        assert check.value.path == "/ready"
        assert isinstance(history, Known)
        assert [it.task_definition for it in history.value] == ["watched:1"]

        monkeypatch.setattr(schedule, "ANSWER_SECONDS", 0.5)
        stub.faults["ecs:DescribeServices"] = "hang"
        watch.expire()
        found = dict(watch.refresh(whole=True))
        assert {name for name, it in found.items() if isinstance(it, Unknown)} == {"service"}
        assert watch.facts.former["service"] == service
    finally:
        reader.close()
