"""What a destroy left in the account: what is found, what it costs, how it is removed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.assessment.leftovers import Left, read_left
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.aws.deployment_answers import AnsweredReader
from tests.support.terraform.destroyed_stack import DETAILS
from tests.support.terraform.run_folders import stage


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A completed destroy."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return stage(tmp_path / "llm", RunStatus.SUCCEEDED, operation="destroy", details=DETAILS)


def price(request: dict[str, Any]) -> dict[str, Any]:
    """A GiB of gp3 costs $0.08; a public IPv4 address and a g5.xlarge cost $0.005 and $1.00."""
    wanted = {it["Field"]: it["Value"] for it in request["Filters"]}
    usd, usage = "1.00", "BoxUsage:g5.xlarge"
    if "volumeApiName" in wanted:
        usd, usage = "0.08", "EBS:VolumeUsage.gp3"
    elif "group" in wanted:
        usd, usage = "0.005", "PublicIPv4:InUseAddress"
    terms = {"OnDemand": {"t": {"priceDimensions": {"d": {"pricePerUnit": {"USD": usd}}}}}}
    return {
        "PriceList": [json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})]
    }


def answers(**found: list[Any]) -> dict[str, Any]:
    """Responses of an account with ``found`` and nothing else."""
    empty: dict[str, Any] = {
        "ecs:ListTaskDefinitions": {"taskDefinitionArns": found.get("revisions", [])},
        "ec2:DescribeNetworkInterfaces": {"NetworkInterfaces": found.get("interfaces", [])},
        "ec2:DescribeVolumes": {"Volumes": found.get("volumes", [])},
        "logs:DescribeLogGroups": {"logGroups": found.get("log_groups", [])},
        "ec2:DescribeSecurityGroups": {"SecurityGroups": found.get("security_groups", [])},
        "ec2:DescribeInstances": {"Reservations": [{"Instances": found.get("instances", [])}]},
        "autoscaling:DescribeAutoScalingInstances": {
            "AutoScalingInstances": [{"InstanceId": "i-1", "LifecycleState": "Terminating:Wait"}]
        },
        "pricing:GetProducts": price,
        "sts:GetCallerIdentity": {"Account": "123456789012", "Arn": "arn:aws:iam::1:user/ada"},
    }
    return empty


def left(run: Run, reader: AnsweredReader) -> Left:
    """Read what is left with the answers of ``reader``."""
    regions: list[str] = []

    def reader_for(region: str) -> AnsweredReader:
        regions.append(region)
        return reader

    found = read_left(run, reader_for)
    reader.close()
    assert regions == ["us-west-2"], "that of the plan"
    return found


def test_the_commands_use_the_profile_of_the_run(run: Run) -> None:
    with_profile = replace(run, profile="ops")
    (line,) = left(with_profile, AnsweredReader(answers(instances=[INSTANCE]))).lines
    assert line.endswith(
        "aws --profile ops ec2 terminate-instances --region us-west-2 --instance-ids i-1"
    )


ARN = "arn:aws:ecs:us-west-2:123456789012:task-definition/llm"
INSTANCE = {"InstanceId": "i-1", "InstanceType": "g5.xlarge", "State": {"Name": "running"}}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            {"revisions": [f"{ARN}:1", f"{ARN}:2", f"{ARN}:4"]},
            "3 task definition revisions stay ACTIVE and cost nothing: llm:1–2, llm:4.",
        ),
        (
            {"instances": [INSTANCE]},
            "Instance i-1 (g5.xlarge, running, Terminating:Wait) is left, $730.00/month. If "
            "nothing needs it, remove it with: aws ec2 terminate-instances --region us-west-2 "
            "--instance-ids i-1",
        ),
        (
            {"instances": [{**INSTANCE, "InstanceLifecycle": "spot"}]},
            "Terminating:Wait) is left, cost not known.",
        ),
        (
            {"volumes": [{"VolumeId": "vol-1", "VolumeType": "gp3", "Size": 200, "Iops": 4000}]},
            "EBS volume vol-1 (gp3, 200 GiB) is left, at least $16.00/month.",
        ),
        (
            {"volumes": [{"VolumeId": "vol-1", "VolumeType": "io2", "Size": 200}]},
            "EBS volume vol-1 (io2, 200 GiB) is left, cost not known.",
        ),
        (
            {
                "interfaces": [
                    {
                        "NetworkInterfaceId": "eni-1",
                        "Description": "mine",
                        "Status": "in-use",
                        "Attachment": {"InstanceId": "i-9"},
                        "Association": {"PublicIp": "192.0.2.1"},
                    }
                ]
            },
            "Network interface eni-1 (mine) is left, $3.65/month. i-9 uses it. Once it is free,",
        ),
        (
            {"security_groups": [{"GroupId": "sg-1", "GroupName": "llm-instances-1"}]},
            "Security group sg-1 (llm-instances-1) is left, no cost.",
        ),
        (
            {"log_groups": [{"logGroupName": "/ecs/kept", "storedBytes": 5}]},
            "Log group /ecs/kept (not created by this stack) is left, cost not known. If nothing "
            "needs it, remove it with: aws logs delete-log-group --region us-west-2 "
            "--log-group-name /ecs/kept",
        ),
    ],
)
def test_each_leftover_is_listed_with_its_cost_and_its_command(
    run: Run, found: dict[str, list[Any]], said: str
) -> None:
    shown = left(run, AnsweredReader(answers(**found)))
    assert [it for it in shown.lines if said in it], shown.lines
    assert shown.has_revisions and not shown.unread
    assert shown.count == ("revisions" not in found)


def test_nothing_left_is_one_line_and_few_calls(run: Run) -> None:
    reader = AnsweredReader(answers())
    shown = left(run, reader)
    assert len(shown.lines) == 1 and shown.lines[0].startswith("No instances, EBS volumes, ")
    asked = [name for name, _parameters in reader.asked]
    assert sorted({*asked}) == [
        "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
        "ec2:DescribeVolumes", "ecs:ListTaskDefinitions", "logs:DescribeLogGroups",
        "sts:GetCallerIdentity",
    ]  # fmt: skip
    # Two log groups: the one of the containers, and the one that Container Insights made.
    assert asked.count("logs:DescribeLogGroups") == 2 and len(asked) == 8
    volumes = dict(reader.asked)["ec2:DescribeVolumes"]
    assert volumes["Filters"] == [{"Name": "tag:Name", "Values": ["llm"]}]


def test_another_account_is_not_read(run: Run) -> None:
    other = {"Account": "999999999999", "Arn": "arn:aws:iam::9:user/ada"}
    reader = AnsweredReader({"sts:GetCallerIdentity": other})
    shown = left(run, reader)
    assert shown.lines == (
        "What is left in the account 123456789012 was not read: the credentials are for the "
        "account 999999999999.",
    )


def test_what_could_not_be_read_is_named(run: Run) -> None:
    denied = AwsProblem("denied", "Not allowed to call ec2:DescribeVolumes.", "Ask.")
    unread = {**answers(), "ec2:DescribeVolumes": denied, "ecs:ListTaskDefinitions": denied}
    shown = left(run, AnsweredReader(unread))
    assert (shown.has_revisions, shown.unread, shown.count) == (False, 1, 0)
    assert len(shown.lines) == 2
    assert shown.lines[0].startswith("Task definition revisions were not read: ")
    assert shown.lines[1].startswith("EBS volumes were not read: ")


def test_without_the_plan_nothing_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = stage(tmp_path / "llm", RunStatus.SUCCEEDED, operation="destroy")
    shown = read_left(run, lambda region: pytest.fail(f"no reader of {region} is needed"))
    assert "the details of the plan are missing" in shown.lines[0]
