"""The question before a change of the running service."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.i18n import _

_YES = ("y", "yes")


def confirm(effects: Iterable[str], question: str, arguments: argparse.Namespace) -> None:
    """Print what the change will do, and ask for it on a terminal unless ``--yes`` was given.

    ``question``: without the choices, such as ``Restart?``. Raises Failure if the answer is not
    yes, and with EXIT_USAGE without a terminal and without ``--yes``.
    """
    for line in effects:
        print(harmless(line))
    sys.stdout.flush()
    if arguments.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Failure(
            _("Nothing was changed: this command changes the account, so --yes is required."),
            code=EXIT_USAGE,
        )
    sys.stderr.write(f"{harmless(question)} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in _YES:
        raise Failure(_("Nothing was changed."))
