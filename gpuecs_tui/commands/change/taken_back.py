"""What changes the desired count of a service again after ``scale``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.service.scheduled_scaling import read_scheduled_scaling
from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuecs_tui.aws.service.live_count import LiveCount
    from gpuecs_tui.commands.service.here import ServiceHere

_TARGET = "aws_appautoscaling_target"


def limits_for(live: LiveCount, tasks: int) -> tuple[int, int] | None:
    """Return the limits of autoscaling that keep at least ``tasks``; None without autoscaling."""
    return None if live.scaled is None else (tasks, max(tasks, live.scaled[1]))


def taken_back(
    here: ServiceHere, live: Reading[LiveCount | None], texts: Mapping[str, str]
) -> Iterator[str]:
    """Yield what may change the count again: autoscaling, its schedules, and Terraform.

    ``texts``: the files of the directory that may have limits of their own.
    """
    if isinstance(live, Unknown):
        yield _("Whether Application Auto Scaling changes the count again is {unknown}.").format(
            unknown=live
        )
        return
    if live.value is None or live.value.scaled is None:
        return
    least, most = live.value.scaled
    yield _(
        "Application Auto Scaling keeps the service between {least} and {most} tasks, and may "
        "change the count again."
    ).format(least=least, most=most)
    if files := [name for name, text in texts.items() if _TARGET in text]:
        yield _("The next apply sets these limits as {files} has them.").format(
            files=", ".join(files)
        )
    schedules = read_scheduled_scaling(here.reader, here.names.cluster, here.names.service)
    if isinstance(schedules, Unknown):
        yield _("Whether a schedule changes the count again is {unknown}.").format(
            unknown=schedules
        )
        return
    for it in schedules.value:
        yield _("The scheduled action {name} ({schedule}) also changes it.").format(
            name=it.name, schedule=it.schedule
        )
