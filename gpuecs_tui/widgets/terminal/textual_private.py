"""Textual's private names that widgets outside this folder need, each behind a public function.

tests/widgets/terminal/test_textual_private.py lists every private name that is used and fails where
a new version of Textual lacks one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.driver import Driver
from textual.geometry import Size
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget


def bindings_of(node: DOMNode) -> list[Binding]:
    """Return the bindings of ``node`` and of its base classes, one for each key, in their order."""
    return [binding for _key, binding in node._bindings]


def driver_of(app: App[Any]) -> Driver | None:
    """Return the object that writes to the terminal; None before the app runs and after it has
    ended."""
    return app._driver


def screens_of(app: App[Any]) -> list[Screen[Any]]:
    """Return the stack of screens, the top one last. It is not a copy: changing the list changes
    the stack."""
    return app._screen_stack


def make_replaceable(app: App[Any], screen: Screen[Any]) -> None:
    """Let ``switch_screen`` replace ``screen``, the app's first screen.

    Textual does so for each screen that is pushed, but not for the first one.
    """
    screen._push_result_callback(app, None)


def update_scrollbars(widget: Widget, size: Size) -> None:
    """Update the scrollbars of ``widget`` for ``size``, the scrollable area in cells.

    Unlike an assignment to ``virtual_size``, it redraws nothing else.
    """
    widget._scroll_update(size)


def style_parser(widget: Widget) -> Callable[[Style | str], Style]:
    """Return the function that converts a style in a Content to the colours of the widget's
    theme."""
    return widget._get_style
