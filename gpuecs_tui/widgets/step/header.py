"""The first line of every screen: product, stack, account, whether the draft is saved."""

from __future__ import annotations

from time import monotonic

from textual.content import Content
from textual.timer import Timer

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.clock import SECOND
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.base.waiting import with_elapsed
from gpuecs_tui.wizard.place import place_of
from gpuecs_tui.wizard.session import WizardSession

PRODUCT = "gpuecs-tui"
NAME = "stack.name"


class HeaderLine(OneLine):
    """One row, the same on every screen."""

    DEFAULT_CSS = """
    HeaderLine { background: $panel; color: $foreground; padding: 0 1; }
    """

    _tick: Timer | None = None

    def show_wizard(self, wizard: WizardSession) -> None:
        """Show the state of ``wizard``; while the account is being read, update it every second."""
        if self._tick is not None:
            self._tick.stop()
            self._tick = None
        if wizard.account.busy and self.is_attached:
            self._tick = self.set_timer(SECOND, lambda: self.show_wizard(wizard))
        typed = wizard.stack_name
        # A half-typed name may be invalid.
        is_name = typed and not wizard.decisions.problem(NAME)
        name = escape_controls(typed) if is_name else _("unnamed stack")
        place = place_of(wizard)
        reading = ""
        if wizard.account.busy:
            account = wizard.account
            reading = (
                _("loading account {done}/{total}").format(done=account.done, total=account.total)
                if account.total
                else _("signing in")
            )
            reading = with_elapsed(reading, monotonic() - account.began)
        if wizard.draft_problem:
            saved = Content.styled(_("draft not saved"), "bold $text-error")
        elif wizard.draft_saved and not wizard.is_as_opened:
            saved = Content.styled(_("draft saved ✓"), MUTED)
        else:
            saved = Content("")
        left = Content.assemble((PRODUCT, "bold $text-accent"), "  ", (name, "bold"))
        right_parts = [Content(part) for part in (reading, place) if part]
        right = Content(" · ").join([*right_parts, *([saved] if saved.plain else [])])
        self.show(lambda width: spread(left, right, width))


def spread(left: Content, right: Content, width: int) -> Content:
    """Return ``left`` and ``right`` at the two ends of ``width`` cells; if necessary, ``left`` is
    cut."""
    room = width - right.cell_length - 1
    if left.cell_length > room:
        left = left.truncate(max(room, 0), ellipsis=True)
    gap = width - left.cell_length - right.cell_length
    return Content.assemble(left, " " * max(gap, 0), right)
