"""How a task ends: while its image is pulled, when its container starts, or while it runs.

On EC2 container instances the agent's error is the container's ``reason``, and ``stoppedReason`` is
often only "Task failed to start" (https://github.com/aws/amazon-ecs-agent/issues/1654).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NOT_STARTED = "Task failed to start"
EXITED = "Essential container in task exited"
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"""

_DAEMON = "Error response from daemon:"
_RUNC = (
    f"CannotStartContainerError: {_DAEMON} failed to create task for container: failed to create "
    "shim task: OCI runtime create failed: runc create failed: unable to start container process: "
)


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """The end of a task."""

    at: Literal["pull", "start", "crash", "run"]
    """``pull``: instead of the end of the image pull. ``start``: instead of the start. ``crash``:
    as soon as it runs. ``run``: some time after it started, also if it ran before the fault."""
    reason: str = ""
    """The container's ``reason``. Placeholders: image, repository, registry, group, secret,
    region, account."""
    stopped_reason: str = NOT_STARTED
    exit_code: int | None = None
    """None if the container never ran."""
    lines: tuple[str, ...] = ()
    """Its last log lines."""


def _pull(text: str) -> TaskEnd:
    return TaskEnd("pull", f"CannotPullContainerError: {text}")


_TRACE = "Traceback (most recent call last):"
_MAIN = '  File "/srv/server.py", line 88, in <module>'

ENDS: Mapping[str, TaskEnd] = {
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html has
    # these errors of an image pull.
    "pull-notfound": _pull(
        f"{_DAEMON} manifest for {{image}} not found: manifest unknown: Requested image not found"
    ),
    "pull-denied": _pull(
        f"{_DAEMON} pull access denied for {{repository}}, repository does not exist or may "
        "require 'docker login': denied: User: arn:aws:sts::{account}:assumed-role/execution is "
        "not authorized to perform: ecr:BatchGetImage on resource: {repository}"
    ),
    "pull-net": _pull(
        f'{_DAEMON} Get "https://{{registry}}/v2/": dial tcp 10.0.0.2:443: i/o timeout'
    ),
    "pull-disk": _pull(
        f"{_DAEMON} write /var/lib/docker/tmp/GetImageBlob1163: no space left on device"
    ),
    "pull-arch": _pull("no matching manifest for linux/amd64 in the manifest list entries"),
    "pull-rate": _pull(
        f"{_DAEMON} toomanyrequests: You have reached your pull rate limit. You may increase the "
        "limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"
    ),
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
    # and the agent: "fetching secret data from AWS Secrets Manager in region" (asmsecret.go)
    "secrets": TaskEnd(
        "pull",
        stopped_reason="Fetching secret data from AWS Secrets Manager in region {region}: secret "
        "{secret}: AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/execution is "
        "not authorized to perform: secretsmanager:GetSecretValue on resource: {secret} because "
        "no identity-based policy allows the secretsmanager:GetSecretValue action",
    ),
    # https://docs.docker.com/engine/logging/drivers/awslogs/
    "logs-init": TaskEnd(
        "start",
        f"CannotStartContainerError: {_DAEMON} failed to initialize logging driver: failed to "
        "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does "
        "not exist.",
    ),
    # https://github.com/MauriceNino/dashdot/issues/1226
    "nvidia-runtime": TaskEnd(
        "start",
        f"{_RUNC}error during container init: error running prestart hook #0: exit status 1, "
        "stdout: , stderr: Auto-detected mode as 'legacy' nvidia-container-cli: requirement error: "
        "unsatisfied condition: cuda>=12.8, please update your driver to a newer version, or use "
        "an earlier cuda container: unknown",
    ),
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
    # (ECS_CONTAINER_START_TIMEOUT); https://github.com/aws/amazon-ecs-agent/issues/682
    "start-timeout": TaskEnd(
        "start",
        "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s",
    ),
    # https://repost.aws/knowledge-center/ecs-resolve-outofmemory-errors
    "oom": TaskEnd(
        "run", "OutOfMemoryError: Container killed due to memory usage", EXITED, exit_code=137
    ),
    # https://pytorch.org/docs/stable/notes/faq.html
    "gpu-oom": TaskEnd(
        "crash",
        stopped_reason=EXITED,
        exit_code=1,
        lines=(
            _TRACE,
            _MAIN,
            "    model = load_model(args.model).to(device)",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB. GPU 0 has a "
            "total capacity of 14.57 GiB of which 1.12 GiB is free.",
        ),
    ),
    # https://docs.nvidia.com/deploy/cuda-compatibility/ (cudaErrorInsufficientDriver)
    "cuda-mismatch": TaskEnd(
        "crash",
        stopped_reason=EXITED,
        exit_code=1,
        lines=(
            _TRACE,
            _MAIN,
            "    torch.cuda.init()",
            "RuntimeError: CUDA error: CUDA driver version is insufficient for CUDA runtime "
            "version",
        ),
    ),
    "exits": TaskEnd("crash", stopped_reason=EXITED),
}
"""Fault → the end of tasks while it is on. The exit code of ``exits`` is its operand."""

ROLLOUT_ENDS: Mapping[str, TaskEnd] = {
    "breaker-rollback": TaskEnd(
        "crash",
        stopped_reason=EXITED,
        exit_code=1,
        lines=(_TRACE, _MAIN, "ModuleNotFoundError: No module named 'vllm.entrypoints'"),
    )
}
"""The same for tasks of a deployment that would replace a completed one."""

SLOW_PULL = 30.0
"""Factor of ``pull-slow`` for the image pull."""

_EXIT_LINES = {
    # https://tldp.org/LDP/abs/html/exitcodes.html
    1: (_TRACE, _MAIN, "ValueError: Unsupported model configuration: quantization 'awq_marlin'"),
    2: ("server.py: error: unrecognized arguments: --tensor-paralel-size 1",),
    126: ("/docker-entrypoint.sh: line 3: /srv/server: Permission denied",),
    127: ("/docker-entrypoint.sh: line 3: python3.12: command not found",),
    139: ("/docker-entrypoint.sh: line 3: Segmentation fault (core dumped) server.py",),
}


def lines_of_exit(code: int) -> tuple[str, ...]:
    """Return the last log lines of a program that exits with ``code``."""
    return _EXIT_LINES.get(code, ("Shutting down after an unexpected error.",))
