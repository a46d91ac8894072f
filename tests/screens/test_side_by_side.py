"""The position of help, live text and picture: below the form, or next to it on a wide terminal."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from gpuecs_tui.widgets.form.view import Form
from gpuecs_tui.widgets.pictures.stack_picture import Picture
from gpuecs_tui.widgets.step.help_bar import HelpBar
from tests.support.screens.driving import Open, settle, type_text, until
from tests.support.screens.form_screens import focused_key, go_to

STEPS = ("account", "network", "fleet", "task", "load_balancer")


def is_beside(pilot: Pilot[int]) -> bool:
    """Whether the help starts to the right of the form, within its first rows."""
    screen = pilot.app.screen
    form, bar = screen.query_one(Form).region, screen.query_one(HelpBar).region
    return bar.x >= form.right and bar.y <= form.y + 2


def drawn(pilot: Pilot[int]) -> str:
    """The picture next to the form; empty if none is shown."""
    found = [it for it in pilot.app.screen.query(Picture) if it.region.area]
    return found[0].text if found else ""


@pytest.mark.parametrize("place", STEPS)
async def test_help_and_picture_are_beside_the_form_of_a_wide_terminal(
    open_wizard: Open, place: str
) -> None:
    async with open_wizard(size=(200, 50)) as pilot:
        await go_to(pilot, place, service__desired_count="1")
        assert is_beside(pilot)
        assert "Load balancer" in drawn(pilot) and "g4dn.xlarge" in drawn(pilot)
        picture = pilot.app.screen.query_one(Picture).region
        assert picture.x >= pilot.app.screen.query_one(Form).region.right
        # Tab does not focus the picture.
        first = pilot.app.focused
        for _press in range(40):
            await pilot.press("tab")
            assert not isinstance(pilot.app.focused, Picture)
            if pilot.app.focused is first:
                break
        assert pilot.app.focused is first


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (159, 50)])
async def test_a_smaller_terminal_has_the_help_below(
    open_wizard: Open, size: tuple[int, int]
) -> None:
    async with open_wizard(size=size) as pilot:
        await go_to(pilot, "task")
        bar = pilot.app.screen.query_one(HelpBar).region
        assert not is_beside(pilot) and bar.bottom == size[1] - 1
        assert not drawn(pilot)


async def test_both_follow_the_size_of_the_terminal(open_wizard: Open) -> None:
    async with open_wizard(size=(80, 24)) as pilot:
        await go_to(pilot, "fleet")
        await pilot.press("tab")
        key = focused_key(pilot)
        await pilot.resize_terminal(190, 45)
        await settle(pilot)
        assert is_beside(pilot) and "Auto Scaling group" in drawn(pilot)
        assert focused_key(pilot) == key
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert not is_beside(pilot) and not drawn(pilot)


async def test_the_picture_shows_what_is_typed(open_wizard: Open) -> None:
    async with open_wizard(size=(200, 50)) as pilot:
        await go_to(pilot, "account", stack__name="")
        await pilot.press("tab", "tab")
        await type_text(pilot, "whisper")
        await until(pilot, lambda: "whisper" in drawn(pilot))
