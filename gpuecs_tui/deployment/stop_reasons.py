"""Sorts the texts with which ECS and its agent say why a task stopped.

``stoppedReason`` alone is often only "Task failed to start". The reason is then in the container
(github.com/aws/amazon-ecs-agent/issues/1654), so that both texts are searched. Wording: ECS
developer guide, "Stopped tasks error messages" and "API failure reasons", and the errors in the
source of amazon-ecs-agent.
"""

from __future__ import annotations

import re

from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.deployment.signals import Signals

KILLED = 137
"""Exit code of a container that SIGKILL ended (128 + 9)."""
EXITED = "EssentialContainerExited"
_PULL = re.compile(r"CannotPull|pull image|failed to pull|registry auth", re.IGNORECASE)
_SECRET = re.compile(
    r"(retrieve|fetching|fetch|retrieving|pull) secrets?\b(?! or registry auth: .*\becr\b)"
    r"|secret data|secretsmanager|secrets manager|parameter store|from ssm\b",
    re.IGNORECASE | re.DOTALL,
)
_PULLS = Signals(
    {
        "pull-rate": r"toomanyrequests|too many requests|pull rate limit",
        "pull-disk": r"no space left on device",
        "pull-arch": r"no matching manifest for|matching platform|not match the specified platform"
        r"|image operating system",
        "pull-net": r"i/o timeout|deadline exceeded|no such host|connection refused|dial tcp"
        r"|network is unreachable|Client\.Timeout|TLS handshake timeout|connection reset",
        "pull-slow": r"inactivity|timed out",
        "pull-denied": r"no basic auth credentials|\bdenied\b|\b403\b|AccessDenied|not authorized"
        r"|unauthorized|unable to assume",
        "pull-notfound": r"manifest unknown|not found|does not exist|name unknown",
    }
)
_OTHERS = Signals(
    {
        "provisioning": r"EMPTY CAPACITY PROVIDER|NO ACTIVE INSTANCES|waiting for capacity",
        "not-placed-memory": r"RESOURCE:MEMORY",
        "not-placed-cpu": r"RESOURCE:CPU",
        "not-placed-gpu": r"RESOURCE:GPU",
        "not-placed-port": r"RESOURCE:PORTS",
        "not-placed-eni": r"RESOURCE:ENI",
        "not-placed-attribute": r"TaskFailedToStart: ATTRIBUTE",
        "az-mismatch": r"placement constraint unsatisfied",
        "interrupted": r"Host EC2 \(instance .*\) terminated|Spot Task was interrupted",
        "logs-init": r"initialize logging driver|failed to create Cloudwatch log"
        r"|validate logger args",
        "nvidia-runtime": r"nvidia-container|unknown runtime|invalid runtime name|libnvidia"
        r"|could not select device driver|unsatisfied condition: cuda",
        "pull-arch": r"exec format error",
        "pull-disk": r"no space left on device",
        "start-timeout": r"DockerTimeoutError|ContainerRuntimeTimeoutError"
        r"|could not transition to (started|created)",
        "oom": r"OutOfMemory",
        "health-early": r"failed ELB health checks",
        "container-unhealthy": r"failed container health checks",
    }
)
_ORDINARY = re.compile(r"Scaling activity initiated by|Task stopped by|AZ rebalancing", re.I)
OTHER = "stopped-other"


def texts_of(task: DeployedTask) -> tuple[str, ...]:
    """Return AWS's texts about the end of ``task``, the most specific first, without repetition."""
    reasons = [it.reason for it in task.containers if it.reason]
    return tuple(dict.fromkeys([*reasons, *filter(None, [task.stopped_reason])]))


def exit_code(task: DeployedTask) -> int | None:
    """Return the exit code of the container that failed; None if none has an exit code."""
    codes = [it.exit_code for it in task.containers if it.exit_code is not None]
    return next((it for it in codes if it), codes[0] if codes else None)


def cause_of(task: DeployedTask) -> str:
    """Return the id of the cause for which ``task`` stopped; empty for an ordinary stop.

    ``stopped-other``: ECS gives a reason that none of the causes has.
    """
    if task.stop_code == "SpotInterruption":
        return "interrupted"
    if _ORDINARY.search(task.stopped_reason) or task.stop_code == "UserInitiated":
        return ""
    text = "\n".join(texts_of(task))
    if _SECRET.search(text):
        return "secrets"
    if _PULL.search(text) and (found := _PULLS.cause_in(text)):
        return found
    if found := _OTHERS.cause_in(text):
        return found
    code = exit_code(task)
    if task.stop_code == EXITED or (task.stop_code in ("", "TaskFailedToStart") and code):
        return "oom" if code == KILLED else "exits"
    if "Essential container in task exited" in text:
        return "exits"
    return OTHER if text else ""
