"""Shells in containers and on instances, which moto lacks and the account can't have."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from gpuecs_tui.demo.model.tasks import NO_SHELL
from gpuecs_tui.demo.moto_patches.patching import wrap

NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or "
    "the execute command agent isn't running. Wait and try again or run a new task with execute "
    "command enabled and try again."
)
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html"""
NO_INSTANCE = "The demo account runs no instances, so it can't open a shell on one."


def execute_command() -> None:
    """ExecuteCommand answers 500 with nothing that a person can read."""

    def execute(_original: Any, self: EC2ContainerServiceResponse) -> ActionResult:
        identity = self._get_param("task").rpartition("/")[2]
        cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default")).name
        tasks: Any = self.ecs_backend.tasks.get(cluster, {})
        task = next((it for arn, it in tasks.items() if arn.endswith(f"/{identity}")), None)
        if task is None or task.last_status == "STOPPED":
            raise ECSException(
                "InvalidParameterException", "The specified task was not found or is not running."
            )
        if not getattr(task, "enable_execute_command", False):
            raise ECSException("InvalidParameterException", NOT_ENABLED)
        raise ECSException("ClientException", NO_SHELL)

    wrap(EC2ContainerServiceResponse, "execute_command", execute)


def instance_sessions() -> None:
    """StartSession and DescribeInstanceInformation are missing."""

    def information(_original: Any, self: SimpleSystemManagerResponse) -> str:
        raise SSMException("InvalidInstanceId", NO_INSTANCE)

    def start(_original: Any, self: SimpleSystemManagerResponse) -> str:
        raise SSMException("TargetNotConnected", NO_INSTANCE)

    wrap(SimpleSystemManagerResponse, "describe_instance_information", information)
    wrap(SimpleSystemManagerResponse, "start_session", start)


GAPS = (execute_command, instance_sessions)
