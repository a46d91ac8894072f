"""The commands ``restart``, ``stop-task``, ``drain`` and ``replace``: say, ask, act."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere, read_service, service_here
from gpuecs_tui.commands.service.question import confirm
from gpuecs_tui.commands.status.after_apply import after_change
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.commands.waiting import WaitLine
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import ContainerInstance
    from gpuecs_tui.operations.replacement import ServiceNow

LOOK_SECONDS = 5.0
"""Seconds between two reads of an instance that drains."""
DRAIN_SECONDS = 3600.0
"""Seconds for which ``replace`` waits for the tasks; instances may start in this time."""


def restart(arguments: argparse.Namespace) -> int:
    """Replace every task of the service with a task of the same revision."""
    with _service(arguments) as (here, now):
        from gpuecs_tui.operations.restart import refuse_restart, restart_effects
        from gpuecs_tui.operations.service import force_new_deployment

        refuse_restart(now)
        question = _("Restart {name}?").format(name=now.service.name)
        confirm(restart_effects(now), here.asked(question), arguments)
        started = force_new_deployment(here.reader, here.names)
        if not started:
            raise Failure(
                _("ECS accepted the restart, but its answer names no deployment."),
                _("To see the tasks: gpuecs-tui status {directory}").format(
                    directory=shell_word(here.directory)
                ),
            )
        print(harmless(_("Started the deployment {id}.").format(id=started)))
        print(_untracked())
        return after_change(here, arguments.wait, Asked(deployment=started))


def stop_task(arguments: argparse.Namespace) -> int:
    """Stop one task; the service replaces it."""
    with _service(arguments) as (here, now):
        from gpuecs_tui.operations import service
        from gpuecs_tui.operations.stop_task import stop_effects, task_to_stop

        task = task_to_stop(now, arguments.task)
        question = _("Stop the task {id}?").format(id=task.id)
        confirm(stop_effects(now, task), here.asked(question), arguments)
        service.stop_task(here.reader, here.names, task.id)
        _report(here, _("Asked ECS to stop the task {id}.").format(id=task.id))
    return 0


def drain(arguments: argparse.Namespace) -> int:
    """Move the tasks off an instance, which keeps running."""
    with _service(arguments) as (here, now):
        from gpuecs_tui.aws.deployment.tasks import read_groups_on
        from gpuecs_tui.operations import instances
        from gpuecs_tui.operations.drain import drain_effects, instance_to_drain

        instance = instance_to_drain(now, arguments.instance)
        groups = read_groups_on(here.reader, here.names, instance.id)
        question = _("Drain {id}?").format(id=instance.ec2_instance_id)
        confirm(drain_effects(now, instance, groups), here.asked(question), arguments)
        instances.drain(here.reader, here.names, instance.id)
        print(harmless(_("{id} is draining.").format(id=instance.ec2_instance_id)))
        print(harmless(_back(here, instance)))
        print(
            harmless(
                _("To replace it: gpuecs-tui replace {directory} {id}").format(
                    directory=shell_word(here.directory), id=shell_word(instance.ec2_instance_id)
                )
            )
        )
        _report(here)
    return 0


def replace(arguments: argparse.Namespace) -> int:
    """Drain an instance, and let the Auto Scaling group replace it once its tasks have left.

    An instance that drains already is continued with, so the command can be repeated.
    """
    with _service(arguments) as (here, now):
        from gpuecs_tui.aws.deployment.tasks import read_groups_on
        from gpuecs_tui.operations import instances
        from gpuecs_tui.operations.drain import member
        from gpuecs_tui.operations.replace import refuse_replace, replace_effects, shrinks

        identity, joined = member(now, arguments.instance)
        refuse_replace(now, identity, joined)
        groups = read_groups_on(here.reader, here.names, joined.id) if joined else ()
        shrink = shrinks(now, joined)
        wait = timedelta(seconds=DRAIN_SECONDS)
        effects = replace_effects(now, identity, joined, groups=groups, shrink=shrink, wait=wait)
        confirm(effects, here.asked(_("Replace {id}?").format(id=identity)), arguments)
        if joined is not None and joined.agent_connected:
            if joined.status == "ACTIVE":
                instances.drain(here.reader, here.names, joined.id)
            with _draining_named(here, joined):
                _wait_until_empty(here, joined)
                _terminate(here, now, identity, shrink=shrink)
        else:
            _terminate(here, now, identity, shrink=shrink)
        _report(here)
    return 0


@contextmanager
def _service(arguments: argparse.Namespace) -> Iterator[tuple[ServiceHere, ServiceNow]]:
    with service_here(arguments) as here:
        yield here, read_service(here)


def _report(here: ServiceHere, *done: str) -> None:
    for line in (
        *done,
        _untracked(),
        here.watch_line,
    ):
        print(harmless(line))


def _untracked() -> str:
    return _("Terraform does not track this: a plan shows no change for it.")


def _back(here: ServiceHere, instance: ContainerInstance) -> str:
    return _(
        "To let it accept tasks again: aws ecs update-container-instances-state --region {region} "
        "--cluster {cluster} --container-instances {id} --status ACTIVE"
    ).format(
        region=shell_word(here.reader.region),
        cluster=shell_word(here.names.cluster),
        id=shell_word(instance.id),
    )


@contextmanager
def _draining_named(here: ServiceHere, instance: ContainerInstance) -> Iterator[None]:
    """If the block fails, say that the instance drains, how to continue and how to undo it."""
    from gpuecs_tui.aws.error_kinds import TRANSIENT
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.operations.instances import TERMINATE

    try:
        yield
    except BaseException as error:
        words = _(
            "{id} stays DRAINING and was not terminated. To continue: gpuecs-tui replace "
            "{directory} {id}"
        )
        if isinstance(error, AwsProblem) and error.call == TERMINATE and error.kind in TRANSIENT:
            words = _(
                "Whether {id} is being terminated is unknown. To continue: gpuecs-tui replace "
                "{directory} {id}"
            )
        print()
        print(
            harmless(
                words.format(
                    id=shell_word(instance.ec2_instance_id), directory=shell_word(here.directory)
                )
            )
        )
        print(harmless(_back(here, instance)), flush=True)
        raise


def _wait_until_empty(here: ServiceHere, instance: ContainerInstance) -> None:
    """Wait until no task is on the instance, or it has left the cluster.

    Raises Failure after DRAIN_SECONDS, and AwsProblem unless another try may succeed.
    """
    from gpuecs_tui.aws.deployment.instances import read_container_instance
    from gpuecs_tui.aws.error_kinds import TRANSIENT
    from gpuecs_tui.aws.errors import AwsProblem

    line, waited = WaitLine(), 0.0
    try:
        while True:
            try:
                present = read_container_instance(here.reader, here.names, instance.id)
            except AwsProblem as problem:
                if problem.kind not in TRANSIENT or waited >= DRAIN_SECONDS:
                    raise
                line.show(_("{sentence} Trying again …").format(sentence=problem.sentence), waited)
                time.sleep(LOOK_SECONDS)
                waited += LOOK_SECONDS
                continue
            left = present.running + present.pending if present else 0
            if not left:
                return
            words = ngettext(
                "Draining {id}: {n} task left …", "Draining {id}: {n} tasks left …", left
            )
            if waited >= DRAIN_SECONDS:
                raise Failure(
                    ngettext(
                        "{n} task is still on {id} after {time}.",
                        "{n} tasks are still on {id} after {time}.",
                        left,
                    ).format(
                        n=left,
                        id=instance.ec2_instance_id,
                        time=in_words(timedelta(seconds=waited)),
                    ),
                    _("To see why: gpuecs-tui status {directory}").format(
                        directory=shell_word(here.directory)
                    ),
                )
            line.show(words.format(id=instance.ec2_instance_id, n=left), waited)
            time.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS
    finally:
        line.clear()


def _terminate(here: ServiceHere, before: ServiceNow, identity: str, *, shrink: bool) -> None:
    """Terminate the instance; ``shrink``: without a replacement, if the fleet has grown."""
    from gpuecs_tui.aws.deployment.reader import read_fleet_alone
    from gpuecs_tui.operations import instances
    from gpuecs_tui.operations.replace import needs_no_launch

    fleet = read_fleet_alone(here.reader, here.names)
    members = {it.ec2_instance_id: it for it in fleet.instances} if fleet else {}
    found = members.get(identity)
    if fleet is None or found is None or found.lifecycle.startswith("Terminating"):
        print(harmless(_("{id} has already left the group.").format(id=identity)))
        return
    # Managed scaling launches an instance for the tasks that had to leave. Another one would be
    # idle, and its cost would continue until managed scaling removes it.
    shrink = shrink and needs_no_launch(before.fleet, fleet)
    instances.terminate(here.reader, identity, shrink=shrink)
    words = (
        _("Terminating {id}. Its replacement was launched when its tasks left.")
        if shrink
        else _("Terminating {id}. Auto Scaling launches a replacement.")
    )
    print(harmless(words.format(id=identity)))
