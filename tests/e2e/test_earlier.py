"""A stack of the earlier version in the demo account: upgraded, then changed.

It has HTTP on port 443, so that HTTPS uses the port of an existing listener.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from gpuecs_tui.demo import account
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import compare, write
from tests.e2e.engine import initialise, terraform
from tests.support.terraform.earlier_stacks import copied

pytestmark = pytest.mark.e2e

NOTHING_TO_DO = "0\n"


def _client(demo: account.DemoAccount) -> Callable[[str], Any]:
    return lambda name: boto3.client(
        name,  # type: ignore[call-overload]
        endpoint_url=demo.endpoint,
        aws_access_key_id=demo.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=demo.environ["AWS_SECRET_ACCESS_KEY"],
        region_name=demo.environ["AWS_REGION"],
    )


def _rewrite(directory: Path, changes: Mapping[str, Value]) -> None:
    stack = read(directory).stack
    assert stack is not None
    stack = resolve({**stack.flat(), **changes}, None).stack
    differences = compare(directory, files_for(stack, directory))
    assert differences.hand_edited == ()
    write(differences)


def test_it_moves_without_a_destroy_and_then_changes_in_both_directions(
    demo_account: account.DemoAccount, tmp_path: Path
) -> None:
    environ = demo_account.environment(
        {name: text for name, text in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    )
    client = _client(demo_account)
    directory = copied("http-443", tmp_path)
    tfvars = directory / "terraform.tfvars"
    # This test needs no running task.
    tfvars.write_text(tfvars.read_text().replace("desired_count = 1", "desired_count = 0"))
    initialise(directory, environ=environ)

    def planned() -> dict[str, str]:
        terraform(directory, "plan", "-out=plan", environ=environ)
        shown = json.loads(terraform(directory, "show", "-json", "plan", environ=environ))
        return {
            change["address"]: " ".join(change["change"]["actions"])
            for change in shown["resource_changes"]
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    def applied() -> None:
        terraform(directory, "apply", "-input=false", "plan", environ=environ)

    def settled() -> bool:
        said = terraform(directory, "plan", "-detailed-exitcode", environ=environ, check=False)
        return said.startswith(NOTHING_TO_DO)

    planned()
    applied()
    _rewrite(directory, {})
    assert own_state(directory, environ).facts.unapplied == str(directory)
    assert planned() == {
        "terraform_data.fleet_ties": "create", "aws_ecs_task_definition.this": "update",
    }  # fmt: skip
    applied()
    assert own_state(directory, environ).facts.unapplied == ""

    (certificate,) = client("acm").list_certificates(CertificateStatuses=["ISSUED"])[
        "CertificateSummaryList"
    ][:1]
    https: Mapping[str, Value] = {
        "load_balancer.protocol": "HTTPS",
        "load_balancer.certificate_arn": certificate["CertificateArn"],
        "task.image": "app:2",
    }
    _rewrite(directory, https)
    planned()
    applied()
    assert settled()
    revisions = client("ecs").list_task_definitions(familyPrefix="http-443", status="ACTIVE")
    assert len(revisions["taskDefinitionArns"]) == 2

    (group,) = [
        it["GroupId"]
        for it in client("ec2").describe_security_groups()["SecurityGroups"]
        if it["GroupName"] == "[prod] gpu-tasks"
    ]
    back: Mapping[str, Value] = {
        "load_balancer.protocol": "HTTP",
        "load_balancer.certificate_arn": "",
        "network.instance_security_group_ids": (group,),
    }
    _rewrite(directory, back)
    actions = planned()
    assert actions["aws_security_group.instances"] == "delete"
    # The instances would keep a security group that no longer exists.
    assert actions["aws_autoscaling_group.this"] == "delete create"
    applied()
    assert settled()
    terraform(directory, "destroy", "-auto-approve", environ=environ)
