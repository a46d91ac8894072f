"""A key of the step Fleet fills in the types that can replace the preferred one."""

from __future__ import annotations

from gpuecs_tui.app import WizardApp
from gpuecs_tui.stack.resolve import TYPE, TYPES
from gpuecs_tui.widgets.form.field import FormField
from gpuecs_tui.widgets.form.view import Form
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.wizard.drafts import Draft
from tests.support.screens.driving import Open, settle
from tests.support.screens.whole_texts import WHOLE

STEPS = ("start", "account", "network", "fleet")


async def test_similar_types(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        app.wizard.adopt(Draft(dict(WHOLE), "fleet", STEPS))
        app.go("fleet")
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        found = app.wizard.text(TYPES).split(", ")
        assert found[0] == WHOLE[TYPE] and {"g4dn.xlarge", "g5.xlarge"} <= {*found}
        assert app.wizard.decisions.resolved.stack.fleet.instance_types == (*found,)
        # The field of the single type is hidden: it has no effect.
        shown = {it.key for it in app.screen.query(FormField) if it.display}
        assert TYPE not in shown
        assert TYPE not in app.wizard.decisions.answers and not app.wizard.decisions.problems


async def test_without_a_type_the_key_says_what_to_do(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        texts = {key: it for key, it in WHOLE.items() if key != TYPE}
        app.wizard.adopt(Draft(texts, "fleet", STEPS))
        app.go("fleet")
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        assert app.wizard.text(TYPES) == ""


async def test_the_first_field_that_is_shown_gets_the_focus(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        several = {**WHOLE, TYPE: "", TYPES: "g4dn.xlarge, g5.xlarge"}
        app.wizard.adopt(Draft(several, "fleet", STEPS))
        app.go("fleet")
        await settle(pilot)
        field = next(it for it in app.screen.query(FormField) if it.display)
        assert app.focused is not None and field in app.focused.ancestors_with_self
        await pilot.press("q", "q")
        await settle(pilot)
        assert app.wizard.text(TYPE) == ""


async def test_the_types_that_are_set_stay_first_in_their_order(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        texts = {key: it for key, it in WHOLE.items() if key != TYPE}
        # The second has another size, and the preferred one costs more than g4dn.xlarge.
        texts[TYPES] = "g6.xlarge, g5.2xlarge"
        app.wizard.adopt(Draft(texts, "fleet", STEPS))
        app.go("fleet")
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        found = app.wizard.text(TYPES)
        assert found.startswith("g6.xlarge, g5.2xlarge, ") and found.count("g6.xlarge") == 1
        # Nothing is left to add.
        await pilot.press("f2")
        await settle(pilot)
        assert app.wizard.text(TYPES) == found


async def test_the_list_keeps_the_order_of_the_types(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        texts = {key: it for key, it in WHOLE.items() if key != TYPE}
        texts[TYPES] = "g5.xlarge, g4dn.xlarge"
        app.wizard.adopt(Draft(texts, "fleet", STEPS))
        app.go("fleet")
        await settle(pilot)
        types = await app.screen.query_one(Form).reveal(TYPES)
        assert types is not None
        types.focus_control()
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Picker)
        await pilot.press("enter")
        await settle(pilot)
        assert app.wizard.text(TYPES) == "g5.xlarge, g4dn.xlarge"
