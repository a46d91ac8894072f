"""The gate before an apply without a screen: credentials must outlast it."""

from __future__ import annotations

from datetime import datetime

from gpuecs_tui.assessment.credentials import check
from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.run import Run


def refuse_short_credentials(run: Run, *, despite: bool) -> datetime | None:
    """Print how long the credentials last; raise Failure where that is too short for ``run``.

    ``despite``: only print it. Returns when they end, None where no end is known.
    """
    from gpuecs_tui.aws.session import connect

    reader = connect(run.profile or "")
    try:
        found = check(run, reader)
    finally:
        reader.close()
    if found is None:
        return None
    print(found.sentence)
    if found.is_short and not despite:
        raise Failure(
            _("Nothing was applied. {reason}").format(reason=found.sentence),
            _("Renew them (`aws sso login`, or new session keys), or use --despite-findings."),
        )
    return found.ends_at
