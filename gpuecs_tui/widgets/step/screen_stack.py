"""What lies over what: a step's screen, its dialogs, and above them what belongs to no step.

Textual's ``switch_screen`` replaces the top of the stack, and a dialog or the text about a terminal
that is too small can be there: the step below it would stay for good, and the question would be
gone. Screens with ``OUTLIVES_STEP`` keep their place on top whatever happens below them.
"""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App, ReturnType
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.too_small import TooSmall
from gpuecs_tui.widgets.terminal.textual_private import screens_of

SMALLEST = (80, 24)
"""Cells and rows: the usual size of a terminal that was not resized."""


class ScreenStackApp(App[ReturnType]):
    """An app of steps and dialogs in a terminal of any size."""

    def replace_step(self, screen: Screen[None]) -> AwaitComplete:
        """Put ``screen`` in place of the present step; the dialogs of that step go with it."""
        kept = self._lift()
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        switched = self.switch_screen(screen)
        self._lay(kept)
        return switched

    def push_screen(self, screen: Screen[Any] | str, *args: Any, **kwargs: Any) -> Any:
        """Push ``screen`` below what outlives every step; see Textual's for the rest."""
        outlives = isinstance(screen, Modal) and screen.OUTLIVES_STEP
        kept = self._lift(TooSmall if outlives else Modal)
        pushed = super().push_screen(screen, *args, **kwargs)
        self._lay(kept)
        return pushed

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small to work in."""
        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        covered = isinstance(self.screen, TooSmall)
        if small and not covered:
            self.push_screen(TooSmall(SMALLEST))
        elif covered and not small:
            self.pop_screen()

    def _lift(self, kind: type[Modal[Any]] = Modal) -> list[Modal[Any]]:
        """Take what outlives a step and is a ``kind`` off the stack, and return it."""
        stack = screens_of(self)
        kept = [it for it in stack if isinstance(it, kind) and it.OUTLIVES_STEP]
        for screen in kept:
            stack.remove(screen)
        return kept

    def _lay(self, kept: list[Modal[Any]]) -> None:
        """Put ``kept`` back on top."""
        if kept:
            self.screen.post_message(events.ScreenSuspend())
            screens_of(self).extend(kept)
            self.screen.post_message(events.ScreenResume())
