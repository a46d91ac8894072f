"""F1 and Ctrl+G open the help of every dialog; a question mark does so where no text is typed."""

from __future__ import annotations

from typing import Any

import pytest
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt
from gpuecs_tui.widgets.base.modal import DetailModal, Modal
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.base.too_small import TooSmall
from gpuecs_tui.widgets.step.help import HelpScreen
from tests.support.screens.driving import Open, settle
from tests.support.screens.form_screens import field, go_to


@pytest.mark.parametrize(
    ("dialog", "words"),
    [
        ("enter", "What you type filters the rows"),
        ("ctrl+l", "Enter Go to the field of the finding"),
        ("ctrl+t", "1 2 3 4 5 Go to the step of that number"),
        ("editor", "Changes are kept as you type"),
        ("ctrl+y", "Esc q Enter f Go back"),
        (MfaPrompt("Code:"), "The profile requires the code of an MFA device."),
        (MfaPrompt("Code:"), "Esc Continue without the account"),
        (Confirm("Stop?", [Content("Now.")], yes="Stop"), "Nothing happens before you answer."),
    ],
    ids=["list", "findings", "steps", "editor", "fit", "code", "keys of the code", "question"],
)
async def test_a_dialog_is_explained(
    open_wizard: Open, dialog: str | Modal[Any], words: str
) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        if isinstance(dialog, Modal):
            pilot.app.push_screen(dialog)
        elif dialog == "editor":
            field(pilot, "task.environment").focus_control()
            await pilot.press("enter")
        else:
            await pilot.press(dialog)
        await settle(pilot)
        over = pilot.app.screen
        # In this field, a question mark is text.
        is_typed_into = dialog == "editor" or isinstance(dialog, MfaPrompt)
        for key in ("f1", "ctrl+g", *(() if is_typed_into else ("question_mark",))):
            await pilot.press(key)
            await settle(pilot)
            assert isinstance(pilot.app.screen, DetailModal), key
            assert pilot.app.screen.query_one(Scroller).styles.border_top[0] == "round", "framed"
            said = " ".join(str(pilot.app.screen.query_one(Static).content).split())
            assert words in said
            # The same key closes it.
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.screen is over


@pytest.mark.parametrize("key", ["escape", "q", "enter", "tab"])
async def test_the_help_of_a_step_is_closed_as_that_of_a_dialog(
    open_wizard: Open, key: str
) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet")
        step = pilot.app.screen
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        assert pilot.app.screen.query_one(Scroller).styles.border_top[0] == "round"
        await pilot.press(key)
        await settle(pilot)
        assert pilot.app.screen is step


async def test_a_terminal_that_is_too_small_has_nothing_to_explain(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await pilot.resize_terminal(40, 10)
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(pilot.app.screen, TooSmall)
