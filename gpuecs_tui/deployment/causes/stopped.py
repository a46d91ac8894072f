"""Sentences about stopped tasks, shared by the stages pulled, started and healthy."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.deployment import stop_reasons
from gpuecs_tui.deployment.cause import Change, Recogniser, Recognition
from gpuecs_tui.deployment.situation import Situation, most_common
from gpuecs_tui.i18n import _, ngettext


def tasks_of(it: Situation, tasks: tuple[DeployedTask, ...]) -> str:
    """Return "3 tasks of demo:4", or "3 tasks" where the revision is unknown."""
    number = len(tasks)
    words = ngettext("{n} task", "{n} tasks", number).format(n=number)
    revision = most_common([each.task_definition for each in tasks if each.task_definition])
    if not revision:
        return words
    return _("{tasks} of {revision}").format(tasks=words, revision=revision)


def quoted(tasks: tuple[DeployedTask, ...]) -> tuple[str, ...]:
    """Return AWS's most specific words about the newest of ``tasks``."""
    return stop_reasons.texts_of(tasks[0])[:1]


def image_of(it: Situation, tasks: tuple[DeployedTask, ...]) -> str:
    """Return the image of the container that could not start; empty if it is unknown."""
    containers = [each for task in tasks for each in task.containers if each.image]
    failed = [each.image for each in containers if each.reason]
    if failed or containers:
        return (failed or [each.image for each in containers])[0]
    return it.stack.task.image if it.stack else ""


def recogniser(
    id: str,
    sentence: str,
    next_step: str,
    *,
    alternatives: tuple[str, ...] = (),
    change: Change | None = None,
    certain: bool = True,
) -> Recogniser:
    """Return the recogniser of the tasks that stopped for the cause ``id``.

    All texts are untranslated. ``sentence`` has {tasks} and {image}, ``next_step`` {image}.
    """

    def recognise(it: Situation) -> Recognition | None:
        tasks = it.stops.get(id, ())
        if not tasks:
            return None
        image = image_of(it, tasks)
        return Recognition(
            sentence=_(sentence).format(tasks=tasks_of(it, tasks), image=image),
            seen=quoted(tasks),
            next_step=_(next_step).format(image=image),
            alternatives=tuple(_(each) for each in alternatives),
            change=change,
            certain=certain,
        )

    return recognise
