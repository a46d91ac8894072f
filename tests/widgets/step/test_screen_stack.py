"""Screens over a step: its dialogs are closed with it, and a small terminal hides everything."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Input

from gpuecs_tui.screens.review import ReviewScreen
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt
from gpuecs_tui.widgets.base.too_small import TooSmall
from gpuecs_tui.widgets.step.help import HelpScreen
from gpuecs_tui.widgets.step.screen import StepScreen
from tests.support.screens.driving import Open, settle
from tests.support.screens.form_screens import go_to, step

SMALL, LARGE = (40, 10), (200, 50)


def stack(pilot: Pilot[int]) -> list[type[Any]]:
    """Return the kinds of the screens of the app, from the bottom."""
    return [type(it) for it in pilot.app.screen_stack]


async def resize(pilot: Pilot[int], size: tuple[int, int]) -> None:
    await pilot.resize_terminal(*size)
    await pilot.pause()


async def test_a_question_that_comes_in_a_small_terminal_is_asked_in_a_larger_one(
    open_wizard: Open,
) -> None:
    answers: list[bool | None] = []
    async with open_wizard() as pilot:
        await go_to(pilot, "network")
        await resize(pilot, SMALL)
        pilot.app.push_screen(Confirm("Apply?", [Content("Now.")], yes="Apply"), answers.append)
        await settle(pilot)
        await pilot.press("y")
        assert not answers and isinstance(pilot.app.screen, TooSmall)
        await resize(pilot, LARGE)
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("y")
        await settle(pilot)
        assert answers == [True]
        assert len(stack(pilot)) == 1 and step(pilot) == "network"


async def test_the_next_step_comes_below_the_text_of_a_small_terminal(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await resize(pilot, SMALL)
        pilot.app.screen_stack[0].post_message(StepScreen.Going("review"))
        await settle(pilot)
        assert stack(pilot) == [ReviewScreen, TooSmall]
        # The message fits into 40 columns.
        text = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        assert "80x24 or more" in " ".join(text.split())
        await resize(pilot, LARGE)
        assert stack(pilot) == [ReviewScreen]


async def test_a_dialog_goes_with_its_step_but_not_the_question_for_a_code(
    open_wizard: Open,
) -> None:
    codes: list[str | None] = []
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet")
        pilot.app.push_screen(MfaPrompt("Code of your device"), codes.append)
        await settle(pilot)
        pilot.app.push_screen(HelpScreen("fleet", "", (), ()))
        await settle(pilot)
        assert stack(pilot)[1:] == [HelpScreen, MfaPrompt]
        pilot.app.screen_stack[0].post_message(StepScreen.Going("review"))
        await settle(pilot)
        assert stack(pilot) == [ReviewScreen, MfaPrompt]
        pilot.app.screen.query_one(Input).focus()
        await pilot.press(*"123456", "enter")
        await settle(pilot)
        assert codes == ["123456"] and stack(pilot) == [ReviewScreen]
