"""The code of an MFA device, requested by the thread that reads the account."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt
from gpuecs_tui.wizard.account_feed import TokenWanted
from tests.support.screens.driving import Open, settle, type_text, until, wizard_app

PROMPT = "Enter MFA code for arn:aws:iam::123456789012:mfa/[ada]: "
"""Prompt like botocore, for a device whose name looks like markup."""


async def _asked(pilot: Pilot[int]) -> SimpleQueue[str]:
    answer: SimpleQueue[str] = SimpleQueue()
    pilot.app.post_message(TokenWanted(PROMPT, answer))
    await settle(pilot)
    assert isinstance(pilot.app.screen, MfaPrompt)
    return answer


@pytest.mark.parametrize(
    ("typed", "key", "answered"),
    [
        ("123456", "enter", "123456"),
        (" 123456 ", "enter", "123456"),
        ("123", "escape", ""),
        ("", "enter", ""),
    ],
)
async def test_what_is_typed_is_the_answer(
    open_wizard: Open, typed: str, key: str, answered: str
) -> None:
    async with open_wizard() as pilot:
        below = pilot.app.screen
        answer = await _asked(pilot)
        await type_text(pilot, typed)
        assert pilot.app.screen.query_one(Input).value == typed and answer.empty()
        await pilot.press(key)
        await settle(pilot)
        assert pilot.app.screen is below
        assert answer.get_nowait() == answered and answer.empty()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_snapshot(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    app = wizard_app(stack_directory)

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        app.wizard.flush()
        await until(pilot, lambda: app.wizard.draft_saved)
        app.show_wizard()
        await _asked(pilot)
        await type_text(pilot, "123")
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        app.wizard.close()
