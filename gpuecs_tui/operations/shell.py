"""Opens a shell in a container (ECS Exec) or on an instance (Session Manager), and says what is
missing for it before the call that opens it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from gpuecs_tui.aws.deployment.facts import Container, DeployedNames, DeployedService, DeployedTask
from gpuecs_tui.aws.deployment.ssm import read_ping_status
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.plugin import Session
from gpuecs_tui.operations.refused import Refused, chosen
from gpuecs_tui.shell_words import shell_word

SHELL = "/bin/sh"
"""The command in a container unless another one is given."""
ONLINE = "Online"
"""PingStatus of an instance that Systems Manager reaches (SSM API reference)."""
AGENT_RUNS = "RUNNING"


def task_with_shell(
    service: DeployedService | None,
    tasks: Sequence[DeployedTask],
    given: str | None,
    *,
    serving: str,
    container: str | None = None,
    directory: Path,
) -> tuple[DeployedTask, Container]:
    """Return the task ``given`` by the start of its id, or else the newest running one, and one of
    its containers.

    That is the one whose name begins with ``container``, or else the one named ``serving``. Only
    if no task has a container of that name, it is any container. ``directory``: the stack
    directory, which the command in a message names. Raises UnknownId, and Refused with what is
    missing: a running task, the switch in the service, a task that is newer than the switch, the
    agent.
    """
    running = [it for it in tasks if it.last_status == "RUNNING"]
    if given is not None:
        live = [it for it in tasks if it.last_status != "STOPPED"]
        identity = chosen(given, (it.id for it in live), _("Tasks"))
        running = [it for it in running if it.id == identity]
        if not running:
            raise Refused(_("The task {id} is not RUNNING yet.").format(id=identity))
    if not running:
        raise Refused(_("No task of the service runs."))
    enabled = [it for it in running if it.execute_command]
    if not enabled and service is not None and not service.execute_command:
        raise Refused(
            _("ECS Exec is off for the service {name}.").format(name=service.name),
            _("Set service.execute_command to true, apply, and start new tasks."),
        )
    if not enabled:
        raise Refused(
            _("The task {id} is older than the switch of ECS Exec in its service.").format(
                id=running[0].id
            ),
            _("Start new tasks: gpuecs-tui restart {directory}").format(
                directory=shell_word(directory)
            ),
        )
    present = [(it, each) for it in enabled for each in it.containers]
    name = serving
    if container is not None:
        name = chosen(container, (it.name for _task, it in present), _("Containers"))
    candidates = [(it, each) for it, each in present if each.name == name] or present
    for task, found in candidates:
        if found.exec_agent == AGENT_RUNS and found.runtime_id:
            return task, found
    task, found = next(iter(candidates), (enabled[0], Container("")))
    raise Refused(
        _("The ECS Exec agent of the task {id}, container {name}, is {status}: {reason}.").format(
            id=task.id,
            name=found.name or _("unknown"),
            status=found.exec_agent or _("not reported"),
            reason=found.exec_agent_reason.rstrip(".") or _("ECS gives no reason"),
        )
    )


def exec_session(
    reader: AccountReader,
    names: DeployedNames,
    task: DeployedTask,
    container: Container,
    command: str,
) -> Session:
    """Start ``command`` in a container. Raises AwsProblem.

    The target is what the AWS CLI passes on (aws-cli, customizations/ecs/executecommand.py).
    """
    answer = reader.call(
        "ecs",
        "ExecuteCommand",
        cluster=names.cluster,
        task=task.id,
        container=container.name,
        command=command,
        interactive=True,
    )
    target = f"ecs:{names.cluster}_{task.id}_{container.runtime_id}"
    return _session(reader, answer["session"], target)


def refuse_unreachable(reader: AccountReader, ec2_instance_id: str) -> None:
    """Raise Refused if Systems Manager can't reach the instance. Raises AwsProblem.

    Without the permission to ask, nothing is refused: the session itself may be allowed.
    """
    try:
        status = read_ping_status(reader, ec2_instance_id)
    except AwsProblem as problem:
        if problem.kind == "denied":
            return
        raise
    if status != ONLINE:
        raise Refused(
            _("Systems Manager can't reach the instance {id} (status: {status}).").format(
                id=ec2_instance_id, status=status or _("not registered")
            ),
            _(
                "Check that its role has AmazonSSMManagedInstanceCore, and that its subnet has a "
                "network path to ssm and ssmmessages."
            ),
        )


def instance_session(reader: AccountReader, ec2_instance_id: str) -> Session:
    """Start a shell on an instance. Raises AwsProblem."""
    answer = reader.call("ssm", "StartSession", Target=ec2_instance_id)
    response = {name: answer[name] for name in ("SessionId", "TokenValue", "StreamUrl")}
    return _session(reader, response, ec2_instance_id)


def _session(reader: AccountReader, response: object, target: str) -> Session:
    return Session(
        json.dumps(response),
        reader.region,
        reader.profile or os.environ.get("AWS_PROFILE", ""),
        json.dumps({"Target": target}),
        reader.endpoint_of("ssm"),
    )
