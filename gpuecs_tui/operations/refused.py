"""An operation that can't work."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.aws.deployment.facts import DeployedService
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.i18n import _


class Refused(Exception):
    """Why an operation can't work, and what to do; nothing was changed."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".rstrip())
        self.sentence, self.remedy = sentence, remedy


def could_not_read(words: str, unknown: Unknown) -> Refused:
    """Return the refusal for a part that could not be read: ``words`` without a period, why, and
    what to do."""
    sentence = _("{words}: {reason}.").format(words=words, reason=unknown.reason)
    return Refused(sentence, unknown.remedy)


class UnknownId(Refused):
    """An id on the command line that names nothing, or several things."""


def chosen(given: str, known: Iterable[str], what: str) -> str:
    """Return the one id of ``known`` that begins with ``given``. Raises UnknownId.

    ``what``: what the ids are of, in the plural, such as "Tasks".
    """
    ids = list(dict.fromkeys(known))
    found = [it for it in ids if it.startswith(given)] if given else []
    if given in found:
        return given
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownId(
            _("Several ids begin with {id}.").format(id=given),
            _("{what}: {ids}.").format(what=what, ids=", ".join(found)),
        )
    raise UnknownId(
        _("No id begins with {id}.").format(id=given or repr(given)),
        _("{what}: {ids}.").format(what=what, ids=", ".join(ids) or _("none")),
    )


def refuse_inactive(service: DeployedService) -> None:
    """Raise Refused for a service that is not ACTIVE."""
    if service.status != "ACTIVE":
        raise Refused(
            _("The service {name} is {status}, so it starts no tasks.").format(
                name=service.name, status=service.status
            )
        )


def refuse_other_account(applied: str, present: str) -> None:
    """Raise Refused if the credentials are not those of the stack's account; empty: unknown."""
    if applied and applied != present:
        raise Refused(
            _(
                "This stack is in the account {applied}, and the credentials are for the account "
                "{present}."
            ).format(applied=applied, present=present),
            _("Use credentials for the account {applied}.").format(applied=applied),
        )
