"""The list of releases on the step Fleet pins a release or an AMI ID, or nothing."""

from __future__ import annotations

import pytest

from gpuecs_tui.app import WizardApp
from gpuecs_tui.widgets.form.field import FormField
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.wizard.drafts import Draft
from tests.support.fakes import RELEASES
from tests.support.screens.driving import Open, settle
from tests.support.screens.whole_texts import WHOLE

AMI, RELEASE = "fleet.ami", "fleet.ami_release"
STEPS = ("start", "account", "network", "fleet")


@pytest.mark.parametrize(
    ("filtered", "expected"),
    [
        ("20260921 release", {RELEASE: RELEASES[1].name}),
        ("newest", {}),
        ("20260921 id", {AMI: RELEASES[1].ami}),
    ],
)
async def test_the_list_of_releases(
    open_wizard: Open, filtered: str, expected: dict[str, str]
) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        app.wizard.adopt(Draft(dict(WHOLE), "fleet", STEPS))
        app.wizard.unfolded.add(("fleet", "Start-up and names"))
        app.go("fleet")
        await settle(pilot)
        field = next(it for it in app.screen.query(FormField) if it.key == RELEASE)
        app.screen.set_focus(field.control)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Picker)
        await pilot.press(*("space" if it == " " else it for it in filtered), "enter")
        await settle(pilot)
        found = {key: app.wizard.text(key) for key in (AMI, RELEASE) if app.wizard.text(key)}
        assert found == expected
