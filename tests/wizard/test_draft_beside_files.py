"""A draft and the files in the directory: which is newer, which is offered, and when there is no
draft."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import WriteChanges, compare, write
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.step.draft_age import shown_time
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.directory_status import inspect
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.profile_key import PROFILE
from gpuecs_tui.wizard.session import WizardSession
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.written_stack import RIGHT, right_account, write_stack


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write_stack(tmp_path / "llama")
    return tmp_path / "llama"


def rows(pilot: Pilot[int]) -> list[str]:
    return [str(row.id) for row in pilot.app.screen.query_one(ChoiceList).choices.rows]


async def looked_at(pilot: Pilot[int], directory: Path) -> WizardApp:
    await settle(pilot)
    await until(pilot, lambda: "open" in rows(pilot))
    await settle(pilot)
    app = pilot.app
    assert isinstance(app, WizardApp)
    return app


@pytest.mark.parametrize("newer", [True, False], ids=["files newer", "draft newer"])
async def test_the_newer_of_both_is_offered_first(directory: Path, newer: bool) -> None:
    drafts.save(directory, Draft({**RIGHT, "service.desired_count": "3"}, "task"))
    saved = drafts.load(directory)
    assert saved is not None and saved.saved_at is not None
    # The times differ by whole minutes, at any time.
    moment = saved.saved_at.timestamp() + (120 if newer else -120)
    for path in directory.iterdir():
        os.utime(path, (moment - 60, moment - 60))
    os.utime(directory / "task.tf", (moment, moment))
    app = wizard_app(directory, right_account())
    async with app.run_test(size=(100, 30)) as pilot:
        await looked_at(pilot, directory)
        assert rows(pilot) == (["open", "draft", "new"] if newer else ["draft", "open", "new"])
        menu = app.screen.query_one(ChoiceList)
        assert menu.row is not None and menu.row.id == rows(pilot)[0]
        facts = str(app.screen.query_one("#facts", Static).content)
        changed = shown_time(datetime.fromtimestamp(moment, UTC))
        assert (f"task.tf changed at {changed}, after this draft" in facts) == newer
    app.wizard.close()
    assert drafts.load(directory) is not None


@pytest.mark.parametrize("profile", ["", "ml-dev"])
async def test_a_draft_that_says_what_the_files_say_is_not_offered(
    directory: Path, profile: str
) -> None:
    # Typed defaults are the same decisions.
    typed = {**RIGHT, "load_balancer.port": "80", **({PROFILE: profile} if profile else {})}
    drafts.save(directory, Draft(typed, "review"))
    app = wizard_app(directory, right_account())
    async with app.run_test(size=(100, 30)) as pilot:
        await looked_at(pilot, directory)
        assert rows(pilot) == ["open", "new"]
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "review"
        # The Terraform doesn't contain the profile: the draft does.
        assert app.wizard.texts.get(PROFILE, "") == profile
    app.wizard.close()
    assert (drafts.load(directory) is not None) == bool(profile)


async def test_opening_a_stack_and_changing_nothing_leaves_no_draft(directory: Path) -> None:
    app = wizard_app(directory, right_account())
    async with app.run_test(size=(100, 30)) as pilot:
        await looked_at(pilot, directory)
        await pilot.press("enter")
        await settle(pilot)
        app.wizard.put("service.desired_count", "3")
        app.wizard.flush()
        typed = drafts.load(directory)
        assert typed is not None and typed.texts["service.desired_count"] == "3"
        assert typed.held
        app.wizard.put("service.desired_count", RIGHT.get("service.desired_count", ""))
        app.wizard.flush()
        assert drafts.load(directory) is None
        await pilot.press("ctrl+p")
        await settle(pilot)
    app.wizard.close()
    assert drafts.load(directory) is None


def opened(directory: Path) -> WizardSession:
    """A wizard that has opened the stack in ``directory``."""
    wizard = WizardSession(Options(directory), DraftSaver(directory, lambda problem: None))
    found = inspect(directory)
    wizard.open_directory(found.texts, found.opened)
    return wizard


def compared(wizard: WizardSession) -> WriteChanges:
    decisions = wizard.decisions
    return compare(
        wizard.options.directory,
        render(decisions.resolved.stack),
        explicit=decisions.answers,
        by_hand=wizard.changed_by_hand,
    )


def edit_count(directory: Path, count: int) -> None:
    text = (directory / "load_balancer.tf").read_text()
    line = next(it for it in text.splitlines() if "deregistration_delay" in it)
    changed = f"{line.rpartition('=')[0]}= {count}"
    (directory / "load_balancer.tf").write_text(text.replace(line, changed))


def test_only_what_changed_beside_the_wizard_is_asked_about(directory: Path) -> None:
    edit_count(directory, 45)
    wizard = opened(directory)
    wizard.put("load_balancer.deregistration_delay_seconds", "90")
    assert compared(wizard).hand_edited == ()
    # A colleague's change while the wizard is open; the wizard knows the earlier answers.
    edit_count(directory, 75)
    changes = compared(wizard)
    assert changes.hand_edited == ("load_balancer.tf",)
    assert [(it.present, it.wanted) for it in changes.overruled] == [(75, 90)]
    # The same in a later session that continues the draft.
    wizard.close()
    draft = drafts.load(directory)
    assert draft is not None
    later = WizardSession(Options(directory), DraftSaver(directory, lambda problem: None), draft)
    assert [(it.present, it.wanted) for it in compared(later).overruled] == [(75, 90)]
    write(changes, accept=changes.hand_edited)
    later.written(changes.answers)
    later.close()
    assert drafts.load(directory) is None
    assert compared(later).files == ()


def test_a_new_stack_over_another_is_asked_about(directory: Path) -> None:
    wizard = opened(directory)
    texts = dict(wizard.texts)
    wizard.begin({**texts, "load_balancer.deregistration_delay_seconds": "90"})
    assert [it.key for it in compared(wizard).overruled] == [
        "load_balancer.deregistration_delay_seconds"
    ]
    wizard.close()
