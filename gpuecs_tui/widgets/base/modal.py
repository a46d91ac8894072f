"""The base of every dialog, with the keys that also work over a dialog; and a dialog with a
text."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.key_help import help_parts, help_sections
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.keys.binding import alias, all_entries, bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG, WIZARD
from gpuecs_tui.widgets.keys.screen import SCREEN_KEYS
from gpuecs_tui.widgets.keys.words import BACK, SUSPEND

AnswerType = TypeVar("AnswerType")


class Modal(ModalScreen[AnswerType]):
    """A dialog. Textual ignores the app's bindings over a dialog, so it declares some itself."""

    HELP: ClassVar[str] = ""
    """The help text above the dialog's keys, untranslated."""
    HAS_HELP: ClassVar[bool] = True
    """Whether the dialog has a help text."""
    OUTLIVES_STEP: ClassVar[bool] = False
    """Whether it is independent of the steps: it stays on top of other steps and dialogs."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *SCREEN_KEYS,
        bind(
            "ctrl+g,f1,question_mark",
            "help",
            N_("help"),
            N_("Show the help of this dialog"),
            WIZARD,
            show=False,
        ),
        bind(
            "ctrl+z",
            "app.suspend_process",
            *SUSPEND,
            WIZARD,
            show=False,
        ),
    ]

    def help_text(self) -> str:
        """Return the help text above the keys, translated."""
        return _(self.HELP) if self.HELP else ""

    def action_help(self) -> None:
        """Show the help of this dialog with its keys."""
        about = [Content(text)] if (text := self.help_text()) else []
        content = Content("\n\n").join([*about, *help_parts(help_sections(all_entries(self)))])
        kind = LastingDetailModal if self.OUTLIVES_STEP else DetailModal
        self.app.push_screen(kind(_("Help"), content))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the help only if the dialog has one."""
        if action == "help":
            return self.HAS_HELP
        return super().check_action(action, parameters)


class DetailModal(Modal[None]):
    """A dialog with a text; the arrows scroll it, and any of its keys closes it."""

    HAS_HELP = False
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "escape,q,enter,f1,ctrl+g,question_mark",
            "leave",
            *BACK,
            DIALOG,
        ),
        # Tab opens the comparison of two rows, so it closes it too.
        alias("tab", "leave"),
    ]
    DEFAULT_CSS = """
    DetailModal { align: center middle; }
    DetailModal Scroller {
        width: 100%; max-width: 120; height: auto; max-height: 90%; background: $surface;
        border: round $border; padding: 0 1; scrollbar-size-vertical: 1;
    }
    DetailModal.-page Scroller { max-width: 100; height: 90%; padding: 1 2; }
    DetailModal Static { height: auto; }
    """

    def __init__(self, title: str, content: Content | Table, *, is_page: bool = False) -> None:
        """Show ``content`` in a frame with ``title``.

        ``is_page``: a long text, in a frame of a fixed height and of the width of prose.
        """
        super().__init__(classes="-page" if is_page else "")
        self._title = title
        self._content = content

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with Scroller() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = own_keys(self)
            yield Static(self._content, markup=False)

    def on_mount(self) -> None:
        """Focus the scrolling part."""
        self.query_one(Scroller).focus()

    def action_leave(self) -> None:
        """Close the dialog."""
        self.dismiss(None)


class LastingDetailModal(DetailModal):
    """A text over a dialog that stays when the step changes."""

    OUTLIVES_STEP = True
