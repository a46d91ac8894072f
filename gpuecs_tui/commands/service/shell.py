"""The commands ``exec`` and ``ssm``: a shell in a container, or on an instance."""

from __future__ import annotations

import argparse
import shlex
import sys

from gpuecs_tui.commands.failure import harmless
from gpuecs_tui.commands.service.here import service_here
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _

IN_SERVICE = "InService"
"""Lifecycle state of an instance that takes part in the group (EC2 Auto Scaling user guide)."""


def exec_(arguments: argparse.Namespace) -> int:
    """Run a command in a container of the service, with this terminal; return the plugin's code."""
    with service_here(arguments, changes=False) as here:
        from gpuecs_tui.aws.deployment.reader import read_service_and_tasks
        from gpuecs_tui.operations.plugin import connect_terminal, find_plugin
        from gpuecs_tui.operations.shell import SHELL, exec_session, task_with_shell

        with waiting(_("Reading the tasks …")):
            service, tasks = read_service_and_tasks(here.reader, here.names)
        task, container = task_with_shell(
            service,
            tasks,
            arguments.task,
            serving=here.stack.task.container_name,
            container=arguments.container,
            directory=here.directory,
        )
        plugin = find_plugin()
        command = shlex.join(arguments.command) or SHELL
        _tell(_("Task {id}, container {name}:").format(id=task.id, name=container.name))
        session = exec_session(here.reader, here.names, task, container, command)
        return connect_terminal(plugin, session)


def ssm(arguments: argparse.Namespace) -> int:
    """Open a shell on an instance of the fleet, with this terminal; return the plugin's code."""
    with service_here(arguments, changes=False) as here:
        from gpuecs_tui.aws.deployment.reader import read_fleet_alone
        from gpuecs_tui.operations.plugin import connect_terminal, find_plugin
        from gpuecs_tui.operations.refused import Refused, chosen
        from gpuecs_tui.operations.shell import instance_session, refuse_unreachable

        with waiting(_("Reading the instances …")):
            fleet = read_fleet_alone(here.reader, here.names)
        instances = fleet.instances if fleet else ()
        if not instances:
            raise Refused(_("The fleet has no instance."))
        # An instance that starts or ends accepts no session. The sort keeps the order otherwise.
        by_use = sorted(instances, key=lambda it: it.lifecycle != IN_SERVICE)
        known = [it.ec2_instance_id for it in by_use]
        identity = known[0]
        if arguments.instance is not None:
            identity = chosen(arguments.instance, known, _("Instances"))
        elif len(known) > 1:
            _tell(_("Instance {id}:").format(id=identity))
        refuse_unreachable(here.reader, identity)
        plugin = find_plugin()
        return connect_terminal(plugin, instance_session(here.reader, identity))


def _tell(text: str) -> None:
    print(harmless(text), file=sys.stderr, flush=True)
