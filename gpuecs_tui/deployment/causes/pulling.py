"""Stage pulled: the ECS agent can't pull the image."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.causes.stopped import image_of, quoted, recogniser, tasks_of
from gpuecs_tui.deployment.situation import Situation, median_time
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.fleet import THROUGHPUT_MAX

_ERRORS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"
SLOW = timedelta(minutes=10)
"""A pull that takes longer is named, if the service has no earlier one: 15 GB at 125 MiB/s, the
base of a gp3 volume, take 2 min."""
_NOTICEABLE = timedelta(minutes=2)
"""A shorter pull is never named."""
_SLOWER = 3
"""How many times as long as its usual time a pull may take before it is named."""


def usual_pull(it: Situation) -> timedelta | None:
    """Return how long the image was pulled by other tasks of the service; None if none did."""
    return median_time(
        task.pull_stopped_at - task.pull_started_at
        for task in it.tasks
        if task.pull_started_at and task.pull_stopped_at and task.started_at
    )


def _slow(it: Situation) -> Recognition | None:
    stopped = it.stops.get("pull-slow", ())
    if stopped:
        return Recognition(
            sentence=_("{tasks} could not pull the image {image} in time.").format(
                tasks=tasks_of(it, stopped), image=image_of(it, stopped)
            ),
            seen=quoted(stopped),
            next_step=_next_slow(it),
            change=_faster(it),
        )
    usual = usual_pull(it)
    limit = SLOW if usual is None else max(_NOTICEABLE, usual * _SLOWER)
    for task in it.live:
        if task.pull_started_at is None or task.pull_stopped_at is not None or task.started_at:
            continue
        age = it.now - task.pull_started_at
        if age < limit:
            continue
        words = (
            _("The image {image} is being pulled for {time}; it took {usual} before.")
            if usual is not None
            else _("The image {image} is being pulled for {time}.")
        )
        return Recognition(
            sentence=words.format(
                image=image_of(it, (task,)),
                time=in_words(age),
                usual=in_words(usual) if usual is not None else "",
            ),
            seen=(f"pullStartedAt: {task.pull_started_at.isoformat(timespec='seconds')}",),
            next_step=_next_slow(it),
            alternatives=(
                _("If the volume's throughput is not used up, the network path limits the pull."),
            ),
            change=_faster(it),
            certain=False,
        )
    return None


def _next_slow(it: Situation) -> str:
    if _faster(it) is None:
        return _("Make the image smaller, or store the model outside of it.")
    return _(
        "Set volume throughput to {n}, or turn large images on, which raises the agent's time "
        "limit."
    ).format(n=THROUGHPUT_MAX)


def _faster(it: Situation) -> Change | None:
    if it.stack is not None and it.stack.fleet.root_volume_throughput_mib >= THROUGHPUT_MAX:
        return None
    return Change("fleet.root_volume_throughput_mib", THROUGHPUT_MAX)


def _disk(it: Situation) -> Recognition | None:
    stopped = it.stops.get("pull-disk", ())
    if not stopped:
        return None
    size = it.stack.fleet.root_volume_gib if it.stack else 0
    words = (
        _("{tasks} could not start: the volume of {n} GiB is full.")
        if size
        else _("{tasks} could not start: the volume of the instance is full.")
    )
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, stopped), n=size),
        seen=quoted(stopped),
        next_step=_("Set root volume to {n}.").format(n=size * 2)
        if size
        else _("Enlarge the root volume."),
        change=Change("fleet.root_volume_gib", size * 2) if size else None,
    )


CAUSES = (
    Cause(
        id="pull-notfound",
        stage="pulled",
        demo_fault="pull-notfound",
        looks=N_("CannotPullContainerError with manifest unknown or not found."),
        do=N_("Push the image, or use a tag that exists."),
        source=_ERRORS,
        recognise=recogniser(
            "pull-notfound",
            N_("{tasks} could not pull {image}: the registry does not have it."),
            N_("Set image to a tag or digest that exists, or push {image}."),
        ),
    ),
    Cause(
        id="pull-denied",
        stage="pulled",
        demo_fault="pull-denied",
        looks=N_("CannotPullContainerError with 403, no basic auth credentials, or denied."),
        do=N_("Allow the execution role to pull, or give it the registry's credentials."),
        source=_ERRORS,
        recognise=recogniser(
            "pull-denied",
            N_("{tasks} could not pull {image}: the registry denies access."),
            N_(
                "Allow the execution role to pull from ECR, and check that the repository policy "
                "allows this account."
            ),
            alternatives=(
                N_(
                    "If the registry is not ECR, a repository that does not exist gives the same "
                    "message: check its name, then its credentials."
                ),
            ),
        ),
    ),
    Cause(
        id="pull-net",
        stage="pulled",
        demo_fault="pull-net",
        looks=N_("CannotPullContainerError with i/o timeout, deadline exceeded, or no such host."),
        do=N_("Check the network path from the instances to the registry."),
        source=_ERRORS,
        recognise=recogniser(
            "pull-net",
            N_("{tasks} could not pull {image}: the instance does not reach the registry."),
            N_(
                "Check the NAT gateway, the VPC endpoints for ECR and S3, and the egress rules: "
                "gpuecs-tui check DIR"
            ),
        ),
    ),
    Cause(
        id="pull-disk",
        stage="pulled",
        demo_fault="pull-disk",
        looks=N_("A task could not start: no space left on device."),
        do=N_("Enlarge the root volume: an unpacked image needs twice its size."),
        source=_ERRORS,
        recognise=_disk,
    ),
    Cause(
        id="pull-arch",
        stage="pulled",
        demo_fault="pull-arch",
        looks=N_("CannotPullContainerError with no matching manifest, or exec format error."),
        do=N_("Build the image for the architecture of the instance type."),
        source=_ERRORS,
        recognise=recogniser(
            "pull-arch",
            N_("{tasks} could not start {image}: it is built for another architecture."),
            N_("Build the image for the instances: docker build --platform linux/amd64"),
        ),
    ),
    Cause(
        id="pull-rate",
        stage="pulled",
        demo_fault="pull-rate",
        looks=N_("CannotPullContainerError with toomanyrequests."),
        do=N_("Use an ECR pull through cache, or log in to Docker Hub."),
        source="https://repost.aws/knowledge-center/ecs-pull-container-error-rate-limit",
        recognise=recogniser(
            "pull-rate",
            N_("{tasks} could not pull {image}: the registry limits the number of pulls."),
            N_("Copy {image} to ECR, or use an ECR pull through cache with credentials."),
        ),
    ),
    Cause(
        id="pull-slow",
        stage="pulled",
        demo_fault="pull-slow",
        looks=N_("The pull started long ago, or the agent's inactivity time limit ended it."),
        do=N_("Raise the throughput of the root volume, or make the image smaller."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html",
        recognise=_slow,
    ),
)
