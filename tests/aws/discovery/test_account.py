from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest
from botocore.session import get_session

from gpuecs_tui.aws import catalogue, session
from gpuecs_tui.aws.discovery.account import TOPICS, ReadProgress, read_account
from gpuecs_tui.aws.discovery.compute import (
    read_gpu_instances,
    read_instance_types,
    read_quotas,
    read_reservations,
)
from gpuecs_tui.aws.discovery.identity import read_identity
from gpuecs_tui.aws.discovery.names import read_clusters
from gpuecs_tui.aws.discovery.network import read_subnets
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity, CapacityReservation, GpuInstance
from gpuecs_tui.aws.network_facts import egress_of
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import READ_SECONDS, AccountReader, Closed, connect
from tests.support.aws.impatience import IMPATIENT
from tests.support.aws.stub import Answer, Stub

T = TypeVar("T")
ME = CallerIdentity("123456789012", "arn:aws:iam::123456789012:user/me", "user")


def the(reading: Reading[T]) -> T:
    assert isinstance(reading, Known), reading
    return reading.value


def xml(text: str) -> Answer:
    return 200, "text/xml", text.encode()


def test_the_whole_account_is_read(stub: Stub, reader: AccountReader) -> None:
    facts = read_account(reader)
    assert facts.unknowns == {}
    assert the(facts.identity).account == "123456789012"
    assert {"us-east-1", "eu-west-1"} <= {it.name for it in the(facts.regions) if it.enabled}
    assert any(not it.enabled for it in the(facts.regions))
    assert [it.is_default for it in the(facts.vpcs)].count(True) == 1
    assert {it.public for it in the(facts.subnets)} == {True, False}
    for subnet in the(facts.subnets):
        assert subnet.public == (egress_of(subnet, the(facts.route_tables)) == "internet-gateway")
    assert "nat" in {egress_of(it, the(facts.route_tables)) for it in the(facts.subnets)}
    groups = the(facts.security_groups)
    assert any(rule.group_ids or rule.cidrs for it in groups for rule in it.ingress)
    assert any("[" in it.name for it in groups)
    roles = {it.name: it.trusts for it in the(facts.roles)}
    assert roles["ecsTaskExecutionRole"] == ("ecs-tasks.amazonaws.com",)
    assert roles["ecsInstanceRole"] == ("ec2.amazonaws.com",)
    assert {it.role for it in the(facts.instance_profiles)} >= {"ecsInstanceRole"}
    assert {"ISSUED", "PENDING_VALIDATION"} <= {it.status for it in the(facts.certificates)}
    assert {(it.family, it.market) for it in the(facts.quotas)} == {
        (family, market) for family in "GP" for market in ("on-demand", "spot")
    }
    for filled in ("key_pairs", "repositories", "clusters", "load_balancers", "log_groups"):
        assert the(getattr(facts, filled)), filled


def test_live_types_have_what_the_catalogue_knows_of_them(
    stub: Stub, reader: AccountReader
) -> None:
    types = {it.name: it for it in read_instance_types(reader)}
    assert types["g4dn.xlarge"] == catalogue.find("g4dn.xlarge")
    assert types["g4dn.xlarge"].registered_mib == 15684
    assert types["g6f.large"].gpus == 0 and not types["g6f.large"].supported
    assert not types["g5g.xlarge"].supported
    assert {it.supported for it in types.values()} == {True, False}
    # Only families that can have GPUs were requested.
    assert stub.calls.count("ec2:DescribeInstanceTypes") == 1


def test_progress_comes_list_by_list(stub: Stub, reader: AccountReader) -> None:
    seen: list[ReadProgress] = []
    facts = read_account(reader, seen.append, ME)
    unsold = {it.name for it in the(seen[-1].facts.instance_types)} - {
        it.instance_type for it in the(facts.offerings)
    }
    assert not unsold & {it.name for it in the(facts.instance_types)}
    assert [it.done for it in seen] == list(range(1, len(TOPICS) + 1))
    assert [len(it.facts.unknowns) for it in seen] == [*reversed(range(len(TOPICS)))]
    assert "sts:GetCallerIdentity" not in stub.calls


def test_a_deleted_cluster_is_no_cluster(stub: Stub, reader: AccountReader) -> None:
    arns = [f"arn:aws:ecs:us-east-1:123456789012:cluster/c{n:03}" for n in range(150)]
    asked = []

    def describe(body: bytes) -> Answer:
        wanted = json.loads(body)["clusters"]
        asked.append(len(wanted))
        found = [
            {
                "clusterArn": arn,
                "clusterName": arn.rpartition("/")[2],
                "status": "INACTIVE" if arn.endswith("7") else "ACTIVE",
            }
            for arn in wanted
        ]
        return 200, "application/x-amz-json-1.1", json.dumps({"clusters": found}).encode()

    listed = json.dumps({"clusterArns": arns}).encode()
    stub.answers["ecs:ListClusters"] = lambda body: (200, "application/x-amz-json-1.1", listed)
    stub.answers["ecs:DescribeClusters"] = describe
    found = read_clusters(reader)
    assert [it.arn for it in found] == [arn for arn in arns if not arn.endswith("7")]
    # DescribeClusters takes at most 100.
    assert asked == [100, 50]
    # If the status of a name is unknown, the name counts as neither taken nor free.
    stub.faults["ecs:DescribeClusters"] = "AccessDeniedException"
    facts = read_account(reader, identity=ME)
    assert str(facts.clusters) == "unknown: not allowed to call ecs:DescribeClusters"


@pytest.mark.parametrize("denied", [it.source for it in TOPICS])
def test_one_call_denied_is_one_list_unknown(
    denied: str, stub: Stub, reader: AccountReader
) -> None:
    code = "UnauthorizedOperation" if denied.startswith("ec2:") else "AccessDeniedException"
    stub.faults[denied] = code
    facts = read_account(reader, identity=ME)
    field = next(it.field for it in TOPICS if it.source == denied)
    reading = facts.unknowns.pop(field)
    assert list(facts.unknowns) == [field]
    assert str(reading) == f"unknown: not allowed to call {denied}"
    assert reading.remedy
    if denied == "ec2:DescribeRouteTables":
        assert {it.public for it in the(facts.subnets)} == {None}
    # A refusal is a result: the call is made once and not repeated.
    assert stub.calls.count(denied) <= 4


def test_an_identity_that_may_not_be_asked_for(stub: Stub, reader: AccountReader) -> None:
    stub.faults["sts:GetCallerIdentity"] = "AccessDenied"
    facts = read_account(reader)
    assert list(facts.unknowns) == ["identity"]


@pytest.mark.parametrize(
    ("code", "kind"), [("ExpiredToken", "expired"), ("InvalidClientTokenId", "no_credentials")]
)
def test_credentials_that_do_not_hold_are_told_at_once(
    code: str, kind: str, stub: Stub, reader: AccountReader
) -> None:
    stub.faults["sts:GetCallerIdentity"] = code
    with pytest.raises(AwsProblem) as told:
        read_account(reader)
    assert told.value.kind == kind
    assert told.value.remedy
    assert stub.calls == ["sts:GetCallerIdentity"]


def test_throttling_is_waited_out(
    stub: Stub, reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    stub.faults["ec2:DescribeVpcs"] = "RequestLimitExceeded"
    stub.fail_times["ec2:DescribeVpcs"] = 2
    facts = read_account(reader, identity=ME)
    assert isinstance(facts.vpcs, Known)
    stub.fail_times["ec2:DescribeVpcs"] = 99
    again = read_account(reader, identity=ME)
    assert str(again.vpcs) == "unknown: ec2:DescribeVpcs was throttled"


def test_a_call_that_hangs_times_out_and_the_rest_is_there(
    stub: Stub, reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Responses are recorded first, so that none of them can be late on a slow machine.
    read_account(connect("", "us-east-1"), identity=ME)
    for name, value in IMPATIENT.items():
        monkeypatch.setattr(session, name, value)
    stub.faults["iam:ListRoles"] = "hang"
    facts = read_account(reader, identity=ME)
    assert str(facts.roles) == "unknown: iam:ListRoles did not answer in time"
    assert list(facts.unknowns) == ["roles"]


def test_an_account_that_hangs_can_be_left(empty: Stub, reader: AccountReader) -> None:
    for topic in TOPICS:
        empty.faults[topic.source] = "hang"
    threading.Timer(0.2, reader.close).start()
    begin = time.monotonic()
    with pytest.raises(Closed):
        read_account(reader, identity=ME)
    assert time.monotonic() - begin < READ_SECONDS / 2
    with pytest.raises(Closed):
        reader.call("sts", "GetCallerIdentity")


def test_an_answer_of_another_shape_is_unknown(stub: Stub, reader: AccountReader) -> None:
    stub.answers["ec2:DescribeVpcs"] = lambda _body: xml(
        "<DescribeVpcsResponse><vpcSet><item><isDefault>true</isDefault></item></vpcSet>"
        "</DescribeVpcsResponse>"
    )
    facts = read_account(reader, identity=ME)
    assert list(facts.unknowns) == ["vpcs"]
    assert "ec2:DescribeVpcs" in str(facts.vpcs)


def test_an_error_page_is_not_shown_as_html(
    hasty: None, empty: Stub, reader: AccountReader
) -> None:
    page = b"<!doctype html><html><h1>Bad gateway</h1></html>"
    empty.answers["ec2:DescribeKeyPairs"] = lambda _body: (502, "text/html", page)
    with pytest.raises(AwsProblem) as told:
        reader.call("ec2", "DescribeKeyPairs")
    assert "HTML" in str(told.value)
    assert "<" not in str(told.value)


def test_many_pages_are_one_list(empty: Stub, reader: AccountReader) -> None:
    count, size = 250, 100

    def page(body: bytes) -> Answer:
        start = int(parse_qs(body.decode()).get("NextToken", ["0"])[0])
        items = "".join(
            f"<item><subnetId>subnet-{n:08x}</subnetId><vpcId>vpc-1</vpcId>"
            f"<availabilityZone>us-east-1a</availabilityZone><cidrBlock>10.0.{n}.0/24</cidrBlock>"
            f"<availableIpAddressCount>{n}</availableIpAddressCount></item>"
            for n in range(start, min(start + size, count))
        )
        more = f"<nextToken>{start + size}</nextToken>" if start + size < count else ""
        return xml(
            f"<DescribeSubnetsResponse><subnetSet>{items}</subnetSet>{more}"
            "</DescribeSubnetsResponse>"
        )

    empty.answers["ec2:DescribeSubnets"] = page
    subnets = read_subnets(reader)
    assert sorted(it.free_addresses for it in subnets) == list(range(count))
    assert len(empty.calls) == 3


@pytest.mark.parametrize("empty_set", ["instanceTypeSet", "subnetSet"])
def test_nothing_there_is_known(empty_set: str, empty: Stub, reader: AccountReader) -> None:
    operation, read = {
        "instanceTypeSet": ("DescribeInstanceTypes", read_instance_types),
        "subnetSet": ("DescribeSubnets", read_subnets),
    }[empty_set]
    empty.answers[f"ec2:{operation}"] = lambda _body: xml(
        f"<{operation}Response><{empty_set}/></{operation}Response>"
    )
    reading = reader.reading("x", lambda: read(reader))
    assert the(reading) == ()


def test_a_quota_never_raised_is_the_default_of_aws(empty: Stub, reader: AccountReader) -> None:
    def absent(_body: bytes) -> Answer:
        return 400, "application/x-amz-json-1.1", b'{"__type":"NoSuchResourceException"}'

    def default(_body: bytes) -> Answer:
        return 200, "application/x-amz-json-1.1", b'{"Quota":{"Value":5.0}}'

    empty.answers["servicequotas:GetServiceQuota"] = absent
    empty.answers["servicequotas:GetAWSDefaultServiceQuota"] = default
    assert {it.vcpus for it in read_quotas(reader)} == {5}


def test_types_newer_than_the_catalogue_are_asked_for_once_more(
    stub: Stub, reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = catalogue.names() - {"g6.xlarge"}
    monkeypatch.setattr(catalogue, "names", lambda: older)
    facts = read_account(reader, identity=ME)
    assert "g6.xlarge" in {it.instance_type for it in the(facts.offerings)}
    assert "g6.xlarge" in {it.name for it in the(facts.instance_types)}
    assert stub.calls.count("ec2:DescribeInstanceTypeOfferings") == 2


def test_page_sizes_are_what_the_apis_take(
    reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = get_session()
    seen: set[str] = set()

    def pages(service: str, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        key = models.get_paginator_model(service).get_paginator(operation)["limit_key"]
        shape = models.get_service_model(service).operation_model(operation).input_shape
        assert shape is not None
        size = parameters["PaginationConfig"]["PageSize"]
        limits = shape.members[key].metadata
        assert limits.get("min", 1) <= size <= limits.get("max", size), operation
        seen.add(operation)
        return []

    monkeypatch.setattr(reader, "pages", pages)
    monkeypatch.setattr(reader, "call", lambda *_names, **_given: {})
    for topic in TOPICS:
        with suppress(KeyError):  # readers that make a single call need its response
            topic.read(reader)
    assert len(seen) > 12


def test_reservations_without_capacity_blocks(empty: Stub, reader: AccountReader) -> None:
    kinds = {"cr-2": "default", "cr-1": "default", "cr-3": "capacity-block"}
    items = "".join(
        f"<item><capacityReservationId>{id}</capacityReservationId><instanceType>g6.xlarge"
        "</instanceType><availabilityZone>us-east-1a</availabilityZone><totalInstanceCount>2"
        "</totalInstanceCount><availableInstanceCount>1</availableInstanceCount>"
        f"<reservationType>{kind}</reservationType><tagSet><item><key>Name</key><value>[ml]"
        "</value></item></tagSet></item>"
        for id, kind in kinds.items()
    )
    empty.answers["ec2:DescribeCapacityReservations"] = lambda _body: xml(
        "<DescribeCapacityReservationsResponse><capacityReservationSet>"
        f"{items}</capacityReservationSet></DescribeCapacityReservationsResponse>"
    )
    first, second = read_reservations(reader)
    assert first == CapacityReservation("cr-1", "[ml]", "g6.xlarge", "us-east-1a", 2, 1)
    assert second.id == "cr-2"


def test_running_gpu_instances(empty: Stub, reader: AccountReader) -> None:
    bodies: list[bytes] = []

    def answer(body: bytes) -> Answer:
        bodies.append(body)
        return xml(
            "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
            "<instanceId>i-1</instanceId><instanceType>g4dn.xlarge</instanceType><cpuOptions>"
            "<coreCount>1</coreCount><threadsPerCore>1</threadsPerCore></cpuOptions><tagSet><item>"
            "<key>aws:autoscaling:groupName</key><value>llm</value></item></tagSet></item><item>"
            "<instanceId>i-0</instanceId><instanceType>g99.xlarge</instanceType><cpuOptions>"
            "<coreCount>4</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>"
            "<instanceLifecycle>spot</instanceLifecycle></item></instancesSet></item>"
            "</reservationSet></DescribeInstancesResponse>"
        )

    empty.answers["ec2:DescribeInstances"] = answer
    assert read_gpu_instances(reader) == (
        GpuInstance("i-0", "g99.xlarge", "spot", 8, ""),
        GpuInstance("i-1", "g4dn.xlarge", "on-demand", 4, "llm"),
    )
    # VT instances have no GPUs, but their vCPUs count against the same quota as G's.
    assert b"vt%2A" in bodies[0]


def test_a_region_without_gpu_types_has_none(stub: Stub) -> None:
    facts = read_account(connect("", "mx-central-1"), identity=ME)
    assert the(facts.instance_types) == ()
    assert the(facts.offerings) == ()


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        ("arn:aws:iam::1:user/a/b", "user"),
        ("arn:aws:iam::1:root", "root"),
        ("arn:aws:sts::1:assumed-role/r/s", "assumed-role"),
        ("arn:aws-cn:sts::1:federated-user/f", "federated-user"),
        ("arn:aws:something::1:else", "other"),
    ],
)
def test_kinds_of_identity(
    arn: str, kind: str, reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"Account": "1", "Arn": arn, "UserId": "u"}
    monkeypatch.setattr(reader, "call", lambda *_names: answer)
    assert read_identity(reader).kind == kind


def test_a_dead_endpoint_is_told_in_one_sentence(
    hasty: None, empty: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(AwsProblem) as told:
        read_account(connect("", "us-east-1"))
    assert told.value.kind == "unreachable"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(AwsProblem) as told:
        read_account(connect("", "us-east-1"))
    assert "AWS_ENDPOINT_URL" in str(told.value)


def test_unknown_is_never_an_empty_list() -> None:
    facts = AccountFacts(region="us-east-1")
    assert set(facts.unknowns) == {"identity", *(it.field for it in TOPICS)}
    assert all(isinstance(it, Unknown) for it in facts.unknowns.values())
