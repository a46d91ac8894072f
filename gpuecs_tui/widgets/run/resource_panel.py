"""The resource tree with its filter, its details and a line of keys.

panel = ResourcePanel(id="resources")
panel.show(progress.resources.values())   # as often as they change
panel.set_plan(load_plan(run))            # when its details are there
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.terraform.engine.progress import ResourceProgress, Status
from gpuecs_tui.terraform.plan.details import PlanTree
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind, entries_of, line_of_keys
from gpuecs_tui.widgets.keys.groups import RESOURCES
from gpuecs_tui.widgets.log.footer import FooterText
from gpuecs_tui.widgets.log.prompt import LogPrompt
from gpuecs_tui.widgets.run.resource_detail import ResourceDetail
from gpuecs_tui.widgets.run.resource_tree import SHOW_ALL, ResourceTree


class ResourcePanel(Widget):
    """Shows the change of each resource. Posts ``ResourceTree.Moved`` when its cursor moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("slash", "filter", N_("filter"), N_("Filter the resources"), RESOURCES),
        SHOW_ALL,
    ]
    DEFAULT_CSS = """
    ResourcePanel {
        layout: vertical;
        height: 1fr;
        & > OneLine { background: $panel; color: $foreground; }
        & > LogPrompt { display: none; }
        &.-asking > LogPrompt { display: block; }
        &.-asking > OneLine { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tree = ResourceTree()
        self._footer = OneLine()
        self._prompt = LogPrompt()
        self._plan: PlanTree | None = None
        self._without, self._coming = "", False
        self._wanted = ""
        """Address whose details are opened as soon as they are available."""
        self._counts = (0, 0, 0)

    def compose(self) -> ComposeResult:
        """Yield the tree and its line of keys below it."""
        yield self._tree
        yield self._footer
        yield self._prompt

    @property
    def resources(self) -> ResourceTree:
        """The list, which has the focus."""
        return self._tree

    def show(self, resources: Iterable[ResourceProgress]) -> None:
        """Show the progress of these resources; frequent calls cost little."""
        shown = list(resources)
        self._tree.show(shown)
        statuses = [resource.status for resource in shown]
        counts = (len(shown), statuses.count(Status.RUNNING), statuses.count(Status.FAILED))
        if counts != self._counts:
            self._counts = counts
            self._tell()

    def set_plan(self, plan: PlanTree | None, without: str = "", *, coming: bool = False) -> None:
        """Set the details of the plan (or None).

        ``without``: why there are none, shown if the user requests them. ``coming``: whether a
        later call may set them; requested details are opened then.
        """
        self._plan, self._without, self._coming = plan, without, coming
        self._tree.know(plan)
        if coming:
            return
        wanted, self._wanted = self._wanted, ""
        if plan is not None and wanted and self._tree.has_focus:
            self._open(wanted)

    def focus(self, scroll_visible: bool = True) -> ResourcePanel:
        """Focus the tree."""
        self._tree.focus(scroll_visible)
        return self

    def on_mount(self, event: events.Mount) -> None:
        """Show the keys immediately."""
        self._tell()

    def _tell(self) -> None:
        total, running, failed = self._counts
        state = []
        if self._tree.needle:
            state.append(_("filter: {text}").format(text=self._tree.needle))
        if failed:
            told = ngettext("{count} failed", "{count} failed", failed)
            state.append(told.format(count=failed))
        if running:
            told = ngettext("{count} in flight", "{count} in flight", running)
            state.append(told.format(count=running))
        told = ngettext("{count} resource", "{count} resources", total)
        state.append(told.format(count=total))
        keys = line_of_keys((*entries_of(self), *entries_of(self._tree)))
        self._footer.show(FooterText(keys, tuple(state)).fit)

    @on(ResourceTree.Chosen)
    def _open_details(self, event: ResourceTree.Chosen) -> None:
        event.stop()
        if self._plan is None:
            self._wanted = event.address if self._coming else ""
            self.notify(self._without, markup=False)
        else:
            self._open(event.address)

    def _open(self, address: str) -> None:
        for change in self._plan.changes if self._plan else ():
            if change.address == address:
                self.app.push_screen(ResourceDetail(change))
                return
        words = _("The plan does not change {address}.").format(address=escape_controls(address))
        self.notify(words, markup=False)

    def action_filter(self) -> None:
        """Ask for a part of an address, action or attribute; the tree is filtered while typing."""
        self.add_class("-asking")
        self._prompt.ask(_("Filter:"), self._tree.needle)

    @on(LogPrompt.Changed)
    def _narrow(self, event: LogPrompt.Changed) -> None:
        event.stop()
        self._tree.filter(event.text.strip())

    @on(LogPrompt.Answered)
    def _keep_filter(self, event: LogPrompt.Answered) -> None:
        event.stop()
        self._close_prompt()

    @on(LogPrompt.Left)
    def _drop_filter(self, event: LogPrompt.Left) -> None:
        event.stop()
        self._tree.filter("")
        self._close_prompt()

    def _close_prompt(self) -> None:
        self.remove_class("-asking")
        self._tree.focus()
        self._tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Escape to the screen if no filter is set."""
        return bool(self._tree.needle) if action == "leave" else True

    def action_leave(self) -> None:
        """Show all resources again."""
        self._tree.filter("")
        self._tell()
