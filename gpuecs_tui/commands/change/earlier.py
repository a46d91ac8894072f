"""The earlier revision of a service, and the values in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.read.revision_answers import other_differences, restored_answers

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import ServiceDeployment
    from gpuecs_tui.aws.service.revision import Revision
    from gpuecs_tui.commands.service.here import ServiceHere
    from gpuecs_tui.stack.fields import Value

_COMPLETED = "SUCCESSFUL"


@dataclass(frozen=True, slots=True)
class EarlierValues:
    """What a rollback to a revision changes."""

    revision: Revision
    values: Mapping[str, Value]
    """Key → its value in that revision; only keys that differ from the newer revision."""
    others: tuple[str, ...]
    """Members of the task definition that differ too, and that the values don't restore."""


def read_history_of(here: ServiceHere) -> tuple[ServiceDeployment, ...]:
    """Return the deployments of the service, newest first. Raises AwsProblem."""
    from gpuecs_tui.aws.deployment.ask import Ask
    from gpuecs_tui.aws.deployment.history import read_history
    from gpuecs_tui.aws.deployment.seen import Seen

    return read_history(Ask(here.reader, here.names, Seen(), monotonic()))


def last_completed(history: Iterable[ServiceDeployment]) -> str:
    """Return the revision to which ECS returns when a deployment is stopped; "" if unknown.

    That is the last one whose deployment completed (API_StopServiceDeployment), which may be the
    same revision after a forced deployment.
    """
    found = (it.task_definition for it in history if it.status == _COMPLETED)
    return next(found, "")


def earlier_revision(history: Iterable[ServiceDeployment], present: str) -> str:
    """Return the newest revision other than ``present`` whose deployment completed; else ""."""
    found = (it.task_definition for it in history if it.status == _COMPLETED)
    return next((it for it in found if it and it != present), "")


def full_name(given: str, present: str) -> str:
    """Return ``given``, a number or ``family:number``, as a revision of the family of ``present``.

    Raises Failure if it is neither.
    """
    family, _colon, number = given.rpartition(":")
    if not (number.isascii() and number.isdecimal()):
        raise Failure(
            _("{revision} is not a revision.").format(revision=given),
            _("Use its number, such as 3, or FAMILY:NUMBER."),
            EXIT_USAGE,
        )
    return f"{family or present.rpartition(':')[0]}:{number}"


def earlier_values(here: ServiceHere, ahead: str, target: str) -> EarlierValues:
    """Return the values of ``target`` that differ from those of the revision ``ahead``.

    Raises Failure if one of them can't be read, or has another container.
    """
    newer, older = (_read(here, it) for it in (ahead, target))
    name, port = _container(here, older), here.stack.task.container_port
    restored = restored_answers(newer.definition, older.definition, name, port)
    return EarlierValues(
        older,
        restored,
        other_differences(newer.definition, older.definition, name, port),
    )


def _container(here: ServiceHere, revision: Revision) -> str:
    from gpuecs_tui.aws.service.revision import serving_container

    wanted = here.stack.task.container_name
    found = serving_container(revision.definition, wanted)
    if found is None:
        raise Failure(
            _("Revision {revision} has no container {container}.").format(
                revision=revision.name, container=wanted
            )
        )
    return str(found["name"])


def _read(here: ServiceHere, revision: str) -> Revision:
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.service.revision import read_revision

    try:
        return read_revision(here.reader, revision)
    except AwsProblem as problem:
        raise Failure(
            _("Could not read the revision {revision}. {reason}").format(
                revision=revision, reason=problem.sentence
            ),
            problem.remedy,
        ) from None
