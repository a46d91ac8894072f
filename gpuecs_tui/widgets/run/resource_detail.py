"""One resource of a plan in detail: old and new attributes, and the reason of a replacement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.terraform.plan.words import warnings
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.keys.binding import bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK
from gpuecs_tui.widgets.log.text import plain_text
from gpuecs_tui.widgets.run.resource_rows import SYMBOLS

_REASONS = {
    "cannot_update": N_("a changed attribute cannot be updated in place"),
    "tainted": N_("the resource is tainted: its last creation did not finish"),
    "by_request": N_("the replacement was requested"),
    "requested": N_("the replacement was requested"),
    "by_triggers": N_("a resource in replace_triggered_by changes"),
    "no_resource_config": N_("the resource is no longer in the configuration"),
    "no_module": N_("its module is no longer in the configuration"),
    "wrong_repetition": N_("count or for_each was added or removed"),
    "count_index": N_("its index is outside the range of count"),
    "each_key": N_("for_each no longer contains its key"),
    "no_move_target": N_("its move target is not in the configuration"),
}
"""Terraform's reasons without their prefix (replace_because_, delete_because_, …)."""
_ACTION_STYLES = {
    Action.CREATE: "$text-success",
    Action.UPDATE: "$text-warning",
    Action.DELETE: "$text-error",
    Action.REPLACE: "$text-error",
}
ARROW = " → "


def reason_text(reason: str) -> str:
    """Return Terraform's reason in words; an unknown reason unchanged; "" for none."""
    short = reason
    for beginning in ("replace_because_", "delete_because_", "read_because_", "replace_"):
        short = short.removeprefix(beginning)
    return _(_REASONS[short]) if short in _REASONS else reason


def detail_text(change: ResourceChange) -> Content:
    """Return the full description of one change; values are inserted as text, never as markup."""
    return Content("\n").join(list(_lines(change)))


def _lines(change: ResourceChange) -> Iterator[Content]:
    style = _ACTION_STYLES.get(change.action, "")
    symbol = SYMBOLS.get(change.action.value, "?")
    yield Content.assemble((f"{symbol} ", style), (_shown(change.address), "bold"))
    if change.previous_address:
        yield Content(_("moved from {address}").format(address=_shown(change.previous_address)))
    said = warnings(PlanTree((change,), ()))
    for warning in said:
        # The warning of a replacement already states its order.
        yield Content.styled(f"! {_shown(warning.message)}", "$text-error")
    if reason := reason_text(change.reason):
        yield Content(_("because {reason}").format(reason=reason))
    if change.action is Action.REPLACE and not said:
        yield Content(
            _("the new resource is created before the old one is destroyed")
            if change.create_first
            else _("the old resource is destroyed before the new one is created")
        )
    yield Content("")
    if not change.attributes:
        yield Content(_("No attributes change."))
    # Attributes that force a replacement come first, because users look for them.
    for attribute in sorted(change.attributes, key=lambda each: not each.forces_replacement):
        yield _attribute_line(attribute)


def _attribute_line(attribute: ChangedAttribute) -> Content:
    before, after = attribute.before, attribute.after
    if before is None:
        change = Content.assemble(("+ ", "$text-success"), _shown(attribute.path), " = ")
        change += Content(_shown(after or ""))
    elif after is None:
        change = Content.assemble(("- ", "$text-error"), _shown(attribute.path), " = ")
        change += Content(_shown(before))
    else:
        change = Content.assemble(("~ ", "$text-warning"), _shown(attribute.path), " = ")
        change += Content(_shown(before)) + Content.styled(ARROW, "bold") + Content(_shown(after))
    if attribute.forces_replacement:
        change += Content.styled("  " + _("forces replacement"), "bold $text-error")
    return change


def _shown(text: str) -> str:
    return plain_text(text.encode("utf-8", "backslashreplace"))


class ResourceDetail(Modal[None]):
    """Shows one change on the whole screen; Escape, Enter or q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("escape,enter,q", "leave", *BACK, DIALOG)]
    DEFAULT_CSS = """
    ResourceDetail {
        align: center middle;
        & > Scroller {
            width: 90%;
            height: 90%;
            padding: 1 2;
            background: $surface;
            border: round $primary;
            border-title-color: $text-accent;
            scrollbar-size-vertical: 1;
        }
        & Static { width: 1fr; height: auto; }
    }
    """

    def __init__(self, change: ResourceChange) -> None:
        super().__init__()
        self._change = change

    def compose(self) -> ComposeResult:
        """Yield the text in a frame that scrolls."""
        with Scroller() as frame:
            frame.border_title = Content(_("Changes"))
            frame.border_subtitle = own_keys(self)
            yield Static(detail_text(self._change))

    def action_leave(self) -> None:
        """Close the details."""
        self.dismiss(None)
