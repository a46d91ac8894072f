"""Textual's private names: each used name is listed here, and only widgets/terminal/ uses them.

If a new version of Textual lacks one, a test here fails and names it. Rich's private names count
too: Textual's strips are made of its segments.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console
from rich.style import Style as RichStyle
from textual import _compositor
from textual.app import App
from textual.command import CommandPalette
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

from tests.support.repository import ROOT

PACKAGE = ROOT / "gpuecs_tui"
TERMINAL = PACKAGE / "widgets" / "terminal"
FOLDERS = (PACKAGE, PACKAGE / "screens")

CLASS_NAMES = [
    (App, "_display"),
    (App, "_on_resize"),
    (App, "_screen_stack"),
    (CommandPalette, "_NO_MATCHES"),
    (CommandPalette, "_NO_MATCHES_COUNTDOWN"),
    (CommandPalette, "_list_visible"),
    (CommandPalette, "_start_no_matches_countdown"),
    (CommandPalette, "_stop_no_matches_countdown"),
    (RichStyle, "_make_ansi_codes"),
    (RichStyle, "_link"),
    (RichStyle, "_link_id"),
    (Screen, "_push_result_callback"),
    (Widget, "_get_style"),
    (Widget, "_scroll_update"),
    (_compositor, "ChopsUpdate"),
    (_compositor, "LayoutUpdate"),
]
INSTANCE_NAMES = [
    (App, "_batch_count"),
    (App, "_bindings"),
    (App, "_closed"),
    (App, "_driver"),
    (App, "_running"),
    (App, "_sync_available"),
    (CommandPalette, "_no_matches_timer"),
    (Console, "_color_system"),
    (LinuxDriver, "_writer_thread"),
    (MessagePump, "_parent"),
    (WriterThread, "_queue"),
]
LISTED = {name for _owner, name in (*CLASS_NAMES, *INSTANCE_NAMES)}


@pytest.mark.parametrize(("owner", "name"), CLASS_NAMES)
def test_a_name_of_a_class_is_there(owner: object, name: str) -> None:
    if name in {"_link", "_link_id"}:
        assert name in RichStyle.__slots__
    else:
        assert hasattr(owner, name)


@pytest.mark.parametrize(("owner", "name"), INSTANCE_NAMES)
def test_a_name_of_an_instance_is_set(owner: type, name: str) -> None:
    bases = [it for it in owner.__mro__ if it.__module__.startswith(("textual", "rich"))]
    assert any(f"self.{name}" in inspect.getsource(it) for it in bases)


def foreign_names(path: Path, own: set[str]) -> Iterator[str]:
    """Yield the private names in a module that this package does not define."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"getattr", "setattr"}:
            name = str(getattr(node.args[1], "value", ""))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            parts = (node.module or "").split(".")
            names = [alias.name for alias in node.names]
            if any(part.startswith("_") for part in parts):
                yield from names
            name = next((it for it in names if it.startswith("_")), "")
        else:
            continue
        if name.startswith("_") and not name.startswith("__") and name not in own:
            yield name


def defined(path: Path) -> Iterator[str]:
    """Yield the names that a module defines: functions, classes, fields and variables."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def sources() -> list[Path]:
    """Return the modules that import Textual."""
    found = sorted({path for folder in FOLDERS for path in folder.rglob("*.py")})
    return [path for path in found if "textual" in path.read_text(encoding="utf-8")]


def test_private_names_are_used_in_one_folder_and_listed() -> None:
    own = {name for folder in FOLDERS for path in folder.rglob("*.py") for name in defined(path)}
    used: dict[Path, set[str]] = {}
    for path in sources():
        if names := {*foreign_names(path, own - LISTED)}:
            used[path] = names
    outside = {path: names for path, names in used.items() if path.parent != TERMINAL}
    assert outside == {}
    assert {name for names in used.values() for name in names} <= LISTED


def test_every_listed_name_is_still_needed() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in TERMINAL.glob("*.py"))
    assert {name for name in LISTED if name not in code} == set()


def test_nobody_else_overrides_a_private_method() -> None:
    for path in sources():
        module = import_module(
            ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
                ".__init__"
            )
        )
        for kind in vars(module).values():
            if not inspect.isclass(kind) or kind.__module__ != module.__name__:
                continue
            bases = [it for it in kind.__mro__ if it.__module__.startswith("textual")]
            mine = {
                name
                for name, value in vars(kind).items()
                if name.startswith("_") and not name.startswith("__") and inspect.isfunction(value)
            }
            overridden = {name for name in mine for base in bases if name in vars(base)}
            assert overridden <= LISTED, kind
            assert not overridden or path.parent == TERMINAL, kind
