"""Changes of the deployed service from its screen: the field to change, or the command."""

from __future__ import annotations

from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.step.say import say
from gpuecs_tui.widgets.step.screen import StepScreen

TASKS, IMAGE = "service.desired_count", "task.image"
CHANGE_KEYS = (
    bind("s", f"change('{TASKS}')", N_("scale"), N_("Change the number of tasks"), SCREEN),
    bind("i", f"change('{IMAGE}')", N_("image"), N_("Change the container image"), SCREEN),
    bind(
        "b",
        "roll_back",
        N_("roll back"),
        N_("Return to the last completed deployment, or to the earlier revision"),
        SCREEN,
    ),
)
"""The keys of the deployment screen."""


def change(screen: StepScreen, key: str, applied: Applied) -> None:
    """Go to the field of ``key``; show the command for what Terraform ignores."""
    words = ""
    if key == TASKS and applied.ignores_desired:
        words = _(
            "Terraform ignores the desired count of this service. To change it: gpuecs-tui scale "
            "{directory} N"
        )
    elif key == IMAGE and applied.ignores_task_definition:
        words = _(
            "Terraform ignores the task definition of this service. To deploy an image: gpuecs-tui "
            "deploy {directory} --image IMAGE"
        )
    if words:
        say(screen.app, words.format(directory=shell_word(screen.wizard.options.directory)))
    else:
        screen.go_to_key(key)
