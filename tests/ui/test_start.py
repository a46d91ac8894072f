"""The first screen: what is offered first, and what Enter does before everything is known."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from gpuecs_tui.terraform.own_state import OwnState
from gpuecs_tui.widgets.choice_list import ChoiceList
from gpuecs_tui.widgets.frame import StepScreen
from gpuecs_tui.wizard.survey import Survey
from tests.ui.conftest import settle, until, wizard_app
from tests.ui.test_decisions import WHOLE


@pytest.mark.parametrize(
    ("terraform", "step"),
    [(True, "start"), (False, "account")],
    ids=["over a stack", "over other Terraform"],
)
async def test_enter_begins_no_new_stack_before_the_directory_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terraform: bool, step: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "llama"
    directory.mkdir()
    (directory / "service.tf").write_text("")
    read = Event()

    def survey(_directory: Path) -> Survey:
        assert read.wait(20)
        return Survey(engine="Terraform 1.11.4", terraform=terraform, foreign=not terraform)

    monkeypatch.setattr("gpuecs_tui.wizard.survey.survey", survey)
    app = wizard_app(directory)
    async with app.run_test(size=(80, 24)) as pilot:
        menu = app.screen.query_one(ChoiceList)
        assert [row.id for row in menu.choices.rows] == ["new"]
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "start"
        read.set()
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and step == app.screen.STEP
        if terraform:
            await until(pilot, lambda: len(menu.choices.rows) == 2)
            assert menu.row is not None and menu.row.id == "open"
    app.wizard.close()


@pytest.mark.parametrize(
    ("owned", "step"), [(frozenset({"llama"}), "deployment"), (frozenset(), "review")]
)
async def test_a_stack_opens_at_its_deployment_once_it_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: frozenset[str], step: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    own = OwnState(owned)
    monkeypatch.setattr("gpuecs_tui.terraform.own_state.own_state", lambda *_arguments: own)
    found = Survey(terraform=True, texts=dict(WHOLE))
    monkeypatch.setattr("gpuecs_tui.wizard.survey.survey", lambda _directory: found)
    app = wizard_app(tmp_path / "llama")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and step == app.screen.STEP
        # Planning, destroying and watching need no plan first.
        assert {"run", "deployment"} <= set(app.wizard.visited)
    app.wizard.close()
