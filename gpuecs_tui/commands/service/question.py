"""The question before a change of the running service."""

from __future__ import annotations

import argparse
import sys
import termios
from collections.abc import Iterable
from contextlib import suppress

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.i18n import _

_YES = ("y", "yes")
_STDIN = 0
"""The descriptor of stdin."""


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
    _drop_typed_ahead()
    sys.stderr.write(f"{harmless(question)} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in _YES:
        raise Failure(_("Nothing was changed."))


def _drop_typed_ahead() -> None:
    """Drop what was typed before the question: it answers something that was not visible yet."""
    with suppress(termios.error):
        termios.tcflush(_STDIN, termios.TCIFLUSH)
