"""What a forced deployment does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.refused import Refused, refuse_inactive
from gpuecs_tui.operations.replacement import ServiceNow, replacing_words


def refuse_restart(now: ServiceNow) -> None:
    """Raise Refused if a forced deployment would replace nothing or could never end."""
    refuse_inactive(now.service)
    if now.service.desired == 0:
        raise Refused(
            _("The service {name} is scaled to zero: it has no task to restart.").format(
                name=now.service.name
            )
        )
    if now.least < now.service.desired:
        return
    if now.most <= now.service.desired:
        raise Refused(
            _(
                "ECS can't replace a task: minimum healthy percent keeps all {n} tasks running, "
                "and maximum percent allows no more."
            ).format(n=now.service.desired),
            _("Lower service.minimum_healthy_percent or raise service.maximum_percent, and apply."),
        )
    if now.shifts:
        if now.lacks_room_for_all:
            raise Refused(
                _(
                    "The restart would wait forever: all new tasks start beside the old ones "
                    "({strategy}), and the fleet at its maximum size has no room for {n}."
                ).format(n=now.service.desired, strategy=now.service.strategy),
                _("Raise fleet.max_size, and apply."),
            )
    elif now.has_no_room():
        raise Refused(
            _(
                "The restart would wait forever: no task may stop before a new task runs, no "
                "instance has room for a new task, and the fleet is at its maximum."
            ),
            _("Raise fleet.max_size or lower service.minimum_healthy_percent, and apply."),
        )


def restart_effects(now: ServiceNow) -> Iterator[str]:
    """Yield what a forced deployment does to the tasks, the requests and the fleet."""
    service = now.service
    yield ngettext(
        "ECS replaces {n} task of {name} with a task of the same revision ({revision}).",
        "ECS replaces {n} tasks of {name} with tasks of the same revision ({revision}).",
        service.desired,
    ).format(n=service.desired, name=service.name, revision=service.task_definition)
    yield from replacing_words(now)
