"""A state in S3, in the wizard: buckets are listed and created, and the state is moved after a
write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.screens.account import AccountScreen
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.step import state_move
from tests.support.fakes import ACCOUNT, FakeFeed
from tests.support.screens.driving import Open, is_asked, settle, type_text, until, wizard_app
from tests.support.screens.form_screens import go_to, wizard
from tests.support.screens.review_screen import on_review, review
from tests.support.terraform import fake_engine
from tests.support.terraform.states import STATE

SUGGESTED = f"tfstate-{ACCOUNT}-us-east-1"
S3 = {"state__backend": "s3"}


def feed(pilot: Pilot[int]) -> FakeFeed:
    assert isinstance(pilot.app, WizardApp) and isinstance(pilot.app.feed, FakeFeed)
    return pilot.app.feed


async def open_list(pilot: Pilot[int], **texts: str) -> list[str]:
    wizard(pilot).focused["account"] = "state.bucket"
    await go_to(pilot, "account", **{**S3, **texts})
    await pilot.press("enter")
    await settle(pilot)
    assert isinstance(pilot.app.screen, Picker)
    return [row.cells[0] for row in pilot.app.screen.query_one(ChoiceList).choices.rows]


async def test_buckets_are_read_only_for_s3(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "account")
        assert feed(pilot).known_buckets is None
        listed = await open_list(pilot)
        assert listed == [f"create {SUGGESTED}", "team-tfstate", "backups"]


async def test_a_bucket_brings_its_region(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await open_list(pilot)
        await type_text(pilot, "team")
        await pilot.press("enter")
        await settle(pilot)
        assert wizard(pilot).text("state.bucket") == "team-tfstate"
        assert wizard(pilot).text("state.region") == "eu-west-1"


async def test_a_typed_name_is_made_after_a_yes(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        listed = await open_list(pilot, state__bucket="my-own-bucket")
        assert listed[0] == "create my-own-bucket"
        if pilot.app.screen.query_one(ChoiceList).wanted:
            await pilot.press("ctrl+u")
        await pilot.press("home", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("n")
        await settle(pilot)
        assert not feed(pilot).made
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("ctrl+u", "home", "enter")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        (made,) = feed(pilot).made
        assert (made.name, made.region) == ("my-own-bucket", "us-east-1")
        assert wizard(pilot).text("state.bucket") == "my-own-bucket"


async def test_a_refusal_is_said_and_the_field_stays(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        feed(pilot).bucket_problem = AwsProblem("denied", "Not [allowed].", "Ask.")
        await open_list(pilot)
        await pilot.press("home", "enter")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, AccountScreen) and screen._said is not None
        assert "Not [allowed]. Ask." in screen._said.plain
        assert wizard(pilot).text("state.bucket") == ""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a local state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(tmp_path / "engine")))
    made = tmp_path / "llama"
    made.mkdir()
    (made / "terraform.tfstate").write_text(json.dumps(STATE))
    return made


def said(pilot: Pilot[int]) -> Callable[[str], bool]:
    return lambda text: text in review(pilot).live().plain


async def test_the_review_offers_the_move(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[Path] = []

    def carry_out(wizard: Any, _reader: object) -> str:
        if not moved:
            moved.append(wizard.options.directory)
            raise RunProblem("The bucket is gone.")
        moved.append(wizard.options.directory)
        return "moved"

    monkeypatch.setattr(state_move, "move_state", carry_out)
    async with on_review(stack, state__backend="s3", state__bucket="team-tfstate") as pilot:
        for answer, true in (
            ("n", lambda: said(pilot)("Move the state before you run a plan")),
            ("y", lambda: said(pilot)("The bucket is gone.")),
            ("y", lambda: len(moved) == 2),
        ):
            await pilot.press("w")
            await until(pilot, lambda: is_asked(pilot))
            await pilot.press(answer)
            await until(pilot, true)
        assert moved == [stack, stack]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [("enter",), ("enter", "home", "enter")], ids=["list", "make"])
def test_snapshot(
    snap_compare: Any, stack_directory: Path, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    app = wizard_app(stack_directory)

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        app.wizard.focused["account"] = "state.bucket"
        await go_to(pilot, "account", **S3)
        account = app.wizard.account
        await until(pilot, lambda: account.identity is not None and account.facts is not None)
        await until(pilot, lambda: not account.busy)
        app.show_wizard()
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        app.wizard.check()
        app.wizard.flush()
        await until(pilot, lambda: app.wizard.draft_saved)
        app.show_wizard()
        await settle(pilot)
        # How far the form has scrolled depends on when the account data arrives.
        for widget in (it for screen in app.screen_stack[:-1] for it in screen.query(Widget)):
            widget.scroll_to(y=0, animate=False, immediate=True)
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        app.wizard.close()
