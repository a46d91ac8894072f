"""Chooses the account that a command works on: the user's AWS account or the demo account."""

from __future__ import annotations

import argparse
import os

from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _


def choose_account(arguments: argparse.Namespace) -> None:
    """Put the settings of the chosen account into this process's environment, for its children.

    ``--demo`` starts or finds the demo account and sets its faults to those of ``--demo-fault``;
    ``--profile`` sets AWS_PROFILE.
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
