"""The service of a stack with each deployment strategy, as the request that ECS would get.

No provider that knows the strategies runs in these tests. The written service is turned into a
CreateService request by the names that the provider uses (the words of the API in snake case), and
botocore validates it against the service model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.session import get_session
from botocore.validate import ParamValidator

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.hcl.tree import Body
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import Configuration
from tests.support.terraform.written_files import (
    BLUE_GREEN,
    CANARY,
    LINEAR,
    configuration,
    references,
)

SERVICE = "aws_ecs_service.this"
MOVED = {
    "name": "serviceName",
    "deploymentMaximumPercent": "deploymentConfiguration.maximumPercent",
    "deploymentMinimumHealthyPercent": "deploymentConfiguration.minimumHealthyPercent",
    "deploymentCircuitBreaker": "deploymentConfiguration.deploymentCircuitBreaker",
    "enableEcsManagedTags": "enableECSManagedTags",
    "loadBalancer": "loadBalancers",
    "orderedPlacementStrategy": "placementStrategy",
    "networkConfiguration": "networkConfiguration.awsvpcConfiguration",
}
"""Names of the provider, in camel case, that the API calls otherwise."""
LISTS = {"loadBalancers", "placementStrategy", "placementConstraints", "capacityProviderStrategy"}
TERRAFORM = {"lifecycle", "timeouts", "depends_on"}


@pytest.fixture(scope="module")
def create_service() -> OperationModel:
    return get_session().get_service_model("ecs").operation_model("CreateService")


def request_of(written: Configuration) -> dict[str, Any]:
    """Return the CreateService request of the written service; references are texts."""
    request: dict[str, Any] = {}
    for name, value in parts(written, written.blocks[SERVICE][1].body).items():
        place, _, inner = MOVED.get(name, name).partition(".")
        value = [value] if place in LISTS else value
        if not inner and not isinstance(value, dict):
            request[place] = value
        else:
            request.setdefault(place, {}).update({inner: value} if inner else value)
    return request


def parts(written: Configuration, body: Body) -> dict[str, Any]:
    """Return attributes and blocks with their names in camel case."""
    found: dict[str, Any] = {}
    for name, attribute in body.attributes.items():
        found[camel(name)] = text_of(written.scope.value(attribute.value))
    for block in body.blocks:
        found[camel(block.kind)] = parts(written, block.body)
    return {name: it for name, it in found.items() if name not in map(camel, TERRAFORM)}


def text_of(value: HclValue) -> Any:
    if isinstance(value, list):
        return [text_of(it) for it in value]
    return value.reference if isinstance(value, UnknownValue) else value


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def wrong_words(value: Any, shape: Shape) -> Iterator[str]:
    """Yield the values that are not in the enumeration of the API: botocore doesn't check them."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from wrong_words(inner, shape.members[name])
    elif isinstance(value, list) and isinstance(shape, ListShape):
        for inner in value:
            yield from wrong_words(inner, shape.member)
    elif enum := getattr(shape, "enum", None):
        yield from () if value in enum else (f"{shape.name}: {value}",)


@pytest.mark.parametrize(
    ("answers", "strategy", "steps"),
    [
        (BLUE_GREEN, "BLUE_GREEN", {}),
        ({**BLUE_GREEN, "service.test_port": 9000, "service.bake_minutes": 0}, "BLUE_GREEN", {}),
        (
            {**LINEAR, "service.linear_step_percent": 25},
            "LINEAR",
            {"linearConfiguration": {"stepPercent": 25, "stepBakeTimeInMinutes": 6}},
        ),
        (
            {**CANARY, "service.canary_minutes": 30},
            "CANARY",
            {"canaryConfiguration": {"canaryPercent": 5, "canaryBakeTimeInMinutes": 30}},
        ),
    ],
)
def test_ecs_takes_the_service(
    create_service: OperationModel,
    answers: Mapping[str, Value],
    strategy: str,
    steps: Mapping[str, Any],
) -> None:
    shape = create_service.input_shape
    assert isinstance(shape, StructureShape)
    request = request_of(configuration(answers))
    assert not (report := ParamValidator().validate(request, shape)).has_errors(), (
        report.generate_report()
    )
    assert [*wrong_words(request, shape)] == []
    release = request["deploymentConfiguration"]
    assert release["strategy"] == strategy
    assert release["bakeTimeInMinutes"] == answers.get("service.bake_minutes", 10)
    by_step = ("linearConfiguration", "canaryConfiguration")
    assert {it: release[it] for it in by_step if it in release} == steps
    (balancer,) = request["loadBalancers"]
    test_rule = answers.get("service.test_port") is not None
    assert balancer["targetGroupArn"] == "aws_lb_target_group.this.arn"
    assert balancer["advancedConfiguration"] == {
        "alternateTargetGroupArn": "aws_lb_target_group.alternate.arn",
        "productionListenerRule": "aws_lb_listener_rule.production.arn",
        "roleArn": "aws_iam_role.infrastructure.arn",
        **({"testListenerRule": "aws_lb_listener_rule.test.arn"} if test_rule else {}),
    }


def test_a_rolling_service_has_none_of_it(create_service: OperationModel) -> None:
    request = request_of(configuration())
    shape = create_service.input_shape
    assert shape is not None
    assert not ParamValidator().validate(request, shape).has_errors()
    assert "strategy" not in request["deploymentConfiguration"]
    assert "advancedConfiguration" not in request["loadBalancers"][0]


def test_a_wrong_request_is_noticed(create_service: OperationModel) -> None:
    shape = create_service.input_shape
    assert isinstance(shape, StructureShape)
    request = request_of(configuration(BLUE_GREEN))
    request["deploymentConfiguration"]["strategy"] = "GREEN_BLUE"
    assert [*wrong_words(request, shape)] == ["DeploymentStrategy: GREEN_BLUE"]
    request["deploymentConfiguration"]["bakeTimeMinutes"] = 1
    assert ParamValidator().validate(request, shape).has_errors()


@pytest.mark.parametrize("rule", ["production", "test"])
def test_the_rules_forward_to_both_groups_and_keep_what_ecs_sets(rule: str) -> None:
    written = configuration({**BLUE_GREEN, "service.test_port": 9000})
    address = f"aws_lb_listener_rule.{rule}"
    actions = written.body(address)
    assert actions is not None
    (action,) = actions.named("action")
    (forward,) = action.body.named("forward")
    groups = [parts(written, it.body) for it in forward.body.named("target_group")]
    assert groups == [
        {"arn": "aws_lb_target_group.this.arn", "weight": 100},
        {"arn": "aws_lb_target_group.alternate.arn", "weight": 0},
    ]
    assert references(written, address, "lifecycle.ignore_changes") == ["action"]


def test_the_role_trusts_ecs_and_keeps_path_and_boundary() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    written = configuration(
        {**BLUE_GREEN, "stack.role_path": "/ml/", "stack.permissions_boundary": boundary}
    )
    role = "aws_iam_role.infrastructure"
    assert written.value(role, "path") == "/ml/"
    assert written.value(role, "permissions_boundary") == boundary
    trust = "data.aws_iam_policy_document.infrastructure_trust"
    assert written.value(trust, "statement.principals.identifiers") == ["ecs.amazonaws.com"]
    policy = written.texts["iam.tf"]
    assert "policy/AmazonECSInfrastructureRolePolicyForLoadBalancers" in policy
    needs = references(written, SERVICE, "depends_on")
    assert "aws_iam_role_policy_attachment.infrastructure" in needs


def test_the_clients_reach_the_test_port() -> None:
    written = configuration({**BLUE_GREEN, "service.test_port": 9000})
    rule = "aws_vpc_security_group_ingress_rule.test"
    assert written.value(rule, "from_port") == written.value(rule, "to_port") == 9000
    assert written.value("aws_lb_listener.test", "port") == 9000
