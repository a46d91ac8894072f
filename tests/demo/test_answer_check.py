"""Responses that AWS's service models don't have are detected, and valid ones are not reported."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import OperationModel

from gpuecs_tui.demo import answer_check

ACTIVE = {"clusterName": "a", "status": "ACTIVE", "runningTasksCount": 1, "tags": []}


def _operation(service: str, name: str) -> OperationModel:
    return botocore.session.get_session().get_service_model(service).operation_model(name)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"tags": None}, None),
        ({"colour": "red"}, ".clusters[].colour isn't in the model"),
        ({"runningTasksCount": "1"}, ".clusters[].runningTasksCount is a str, not a integer"),
        ({"tags": [{"key": 1}]}, ".clusters[].tags[].key is a int, not a string"),
        ({"tags": {}}, ".clusters[].tags is no list"),
    ],
)
def test_a_json_answer(change: dict[str, Any], problem: str | None) -> None:
    body = json.dumps({"clusters": [{**ACTIVE, **change}]}).encode()
    operation = _operation("ecs", "DescribeClusters")
    found = list(answer_check.differences(operation, 200, {}, body))
    assert found == ([problem] if problem else [])


def test_an_enum_of_a_json_answer() -> None:
    body = json.dumps({"services": [{"launchType": "MOON"}]}).encode()
    operation = _operation("ecs", "DescribeServices")
    found = list(answer_check.differences(operation, 200, {}, body))
    assert found == [".services[].launchType is 'MOON', not of the enum"]


def _xml(inner: str) -> bytes:
    return (
        "<DescribeLoadBalancersResponse xmlns='http://x/'><DescribeLoadBalancersResult>"
        f"<LoadBalancers><member>{inner}</member></LoadBalancers></DescribeLoadBalancersResult>"
        "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        "</DescribeLoadBalancersResponse>"
    ).encode()


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("<Type>application</Type><DNSName>a</DNSName>", None),
        ("<Type>spaceship</Type>", ".LoadBalancers[].Type is 'spaceship', not of the enum"),
        ("<Colour>red</Colour>", ".LoadBalancers[].Colour isn't in the model"),
        ("<DNSName><a/></DNSName>", ".LoadBalancers[].DNSName is a structure, not a string"),
        (
            "<SecurityGroups><item>sg-1</item></SecurityGroups>",
            ".LoadBalancers[].SecurityGroups has item for member",
        ),
    ],
)
def test_a_query_answer(inner: str, problem: str | None) -> None:
    operation = _operation("elbv2", "DescribeLoadBalancers")
    found = list(answer_check.differences(operation, 200, {}, _xml(inner)))
    assert found == ([problem] if problem else [])


def test_an_ec2_answer() -> None:
    operation = _operation("ec2", "DescribeVolumes")

    def answered(inner: str) -> list[str]:
        body = f"<R><requestId>1</requestId><volumeSet><item>{inner}</item></volumeSet></R>"
        return list(answer_check.differences(operation, 200, {}, body.encode()))

    assert answered("<size>8</size><encrypted>true</encrypted>") == []
    assert answered("<encrypted>True</encrypted>") == [
        ".volumeSet[].encrypted is 'True', not a boolean"
    ]
    assert answered("<weight>8</weight>") == [".volumeSet[].weight isn't in the model"]
    unreadable = list(answer_check.differences(operation, 200, {}, b"<R><volumeSet>"))
    assert unreadable == [". can't be parsed: ResponseParserError"]


def test_each_difference_is_noted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = json.dumps({"clusterArns": [1]}).encode()

    def application(environ: Any, start_response: Any) -> list[bytes]:
        assert environ["wsgi.input"].read() == b"{}"
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
        return [wrong]

    assert answer_check.checked(application) is application
    noted = tmp_path / "differences"
    monkeypatch.setenv(answer_check.ANSWERS_VARIABLE, str(noted))
    watched = answer_check.checked(application)
    for _ in range(2):
        environ: dict[str, Any] = {
            "HTTP_AUTHORIZATION": "Credential=A/20261127/us-east-1/ecs/aws4_request",
            "HTTP_X_AMZ_TARGET": "AmazonEC2ContainerServiceV20141113.ListClusters",
            "wsgi.input": io.BytesIO(b"{}"),
        }
        assert list(watched(environ, lambda *given: None)) == [wrong]  # type: ignore[arg-type] # nothing is written
    assert noted.read_text("utf-8") == ("ecs:ListClusters .clusterArns[] is a int, not a string\n")
