"""The resource tree: the changes of a plan and, during an apply, the status of each resource."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.engine.progress import ResourceProgress, Status
from gpuecs_tui.terraform.plan.details import PlanTree
from gpuecs_tui.widgets.base.line_view import LineView
from gpuecs_tui.widgets.keys.binding import bind, key_in_sentence
from gpuecs_tui.widgets.keys.groups import RESOURCES
from gpuecs_tui.widgets.keys.words import ROW_ENDS, ROW_PAGES, ROWS
from gpuecs_tui.widgets.log.text import plain_text
from gpuecs_tui.widgets.run.resource_rows import (
    NOTHING_KNOWN,
    SYMBOLS,
    WORD_WIDTH,
    Heading,
    ResourceRow,
    arranged,
    fitted_address,
    known_of,
    status_text,
)

FRAME_SECONDS = 1 / 10
"""Interval of painting: ten times a second, however many resources change."""
CLOCK_SECONDS = 1.0
SYMBOL_WIDTH = 4
_STYLE_OF_ACTION = {
    "create": "resource-tree--create",
    "update": "resource-tree--update",
    "delete": "resource-tree--delete",
    "replace": "resource-tree--delete",
}


def _key(keys: str, action: str, label: str, text: str) -> Binding:
    return bind(keys, action, label, text, RESOURCES, show=False)


SHOW_ALL = bind("escape", "leave", N_("all"), N_("Show all resources again"), RESOURCES)
"""The key that clears the filter. The panel declares it, so that its filter field has the key
too."""


class ResourceTree(LineView, inherit_bindings=False):
    """A list of resources under headings; only visible rows that change are painted.

    Call ``show`` at each change of the progress. When Enter is pressed, ``Chosen`` is posted for
    the resource under the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "choose", N_("details"), N_("Show what changes in the resource"), RESOURCES),
        _key("up,k", "move(-1)", *ROWS),
        _key("down,j", "move(1)", *ROWS),
        _key("pageup,b", "page(-1)", *ROW_PAGES),
        _key("pagedown,space", "page(1)", *ROW_PAGES),
        _key("home,g", "move(-1000000)", *ROW_ENDS),
        _key("end,G", "move(1000000)", *ROW_ENDS),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "resource-tree--heading",
        "resource-tree--create",
        "resource-tree--update",
        "resource-tree--delete",
        "resource-tree--running",
        "resource-tree--done",
        "resource-tree--failed",
        "resource-tree--quiet",
        "resource-tree--cursor",
    }
    DEFAULT_CSS = """
    ResourceTree {
        height: 1fr;
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & .resource-tree--heading { color: $text-muted; text-style: bold; }
        & .resource-tree--create { color: $text-success; }
        & .resource-tree--update { color: $text-warning; }
        & .resource-tree--delete { color: $text-error; text-style: bold; }
        & .resource-tree--running { color: $text-accent; text-style: bold; }
        & .resource-tree--done { color: $text-success; }
        & .resource-tree--failed { color: $text-error; text-style: bold; }
        & .resource-tree--quiet { color: $text-muted; }
        & .resource-tree--cursor { background: $primary-muted; }
        &:focus .resource-tree--cursor { background: $primary; color: $background; }
    }
    """

    class Chosen(Message):
        """The user pressed Enter on a resource."""

        def __init__(self, address: str) -> None:
            super().__init__()
            self.address = address

    class Moved(Message):
        """The cursor is on another resource."""

        def __init__(self, address: str) -> None:
            super().__init__()
            self.address = address

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.needle = ""
        """Filter: text in a visible address, action or changed attribute."""
        self._known = NOTHING_KNOWN
        self.cursor: str | None = None
        """Address under the cursor; None until the user moves the cursor: the view then follows the
        resources in progress."""
        self._resources: dict[str, ResourceProgress] = {}
        self._rows: list[ResourceRow] = []
        self._index: dict[str, int] = {}
        self._applying = False
        self._frame: Timer | None = None
        self._clock: Timer | None = None
        self._dirty = False

    def show(self, resources: Iterable[ResourceProgress]) -> None:
        """Show these resources; a call costs little, and painting happens ten times a second."""
        latest = {resource.address: resource for resource in resources}
        for address, resource in latest.items():
            known = self._resources.get(address)
            if known is None or known.action != resource.action:
                self._dirty = True
        self._dirty = self._dirty or len(latest) != len(self._resources)
        self._resources = latest
        if self._frame is None and self.is_attached:
            self._frame = self.set_timer(FRAME_SECONDS, self._paint)

    def filter(self, needle: str) -> None:
        """Show only resources that match ``needle``; with an empty text, all."""
        self.needle, self._dirty = needle, True
        self._paint()

    def know(self, plan: PlanTree | None) -> None:
        """Also sort and filter by the details of ``plan``."""
        self._known, self._dirty = known_of(plan), True
        if self.is_attached:
            self._paint()

    @property
    def addresses(self) -> list[str]:
        """The visible addresses, in their order."""
        return [row.address for row in self._rows if isinstance(row, ResourceProgress)]

    def on_mount(self) -> None:
        """Paint resources that were set before the widget was on a screen."""
        self._paint()

    def on_focus(self, event: events.Focus) -> None:
        """Highlight a resource; during an apply, the view follows the work instead."""
        if self.cursor is None and not self._applying:
            self.action_move(1)

    def on_resize(self, event: events.Resize) -> None:
        """Adapt the rows to the new size."""
        self._paint()

    def _paint(self) -> None:
        if self._frame is not None:
            self._frame.stop()
            self._frame = None
        if self._dirty:
            self._rows = arranged(self._resources.values(), self.needle, self._known)
            self._index = {
                row.address: at
                for at, row in enumerate(self._rows)
                if isinstance(row, ResourceProgress)
            }
            self._dirty = False
        else:
            for address, at in self._index.items():
                self._rows[at] = self._resources[address]
        statuses = {resource.status for resource in self._resources.values()}
        self._applying = bool(statuses - {Status.WAITING})
        self.set_rows(len(self._rows))
        if self.cursor is None:
            self._follow_work()
        self.refresh(self.size.region)
        self._run_clock()

    def _follow_work(self) -> None:
        running = [at for at, row in enumerate(self._rows) if _is_running(row)]
        if running:
            self.reveal_rows(running[0], running[-1])

    def _run_clock(self) -> None:
        if self._clock is None and self.is_attached and self._running_on_view():
            self._clock = self.set_timer(CLOCK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._clock = None
        for y in self._running_on_view():
            self.refresh(Region(0, y, self.columns, 1))
        self._run_clock()

    def _running_on_view(self) -> list[int]:
        top = self.top_row
        seen = self._rows[top : top + self.size.height]
        return [y for y, row in enumerate(seen) if _is_running(row)]

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Start the clock if a resource in progress scrolled into view."""
        super().watch_scroll_y(old_value, new_value)
        self._run_clock()

    def action_move(self, rows: int) -> None:
        """Move the cursor by ``rows`` resources."""
        addresses = self.addresses
        if not addresses:
            return
        if self.cursor in self._index:
            at = addresses.index(self.cursor) + rows
        else:
            # The first step goes to a visible row.
            top = self.top_row
            # the view always has room for a heading and a resource
            end = top + max(self.size.height, 2)
            seen = [at for at in self._index.values() if top <= at < end]
            edge = seen[0] if rows > 0 else seen[-1]
            at = list(self._index.values()).index(edge) + rows - (1 if rows > 0 else -1)
        self.move_to(addresses[min(max(at, 0), len(addresses) - 1)])

    def action_page(self, pages: int) -> None:
        """Move the cursor by the height of the view."""
        self.action_move(pages * self.page_rows)

    def move_to(self, address: str) -> None:
        """Move the cursor to ``address`` and scroll to it."""
        at = self._index.get(address)
        if at is None:
            return
        self.cursor = address
        # Its heading is also shown if it is in the row above.
        first = at - 1 if at and isinstance(self._rows[at - 1], Heading) else at
        self.reveal_rows(first, at)
        self.refresh(self.size.region)
        self.post_message(self.Moved(address))

    def action_choose(self) -> None:
        """Post the chosen resource; without a cursor, the first visible one."""
        if self.cursor not in self._index:
            self.action_move(1)
        if self.cursor in self._index:
            self.post_message(self.Chosen(self.cursor or ""))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the mouse; a second click opens the details."""
        at = self.top_row + event.y
        row = self._rows[at] if at < len(self._rows) else None
        if isinstance(row, ResourceProgress):
            self.move_to(row.address)
            if event.chain > 1:
                self.action_choose()

    def strips(self, rows: range) -> list[Strip]:
        """Draw ``rows`` directly from the resources."""
        now, width = datetime.now(UTC), self.columns
        strips = []
        for at in rows:
            if at < len(self._rows):
                strip = self._draw(self._rows[at], now, width)
            elif at == 0 and self.needle:
                quiet = self.component_style("resource-tree--quiet")
                text = _("No matches. Press {key} to clear the filter.").format(
                    key=key_in_sentence(SHOW_ALL)
                )
                strip = Strip([Segment(text, quiet)])
            else:
                strip = Strip([])
            strips.append(strip.adjust_cell_length(width, self.rich_style))
        return strips

    def _draw(self, row: ResourceRow, now: datetime, width: int) -> Strip:
        if isinstance(row, Heading):
            text = f"{row.text} {row.count}"
            return Strip([Segment(text, self.component_style("resource-tree--heading"))])
        words = width >= WORD_WIDTH
        status = status_text(row, now, words=words, applying=self._applying)
        room = max(width - SYMBOL_WIDTH - (cell_len(status) + 1 if status else 0), 1)
        address = fitted_address(plain_text(row.address.encode("utf-8", "replace")), room)
        symbol = SYMBOLS.get(row.action, "?").center(SYMBOL_WIDTH - 1) + " "
        plain = self.rich_style
        segments = [
            Segment(
                symbol,
                self.component_style(_STYLE_OF_ACTION.get(row.action, "resource-tree--quiet")),
            ),
            Segment(address, plain),
        ]
        if status:
            segments.append(Segment(" " + status, self.component_style(_style_of(row.status))))
        if row.address == self.cursor:
            cursor = self.component_style("resource-tree--cursor")
            segments = [Segment(segment.text, cursor) for segment in segments]
        return Strip(segments)


def _is_running(row: ResourceRow) -> bool:
    return isinstance(row, ResourceProgress) and row.status is Status.RUNNING


def _style_of(status: Status) -> str:
    return {
        Status.RUNNING: "resource-tree--running",
        Status.DONE: "resource-tree--done",
        Status.FAILED: "resource-tree--failed",
    }.get(status, "resource-tree--quiet")
