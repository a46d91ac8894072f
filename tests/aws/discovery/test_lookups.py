from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery.account import read_account
from gpuecs_tui.aws.discovery.late_lists import read_late
from gpuecs_tui.aws.discovery.lookups import read_architectures, read_images, read_references
from gpuecs_tui.aws.ecr import (
    EcrImage,
    architectures_of,
    ecr_image,
    ipv4_reference,
    is_served_by_endpoints,
)
from gpuecs_tui.aws.facts import AccountFacts, Named
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.aws.service.live_revision import read_live_revision
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.checks import check
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import resolve
from tests.support.aws.stub import Stub

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = "sha256:" + "a" * 64


def stack(**changes: Value) -> Stack:
    answers: dict[str, Value] = {
        "stack.name": "llm",
        "stack.region": "us-east-1",
        "fleet.instance_type": "g4dn.xlarge",
        **{key.replace("__", "."): value for key, value in changes.items()},
    }
    return resolve(answers, catalogue.find("g4dn.xlarge")).stack


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        (f"{REGISTRY}/a/b:1", ("a/b", "1", "")),
        (f"{REGISTRY}/a", ("a", "latest", "")),
        (f"{REGISTRY}/a@{DIGEST}", ("a", "", DIGEST)),
        (f"{REGISTRY}/a:1@{DIGEST}", ("a", "1", DIGEST)),
        ("public.ecr.aws/a/b:1", None),
        ("nginx", None),
    ],
)
def test_ecr_references(reference: str, parts: tuple[str, str, str] | None) -> None:
    expected = EcrImage("123456789012", "us-east-1", *parts) if parts else None
    assert ecr_image(reference) == expected


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("ecr.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
        ("ecr-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
        ("ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("ecr.us-iso-west-1.c2s.ic.gov", "us-iso-west-1"),
        ("ecr.us-east-1.amazonaws.org", None),
        ("ecr.us-east-1.on.aws", None),
    ],
)
def test_ecr_references_of_every_partition(host: str, region: str | None) -> None:
    expected = EcrImage("210987654321", region, "llm", "2", "") if region else None
    reference = f"210987654321.dkr.{host}/llm:2"
    assert ecr_image(reference) == expected
    assert is_served_by_endpoints(reference) == (region is not None)
    assert ipv4_reference(reference) == reference


@pytest.mark.parametrize(
    ("host", "region", "ipv4"),
    [
        ("dkr-ecr.eu-west-3.on.aws", "eu-west-3", "dkr.ecr.eu-west-3.amazonaws.com"),
        (
            "dkr-ecr-fips.us-gov-west-1.on.aws",
            "us-gov-west-1",
            "dkr.ecr-fips.us-gov-west-1.amazonaws.com",
        ),
        (
            "dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
            "cn-north-1",
            "dkr.ecr.cn-north-1.amazonaws.com.cn",
        ),
        ("dkr-ecr.us-isob-east-1.on.aws.scloud", "us-isob-east-1",
         "dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
        ("dkr-ecr.eu-west-3.amazonaws.com", None, ""),
    ],
)  # fmt: skip
def test_dual_stack_names_of_ecr(host: str, region: str | None, ipv4: str) -> None:
    image = f"210987654321.{host}/tts/serve@{DIGEST}"
    expected = EcrImage("210987654321", region, "tts/serve", "", DIGEST) if region else None
    assert ecr_image(image) == expected
    assert not is_served_by_endpoints(image), "ECR has no PrivateLink for them"
    assert ipv4_reference(image) == (f"210987654321.{ipv4}/tts/serve@{DIGEST}" if ipv4 else image)


def index(*platforms: str) -> str:
    """An image index for ``OS/ARCHITECTURE``, each with the attestation that BuildKit adds."""
    listed = [
        {"platform": {"os": os, "architecture": architecture}}
        for platform in platforms
        for os, _slash, architecture in [platform.partition("/")]
    ]
    unknown = {"platform": {"os": "unknown", "architecture": "unknown"}}
    return json.dumps({"schemaVersion": 2, "manifests": [*listed, unknown]})


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        (index("linux/amd64"), ("x86_64",)),
        (index("linux/arm64", "linux/amd64"), ("arm64", "x86_64")),
        (index("linux/arm64", "windows/amd64"), ("arm64",)),
        (index("linux/ppc64le"), ("ppc64le",)),
        (index(), ()),
        ('{"schemaVersion": 2, "config": {"digest": "sha256:0"}, "layers": []}', ()),
        ('{"manifests": [{}, 1, {"platform": "linux"}]}', ()),
        ('{"manifests": 1}', ()),
        ("[]", ()),
        ("no JSON", ()),
        ("", ()),
    ],
)
def test_architectures_in_a_manifest(manifest: str, found: tuple[str, ...]) -> None:
    assert architectures_of(manifest) == found


def test_for_which_architectures_an_image_is(empty: Stub, reader: AccountReader) -> None:
    asked: list[dict[str, object]] = []

    def answer(body: bytes) -> tuple[int, str, bytes]:
        asked.append(json.loads(body))
        answered = {"images": [{"imageManifest": index("linux/arm64")}], "failures": []}
        return 200, "application/x-amz-json-1.1", json.dumps(answered).encode()

    empty.answers["ecr:BatchGetImage"] = answer
    for reference, which in (
        (f"{REGISTRY}/llm:1", {"imageTag": "1"}),
        (f"{REGISTRY}/llm@{DIGEST}", {"imageDigest": DIGEST}),
    ):
        image = ecr_image(reference)
        assert image is not None
        found = read_architectures(reader, image)
        assert isinstance(found, Known) and found.value == ("arm64",)
        assert asked[-1]["imageIds"] == [which]
        assert "application/vnd.oci.image.index.v1+json" in str(asked[-1]["acceptedMediaTypes"])


def test_images_of_a_repository(stub: Stub, reader: AccountReader) -> None:
    repositories = read_account(reader).repositories
    assert isinstance(repositories, Known)
    found = {it.name: read_images(reader, it.name) for it in repositories.value}
    lists = {name: it.value for name, it in found.items() if isinstance(it, Known)}
    assert set(lists) == set(found)
    assert any(lists.values())
    for images in lists.values():
        assert images is not None
        pushed = [it.pushed_at for it in images if it.pushed_at]
        assert pushed == sorted(pushed, reverse=True)
        assert all(it.digest.startswith("sha256:") and it.size_bytes > 0 for it in images)
    absent = read_images(reader, "no-such-repository")
    assert isinstance(absent, Known) and absent.value is None


def test_what_a_stack_names_is_looked_up_once(stub: Stub, reader: AccountReader) -> None:
    wanted = stack(
        task__image=f"{REGISTRY}/llm-server:1",
        fleet__ami="ami-0000000000000dead",
        stack__permissions_boundary="arn:aws:iam::123456789012:policy/no-such-policy",
        task__secrets={
            "A": "arn:aws:secretsmanager:us-east-1:123456789012:secret:no-such-thing-AbCdEf",
            "B": "arn:aws:ssm:us-east-1:123456789012:parameter/no/such/thing",
            "C": "arn:aws:ssm:eu-west-1:123456789012:parameter/elsewhere",
        },
    )
    facts = read_references(reader, wanted, AccountFacts(region="us-east-1"))
    looked = facts.lookups
    images = looked.images["llm-server"]
    assert isinstance(images, Known) and images.value
    architectures = looked.image_architectures[wanted.task.image]
    assert isinstance(architectures, Known) and architectures.value == ()
    ami = looked.machine_images["ami-0000000000000dead"]
    assert isinstance(ami, Known) and ami.value is None
    secrets = {arn: it.value for arn, it in looked.secrets.items() if isinstance(it, Known)}
    assert sorted(secrets.values()) == [False, False, False]
    (policy,) = looked.policies.values()
    assert isinstance(policy, Known) and policy.value is False
    group = looked.log_groups["/ecs/llm"]
    assert isinstance(group, Known) and group.value is None
    asked = len(stub.calls)
    again = read_references(reader, wanted, facts)
    assert again.lookups == looked
    assert len(stub.calls) == asked


def test_the_revision_of_a_service_is_asked_for_only_where_it_is_kept(
    empty: Stub, reader: AccountReader
) -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/by-others:7"
    service = {"status": "ACTIVE", "serviceArn": "arn:s", "taskDefinition": arn}
    container = {"name": "web", "portMappings": [{"containerPortRange": "80-82"}]}
    given = {
        "DescribeServices": {"services": [service]},
        "DescribeTaskDefinition": {"taskDefinition": {"containerDefinitions": [container]}},
    }
    for name, answer in given.items():
        said = (200, "application/x-amz-json-1.1", json.dumps(answer).encode())
        empty.answers[f"ecs:{name}"] = lambda _body, said=said: said  # type: ignore[misc]

    found = read_live_revision(reader, "c", "s")
    assert isinstance(found, Known) and found.value is not None
    assert (found.value.service, found.value.name) == ("arn:s", "by-others:7")
    assert found.value.has("web", 82) and not found.value.has("web", 83)
    assert not found.value.has("app")
    service["status"] = "INACTIVE"
    gone = (200, "application/x-amz-json-1.1", json.dumps(given["DescribeServices"]).encode())
    empty.answers["ecs:DescribeServices"] = lambda _body: gone
    absent = read_live_revision(reader, "c", "s")
    assert isinstance(absent, Known) and absent.value is None

    clusters = Known((Named("llm", "arn:c"),), "a test", datetime.now(UTC))
    facts = AccountFacts(region="us-east-1", clusters=clusters)
    for ignored in ((), ("task_definition",)):
        wanted = stack(service__ignore_changes=ignored)
        looked = read_references(reader, wanted, facts).lookups.live_revisions
        assert list(looked) == ["service/llm/llm"] * len(ignored)


def test_secrets_that_exist(stub: Stub, reader: AccountReader) -> None:
    made = reader.call("secretsmanager", "CreateSecret", Name="lookup-token", SecretString="x")
    reader.call("ssm", "PutParameter", Name="/lookup/token", Value="x", Type="String")
    parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/lookup/token"
    elsewhere = parameter.replace("us-east-1", "eu-central-1")
    name = "/lookup/token"
    wanted = stack(
        task__secrets={"A": made["ARN"] + ":key::", "B": parameter, "C": name, "D": elsewhere}
    )
    stub.seen.clear()
    try:
        found = read_references(reader, wanted, AccountFacts(region="us-east-1")).lookups.secrets
        stands = {arn: it.value for arn, it in found.items() if isinstance(it, Known)}
        # A resource of another Region is looked up in that Region.
        assert stands == {
            made["ARN"] + ":key::": True,
            parameter: True,
            name: True,
            elsewhere: False,
        }
        assert "secretsmanager:GetSecretValue" not in stub.calls
        assert "ssm:GetParameters" not in stub.calls
        # It can be restored for a week, but no task can read it.
        reader.call("secretsmanager", "DeleteSecret", SecretId=made["ARN"])
        stub.seen.clear()
        found = read_references(reader, wanted, AccountFacts(region="us-east-1")).lookups.secrets
        stands = {arn: it.value for arn, it in found.items() if isinstance(it, Known)}
        assert stands[made["ARN"] + ":key::"] is False and stands[parameter]
    finally:
        reader.call(
            "secretsmanager",
            "DeleteSecret",
            SecretId=made["ARN"],
            ForceDeleteWithoutRecovery=True,
        )
        reader.call("ssm", "DeleteParameter", Name="/lookup/token")


@pytest.mark.parametrize(
    ("denied", "kind"),
    [
        ("ecr:DescribeImages", "images"),
        ("ecr:BatchGetImage", "image_architectures"),
        ("ec2:DescribeImages", "machine_images"),
        ("secretsmanager:DescribeSecret", "secrets"),
        ("ssm:DescribeParameters", "secrets"),
        ("logs:DescribeLogGroups", "log_groups"),
    ],
)
def test_one_look_up_denied(denied: str, kind: str, stub: Stub, reader: AccountReader) -> None:
    stub.faults[denied] = "UnauthorizedOperation"
    secret = "secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"
    if denied.startswith("ssm:"):
        secret = "ssm:us-east-1:123456789012:parameter/x"
    wanted = stack(
        task__image=f"{REGISTRY}/llm-server:1",
        fleet__ami="ami-0000000000000dead",
        task__secrets={"A": f"arn:aws:{secret}"},
    )
    looked = read_references(reader, wanted, AccountFacts(region="us-east-1")).lookups
    readings = {
        name: reading
        for name in ("images", "image_architectures", "machine_images", "secrets", "log_groups")
        for reading in getattr(looked, name).values()
    }
    assert [name for name, it in readings.items() if isinstance(it, Unknown)] == [kind]
    assert str(readings[kind]) == f"unknown: not allowed to call {denied}"


def test_what_could_not_be_read_is_asked_again(stub: Stub, reader: AccountReader) -> None:
    wanted = stack(task__image=f"{REGISTRY}/llm-server:1")
    first = read_references(reader, wanted, AccountFacts(region="us-east-1"))
    failed = Unknown("ecr:DescribeImages", "throttled", "")
    kept = first.lookups.log_groups
    lookups = replace(first.lookups, images={"llm-server": failed})
    again = read_references(reader, wanted, replace(first, lookups=lookups)).lookups
    assert isinstance(again.images["llm-server"], Known)
    assert again.log_groups == kept


def test_a_web_acl_is_looked_up_by_its_arn(stub: Stub, reader: AccountReader) -> None:
    listed = read_late(reader, "web_acls")
    assert isinstance(listed, Known)
    arn = listed.value[0].arn
    facts = AccountFacts(region="us-east-1")
    for named, stands in ((arn, True), (arn[:-1] + "z", False)):
        wanted = stack(load_balancer__web_acl_arn=named)
        found = read_references(reader, wanted, facts).lookups.web_acls[named]
        assert isinstance(found, Known) and found.value is stands
    stub.seen.clear()
    stub.faults["wafv2:GetWebACL"] = "AccessDeniedException"
    refused = read_references(reader, stack(load_balancer__web_acl_arn=arn), facts)
    assert isinstance(refused.lookups.web_acls[arn], Unknown)
    # The rule needs no call to know that the Region is another one.
    elsewhere = stack(load_balancer__web_acl_arn=arn.replace("us-east-1", "eu-west-1"))
    assert not read_references(reader, elsewhere, facts).lookups.web_acls


def test_a_hosted_zone_and_a_prefix_list_are_looked_up_by_their_ids(
    stub: Stub, reader: AccountReader
) -> None:
    facts = AccountFacts(region="us-east-1")
    zones, lists = read_late(reader, "hosted_zones"), read_late(reader, "prefix_lists")
    assert isinstance(zones, Known) and isinstance(lists, Known)
    private = next(it for it in zones.value if it.private)
    cloudfront = next(it for it in lists.value if "cloudfront" in it.name)
    assert (private.name, cloudfront.rules, cloudfront.family) == ("demo.internal", 55, "IPv4")
    wanted = stack(
        load_balancer__host_name="llm.demo.internal",
        load_balancer__hosted_zone_id=private.id,
        network__ingress_prefix_list_ids=(cloudfront.id, "pl-0000000000000dead"),
    )
    looked = read_references(reader, wanted, facts).lookups
    zone = looked.hosted_zones[private.id]
    assert isinstance(zone, Known) and zone.value is not None
    assert (zone.value.name, len(zone.value.vpc_ids)) == ("demo.internal", 1)
    found = {key: it.value for key, it in looked.prefix_lists.items() if isinstance(it, Known)}
    assert found == {cloudfront.id: cloudfront, "pl-0000000000000dead": None}
    absent = stack(load_balancer__host_name="a.org", load_balancer__hosted_zone_id="ZABSENT")
    none = read_references(reader, absent, facts).lookups.hosted_zones["ZABSENT"]
    assert isinstance(none, Known) and none.value is None


@pytest.mark.parametrize("text", ["xyz", "arn:", "arn:aws:iam", ":::::"])
def test_what_is_no_arn_is_not_looked_up(text: str, stub: Stub, reader: AccountReader) -> None:
    wanted = stack(
        stack__permissions_boundary=text,
        task__execution_role_arn=text,
        task__task_role_arn=text,
        task__log_kms_key_arn=text,
        load_balancer__web_acl_arn=text,
        load_balancer__certificate_arn=text,
        fleet__instance_profile_arn=text,
        container__registry_secret_arn=text,
        alarms__enabled=True,
        alarms__topic_arn=text,
    )
    facts = read_references(reader, wanted, AccountFacts(region="us-east-1"))
    assert stub.calls
    assert not facts.lookups.policies and not facts.lookups.web_acls
    # The rules say what is wrong with such a text.
    fields = {it.field for it in check(wanted, facts)}
    assert {"stack.permissions_boundary", "task.execution_role_arn"} <= fields
