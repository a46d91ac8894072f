"""Stage revision: the deployment failed, was rolled back, or does not end."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpuecs_tui.aws.deployment.facts import DeployedService
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.deployment import service_events
from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.releases.stages import SCALE_UP, STARTING
from gpuecs_tui.stack.releases.strategy import BOTH_PERCENT, shifts_traffic

_BREAKER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html"
)
_ROLLING = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html"
_STOP = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html"
STUCK = timedelta(minutes=15)
"""A deployment in which no task starts or stops for so long is named: GPU instances and large
images take up to ten minutes."""


def _quoted(it: Situation) -> tuple[str, ...]:
    newest = it.newest
    if newest is not None and (text := newest.rollback_reason or newest.status_reason):
        return (text,)
    found = [each.message for each in (it.failure_event,) if each is not None]
    deployments = it.service.deployments if it.service else ()
    found += [each.rollout_reason for each in deployments if each.rollout_state == "FAILED"]
    return tuple(filter(None, found[:1]))


def _placed_none(it: Situation) -> bool:
    """Return whether ECS could not place the tasks of the deployment that failed."""
    if not isinstance(it.facts.tasks, Known):
        return False
    return not any(id for id in it.stops if id != "provisioning") and bool(
        it.placements or it.stops or it.failed_launches
    )


def _rolled_back(it: Situation) -> Recognition | None:
    if not it.has_failed or _placed_none(it) or _was_stopped(it):
        return None
    return _failed(it)


def _breaker_capacity(it: Situation) -> Recognition | None:
    if not it.has_failed or not _placed_none(it) or _was_stopped(it):
        return None
    text = next((each[0].message for each in it.placements.values()), "")
    wanted = it.fleet.maximum + 1 if it.fleet else 0
    return Recognition(
        sentence=_(
            "The deployment of {revision} failed although none of its containers failed: ECS "
            "could not place its tasks."
        ).format(revision=it.failed_revision or "?"),
        seen=tuple(filter(None, (*_quoted(it), text))),
        next_step=_("Set maximum size to {n}, then apply again.").format(n=wanted)
        if wanted
        else _("Raise maximum size, then apply again."),
        change=Change("fleet.max_size", wanted) if wanted else None,
        certain=False,
    )


def _was_stopped(it: Situation) -> bool:
    return it.ended_by == "request"


def _stopped(it: Situation) -> Recognition | None:
    if not it.has_failed or not _was_stopped(it) or it.applied.is_rollback_wanted:
        return None
    return Recognition(
        sentence=failed_words(it),
        seen=_quoted(it),
        next_step=_("Run gpuecs-tui apply {directory} --yes to deploy it again.").format(
            directory=shell_word(it.applied.directory)
        ),
    )


def failed_words(it: Situation) -> str:
    """Return why the newest deployment was not completed, and what ECS does or did about it."""
    revision, before = it.failed_revision, it.rolled_back_to
    failed = (
        _("The deployment of {revision} failed").format(revision=revision)
        if revision
        else _("The last deployment failed")
    )
    if it.ended_by == "request":
        failed = _("A StopServiceDeployment request ended the deployment of {revision}").format(
            revision=revision or "?"
        )
    elif it.ended_by == "alarm" and it.newest is not None:
        failed = _("The CloudWatch alarm {names} ended the deployment of {revision}").format(
            names=", ".join(it.newest.alarms), revision=revision or "?"
        )
    if it.is_rolling_back:
        words = (
            _("{failed}, and ECS is rolling back to {before}.")
            if before
            else _("{failed}, and ECS is rolling back.")
        )
        return words.format(failed=failed, before=before)
    if it.newest is not None and it.newest.status == "ROLLBACK_FAILED":
        return _("{failed}, and its rollback failed, too.").format(failed=failed)
    if not before:
        return _("{failed}.").format(failed=failed)
    return _("{failed}, and ECS rolled back to {before}.").format(failed=failed, before=before)


def _failed(it: Situation) -> Recognition:
    return Recognition(
        sentence=failed_words(it),
        seen=_quoted(it),
        next_step=_(
            "Fix what AWS reports, then apply again. Until then the Terraform is ahead of the "
            "service."
        ),
    )


def _stuck(it: Situation) -> Recognition | None:
    primary, service = it.primary, it.service
    if primary is None or primary.rollout_state != "IN_PROGRESS" or it.has_failed:
        return None
    last = _last_change(it)
    if last is None or it.now - last < STUCK:
        return None
    if service is not None and shifts_traffic(service.strategy):
        return _stuck_shift(it, service, it.now - last)
    percent = service.minimum_percent if service else None
    sentence = _(
        "The deployment of {revision} is in progress, and no task has started or stopped for "
        "{time}."
    ).format(revision=primary.task_definition, time=in_words(it.now - last))
    wanted = it.fleet.maximum + 1 if it.fleet else 0
    full = it.fleet is not None and it.fleet.desired >= it.fleet.maximum
    seen = (primary.rollout_reason,) if primary.rollout_reason else ()
    events = _placements(it)
    if full:
        return Recognition(
            sentence=sentence,
            seen=(*seen, *events[:1]),
            next_step=_(
                "Set maximum size to {n}, or set minimum healthy percent to 0: then an old task "
                "stops first."
            ).format(n=wanted),
            change=Change("fleet.max_size", wanted),
            certain=False,
        )
    return Recognition(
        sentence=sentence,
        seen=(*seen, *events[:1]),
        next_step=_(
            "Lower minimum healthy percent (now {percent} %), or raise maximum percent, so that "
            "ECS may stop or start a task."
        ).format(percent="?" if percent is None else percent),
        certain=False,
    )


def _stuck_shift(it: Situation, service: DeployedService, time: timedelta) -> Recognition | None:
    """Recognise a deployment that shifts requests and does not proceed.

    ``time``: since a task started or stopped. Such a deployment waits between shifts and for the
    bake time, so only a longer wait, or one with a reason, is named.
    """
    stage = it.release_stage
    reason = it.newest.status_reason if it.newest else ""
    if not reason and not _waits_too_long(stage, service, time):
        return None
    primary, events = it.primary, _placements(it)
    assert primary is not None
    if stage == SCALE_UP and (events or not reason):
        next_step = _(
            "All new tasks start beside the old ones ({strategy}): check that the fleet has "
            "room for {n} tasks, and raise maximum size if not."
        ).format(strategy=service.strategy, n=service.desired * BOTH_PERCENT // 100)
    elif reason:
        next_step = _(
            "Fix what ECS reports, or end the deployment: gpuecs-tui rollback {directory}"
        )
    else:
        next_step = _("ECS reports no reason. To end it: gpuecs-tui rollback {directory}")
    return Recognition(
        sentence=_(
            "The deployment of {revision} is in the stage {stage}, and no task has started or "
            "stopped for {time}."
        ).format(revision=primary.task_definition, stage=stage or "?", time=in_words(time)),
        seen=tuple(filter(None, (reason, primary.rollout_reason, *events[:1]))),
        next_step=next_step.format(directory=shell_word(it.applied.directory)),
        certain=False,
    )


def _waits_too_long(stage: str, service: DeployedService, time: timedelta) -> bool:
    """Return whether ``time`` exceeds what the strategy waits in ``stage``; False if unknown."""
    if stage in STARTING:
        return True
    both = service.both_minutes
    return bool(stage) and both is not None and time >= STUCK + timedelta(minutes=both)


def _placements(it: Situation) -> list[str]:
    return [each.message for each in it.events if service_events.placement_of(each.message)]


def _last_change(it: Situation) -> datetime | None:
    """Return when a task was last started or stopped, or the deployment began."""
    times = [it.primary.created_at if it.primary else None]
    for each in it.tasks:
        times += [each.created_at, each.started_at, each.stopped_at]
    return max((time for time in times if time is not None), default=None)


CAUSES = (
    Cause(
        id="breaker-rollback",
        stage="revision",
        demo_fault="breaker-rollback",
        looks=N_(
            "The deployment has the state FAILED or ROLLBACK, and another revision than the "
            "applied one runs."
        ),
        do=N_("Fix the cause of the failed tasks, which is named first, then apply again."),
        source=_BREAKER,
        recognise=_rolled_back,
    ),
    Cause(
        id="breaker-capacity",
        stage="revision",
        demo_fault="breaker-capacity",
        looks=N_("A deployment failed, no container failed, and tasks could not be placed."),
        do=N_(
            "Raise maximum size, or with rolling deployments lower minimum healthy percent, then "
            "apply again."
        ),
        source=_BREAKER,
        certain=False,
        recognise=_breaker_capacity,
    ),
    Cause(
        id="deployment-stopped",
        stage="revision",
        not_played=N_("Stop a deployment: aws ecs stop-service-deployment."),
        looks=N_(
            "The newest deployment has the state STOPPED or ROLLBACK, and neither the circuit "
            "breaker nor an alarm ended it."
        ),
        do=N_("Apply again."),
        source=_STOP,
        recognise=_stopped,
    ),
    Cause(
        id="rollout-stuck",
        stage="revision",
        demo_fault="rollout-stuck",
        looks=N_(
            "A deployment is IN_PROGRESS, and no task starts or stops for 15 minutes. A deployment "
            "that shifts requests may also wait for its shifts and its bake time."
        ),
        do=N_(
            "Raise maximum size, or with rolling deployments lower minimum healthy percent. Fix "
            "what ECS reports."
        ),
        source=_ROLLING,
        certain=False,
        recognise=_stuck,
    ),
    Cause(
        id="lb-listener",
        stage="revision",
        not_played=N_("The demo account does not answer requests to a service."),
        looks=N_("All targets are healthy, and the URL does not answer."),
        do=N_(
            "Check the listener, the security group of the load balancer, whether it is internal, "
            "and the DNS record."
        ),
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
        not_read=N_("No request is sent to the service."),
    ),
    Cause(
        id="deregistered-revision",
        stage="revision",
        demo_fault="deregistered-revision",
        looks=N_("ECS refuses to update the service to an INACTIVE revision."),
        do=N_("Register the revision again: apply its values."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html",
        not_read=N_("ECS says it only in the answer to the update."),
    ),
)
