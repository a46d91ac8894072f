"""The order of screens: a step's screen, its dialogs, and above them screens that belong to no
step.

Textual's ``switch_screen`` replaces the top of the stack. If a dialog or the message about a small
terminal is there, the step below it would never be removed, and the question would be lost. Screens
with ``OUTLIVES_STEP`` stay on top, whatever changes below them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.geometry import Size
from textual.screen import ModalScreen, Screen

from gpuecs_tui.widgets.terminal.textual_private import screens_of

if TYPE_CHECKING:
    from gpuecs_tui.widgets.base.modal import Modal

SMALLEST = (80, 24)
"""Cells and rows: the usual size of a terminal that was not resized."""


def replace_step(app: App[Any], screen: Screen[None]) -> AwaitComplete:
    """Replace the present step by ``screen``; the dialogs of that step are closed."""
    from gpuecs_tui.widgets.base.modal import Modal

    kept = _lift(app, Modal)
    while isinstance(app.screen, ModalScreen):
        app.pop_screen()
    switched = app.switch_screen(screen)
    _lay(app, kept)
    return switched


def push_below(app: App[Any], screen: Screen[Any] | str, push: Callable[[], Any]) -> Any:
    """Let ``push`` push ``screen`` below the screens that outlive a step; return its result."""
    # Dialogs are imported late: the first frame has none.
    from gpuecs_tui.widgets.base.modal import Modal
    from gpuecs_tui.widgets.base.too_small import TooSmall

    outlives = isinstance(screen, Modal) and screen.OUTLIVES_STEP
    kept = _lift(app, TooSmall if outlives else Modal)
    pushed = push()
    _lay(app, kept)
    return pushed


def cover_if_small(app: App[Any], size: Size) -> None:
    """Cover everything while the terminal is too small to work in."""
    small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
    if not small and not isinstance(app.screen, ModalScreen):
        return
    from gpuecs_tui.widgets.base.too_small import TooSmall

    covered = isinstance(app.screen, TooSmall)
    if small and not covered:
        app.push_screen(TooSmall(SMALLEST))
    elif covered and not small:
        app.pop_screen()


def _lift(app: App[Any], kind: type[Modal[Any]]) -> list[Modal[Any]]:
    """Remove screens of ``kind`` that outlive a step from the stack, and return them."""
    stack = screens_of(app)
    kept = [it for it in stack if isinstance(it, kind) and it.OUTLIVES_STEP]
    for screen in kept:
        stack.remove(screen)
    return kept


def _lay(app: App[Any], kept: list[Modal[Any]]) -> None:
    """Put the screens ``kept`` on top again."""
    if kept:
        app.screen.post_message(events.ScreenSuspend())
        screens_of(app).extend(kept)
        app.screen.post_message(events.ScreenResume())
