"""Stage healthy, the container: its own health check fails."""

from __future__ import annotations

from gpuecs_tui.deployment.cause import Cause, Recognition
from gpuecs_tui.deployment.causes.running import log_command
from gpuecs_tui.deployment.causes.stopped import quoted, tasks_of
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import N_, _

_UNHEALTHY = "UNHEALTHY"


def _unhealthy(it: Situation) -> Recognition | None:
    tasks = it.stops.get("container-unhealthy", ())
    failing = tuple(each for each in it.live if each.health == _UNHEALTHY)
    if not tasks and not failing:
        return None
    words = (
        _("ECS stopped {tasks} because the health check in the container failed.")
        if tasks
        else _("The health check in the container of {tasks} fails.")
    )
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, tasks or failing)),
        seen=quoted(tasks) if tasks else (f"healthStatus: {_UNHEALTHY}",),
        next_step=_(
            "Run the command of the container health check in the image, and correct it if it "
            "fails there."
        ),
        alternatives=(
            _(
                "If the log shows that the model is still loading, raise the start period of the "
                "check or health check grace period: {command}"
            ).format(command=log_command(it, (tasks or failing)[0])),
            _("If the image has no curl or no shell, the check always fails."),
        ),
        certain=False,
    )


CAUSES = (
    Cause(
        id="container-unhealthy",
        stage="healthy",
        demo_fault="container-unhealthy",
        looks=N_("A task stopped with Task failed container health checks."),
        do=N_("Correct the command of the container health check, or raise its start period."),
        source="https://repost.aws/knowledge-center/ecs-task-stopped",
        certain=False,
        recognise=_unhealthy,
    ),
)
