"""The run screen: its texts in every state of a run, and the decisions of its keys."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.deployment.verdict import VerdictState
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.terraform.base.atomic_files import replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy, LockHolder
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.write import value_change
from gpuecs_tui.user_folders import state_file
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.log.panel import LogPanel
from gpuecs_tui.widgets.run.panel import RunPanel
from gpuecs_tui.widgets.run.resource_panel import ResourcePanel
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.deployment_seen import DeploymentSeen
from gpuecs_tui.wizard.directory_status import inspect
from gpuecs_tui.wizard.opened import of_files
from tests.support.screens.driving import is_asked, settle
from tests.support.screens.driving import until as driven_until
from tests.support.screens.run_screen import (
    keys,
    on_run_screen,
    run_of,
    said,
    screen_of,
    until,
    until_run,
)
from tests.support.screens.shown import line_of
from tests.support.screens.whole_texts import WHOLE
from tests.support.screens.written_stack import RIGHT, write_stack
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command, stream
from tests.support.terraform.run_folders import (
    DETAILS,
    PLAN,
    PLAN_ENDS,
    applied,
    journal_state,
    stage,
)
from tests.support.terraform.waiting import until_state


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a replaying Terraform; its plan adds 1, changes 3, destroys 1."""
    folder = tmp_path / "engine"
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(folder)))
    return folder


def log_text(pilot: Pilot[int]) -> str:
    store = screen_of(pilot).query_one(LogPanel)._store
    return b"".join(block for _start, block in store.blocks()).decode()


async def approve(pilot: Pilot[int]) -> Confirm:
    """Press the key and wait for the question, which follows the check."""
    await pilot.press("a")
    await until(pilot, lambda: is_asked(pilot), "the question")
    confirm = pilot.app.screen
    assert isinstance(confirm, Confirm)
    return confirm


async def until_deployment(pilot: Pilot[int]) -> None:
    """Wait for the screen of the deployment."""

    def there() -> bool:
        return isinstance(pilot.app.screen, DeploymentScreen) and pilot.app.screen.is_mounted

    await driven_until(pilot, there)
    await settle(pilot)


async def until_details(pilot: Pilot[int]) -> None:
    """Wait for the plan's details; without them, each deletion requires the name."""

    def there() -> bool:
        view = screen_of(pilot).panel.view
        return view is not None and view.tree is not None

    await until(pilot, there, "the plan's details")


async def test_without_any_run_it_offers_to_plan(directory: Path) -> None:
    async with on_run_screen(directory) as pilot:
        assert "Press p to plan" in said(pilot)
        assert "plan" in keys(pilot) and "approve" not in keys(pilot)


@pytest.mark.parametrize("typed", ["2", "5"])
async def test_answers_of_the_draft_that_are_not_written_are_named_beside_the_plan(
    directory: Path, typed: str
) -> None:
    write_stack(directory, service__desired_count="5")
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS], details=DETAILS)
    said_so = "1 answer of your draft is not in the files, so this plan does not include it"
    async with on_run_screen(directory) as pilot:
        pilot.app.wizard.put("service.desired_count", typed)  # type: ignore[attr-defined]
        for key in ("network.load_balancer_subnet_ids",):
            pilot.app.wizard.put(key, RIGHT[key])  # type: ignore[attr-defined]
        await pilot.app.go("run")  # type: ignore[attr-defined]
        await until_details(pilot)
        await settle(pilot)
        named = f"{said_so}: service.desired_count." in said(pilot).replace("\n", " ")
        assert named == (typed == "2"), said(pilot)
        view = screen_of(pilot).panel.view
        # The question before the apply lists all of them.
        assert view is not None
        assert any(said_so in it.message for it in view.told) == (typed == "2")


async def test_a_plan_that_waits_is_shown_with_its_counts(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        assert said(pilot).startswith("Plan: 38 to add, 0 to change, 0 to destroy.")
        assert "a approve  d discard" in keys(pilot)
        addresses = screen_of(pilot).query_one(ResourcePanel).resources.addresses
        assert len(addresses) == 38


async def test_the_help_lists_the_keys_of_the_log_and_of_the_resources(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        log = screen_of(pilot).query_one(LogPanel)
        assert "x regex" in line_of(log.query_one(OneLine)) and "f1" in line_of(
            log.query_one(OneLine)
        )
        await pilot.press("f1")
        await settle(pilot)
        (box,) = pilot.app.screen.query("HelpScreen Static").results(Static)
        shown = str(box.content)
        for line in (
            "x           Search by regular expression",
            "r           Show only one resource",
            "v           Mark lines",
            "y           Copy",
            "/           Filter",
        ):
            assert line in shown
        assert "next and previous field" not in shown


@pytest.mark.parametrize("state", [RunStatus.PLANNED, RunStatus.SUCCEEDED])
async def test_a_count_that_the_plan_ignores_is_named_with_the_plan(
    directory: Path, state: RunStatus
) -> None:
    write_stack(directory, service__desired_count="7", service__ignore_changes="desired_count")
    service = {"before": {"desired_count": 3}, "after": {"desired_count": 3}, "actions": ["no-op"]}
    details = {
        "format_version": "1.2",
        "resource_changes": [
            {"address": "aws_ecs_service.this", "type": "aws_ecs_service", "change": service}
        ],
    }
    stage(directory, state, changes=(0, 1, 0), details=details, message="Nothing to change.")
    words = (
        "The desired count stays 3: service.ignore_changes contains desired_count, so the value 7"
    )
    async with on_run_screen(directory) as pilot:
        await until(pilot, lambda: words in said(pilot), "the notice")


async def test_a_plan_under_way_says_how_long_the_last_one_took(directory: Path) -> None:
    earlier = stage(directory, RunStatus.SUCCEEDED)
    raw = json.loads(earlier.files.state.read_text())
    times = {"starting": "12:00:00", "planning": "12:00:05", "planned": "12:01:18"}
    raw["history"] = [{"state": name, "at": f"2026-11-23T{at}+00:00"} for name, at in times.items()]
    replace_json(earlier.files.state, raw)
    stage(directory, RunStatus.PLANNING)
    async with on_run_screen(directory) as pilot:
        assert "The last plan took 1m13s." in said(pilot)
        assert screen_of(pilot).query_one("#progress").display


async def test_what_a_plan_destroys_comes_first_and_in_words(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 1), details=DETAILS)
    async with on_run_screen(directory) as pilot:
        await until(pilot, lambda: "load balancer" in said(pilot), "the plan's details")
        lines = said(pilot).splitlines()
        assert lines[1] == (
            "! This replaces the load balancer: the old one is destroyed, then a new one is "
            "created. Its DNS name changes: update every client and DNS record that uses it. For "
            "some minutes there is no load balancer, and its name can't be resolved. Forces "
            "replacement: name."
        )
        assert "Press a to apply this plan" in lines[-1]


async def test_the_two_panes_stand_side_by_side_where_there_is_room(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        screen = screen_of(pilot)
        log, tree = screen.query_one(LogPanel), screen.query_one(ResourcePanel)
        assert log.region.width > 70 and not tree.region
        await pilot.press("tab")
        assert tree.region.width > 70 and not log.region
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert log.region.width > 60 and tree.region.width > 40
        assert log.region.y == tree.region.y


async def test_from_plan_to_applied_by_keys(directory: Path, engine: Path) -> None:
    fake_engine.install(engine, show=Command([json.dumps(DETAILS)]))
    (directory / "main.tf").write_text("locals {}\n")
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        assert said(pilot).startswith("Plan: 1 to add, 3 to change, 1 to destroy.")
        # A plan that is waiting for approval is not done.
        wizard = screen_of(pilot).wizard
        wizard.opened = of_files(wizard.texts, {})
        assert screen_of(pilot).progress().unfinished == {"run", "deployment"}
        confirm = await approve(pilot)
        assert confirm.query_one("#yes", Button).disabled
        await pilot.press(*"llam", "enter")
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("a", "enter")
        await until_deployment(pilot)
        await pilot.press("ctrl+p")
        await until_run(pilot, RunStatus.SUCCEEDED)
        assert said(pilot).startswith("Applied.")
        assert screen_of(pilot).progress().unfinished == {"deployment"}
        assert inspect(directory).applied
        (directory / "main.tf").write_text("locals { edited = true }\n")
        assert not inspect(directory).applied
        assert "Apply complete!" in log_text(pilot)
        commands = [call["arguments"][0] for call in fake_engine.calls(engine)]
        assert commands.count("plan") == 1 and commands.count("apply") == 1


async def test_a_plan_that_destroys_nothing_needs_no_typing(directory: Path, engine: Path) -> None:
    fake_engine.install(engine, plan=Command(PLAN[:PLAN_ENDS], code=2))
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        assert not (await approve(pilot)).query(Input)
        await pilot.press("enter")
        await settle(pilot)
        assert run_of(pilot).state is RunStatus.PLANNED, "Enter alone must not approve"
        await approve(pilot)
        done = pilot.app.wizard.done  # type: ignore[attr-defined]
        done.add("deployment")
        await pilot.press("y")
        await until_deployment(pilot)
        assert "deployment" not in done, "what was healthy before the apply"


@pytest.mark.parametrize("press", ["", "f", "slash", "tab", "f1"])
async def test_an_apply_leads_to_the_deployment_unless_the_user_reads(
    directory: Path, press: str
) -> None:
    run = stage(directory, RunStatus.APPLYING, PLAN[: PLAN_ENDS + 8])
    async with on_run_screen(directory) as pilot:
        await until_run(pilot, RunStatus.APPLYING)
        if press:
            await pilot.press(press)
            await settle(pilot)
        record(run.files, RunStatus.SUCCEEDED, runner=None, exit={"message": "Applied."})
        if not press:
            await until_deployment(pilot)
            return
        await until_run(pilot, RunStatus.SUCCEEDED)
        await settle(pilot)
        assert screen_of(pilot).panel.is_attached
        assert said(pilot) == "Applied.\nNext shows the deployment."


async def test_a_run_that_had_ended_does_not_lead_to_the_deployment(directory: Path) -> None:
    applied(directory)
    async with on_run_screen(directory) as pilot:
        await until_run(pilot, RunStatus.SUCCEEDED)
        assert said(pilot).startswith("Applied.")


@pytest.mark.parametrize(
    ("state", "words", "style"),
    [
        ("rolled_back", "rolled back: The deployment failed.", "bold $text-error"),
        ("healthy", "healthy: 1 task of demo:4 runs.", "bold $text-success"),
    ],
)
async def test_the_verdict_of_a_run_has_that_of_its_deployment(
    directory: Path, state: VerdictState, words: str, style: str
) -> None:
    run = applied(directory)
    async with on_run_screen(directory) as pilot:
        await until_run(pilot, RunStatus.SUCCEEDED)
        wizard, panel = screen_of(pilot).wizard, screen_of(pilot).panel
        for id, found in (("another", "Applied.\n"), (run.id, f"Applied, {words}\n")):
            wizard.deployment_seen = DeploymentSeen(id, state, words)
            panel.look()
            await settle(pilot)
            assert said(pilot).startswith(found)
        shown = screen_of(pilot).query_one("#verdict", Static).content
        assert isinstance(shown, Content)
        assert str(shown.spans[0].style) == style


async def test_a_plan_of_these_very_files_is_not_made_twice(directory: Path, engine: Path) -> None:
    (directory / "main.tf").write_text("# one\n")
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        first = run_of(pilot)
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        assert run_of(pilot).id == first.id
    (directory / "main.tf").write_text("# two\n")
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until(pilot, lambda: run_of(pilot).id != first.id, "another plan")
        await until_run(pilot, RunStatus.PLANNED)
        assert first.refresh().state is RunStatus.DISCARDED


async def test_escape_approves_nothing(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        await approve(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert run_of(pilot).state is RunStatus.PLANNED


async def test_discard(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        await pilot.press("d")
        await until_run(pilot, RunStatus.DISCARDED)
        assert "approve" not in keys(pilot) and "p plan" in keys(pilot)


async def test_a_decision_taken_elsewhere_shows_up(directory: Path) -> None:
    run = stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        runs.discard(run)
        await until_run(pilot, RunStatus.DISCARDED)
        assert "discarded" in log_text(pilot)


async def test_whoever_approves_second_is_told(directory: Path) -> None:
    run = stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        await approve(pilot)
        runs.discard(run)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "no longer waiting" in said(pilot), "the refusal")


async def test_cancel_asks_once_and_sends_one_interrupt(directory: Path, engine: Path) -> None:
    fake_engine.install(engine, plan=Command(stream("plan-change"), linger=60))
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNING)
        await until(pilot, lambda: "Refreshing state" in log_text(pilot), "the plan's lines")
        await pilot.press("c")
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("enter")
        await settle(pilot)
        assert not run_of(pilot).files.cancel.exists()
        await pilot.press("c", "right", "enter")
        await until_run(pilot, RunStatus.CANCELLED)
        assert said(pilot).startswith("Cancelled.")
        assert fake_engine.signals(engine) == ["SIGINT"]


async def test_stopping_says_what_it_waits_for(directory: Path) -> None:
    ends = next(n for n, line in enumerate(PLAN) if "Interrupt received" in line)
    lines = [
        *PLAN[:PLAN_ENDS],
        journal_state(RunStatus.APPLYING, 20),
        *PLAN[PLAN_ENDS:ends],
        journal_state(RunStatus.STOPPING, 40),
    ]
    stage(directory, RunStatus.STOPPING, lines)
    async with on_run_screen(directory) as pilot:
        first, second = said(pilot).splitlines()
        assert first.startswith("Stopping for ")
        assert second.startswith("Waiting for: aws_")
        assert "c cancel" not in keys(pilot), "there is no second signal"


async def test_a_harder_stop_says_what_it_loses_and_needs_the_name(
    directory: Path, engine: Path
) -> None:
    slow = Command(stream("apply-change")[:-4], linger=60, after_interrupt=60)
    fake_engine.install(engine, apply=slow)
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        await until_details(pilot)
        await approve(pilot)
        # The plan's details contain nothing that users notice.
        await pilot.press("y")
        await until_run(pilot, RunStatus.APPLYING)
        await until(pilot, lambda: "Modifying" in log_text(pilot), "the apply's lines")
        await pilot.press("X")
        assert not isinstance(pilot.app.screen, Confirm), "not before it is stopping"
        await pilot.press("c", "right", "enter")
        await until_run(pilot, RunStatus.STOPPING)
        assert "X stop now" in keys(pilot)
        await pilot.press("X")
        words = "\n".join(str(it.render()) for it in pilot.app.screen.query(Static))
        assert "Its state is not saved, and the state lock is not released" in words
        await pilot.press("y", "enter")
        await settle(pilot)
        assert run_of(pilot).state is RunStatus.STOPPING, "a key press is not enough"
        await pilot.press("backspace", *"llama", "enter")
        await until_run(pilot, RunStatus.FAILED)
        await until(pilot, lambda: "Force-stopped by " in said(pilot), "the verdict")
        assert fake_engine.signals(engine) == ["SIGINT", "SIGINT"]


async def test_a_failure_says_why_and_what_to_do_and_keeps_the_log(directory: Path) -> None:
    lines = [*stream("error-plan-config")]
    stage(directory, RunStatus.FAILED, lines, message="It is [broken].", remedy="Mend it.")
    async with on_run_screen(directory) as pilot:
        assert said(pilot) == "It is [broken].\nMend it."
        assert "Error:" in log_text(pilot)


async def test_a_run_that_outlives_its_credentials_says_so(directory: Path) -> None:
    run = stage(directory, RunStatus.APPLYING, PLAN, details=DETAILS)
    ended = datetime.now(UTC) - timedelta(seconds=1)
    replace_json(run.files.decision, {"decision": "approve", "credentials_end": ended.isoformat()})
    async with on_run_screen(directory) as pilot:
        assert "! The credentials have expired" in said(pilot) and "Press c to cancel" in said(
            pilot
        )
        await until_details(pilot)
        wizard = screen_of(pilot).wizard
        assert wizard.owned is not None and {"old", "llama"} <= wizard.owned, "names in its plan"
        # The names are read again together with the account, which now has more of them.
        record(run.files, RunStatus.SUCCEEDED, runner=None)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: wizard.owned == frozenset(), "the state")


async def test_a_lost_run_says_so(directory: Path) -> None:
    run = stage(directory, RunStatus.APPLYING, PLAN)
    text = run.files.state.read_text().replace('"started": "', '"started": "not ')
    run.files.state.write_text(text)
    assert run.refresh().state is RunStatus.LOST
    async with on_run_screen(directory) as pilot:
        assert "The runner process died during the apply" in said(pilot)
        assert "26 resources were created but are not in the state" in said(pilot)


async def test_a_lost_destroy_offers_to_destroy_again(directory: Path) -> None:
    run = stage(directory, RunStatus.APPLYING, PLAN[:PLAN_ENDS], operation="destroy")
    text = run.files.state.read_text().replace('"started": "', '"started": "not ')
    run.files.state.write_text(text)
    async with on_run_screen(directory) as pilot:
        assert "The runner process died during the destroy" in said(pilot)
        assert "press D in the wizard" in " ".join(said(pilot).split())
        assert "D destroy" in keys(pilot) and "p plan" not in keys(pilot)
        # The key of a plan still works.
        assert screen_of(pilot).check_action("plan_again", ("apply",))


async def test_an_applied_run_gives_its_address_to_copy(directory: Path) -> None:
    applied(directory)
    async with on_run_screen(directory) as pilot:
        assert "http://llama-1.elb.amazonaws.com" in said(pilot)
        assert "u copy URL" in keys(pilot)
        await pilot.press("u")
        await pilot.pause()
        assert "llama-1" in str([it.message for it in pilot.app._notifications])


async def test_leaving_and_coming_back_changes_nothing(directory: Path, engine: Path) -> None:
    fake_engine.install(engine, plan=Command(stream("plan-change"), code=2, linger=60))
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNING)
        first = run_of(pilot)
        app = pilot.app
        assert isinstance(app, WizardApp)
        app.go("load_balancer")
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "load_balancer"
        fake_engine.release(engine)
        until_state(first, RunStatus.PLANNED)
        app.go("run")
        await settle(pilot)
        await until_run(pilot, RunStatus.PLANNED)
        assert run_of(pilot).id == first.id
        assert "Planning" in log_text(pilot) and "Refreshing state" in log_text(pilot)


async def test_a_busy_directory_offers_to_watch(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    monkeypatch.setattr(run_list, "unfinished_run", lambda _directory: None)
    monkeypatch.setattr(run_list, "runs_of", lambda _directory: [])

    def busy(*_arguments: object, **_more: object) -> Run:
        holder = LockHolder(other.id, "apply", "ada", "bastion", 42, "2026-11-23T12:43:00+00:00")
        raise DirectoryBusy(directory, holder)

    monkeypatch.setattr(runs, "start", busy)
    async with on_run_screen(directory) as pilot:
        await pilot.press("p")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Confirm)
        assert "ada on bastion" in said(pilot)
        await pilot.press("right", "enter")
        await until_run(pilot, RunStatus.PLANNED)
        assert run_of(pilot).id == other.id
        assert "is in use" not in said(pilot)


@pytest.mark.parametrize("lives", [True, False])
async def test_a_change_of_a_command_is_named_or_waited_for_before_a_plan(
    directory: Path, engine: Path, lives: bool
) -> None:
    write_stack(directory)
    value_change.put_values(directory, {"service.desired_count": 4}, "scale", {})
    note = state_file("changes", directory)
    writer = identify(os.getppid()).as_json() if lives else None
    note.write_text(json.dumps({**json.loads(note.read_text()), "writer": writer}))
    async with on_run_screen(directory) as pilot:
        await pilot.press("p")
        if lives:
            await until(pilot, lambda: "is changing" in said(pilot), "the refusal")
            assert run_list.runs_of(directory) == []
        else:
            await until_run(pilot, RunStatus.PLANNED)
            told = " ".join(it.message for it in pilot.app._notifications)
            assert "A gpuecs-tui scale was interrupted" in told
            assert "service.desired_count = 4" in told


async def test_destroy_is_planned_first_and_needs_the_name(directory: Path, engine: Path) -> None:
    applied(directory)
    async with on_run_screen(directory) as pilot:
        await pilot.press("D")
        await until_run(pilot, RunStatus.PLANNED)
        assert run_of(pilot).operation is Operation.DESTROY
        screen_of(pilot).wizard.open_directory(WHOLE, of_files(WHOLE, {}))
        await pilot.press("a")
        asked = str(pilot.app.screen.query_one("#lines Static", Static).content)
        # The prices of this account were not read.
        assert "The destroy ends this cost: Price unknown" in asked
        assert pilot.app.screen.query_one("#yes", Button).disabled
        await pilot.press(*"llama", "enter")
        await until_run(pilot, RunStatus.SUCCEEDED)
        assert said(pilot).startswith("Destroyed.")
        assert fake_engine.calls(engine)[-1]["arguments"][0] == "apply"


@pytest.mark.parametrize(("answer", "runs_made"), [("n", 1), ("y", 2)])
async def test_a_destroy_is_planned_in_place_of_a_plan_that_waits(
    directory: Path, engine: Path, answer: str, runs_made: int
) -> None:
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.PLANNED)
        waiting = run_of(pilot)
        assert "D destroy" in keys(pilot) and "p plan" not in keys(pilot)
        await pilot.press("D")
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press(answer)
        await until_run(pilot, RunStatus.PLANNED)
        if answer == "y":
            await until(pilot, lambda: run_of(pilot).operation is Operation.DESTROY, "the destroy")
            assert waiting.refresh().state is RunStatus.DISCARDED
        else:
            assert run_of(pilot).id == waiting.id
        assert len(run_list.runs_of(directory)) == runs_made


async def test_without_an_engine_the_sentence_says_what_to_do(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(directory / "no-such-terraform"))
    async with on_run_screen(directory, wanted="apply") as pilot:
        await until_run(pilot, RunStatus.FAILED)
        assert "no-such-terraform" in said(pilot)
        assert len(said(pilot).splitlines()) == 2


@pytest.mark.parametrize("key", ["p", "d"])
async def test_a_full_disk_is_said_and_the_keys_work_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    if key == "d":
        stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])

    def full(*_arguments: object, **_more: object) -> Run:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "start", full)
    monkeypatch.setattr(runs, "discard", full)
    async with on_run_screen(directory) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: "No space left on device" in said(pilot), "the sentence")
        await settle(pilot)
        assert key in keys(pilot).split()


async def test_the_log_stays_where_the_user_put_it(directory: Path) -> None:
    run = stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        await pilot.press("home")
        view = screen_of(pilot).query_one(LogPanel).view
        assert view.scroll_y == 0 and not view.following
        with run.files.journal.open("a") as journal:
            journal.writelines(f"{line}\n" for line in PLAN[PLAN_ENDS:])
        await until(pilot, lambda: "Interrupt received" in log_text(pilot), "the new lines")
        await pilot.pause(0.2)
        assert view.scroll_y == 0


async def test_an_idle_screen_repaints_nothing(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with on_run_screen(directory) as pilot:
        await pilot.pause(0.6)
        panel = screen_of(pilot).query_one(RunPanel)
        painted: list[object] = []
        panel.query_one("#verdict", Static).update = painted.append  # type: ignore[method-assign, assignment]
        await pilot.pause(1.2)
        assert painted == []
