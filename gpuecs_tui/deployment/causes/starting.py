"""Stage started: the image is there, and the container does not start."""

from __future__ import annotations

import re

from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.causes.stopped import quoted, recogniser, tasks_of
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import N_, _

_RESOURCES = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html"
)
_STOPPED = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"
)
_DENIED = re.compile(r"AccessDenied|not authorized|denied", re.IGNORECASE)
_MISSING = re.compile(r"ResourceNotFound|not found|can't find|InvalidParameter", re.IGNORECASE)


def _secrets(it: Situation) -> Recognition | None:
    tasks = it.stops.get("secrets", ())
    if not tasks:
        return None
    seen = quoted(tasks)
    who = tasks_of(it, tasks)
    if _DENIED.search(seen[0]):
        return Recognition(
            sentence=_("{tasks} could not read a secret: the execution role may not.").format(
                tasks=who
            ),
            seen=seen,
            next_step=_(
                "Allow the execution role secretsmanager:GetSecretValue or ssm:GetParameters on "
                "the ARN above, and kms:Decrypt on its key."
            ),
        )
    if _MISSING.search(seen[0]):
        return Recognition(
            sentence=_("{tasks} could not read a secret: it does not exist.").format(tasks=who),
            seen=seen,
            next_step=_("Correct its ARN in secrets, or create the secret in this Region."),
        )
    return Recognition(
        sentence=_("{tasks} could not read a secret: the instance does not reach it.").format(
            tasks=who
        ),
        seen=seen,
        next_step=_(
            "Check the network path to Secrets Manager and Systems Manager: gpuecs-tui check DIR"
        ),
        certain=False,
    )


def _start_timeout(it: Situation) -> Recognition | None:
    tasks = it.stops.get("start-timeout", ())
    if not tasks:
        return None
    large = it.stack is None or not it.stack.fleet.large_images
    return Recognition(
        sentence=_("{tasks} did not start within the agent's time limit.").format(
            tasks=tasks_of(it, tasks)
        ),
        seen=quoted(tasks),
        next_step=_("Turn large images on: it raises the time limit to 10 minutes.")
        if large
        else _("Raise volume throughput, or make the image smaller."),
        change=Change("fleet.large_images", True) if large else None,
    )


CAUSES = (
    Cause(
        id="secrets",
        stage="started",
        demo_fault="secrets",
        looks=N_("ResourceInitializationError, or an error of fetching secret data."),
        do=N_("Correct the secret's ARN, the execution role, or the network path."),
        source=_RESOURCES,
        recognise=_secrets,
    ),
    Cause(
        id="logs-init",
        stage="started",
        demo_fault="logs-init",
        looks=N_("The logging driver could not be initialized: the log group does not exist."),
        do=N_("Create the log group, or allow the role to write to it."),
        source=_RESOURCES,
        recognise=recogniser(
            "logs-init",
            N_("{tasks} could not start: the log group can't be used."),
            N_(
                "Create the log group that the message names, or allow the execution role "
                "logs:CreateLogStream."
            ),
        ),
    ),
    Cause(
        id="nvidia-runtime",
        stage="started",
        demo_fault="nvidia-runtime",
        looks=N_("CannotStartContainerError of nvidia-container-cli, or an unknown runtime."),
        do=N_("Use an ECS GPU-optimized AMI whose driver supports the image's CUDA version."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html",
        recognise=recogniser(
            "nvidia-runtime",
            N_("{tasks} could not start: the NVIDIA runtime of the instance failed."),
            N_("Set AMI to the current ECS GPU-optimized AMI, then replace the instances."),
            alternatives=(
                N_(
                    "If the message has unsatisfied condition: cuda, the image needs a newer "
                    "driver: use an image with an older CUDA version, or a newer AMI."
                ),
            ),
        ),
    ),
    Cause(
        id="start-timeout",
        stage="started",
        demo_fault="start-timeout",
        looks=N_("DockerTimeoutError: the container could not transition to started."),
        do=N_("Raise the agent's time limit, or speed up the volume."),
        source=_STOPPED,
        recognise=_start_timeout,
    ),
)
