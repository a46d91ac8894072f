"""The directory of the deployed service, with a Terraform that replays recorded streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.demo.simulator.stepped import REGION, Stepped
from tests.support.terraform import fake_engine
from tests.support.terraform.written_files import made, put

TFVARS = "terraform.tfvars"
REPOSITORY = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/llm-server"
"""The repository of the service's image; the tag is 2.4.1."""


def state_of(definition: str, desired: int) -> str:
    """Return the state after an apply of the service with these values."""

    def resource(kind: str, **attributes: Any) -> dict[str, Any]:
        return {
            "mode": "managed", "type": kind, "name": "this", "provider": "p",
            "instances": [{"attributes": attributes}],
        }  # fmt: skip

    resources = [
        resource("aws_ecs_cluster", name="llm"),
        resource("aws_ecs_service", name="llm", desired_count=desired),
        resource("aws_ecs_task_definition", arn=definition, family="llm"),
        resource("aws_autoscaling_group", name="llm"),
    ]
    return json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": resources})


def state_with_targets(account: Stepped, definition: str) -> str:
    """Return such a state that also has the target group of the account."""
    tree = json.loads(state_of(definition, 1))
    group = account.client("elbv2").describe_target_groups()["TargetGroups"][0]
    attributes = {"name": group["TargetGroupName"], "arn": group["TargetGroupArn"]}
    instance = {"instances": [{"attributes": attributes}]}
    tree["resources"].append({**tree["resources"][0], "type": "aws_lb_target_group", **instance})
    return json.dumps(tree)


class Stack:
    """The stack directory, and the Terraform that its runs start."""

    def __init__(self, directory: Path, engine: Path) -> None:
        self.directory = directory
        self.engine = engine

    def write(self, **answers: Value) -> None:
        """Write the Terraform with these answers; ``__`` replaces a dot."""
        changes = {name.replace("__", "."): value for name, value in answers.items()}
        own: dict[str, Value] = {
            "stack.region": REGION,
            "task.image": f"{REPOSITORY}:2.4.1",
            "task.container_name": "server",
        }
        put(self.directory, render(made(own | changes)))

    def replay(self, **commands: fake_engine.Command) -> None:
        """Let Terraform's commands do this."""
        fake_engine.install(self.engine, "1.11.4", **commands)

    def read(self, name: str = TFVARS) -> str:
        """Return the text of a file in the directory."""
        return (self.directory / name).read_text()

    def edit(self, old: str, new: str, name: str = TFVARS) -> None:
        """Change a file as a user does."""
        text = self.read(name)
        assert old in text
        (self.directory / name).write_text(text.replace(old, new))

    @property
    def commands(self) -> list[str]:
        """The commands of Terraform so far."""
        return [it["arguments"][0] for it in fake_engine.calls(self.engine)]

    @property
    def states(self) -> list[RunStatus]:
        """The states of the runs, newest first."""
        return [run.state for run in run_list.runs_of(self.directory)]


def plan_of(*changes: tuple[str, dict[str, Any], dict[str, Any]]) -> fake_engine.Command:
    """Return ``show -json`` of a plan that updates resources: type, attributes before and after."""
    tree = {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": f"{kind}.this",
                "type": kind,
                "change": {"actions": ["update"], "before": before, "after": after},
            }
            for kind, before, after in changes
        ],
    }
    return fake_engine.Command([json.dumps(tree)])
