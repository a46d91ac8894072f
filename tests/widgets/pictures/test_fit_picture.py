"""The picture of the fit: over the form, and as a tab of the review."""

from __future__ import annotations

import pytest

from gpuecs_tui.widgets.pictures.fit_picture import FitPicture, FitScreen
from gpuecs_tui.wizard.drafts import Draft
from tests.support.screens.driving import Open, settle
from tests.support.screens.whole_texts import WHOLE

STEPS = ("start", "account", "network", "fleet", "task", "load_balancer")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_key_shows_it_over_the_form(open_wizard: Open, size: tuple[int, int]) -> None:
    async with open_wizard(size=size) as pilot:
        app = pilot.app
        app.wizard.adopt(Draft({**WHOLE, "task.memory": "15742"}, "task", STEPS))  # type: ignore[attr-defined] # our app
        app.go("task")  # type: ignore[attr-defined] # our app
        await settle(pilot)
        await pilot.press("ctrl+y")
        await settle(pilot)
        assert isinstance(app.screen, FitScreen)
        shown = app.screen.query_one(FitPicture).text
        assert "g4dn.xlarge" in shown and "✗ no task fits" in shown
        assert max(map(len, shown.splitlines())) <= size[0] - 4
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(app.screen, FitScreen)


async def test_the_review_has_it_as_a_page(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        app.wizard.adopt(Draft(dict(WHOLE), "review", STEPS))  # type: ignore[attr-defined] # our app
        app.go("review")  # type: ignore[attr-defined] # our app
        await settle(pilot)
        page = app.screen.query_one(FitPicture)
        assert page.text == "", "a page that isn't seen costs nothing"
        await pilot.press("5")
        await settle(pilot)
        assert "1 task fits; limit: GPUs" in page.text
        assert "during a deployment" in page.text


async def test_without_a_type_it_says_what_to_do_first(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await pilot.press("ctrl+y")
        await settle(pilot)
        assert "Choose an instance type" in pilot.app.screen.query_one(FitPicture).text
