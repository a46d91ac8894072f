"""Steps of the wizard, opened with all questions answered, and the content of their fields."""

from __future__ import annotations

from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.widgets.form.field import FormField
from gpuecs_tui.widgets.form.view import Form
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.session import WizardSession
from tests.support.screens.driving import settle
from tests.support.screens.whole_texts import WHOLE

REFUSED = Unknown("ec2:DescribeVpcs", "not allowed to call ec2:DescribeVpcs", "Ask for it.")


def wizard(pilot: Pilot[int]) -> WizardSession:
    assert isinstance(pilot.app, WizardApp)
    return pilot.app.wizard


def step(pilot: Pilot[int]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, StepScreen)
    return screen.STEP


def field(pilot: Pilot[int], key: str) -> FormField:
    found = pilot.app.screen.query_one(Form).field(key)
    assert found is not None
    return found


def focused_key(pilot: Pilot[int]) -> str:
    parent = pilot.app.focused.parent if pilot.app.focused else None
    return parent.key if isinstance(parent, FormField) else ""


def shown(pilot: Pilot[int], key: str) -> str:
    return field(pilot, key).render().plain


async def begin(pilot: Pilot[int]) -> None:
    """Number of steps from the start to the account step."""
    await pilot.press("enter")
    await settle(pilot)


async def go_to(pilot: Pilot[int], place: str, **texts: str) -> None:
    """Open a step with all questions answered."""
    found = wizard(pilot)
    answers = {**WHOLE, **{key.replace("__", "."): text for key, text in texts.items()}}
    found.adopt(Draft(answers, place, ("start", "account", "network", "fleet", "task")))
    assert isinstance(pilot.app, WizardApp)
    pilot.app.go(place)
    await settle(pilot)
