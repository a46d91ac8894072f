"""Snapshots of the widgets, at the smallest and at a large size."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot
from textual.theme import Theme

from gpuecs_tui.terraform.engine.progress import ResourceProgress, Status
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.theme import DARK, LIGHT, SIXTEEN, THEMES
from gpuecs_tui.widgets.log.panel import LogPanel
from gpuecs_tui.widgets.run.progress import ProgressLine
from gpuecs_tui.widgets.run.resource_panel import ResourcePanel

SIZES = [(80, 24), (120, 40)]


def size_name(size: tuple[int, int]) -> str:
    """Return the name of a test of this size."""
    return "x".join(map(str, size))


LOG = """\x1b[1maws_ecs_cluster.this: Creating...\x1b[0m
aws_ecs_cluster.this: Creation complete after 1s [id=arn:aws:ecs:us-east-1:123456789012:cluster/x]
\x1b[31m╷\x1b[0m
\x1b[31m│\x1b[0m \x1b[1;31mError: \x1b[0m\x1b[1mcreating [/aws/ecs]: 日本語のエラー\x1b[0m
\x1b[31m│\x1b[0m
\x1b[31m│\x1b[0m   with aws_ecs_service.this, on service.tf line 3
\x1b[31m╵\x1b[0m
""" + "\n".join(f"aws_lb.this: Still creating... [{n}0s elapsed]" for n in range(30))


class RunLookalike(App[None]):
    """An app with the three widgets of a run."""

    CSS = """
    #both { height: 1fr; }
    LogPanel { width: 2fr; }
    ResourcePanel { width: 1fr; }
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def compose(self) -> ComposeResult:
        with Horizontal(id="both"):
            yield LogPanel(name="plan")
            yield ResourcePanel()
        yield ProgressLine()

    def on_mount(self) -> None:
        self.query_one(LogPanel).feed(LOG + "\n")
        self.query_one(LogPanel).focus()
        panel = self.query_one(ResourcePanel)
        panel.show(
            [
                ResourceProgress("aws_lb.old", "delete", status=Status.DONE, took=65),
                ResourceProgress("aws_ecs_service.this", "replace"),
                ResourceProgress("aws_lb.this", "update", status=Status.FAILED, took=3),
                *(ResourceProgress(f"aws_sns_topic.t[{n}]", "create") for n in range(9)),
            ]
        )
        change = ResourceChange(
            "aws_ecs_service.this",
            "aws_ecs_service",
            Action.REPLACE,
            "replace_because_cannot_update",
            (
                ChangedAttribute("name", '"[b]old"', '"new"', True),
                ChangedAttribute("arn", None, '"x"'),
            ),
        )
        gone = ResourceChange("aws_lb.old", "aws_lb", Action.DELETE, "", ())
        panel.set_plan(PlanTree((change, gone), ()))
        line = self.query_one(ProgressLine)
        line.show(done=3, total=12, text="creating aws_lb.this")


async def painted(pilot: Pilot[None]) -> None:
    await pilot.pause(0.3)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_a_run(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(RunLookalike(DARK.name), terminal_size=size, run_before=painted)


@pytest.mark.parametrize("theme", [LIGHT, SIXTEEN], ids=lambda theme: theme.name)
def test_other_themes(snap_compare: Any, theme: Theme) -> None:
    assert snap_compare(RunLookalike(theme.name), terminal_size=SIZES[0], run_before=painted)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_a_search(snap_compare: Any, size: tuple[int, int]) -> None:
    async def search(pilot: Pilot[None]) -> None:
        await painted(pilot)
        await pilot.press("home", "slash", *"creating", "enter", "n", "v", "down")
        await painted(pilot)

    assert snap_compare(RunLookalike(DARK.name), terminal_size=size, run_before=search)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_a_question(snap_compare: Any, size: tuple[int, int]) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await painted(pilot)
        await pilot.press("x", "(", "enter")
        await painted(pilot)

    assert snap_compare(RunLookalike(DARK.name), terminal_size=size, run_before=ask)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_details(snap_compare: Any, size: tuple[int, int]) -> None:
    async def open_details(pilot: Pilot[None]) -> None:
        await painted(pilot)
        pilot.app.query_one(ResourcePanel).focus()
        await pilot.press("down", "enter")
        await painted(pilot)

    assert snap_compare(RunLookalike(DARK.name), terminal_size=size, run_before=open_details)
