"""The command ``restart``: a forced deployment of the same revision."""

from __future__ import annotations

import argparse

from gpuecs_tui.commands.failure import harmless
from gpuecs_tui.commands.service.here import service_here
from gpuecs_tui.commands.service.question import confirm
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _


def restart(arguments: argparse.Namespace) -> int:
    """Replace every task of the service with a task of the same revision."""
    with service_here(arguments) as here:
        from gpuecs_tui.operations.reading import read_now
        from gpuecs_tui.operations.restart import refuse_restart, restart_effects
        from gpuecs_tui.operations.service import force_new_deployment

        with waiting(_("Reading the deployment …")):
            now = read_now(here.reader, here.names)
        refuse_restart(now)
        question = _("Restart {name}?").format(name=now.service.name)
        confirm(restart_effects(now), question, arguments)
        started = force_new_deployment(here.reader, here.names)
        print(harmless(_("Started the deployment {id}.").format(id=started)))
        print(_("Terraform does not track a forced deployment: a plan shows no change for it."))
        print(harmless(here.watch_line))
    return 0
