"""Which account a command works on: AWS as the user is logged in, or the embedded one."""

from __future__ import annotations

import argparse
import os

from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _


def choose_account(arguments: argparse.Namespace) -> None:
    """Put what leads to the chosen account into this process's environment, for all its children.

    ``--demo`` starts or finds the embedded account and gives it the faults of ``--demo-fault``, or
    none; ``--profile`` is what AWS_PROFILE would be.
    """
    if arguments.demo:
        from gpuecs_tui.demo import account

        try:
            with waiting(_("Starting the demo account …")):
                found = account.with_faults(account.start_or_find(), arguments.demo_fault)
        except account.DemoProblem as problem:
            raise Failure(str(problem)) from None
        environment = found.environment()
        os.environ.clear()
        os.environ.update(environment)
    elif arguments.profile:
        os.environ["AWS_PROFILE"] = arguments.profile
