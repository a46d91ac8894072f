"""How a service is rolled back: to which revision, and what that does to tasks and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gpuecs_tui.aws.deployment.facts import DeployedNames, ServiceDeployment
from gpuecs_tui.aws.service.revision import ACTIVE
from gpuecs_tui.aws.service.under_way import ROLLING_BACK, STOPPABLE, deployment_under_way
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations import reading
from gpuecs_tui.operations.change_words import changed_words, update_words, watch_words
from gpuecs_tui.operations.earlier_revision import (
    EarlierValues,
    earlier_revision,
    earlier_values,
    full_name,
    history_of,
    last_completed,
)
from gpuecs_tui.operations.refused import Refused, refuse_inactive
from gpuecs_tui.operations.replacement import ServiceNow, instances_words, serving_words
from gpuecs_tui.operations.revisions import revision_effects
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.releases.stages import serving

IMAGE = "task.image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The service that is rolled back, and the directory from which it was deployed."""

    reader: AccountReader
    names: DeployedNames
    directory: Path
    stack: Stack
    """The decisions in the directory, with defaults."""
    answers: Mapping[str, Value]
    """Key → its value in the directory."""
    applied: str
    """The revision that Terraform applied; empty if it is unknown."""
    is_ignored: bool
    """Whether Terraform ignores the revision of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A rollback that is possible at present."""

    way: Literal["stop", "apply", "call"]
    """``stop``: ECS stops the deployment under way and returns to the last completed one.
    ``apply``: Terraform applies the earlier values. ``call``: ECS deploys the earlier revision,
    because Terraform ignores it."""
    ahead: str
    """The revision that the service has."""
    target: str
    """The revision to go back to; empty if it is unknown to which one ECS returns."""
    effects: tuple[str, ...]
    """What changes, what happens to tasks and requests, and what that costs, in sentences."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Key → its value in ``target``; empty for ``stop``: see ``values_of``."""
    deployment: str = ""
    """The ARN of the deployment to stop."""

    @property
    def question(self) -> str:
        """Ask whether to do it."""
        if self.way == "stop":
            return _("Stop the deployment of {ahead}?").format(ahead=self.ahead)
        return _("Roll back to {target}?").format(target=self.target)


def plan_rollback(subject: Subject, to: str | None = None) -> Rollback:
    """Return how the service is rolled back, ``to`` a revision or else to the last one.

    Raises Refused if it can't be rolled back, and AwsProblem.
    """
    now = reading.read_now(subject.reader, subject.names)
    history = history_of(subject.reader, subject.names)
    refuse_inactive(now.service)
    newest = history[0].status if history else ""
    if newest in ROLLING_BACK:
        raise Refused(
            _("ECS is already rolling back this service."), watch_words(subject.directory)
        )
    if newest in STOPPABLE and to is None:
        return _stop(subject, now, history)
    target = _target(subject, now, history, to)
    return _call(subject, now, target) if subject.is_ignored else _apply(subject, now, target)


def refuse_changed(subject: Subject, rollback: Rollback) -> None:
    """Raise Refused if the service has changed since ``rollback`` was worked out, and AwsProblem.

    The question named what the rollback does to the service as it was then.
    """
    running = reading.read_now(subject.reader, subject.names).service.task_definition
    if running != rollback.ahead:
        raise Refused(
            _("The service runs {running} now, no longer {ahead}: nothing was changed.").format(
                running=running, ahead=rollback.ahead
            ),
            _("To roll back from {running}, start the rollback again.").format(running=running),
        )


def values_of(subject: Subject, rollback: Rollback) -> EarlierValues:
    """Return the values of the revision to which ECS returns. Raises Refused."""
    return _values(subject, rollback.ahead, rollback.target)


def _values(subject: Subject, ahead: str, target: str) -> EarlierValues:
    """Return the values of ``target`` that a directory with those of ``ahead`` lacks."""
    if not subject.is_ignored:
        return earlier_values(subject.reader, subject.stack, subject.applied or ahead, target)
    found = earlier_values(subject.reader, subject.stack, ahead, target)
    # Another program makes the revisions: only the image is a decision of the directory too.
    image = {key: it for key, it in found.values.items() if key == IMAGE}
    return EarlierValues(found.revision, image, ())


def value_words(answers: Mapping[str, Value], found: EarlierValues) -> Iterator[str]:
    """Yield each value that changes, and what of the revision is not restored."""
    yield from changed_words(answers, found.values)
    if found.others:
        yield _("!  {revision} also differs in {members}, which is not restored.").format(
            revision=found.revision.name, members=", ".join(found.others)
        )


def _target(
    subject: Subject, now: ServiceNow, history: tuple[ServiceDeployment, ...], to: str | None
) -> str:
    """Return the revision to go back to. Raises Refused if none is known."""
    running = now.service.task_definition
    if to is not None:
        return full_name(to, running)
    if subject.applied and subject.applied != running and not subject.is_ignored:
        # ECS has already rolled back: only the directory is ahead.
        return running
    if found := earlier_revision(history, running):
        return found
    raise Refused(
        _(
            "No earlier revision than {revision} is known: the history of the service has no other "
            "completed deployment."
        ).format(revision=running),
        _("To name one: gpuecs-tui rollback {directory} --to REVISION").format(
            directory=shell_word(subject.directory)
        ),
    )


def _stop(subject: Subject, now: ServiceNow, history: tuple[ServiceDeployment, ...]) -> Rollback:
    ahead, names = now.service.task_definition, subject.names
    deployment = deployment_under_way(subject.reader, names.cluster, names.service)
    if not deployment:
        raise Refused(
            _("The deployment of {revision} has ended in the meantime.").format(revision=ahead),
            watch_words(subject.directory),
        )
    target = last_completed(history)
    # ECS keeps the history for 90 days, and a revision that still runs may be older.
    if not target and not any(it.rollout_state == "COMPLETED" for it in now.service.deployments):
        raise Refused(
            _(
                "No deployment of {name} is known to have completed, so ECS has no revision to "
                "return to."
            ).format(name=names.service),
            _(
                "To deploy another image: gpuecs-tui deploy {directory} --image IMAGE; to stop all "
                "tasks: gpuecs-tui scale {directory} 0"
            ).format(directory=shell_word(subject.directory)),
        )
    effects = tuple(_stop_words(now, ahead, target, history[0].stage if history else ""))
    return Rollback(way="stop", ahead=ahead, target=target, effects=effects, deployment=deployment)


def _stop_words(now: ServiceNow, ahead: str, target: str, stage: str) -> Iterator[str]:
    """Yield what happens to the tasks of the deployment under way, and which instances start.

    ``stage``: the lifecycle stage of this deployment; empty if it has none.
    """
    yield _("ECS stops the deployment of {ahead} and returns to {target}.").format(
        ahead=ahead, target=target or _("the last completed deployment")
    )
    newest = [it for it in now.service.deployments if it.status == "PRIMARY"]
    stopping = sum(it.running + it.pending for it in newest)
    if not stopping:
        return
    yield ngettext(
        "ECS stops {n} task of this deployment.",
        "ECS stops {n} tasks of this deployment.",
        stopping,
    ).format(n=stopping)
    kept = sum(it.running for it in now.service.deployments if it.status != "PRIMARY")
    missing = now.service.desired - kept
    if now.shifts:
        yield from _shifted_back_words(now, kept, stage)
    else:
        yield serving_words(now, sum(it.running for it in newest))
    if missing > 0 and (words := instances_words(now, missing)):
        yield words


def _shifted_back_words(now: ServiceNow, kept: int, stage: str) -> Iterator[str]:
    """Yield which of the ``kept`` tasks of the revision before serve, and how many start."""
    if kept:
        yield {
            "old": _("The tasks of the revision before keep serving all requests."),
            "unknown": _("Then the tasks of the revision before serve all requests."),
        }.get(
            serving(stage, now.service.strategy),
            _("The tasks of the revision before serve all requests again."),
        )
    if (missing := now.service.desired - kept) > 0:
        yield ngettext(
            "{n} task of the revision before must start.",
            "{n} tasks of the revision before must start.",
            missing,
        ).format(n=missing)


def _apply(subject: Subject, now: ServiceNow, target: str) -> Rollback:
    ahead = now.service.task_definition
    found = _values(subject, ahead, target)
    if found.are_in(subject.answers):
        raise Refused(
            _("The directory already has the values of {target}.").format(target=target),
            _("To apply them: gpuecs-tui apply {directory} --yes").format(
                directory=shell_word(subject.directory)
            ),
        )
    effects = (
        *value_words(subject.answers, found),
        _("Terraform registers a new revision with the values of {target}.").format(target=target),
        *revision_effects(now),
    )
    return Rollback(way="apply", ahead=ahead, target=target, effects=effects, values=found.values)


def _call(subject: Subject, now: ServiceNow, target: str) -> Rollback:
    ahead = now.service.task_definition
    found = _values(subject, ahead, target)
    if found.revision.status != ACTIVE:
        image = found.revision.image_of(subject.stack.task.container_name)
        raise Refused(
            _("Revision {target} is {status}, so ECS can't deploy it.").format(
                target=target, status=found.revision.status
            ),
            _("To deploy its image: gpuecs-tui deploy {directory} --image {image}").format(
                directory=shell_word(subject.directory), image=shell_word(image)
            ),
        )
    effects = (
        *value_words(subject.answers, found),
        update_words(target),
        *revision_effects(now),
    )
    return Rollback(way="call", ahead=ahead, target=target, effects=effects, values=found.values)
