"""The earlier revision of a service, and the values in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.facts import DeployedNames, ServiceDeployment
from gpuecs_tui.aws.deployment.history import read_history
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.service.revision import Revision, read_revision, serving_container
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.refused import Refused, UnknownId
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.read.revision_answers import other_differences, restored_answers

_COMPLETED = "SUCCESSFUL"


@dataclass(frozen=True, slots=True)
class EarlierValues:
    """What a rollback to a revision changes."""

    revision: Revision
    values: Mapping[str, Value]
    """Key → its value in that revision; only keys that differ from the newer revision."""
    others: tuple[str, ...]
    """Members of the task definition that differ too, and that the values don't restore."""

    def are_in(self, answers: Mapping[str, Value]) -> bool:
        """Tell whether ``answers`` have all of the values."""
        return all(answers.get(key) == value for key, value in self.values.items())


def history_of(reader: AccountReader, names: DeployedNames) -> tuple[ServiceDeployment, ...]:
    """Return the deployments of the service, newest first. Raises AwsProblem."""
    return read_history(Ask(reader, names, Seen(), monotonic()))


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

    Raises UnknownId if it is neither.
    """
    family, _colon, number = given.rpartition(":")
    if not (number.isascii() and number.isdecimal()):
        raise UnknownId(
            _("{revision} is not a revision.").format(revision=given),
            _("Use its number, such as 3, or FAMILY:NUMBER."),
        )
    return f"{family or present.rpartition(':')[0]}:{number}"


def earlier_values(reader: AccountReader, stack: Stack, ahead: str, target: str) -> EarlierValues:
    """Return the values of ``target`` that differ from those of the revision ``ahead``.

    Raises Refused if one of them can't be read, or has another container.
    """
    newer, older = (_read(reader, it) for it in (ahead, target))
    name, port = _container(stack, older), stack.task.container_port
    return EarlierValues(
        older,
        restored_answers(newer.definition, older.definition, name, port),
        other_differences(newer.definition, older.definition, name, port),
    )


def _container(stack: Stack, revision: Revision) -> str:
    wanted = stack.task.container_name
    found = serving_container(revision.definition, wanted)
    if found is None:
        raise Refused(
            _("Revision {revision} has no container {container}.").format(
                revision=revision.name, container=wanted
            )
        )
    return str(found["name"])


def _read(reader: AccountReader, revision: str) -> Revision:
    try:
        return read_revision(reader, revision)
    except AwsProblem as problem:
        raise Refused(
            _("Could not read the revision {revision}. {reason}").format(
                revision=revision, reason=problem.sentence
            ),
            problem.remedy,
        ) from None
