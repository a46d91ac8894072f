"""The message in a terminal that is too small; it disappears when the terminal is enlarged."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.modal import Modal


class TooSmall(Modal[None]):
    """Covers all screens without changing them."""

    HAS_HELP = False
    OUTLIVES_STEP = True
    CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall Static { width: 100%; height: auto; text-align: center; }
    """

    def __init__(self, smallest: tuple[int, int]) -> None:
        super().__init__()
        self._smallest = smallest

    def compose(self) -> ComposeResult:
        """Show which size is needed."""
        width, height = self._smallest
        text = _("Enlarge the terminal to {width}x{height} or more.\nNothing is lost.")
        yield Static(Content(text.format(width=width, height=height)), markup=False)
