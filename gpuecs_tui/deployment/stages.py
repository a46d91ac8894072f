"""The nine stages of a new task: which are done, and which one it waits in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from gpuecs_tui.aws.deployment.facts import DeployedTask, ScalingActivity
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.deployment.cause import Diagnosis, RunStage, StageId
from gpuecs_tui.deployment.causes.pulling import usual_pull
from gpuecs_tui.deployment.situation import Situation, median_time

StageState = Literal["done", "waiting", "failed", "unknown", "skipped"]
ORDER: tuple[StageId, ...] = get_args(RunStage)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage at the moment of reading."""

    id: StageId
    state: StageState
    """``skipped``: the service wants no task, or it has no load balancer."""
    since: datetime | None = None
    """When it began, while it waits or has failed; None if it is unknown."""
    took: timedelta | None = None
    """How long it took, when it is done; None if it is unknown."""
    usual: timedelta | None = None
    """How long it took in earlier tasks or deployments of this service; None if it is unknown."""


def stages(it: Situation, diagnoses: Iterable[Diagnosis]) -> tuple[Stage, ...]:
    """Return the stages in their order; ``diagnoses`` are those of ``it``.

    A stage has failed if a cause of it is known, and the following ones wait for it.
    """
    failed = {found.cause.stage for found in diagnoses}
    return tuple(_judged(stage, failed, it) for stage in _plain(it))


def _judged(stage: Stage, failed: set[StageId], it: Situation) -> Stage:
    if stage.id in failed and stage.state in ("waiting", "done", "unknown") and not it.settled:
        return Stage(stage.id, "failed", stage.since, None, stage.usual)
    return stage


def _plain(it: Situation) -> Iterable[Stage]:
    if it.service is not None and not it.desired:
        return [Stage(id, "skipped") for id in ORDER]
    return [
        _fleet(it),
        _launching(it),
        _running(it),
        _agent(it),
        _placed(it),
        _pulled(it),
        _started(it),
        _healthy(it),
        _revision(it),
    ]


def _fleet(it: Situation) -> Stage:
    fleet = it.fleet
    if isinstance(it.facts.fleet, Unknown):
        return Stage("fleet", "unknown")
    if fleet is None:
        return Stage("fleet", "waiting")
    # Managed scaling raises the group's desired size while tasks have no instance.
    wants_more = bool(_unplaced(it)) and len(it.ready) >= fleet.desired
    enough = fleet.desired > 0 and not wants_more
    return Stage("fleet", "done" if enough else "waiting", None if enough else _oldest_wait(it))


def _launching(it: Situation) -> Stage:
    fleet = it.fleet
    if isinstance(it.facts.fleet, Unknown):
        return Stage("launching", "unknown")
    launches = [each for each in it.activities if each.description.startswith("Launching")]
    took = [
        each.ended_at - each.started_at
        for each in launches
        if each.status == "Successful" and each.ended_at and each.started_at
    ]
    usual = median_time(took[1:]) or median_time(took)
    present = len([each for each in it.members if not each.lifecycle.startswith("Pending")])
    if fleet is not None and fleet.desired and present >= fleet.desired:
        return Stage("launching", "done", took=took[0] if took else None, usual=usual)
    begun = [each.started_at for each in (*it.failed_launches, *_in_progress(it))]
    return Stage("launching", "waiting", min(filter(None, begun), default=None), usual=usual)


def _in_progress(it: Situation) -> list[ScalingActivity]:
    return [
        each
        for each in it.activities
        if each.status not in ("Successful", "Failed", "Cancelled")
        and each.description.startswith("Launching")
    ]


def _running(it: Situation) -> Stage:
    if isinstance(it.facts.fleet, Unknown):
        return Stage("running", "unknown")
    if not it.members:
        return Stage("running", "waiting")
    states = [
        it.instances[each.ec2_instance_id].state if each.ec2_instance_id in it.instances else ""
        for each in it.members
    ]
    known = [
        state or ("running" if each.lifecycle == "InService" else "pending")
        for state, each in zip(states, it.members, strict=True)
    ]
    done = all(state == "running" for state in known)
    since = [it.launched_at(each.ec2_instance_id) for each in it.members]
    first = min(filter(None, since), default=None)
    return Stage("running", "done" if done else "waiting", None if done else first)


def _agent(it: Situation) -> Stage:
    if isinstance(it.facts.container_instances, Unknown):
        return Stage("agent", "unknown")
    times = []
    for each in it.registered:
        launched = it.launched_at(each.ec2_instance_id)
        if launched is not None and each.registered_at is not None:
            times.append(each.registered_at - launched)
    usual = median_time(times)
    ready = {each.ec2_instance_id for each in it.ready}
    missing = [each for each in it.members if each.ec2_instance_id not in ready]
    if it.ready and not missing:
        return Stage("agent", "done", took=max(times, default=None), usual=usual)
    since = [it.launched_at(each.ec2_instance_id) for each in missing]
    return Stage("agent", "waiting", min(filter(None, since), default=None), usual=usual)


def _placed(it: Situation) -> Stage:
    if isinstance(it.facts.tasks, Unknown):
        return Stage("placed", "unknown")
    tasks = [each for each in (*_wanted(it), *it.stopped) if each.container_instance]
    if tasks and not _unplaced(it):
        return Stage("placed", "done")
    return Stage("placed", "waiting", _oldest_wait(it))


def _pulled(it: Situation) -> Stage:
    if isinstance(it.facts.tasks, Unknown):
        return Stage("pulled", "unknown")
    usual = usual_pull(it)
    tasks = [each for each in _wanted(it) if each.container_instance]
    pulling = [each for each in tasks if not _has_pulled(each)]
    if tasks and not pulling:
        took = [
            each.pull_stopped_at - each.pull_started_at
            for each in tasks
            if each.pull_stopped_at and each.pull_started_at
        ]
        return Stage("pulled", "done", took=max(took, default=None), usual=usual)
    since = [each.pull_started_at for each in pulling]
    return Stage("pulled", "waiting", min(filter(None, since), default=None), usual=usual)


def _has_pulled(task: DeployedTask) -> bool:
    return bool(task.pull_stopped_at or task.started_at) or task.last_status == "RUNNING"


def _started(it: Situation) -> Stage:
    if isinstance(it.facts.tasks, Unknown):
        return Stage("started", "unknown")
    tasks = [each for each in _wanted(it) if each.container_instance]
    usual = median_time(_start_times(it.tasks))
    waiting = [each for each in tasks if each.last_status != "RUNNING"]
    running = len(tasks) - len(waiting)
    if tasks and not waiting and running >= min(it.desired, len(_wanted(it))):
        took = max(_start_times(tasks), default=None)
        return Stage("started", "done", took=took, usual=usual)
    since = [each.pull_stopped_at for each in waiting]
    return Stage("started", "waiting", min(filter(None, since), default=None), usual=usual)


def _start_times(tasks: Iterable[DeployedTask]) -> list[timedelta]:
    """Return how long the containers took to start after the pull, where it is known."""
    return [
        each.started_at - each.pull_stopped_at
        for each in tasks
        if each.started_at and each.pull_stopped_at
    ]


def _healthy(it: Situation) -> Stage:
    if not it.applied.has_load_balancer:
        return Stage("healthy", "skipped")
    if isinstance(it.facts.targets, Unknown):
        return Stage("healthy", "unknown")
    good = sum(each.health == "healthy" for each in it.targets)
    if it.targets and good == len(it.targets) and good >= it.desired:
        return Stage("healthy", "done")
    since = [each.started_at for each in _wanted(it)]
    return Stage("healthy", "waiting", min(filter(None, since), default=None))


def _revision(it: Situation) -> Stage:
    if isinstance(it.facts.service, Unknown):
        return Stage("revision", "unknown")
    usual = median_time(
        each.finished_at - (each.started_at or each.created_at or each.finished_at)
        for each in it.history
        if each.status == "SUCCESSFUL" and each.finished_at
    )
    newest = it.newest
    if it.has_failed:
        ended = newest.finished_at if newest else None
        return Stage("revision", "failed", ended, usual=usual)
    begun = it.primary.created_at if it.primary else None
    if newest is not None and newest.task_definition == it.wanted:
        begun = newest.started_at or newest.created_at or begun
    if it.settled:
        ended = newest.finished_at if newest else None
        took = ended - begun if ended and begun and ended > begun else None
        return Stage("revision", "done", took=took, usual=usual)
    return Stage("revision", "waiting", begun, usual=usual)


def _unplaced(it: Situation) -> int:
    """Return how many tasks wait for an instance.

    Tasks that stopped on an instance, and that ECS starts again, don't wait for one.
    """
    restarted = any(each.container_instance for each in it.stopped)
    return 0 if restarted and not it.waiting else it.lacking


def _wanted(it: Situation) -> list[DeployedTask]:
    """Return the tasks of the wanted revision that run or are to run.

    During a deployment these are its own tasks: the revision may have been deployed before. After a
    rollback these are the tasks of the revision that runs instead.
    """
    found = [each for each in it.live if it.wanted in ("", each.task_definition)]
    if it.primary is not None and it.primary.rollout_state == "IN_PROGRESS":
        found = [each for each in found if each.deployment in ("", it.primary.id)]
    return found or (list(it.live) if it.has_failed else [])


def _oldest_wait(it: Situation) -> datetime | None:
    times = [each.created_at for each in it.waiting]
    return min(filter(None, times), default=None)
