"""The check before an apply on the command line: the credentials must outlast the apply."""

from __future__ import annotations

from datetime import datetime

from gpuecs_tui.assessment.credentials import check_credentials
from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.run import Run


def refuse_short_credentials(run: Run, *, despite: bool) -> datetime | None:
    """Print how long the credentials last; raise Failure if that is too short for ``run``.

    ``despite``: only print it. Returns when the credentials expire, or None if that is unknown.
    """
    from gpuecs_tui.aws.session import connect

    reader = connect(run.profile or "")
    try:
        found = check_credentials(run, reader)
    finally:
        reader.close()
    if found is None:
        return None
    print(found.sentence)
    if found.is_short and not despite:
        raise Failure(
            _("Nothing was applied. {reason}").format(reason=found.sentence),
            _(
                "Renew the credentials (`aws sso login`, or new session keys), or add "
                "--despite-findings."
            ),
        )
    return found.ends_at
