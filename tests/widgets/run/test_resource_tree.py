"""The resource tree: order, texts, filter, cursor, and a clock only for visible resources."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from gpuecs_tui.terraform.engine.progress import ResourceProgress, Status
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.widgets.run import resource_tree
from gpuecs_tui.widgets.run.resource_detail import ResourceDetail, detail_text, reason_text
from gpuecs_tui.widgets.run.resource_panel import ResourcePanel
from gpuecs_tui.widgets.run.resource_rows import (
    Heading,
    arranged,
    fitted_address,
    known_of,
    status_text,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def resource(
    address: str, action: str = "create", status: Status = Status.WAITING, seconds: float = 0
) -> ResourceProgress:
    running = status is Status.RUNNING
    return ResourceProgress(
        address,
        action,
        status=status,
        step=action,
        started_at=NOW - timedelta(seconds=seconds) if running else None,
        took=seconds if status in (Status.DONE, Status.FAILED) else None,
    )


def test_what_is_destroyed_stands_first() -> None:
    rows = arranged(
        [
            resource("a.new"),
            resource("b.changed", "update"),
            resource("c.same", "no-op"),
            resource("d.gone", "delete"),
            resource("e.replaced", "replace"),
            resource("f.unheard_of", "frobnicate"),
        ]
    )
    told = [row.text if isinstance(row, Heading) else row.address for row in rows]
    assert told == [
        *("Destroy", "d.gone", "Replace", "e.replaced", "Change", "b.changed"),
        *("Create", "a.new", "Other", "f.unheard_of"),
    ]


def test_the_details_order_and_find_rows() -> None:
    plan = PlanTree(
        (
            ResourceChange("b.gone", "b", Action.DELETE, "", ()),
            ResourceChange(
                "aws_ecs_task_definition.a", "aws_ecs_task_definition", Action.REPLACE, "", ()
            ),
            ResourceChange(
                *("aws_ecs_service.this", "aws_ecs_service", Action.REPLACE, ""),
                (ChangedAttribute("launch_type", '"EC2"', None, True),),
            ),
        ),
        (),
    )
    shown = [
        *(resource("b.gone", "delete"), resource("aws_ecs_task_definition.a", "replace")),
        *(resource("aws_ecs_service.this", "replace"), resource("c.new")),
    ]

    def told(needle: str = "") -> list[str]:
        rows = arranged(shown, needle, known_of(plan))
        return [row.text if isinstance(row, Heading) else row.address for row in rows]

    assert told() == [
        *("Replace", "aws_ecs_service.this", "aws_ecs_task_definition.a"),
        *("Destroy", "b.gone", "Create", "c.new"),
    ]
    for needle in ("launch_TYPE", '"EC2"', "_service."):
        assert told(needle) == ["Replace", "aws_ecs_service.this"]
    assert told("delete") == told("destroy") == ["Destroy", "b.gone"]
    assert told("creat") == ["Create", "c.new"]


@pytest.mark.parametrize(
    ("row", "words", "applying", "told"),
    [
        (resource("a.b"), True, False, ""),
        (resource("a.b"), True, True, "waiting"),
        (resource("a.b"), False, True, "·"),
        (resource("a.b", "create", Status.RUNNING, 72), True, True, "creating 1m12s"),
        (resource("a.b", "delete", Status.RUNNING, 12), True, True, "destroying 12s"),
        (resource("a.b", "delete", Status.RUNNING, 12), False, True, "12s"),
        (resource("a.b", "create", Status.DONE, 7200), True, True, "2h00m ✓"),
        (resource("a.b", "create", Status.FAILED, 3), True, True, "failed 3s ✗"),
        (resource("a.b", "create", Status.FAILED, 3), False, True, "3s ✗"),
    ],
)
def test_where_a_resource_stands(
    row: ResourceProgress, words: bool, applying: bool, told: str
) -> None:
    assert status_text(row, NOW, words=words, applying=applying) == told


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (24, "aws_ecs_service.this    "),
        (17, "ecs_service.this "),
        (10, "…vice.this"),
        (1, "…"),
    ],
)
def test_a_long_address_keeps_its_end(width: int, shown: str) -> None:
    assert fitted_address("aws_ecs_service.this", width) == shown


class TreeApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.panel = ResourcePanel()

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.focus()


@asynccontextmanager
async def running(
    size: tuple[int, int] = (60, 12),
) -> AsyncIterator[tuple[ResourcePanel, Pilot[None]]]:
    app = TreeApp()
    async with app.run_test(size=size) as pilot:
        yield app.panel, pilot


def rows(panel: ResourcePanel) -> list[str]:
    tree = panel.resources
    strips = tree.render_lines(Region(0, 0, tree.columns, tree.size.height))
    return [strip.text.rstrip() for strip in strips]


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came")


async def test_rows_change_as_the_run_goes_on() -> None:
    async with running() as (panel, pilot):
        panel.show([resource("aws_lb.this"), resource("aws_x.y", "delete")])
        await until(pilot, lambda: rows(panel)[0] == "Destroy 1")
        assert rows(panel)[:4] == ["Destroy 1", " -  aws_x.y", "Create 1", " +  aws_lb.this"]
        panel.show(
            [resource("aws_lb.this", status=Status.DONE, seconds=4), resource("aws_x.y", "delete")]
        )
        await until(pilot, lambda: rows(panel)[3].endswith("4s ✓"))
        assert rows(panel)[1].endswith("waiting")


async def test_brackets_and_controls_in_addresses() -> None:
    async with running() as (panel, pilot):
        panel.show([resource('aws_x.y["[/bold]\x1b[2J"]')])
        await until(pilot, lambda: len(rows(panel)[1]) > 4)
        assert rows(panel)[1] == ' +  aws_x.y["[/bold]␛[2J"]'


async def test_the_view_follows_the_work_until_the_cursor_moves() -> None:
    async with running() as (panel, pilot):
        waiting = [resource(f"a.r{n:03}") for n in range(100)]
        panel.show(waiting)
        await until(pilot, lambda: len(panel.resources.addresses) == 100)
        panel.show([*waiting[:60], resource("a.r060", "create", Status.RUNNING), *waiting[61:]])
        await until(pilot, lambda: any("r060" in row for row in rows(panel)))
        await pilot.press("home")
        assert rows(panel)[1].startswith(" +  a.r000")
        panel.show([*waiting[:80], resource("a.r080", "create", Status.RUNNING), *waiting[81:]])
        await pilot.pause(0.3)
        assert rows(panel)[1].startswith(" +  a.r000")
        await pilot.press("end", "up")
        assert panel.resources.cursor == "a.r098"
        await pilot.press("pageup")
        assert panel.resources.cursor == "a.r088"


async def test_filtering_narrows_while_typing_and_escape_ends_it() -> None:
    async with running() as (panel, pilot):
        panel.show([resource("aws_lb.this"), resource("aws_ecs_service.this")])
        await pilot.press("slash", *"ECS")
        await pilot.pause()
        assert panel.resources.addresses == ["aws_ecs_service.this"]
        await pilot.press("enter")
        assert "filter: ECS" in str(panel._footer.render())
        assert panel.resources.has_focus
        await pilot.press("escape")
        assert len(panel.resources.addresses) == 2
        await pilot.press("slash", *"nowhere")
        await pilot.pause()
        assert rows(panel)[0] == "No matches. Press Esc to clear the filter."
        await pilot.press("escape")
        assert len(panel.resources.addresses) == 2


async def test_details_open_over_the_tree() -> None:
    change = ResourceChange(
        "aws_lb.this", "aws_lb", Action.CREATE, "", (ChangedAttribute("name", None, '"x"'),)
    )
    async with running() as (panel, pilot):
        panel.show([resource("aws_lb.this")])
        await until(pilot, lambda: bool(panel.resources.addresses))

        async def said() -> str:
            pilot.app.clear_notifications()
            await pilot.press("enter")
            assert not isinstance(pilot.app.screen, ResourceDetail)
            (notification,) = pilot.app._notifications
            return notification.message

        panel.set_plan(None, "This run has no plan.")
        assert await said() == "This run has no plan."
        panel.set_plan(PlanTree((), ()))
        assert await said() == "The plan does not change aws_lb.this."
        panel.set_plan(None, "Being read.", coming=True)
        assert await said() == "Being read."
        panel.set_plan(PlanTree((change,), ()))
        await pilot.pause()
        assert isinstance(pilot.app.screen, ResourceDetail), "opened once the details are there"
        await pilot.press("q")
        assert not isinstance(pilot.app.screen, ResourceDetail)


async def test_the_first_key_after_the_focus_opens_a_resource() -> None:
    changes = tuple(
        ResourceChange(
            address, "aws_lb", Action.CREATE, "", (ChangedAttribute("name", None, '"x"'),)
        )
        for address in ("aws_lb.a", "aws_lb.b")
    )
    async with running() as (panel, pilot):
        panel.show([resource("aws_lb.a"), resource("aws_lb.b")])
        panel.set_plan(PlanTree(changes, ()))
        await until(pilot, lambda: bool(panel.resources.addresses))
        pilot.app.set_focus(None)
        await pilot.pause()
        panel.focus()
        await pilot.pause()
        assert panel.resources.cursor == "aws_lb.a"
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, ResourceDetail)


async def test_500_resources_and_200_updates_a_second_are_a_few_paintings() -> None:
    async with running() as (panel, pilot):
        resources = [resource(f"a.r{n:03}") for n in range(500)]
        paintings = 0
        draw = panel.resources.render_lines

        def counted(crop: Region) -> list[object]:
            nonlocal paintings
            paintings += 1
            return draw(crop)  # type: ignore[return-value]

        panel.resources.render_lines = counted  # type: ignore[method-assign, assignment]
        for at in range(200):
            resources[at] = resource(f"a.r{at:03}", "create", Status.DONE, 1)
            panel.show(resources)
        await pilot.pause(0.3)
        assert 1 <= paintings <= 6
        assert rows(panel)[3].endswith("1s ✓")


async def test_only_what_is_seen_and_runs_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_tree, "CLOCK_SECONDS", 0.05)
    async with running() as (panel, pilot):
        tree = panel.resources
        painted: list[Region] = []
        refresh = tree.refresh

        def noted(*regions: Region) -> None:
            painted.extend(regions)
            refresh(*regions)

        panel.show([resource("a.r0", "create", Status.RUNNING), *_many(50)])
        await until(pilot, lambda: tree._clock is not None)
        monkeypatch.setattr(tree, "refresh", noted)
        await pilot.pause(0.3)
        assert painted
        assert set(painted) == {Region(0, 1, tree.columns, 1)}
        await pilot.press("end")
        await pilot.pause(0.2)
        assert tree._clock is None


def _many(count: int) -> list[ResourceProgress]:
    return [resource(f"a.s{n:03}") for n in range(count)]


def test_details_in_words() -> None:
    change = ResourceChange(
        "aws_ecs_service.this",
        "aws_ecs_service",
        Action.REPLACE,
        "replace_because_cannot_update",
        (
            ChangedAttribute("desired_count", "1", "2"),
            ChangedAttribute("name", '"[b]a"', '"b"', forces_replacement=True),
            ChangedAttribute("arn", '"x"', None),
        ),
    )
    assert detail_text(change).plain.splitlines() == [
        "-/+ aws_ecs_service.this",
        "! This replaces the service: the old one is destroyed, then a new one is created. "
        "All its tasks stop. Requests fail until new tasks are started and healthy.",
        "because a changed attribute cannot be updated in place",
        "",
        '~ name = "[b]a" → "b"  forces replacement',
        "~ desired_count = 1 → 2",
        '- arn = "x"',
    ]
    gone = ResourceChange("aws_ecs_service.this", "aws_ecs_service", Action.DELETE, "", ())
    assert detail_text(gone).plain.splitlines()[1] == (
        "! This destroys the service. All its tasks stop, and requests fail from then on."
    )
    # The warning of a replacement states its order; for a change without a warning, a line does.
    for first, order in ((True, "created before the old"), (False, "destroyed before the new")):
        for kind in ("aws_lb", "aws_ecs_task_definition"):
            again = ResourceChange(f"{kind}.this", kind, Action.REPLACE, "", (), create_first=first)
            said = detail_text(again).plain.splitlines()
            assert sum("created" in line and "destroyed" in line for line in said) == 1, said
        assert order in said[1]
    assert reason_text("something_new") == "something_new"
    assert reason_text("") == ""
