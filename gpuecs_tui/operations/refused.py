"""An operation that can't work."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.facts import DeployedService
from gpuecs_tui.i18n import _


class Refused(Exception):
    """Why an operation can't work, and what to do; nothing was changed."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".rstrip())
        self.sentence, self.remedy = sentence, remedy


def refuse_inactive(service: DeployedService) -> None:
    """Raise Refused for a service that is not ACTIVE."""
    if service.status != "ACTIVE":
        raise Refused(
            _("The service {name} is {status}, so it starts no tasks.").format(
                name=service.name, status=service.status
            )
        )
