"""Approval in the wizard: the account and the files are read again, and the user never has to
wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from gpuecs_tui.assessment import apply_gate
from gpuecs_tui.assessment.apply_gate import ApplyCheck, Checked
from gpuecs_tui.aws.discovery.account import ReadProgress
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from tests.support import fakes
from tests.support.screens.driving import is_asked, until
from tests.support.screens.run_screen import keys, on_run_screen, run_of, said, screen_of, until_run
from tests.support.screens.written_stack import let_read, right_account, write_stack
from tests.support.terraform import fake_engine
from tests.support.terraform.plan_json import resource, show
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, applied, stage


async def asked(pilot: Pilot[int]) -> str:
    """Wait for the question and return what it says."""
    await until(pilot, lambda: is_asked(pilot))
    return str(pilot.app.screen.query_one("#lines Static", Static).content)


async def asked_below_the_account(pilot: Pilot[int]) -> list[str]:
    """Return the lines of the question that follow account, region and cost."""
    lines = (await asked(pilot)).splitlines()
    return lines[lines.index("") + 1 :]


@pytest.fixture
def planned(directory: Path) -> Path:
    """A valid stack, written and planned."""
    write_stack(directory)
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    return directory


@pytest.fixture
def partly_read() -> threading.Event:
    """Set after the networks of the ``stuck`` account were read."""
    return threading.Event()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch, partly_read: threading.Event) -> threading.Event:
    """Set when the ``stuck`` account, which returns only its networks, may respond."""
    free = threading.Event()

    def read(_reader: object, on_progress: Callable[[ReadProgress], None]) -> AccountFacts:
        facts = right_account()
        known = AccountFacts(region=facts.region, vpcs=facts.vpcs, subnets=facts.subnets)
        on_progress(ReadProgress(2, 22, known))
        partly_read.set()
        free.wait(60)
        return facts

    let_read(monkeypatch, read)
    return free


async def test_all_well_is_said_with_its_freshness(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_read(monkeypatch, lambda *_any: right_account())
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        account, cost, *_rest = (await asked(pilot)).splitlines()
        assert account == f"Account {fakes.ACCOUNT}, Region {fakes.REGION}"
        assert cost.startswith("Price unknown")
        first, _empty, plan, *_rest = await asked_below_the_account(pilot)
        assert first == "Checked just now against the account."
        assert plan.startswith("Plan: 38 to add")
        assert not pilot.app.screen.query(Input)


async def test_the_files_count_not_what_is_typed(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_read(monkeypatch, lambda *_any: right_account())
    async with on_run_screen(planned) as pilot:
        wizard = screen_of(pilot).wizard
        wizard.put("task.memory", "15742")
        wizard.check()
        assert any(it.severity == "error" for it in wizard.findings)
        await pilot.press("a")
        assert "can't work" not in await asked(pilot)


async def test_what_the_files_say_wrong_must_be_typed_for(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(directory, task__memory="15742")
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    let_read(monkeypatch, lambda *_any: right_account())
    async with on_run_screen(directory) as pilot:
        assert not any(it.severity == "error" for it in screen_of(pilot).wizard.findings)
        await pilot.press("a")
        text = await asked(pilot)
        assert text.startswith("The checks found errors:") and "15742" in text
        assert pilot.app.screen.query(Input)


async def test_what_can_not_be_told_is_said(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Unknown("servicequotas:GetServiceQuota", "not allowed to call it", "")
    let_read(monkeypatch, lambda *_any: right_account(quotas=refused))
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        first, second, *_rest = await asked_below_the_account(pilot)
        assert first == "Checked just now. These items are unknown:"
        assert second.startswith("? ") and "not allowed to call it" in second


async def test_an_account_that_refuses_is_said(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_any: object) -> AccountFacts:
        raise AwsProblem("expired", "The credentials have expired.", "Run: aws sso login")

    let_read(monkeypatch, read)
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        first, second, *_rest = await asked_below_the_account(pilot)
        assert first == (
            "Not checked against the account: The credentials have expired. Run: aws sso login"
        )
        assert second == ""
        assert pilot.app.screen.has_class("-grave")


async def test_an_account_that_does_not_answer_is_waited_for_so_long_and_no_longer(
    planned: Path,
    stuck: threading.Event,
    partly_read: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pressed = threading.Event()
    wait_for_account = ApplyCheck.run

    def wait_briefly(check: ApplyCheck, limit: float) -> Checked:
        # On any machine, the keys below are pressed before the time limit.
        pressed.wait()
        return wait_for_account(check, limit)

    def clock() -> float:
        # The account's responses also arrive before it: the limit passes after they were read.
        return apply_gate.LIMIT_SECONDS if partly_read.is_set() else 0.0

    monkeypatch.setattr(ApplyCheck, "run", wait_briefly)
    monkeypatch.setattr(apply_gate, "monotonic", clock)
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        assert said(pilot).startswith("Checking again …")
        assert "a approve" not in keys(pilot) and "esc cancel check" in keys(pilot)
        await pilot.press("tab")
        assert "tab log" in keys(pilot), "keys work meanwhile"
        pressed.set()
        text = "\n".join(await asked_below_the_account(pilot))
        assert text.startswith("Checked just now. These items are unknown:")
        assert "not loaded yet" in text
        # Typed ahead, Enter means No; a message shows that and the key to press.
        await pilot.press("enter")
        await pilot.pause()
        assert said(pilot).startswith("Not approved. Nothing was applied.")
        assert "Press a to apply" in said(pilot) and "a approve" in keys(pilot)
        assert run_of(pilot).state is RunStatus.PLANNED
        assert "Checking" not in said(pilot)
    stuck.set()


async def test_escape_leaves_the_check_and_asks_nothing(
    planned: Path, stuck: threading.Event
) -> None:
    async with on_run_screen(planned) as pilot:
        await pilot.press("a", "enter")
        assert said(pilot).startswith("Checking again … The question follows when")
        begun = monotonic()
        await pilot.press("escape")
        await pilot.app.workers.wait_for_complete()
        assert monotonic() - begun < apply_gate.LIMIT_SECONDS / 2
        await pilot.pause()
        assert not isinstance(pilot.app.screen, Confirm)
        assert "a approve" in keys(pilot) and "Checking" not in said(pilot)
        assert run_of(pilot).state is RunStatus.PLANNED
    stuck.set()


async def test_a_plan_that_is_discarded_meanwhile_is_not_asked_about(
    planned: Path, stuck: threading.Event
) -> None:
    async with on_run_screen(planned) as pilot:
        await pilot.press("a", "d")
        await until(pilot, lambda: run_of(pilot).state is RunStatus.DISCARDED)
        stuck.set()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert not isinstance(pilot.app.screen, Confirm)
        assert "Checking" not in said(pilot)


async def test_files_that_changed_after_the_plan_are_not_checked_for_it(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_read(monkeypatch, lambda *_any: right_account())
    # The plan was created with an error that this edit removes, or the other way round.
    (planned / "extra.tf").write_text('resource "null_resource" "x" {}\n')
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        text = await asked(pilot)
        assert "The files have changed since this plan was created: extra.tf." in text
        assert "$" not in text and "Checked just now" not in text
        question = pilot.app.screen
        assert isinstance(question, Confirm) and question.query_one("#word", Input)
        await pilot.press("enter")
        assert run_of(pilot).state is RunStatus.PLANNED


async def test_files_that_change_during_the_check_are_not_those_of_the_plan(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_any: object) -> AccountFacts:
        (planned / "outputs.tf").unlink()
        return right_account()

    let_read(monkeypatch, read)
    async with on_run_screen(planned) as pilot:
        await pilot.press("a")
        assert "since this plan was created: outputs.tf." in await asked(pilot)


async def test_the_end_of_everything_is_asked_about_at_once(
    directory: Path, stuck: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(tmp_path / "engine")))
    applied(directory)
    async with on_run_screen(directory) as pilot:
        await pilot.press("D")
        await until_run(pilot, RunStatus.PLANNED)
        await pilot.press("a")
        assert isinstance(pilot.app.screen, Confirm)
    stuck.set()


def test_terraform_from_elsewhere_is_not_checked(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "null_resource" "x" {}\n')
    checked = ApplyCheck(tmp_path, None).run()
    assert checked.sentence == f"Not checked: No supported ECS service found in {tmp_path}."
    assert not checked.findings


async def test_the_question_waits_for_what_the_plan_does_to_the_service(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(directory)
    before, after = {"desired_count": 6}, {"desired_count": 0}
    service = resource("aws_ecs_service.this", "update", before=before, after=after)
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS], details=show(service))
    let_read(monkeypatch, lambda *_any: right_account())
    async with on_run_screen(directory) as pilot:
        panel = screen_of(pilot).panel
        assert panel.view is not None
        tree, panel.view.tree, panel.view.is_read = panel.view.tree, None, False
        await pilot.press("a")
        await until(pilot, lambda: "Reading the details of the plan" in said(pilot))
        assert not is_asked(pilot)
        panel.post_message(panel.PlanRead(run_of(pilot).id, tree, ()))
        assert "! All tasks stop: the desired count changes from 6 to 0." in await asked(pilot)
        assert "Reading the details" not in said(pilot)
