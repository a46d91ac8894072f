"""A list that few stacks need is read when the user opens it, and shown in the open list."""

from __future__ import annotations

from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.facts import LateLists
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.screens.task import TaskScreen
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from tests.support.fakes import POLICIES, FakeFeed
from tests.support.screens.driving import Open, settle
from tests.support.screens.form_screens import go_to, wizard

KEY = "stack.permissions_boundary"


def feed_of(pilot: Pilot[int]) -> FakeFeed:
    assert isinstance(pilot.app, WizardApp) and isinstance(pilot.app.feed, FakeFeed)
    return pilot.app.feed


async def test_it_is_read_once_it_is_opened(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        feed = feed_of(pilot)
        wizard(pilot).focused["task"] = KEY
        await go_to(pilot, "task")
        screen = pilot.app.screen
        assert isinstance(screen, TaskScreen)
        assert not feed.listed
        # The field doesn't say that its list is not read, because the list was not opened.
        assert not [note.text for note in screen.notes_of(KEY)]
        for _again in range(2):
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Picker)
            rows = pilot.app.screen.query_one(ChoiceList).choices.rows
            assert [it.id for it in rows] == ["", POLICIES[0].arn]
            await pilot.press("escape")
            await settle(pilot)
        assert feed.listed == ["policies"]
        # The list has only the policies of the account: one of AWS is not missing.
        screen.edit({KEY: "arn:aws:iam::aws:policy/PowerUserAccess"})
        await settle(pilot)
        assert not [note.text for note in screen.notes_of(KEY)]


async def test_a_list_that_failed_says_why_and_is_read_again(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        feed = feed_of(pilot)
        denied = Unknown("iam:ListPolicies", "not allowed to call iam:ListPolicies", "")
        feed.late = LateLists(policies=denied)
        wizard(pilot).focused["task"] = KEY
        await go_to(pilot, "task")
        for _again in range(2):
            await pilot.press("enter")
            await settle(pilot)
            choices = pilot.app.screen.query_one(ChoiceList).choices
            assert "not allowed to call iam:ListPolicies" in choices.note
            await pilot.press("escape")
            await settle(pilot)
        assert feed.listed == ["policies", "policies"]
