"""Parts of the pictures: the words for the tasks of a service."""

from __future__ import annotations

from gpuecs_tui.widgets.pictures.parts import task_words
from tests.support.terraform.written_files import SCALED, made


def test_task_scaling_names_its_limits() -> None:
    assert task_words(made(service__desired_count=2)) == "2 desired tasks"
    scaled = made({**SCALED, "autoscaling.min_tasks": 0, "autoscaling.max_tasks": 4})
    assert task_words(scaled) == "1 desired task, scaled 0 to 4"
