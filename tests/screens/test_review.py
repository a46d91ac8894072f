"""The review: what it shows of a stack, and that nothing is lost when it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher, Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.write.gitignore import GITIGNORE, PATTERNS
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, Move, encode
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.tab_line import TabLine
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Row
from gpuecs_tui.widgets.pictures.stack_picture import Picture
from gpuecs_tui.widgets.review.files_page import FilesPage
from gpuecs_tui.widgets.review.findings_page import FindingsPage
from gpuecs_tui.widgets.review.unchecked import UncheckedPage
from gpuecs_tui.widgets.run.panel import RunPanel
from gpuecs_tui.widgets.step.help_bar import Wrapped
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.decisions import decide
from tests.support.screens.driving import is_asked, settle
from tests.support.screens.review_screen import on_review, review, wizard
from tests.support.screens.shown import line_of
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform import fake_engine
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage

PATIENCE = 10.0


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Terraform that is started here replays a recorded plan."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(tmp_path / "engine")))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The directory to write the stack to; it does not exist yet."""
    return tmp_path / "llama"


def page(pilot: Pilot[int]) -> str | None:
    return review(pilot).query_one(ContentSwitcher).current


def live(pilot: Pilot[int]) -> str:
    return review(pilot).query_one("#live", Wrapped).render().plain


def decision_rows(pilot: Pilot[int]) -> dict[str, Row]:
    listed = review(pilot).query_one("#decisions", ChoiceList)
    return {row.id: row for row in listed.choices.rows}


def step(pilot: Pilot[int]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, StepScreen)
    return screen.STEP


async def until(pilot: Pilot[int], true: Callable[[], bool], what: str) -> None:
    for _look in range(int(PATIENCE / 0.05)):
        if true():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"waited for {what}")


def stack_files(**texts: str) -> dict[str, str]:
    """Return the rendered files for the answers, with ``section__name=text`` changed."""
    answers = {**WHOLE, **{key.replace("__", "."): text for key, text in texts.items()}}
    return render(decide(answers, catalogue.find).resolved.stack)


def put(directory: Path, files: dict[str, str]) -> None:
    directory.mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, "utf-8")


async def test_the_pages_are_turned_by_keys(directory: Path) -> None:
    async with on_review(directory) as pilot:
        assert page(pilot) == "picture"
        assert "VPC ml [prod] 基盤 🚀" in review(pilot).query_one(Picture).text
        for key, name in (
            ("2", "findings"),
            ("3", "files"),
            ("4", "decisions"),
            ("5", "fit"),
            ("6", "cost"),
            ("7", "unchecked"),
            ("1", "picture"),
        ):
            await pilot.press(key)
            assert page(pilot) == name
            assert pilot.app.focused is not None
        await pilot.press("right")
        assert page(pilot) == "findings"
        await pilot.press("left", "left")
        assert page(pilot) == "unchecked"


async def test_next_writes_everything_and_goes_on_to_the_plan(directory: Path) -> None:
    async with on_review(directory) as pilot:
        expected = {**stack_files(), GITIGNORE: PATTERNS}
        assert f"{len(expected)} new files" in live(pilot)
        assert not directory.exists()
        await pilot.press("ctrl+n")
        await until(pilot, lambda: step(pilot) == "run", "the run screen")
        assert {it.name: it.read_text() for it in directory.iterdir() if it.is_file()} == expected
        run = pilot.app.screen
        await until(pilot, lambda: bool(run.query(RunPanel)), "the run's panel")
        await until(pilot, lambda: run.run is not None and not run.run.is_live, "a plan")  # type: ignore[attr-defined]
        assert run.run.state is RunStatus.PLANNED  # type: ignore[attr-defined]


async def test_w_only_writes(directory: Path) -> None:
    async with on_review(directory) as pilot:
        await pilot.press("w")
        await until(pilot, lambda: "No changes to write" in live(pilot), "the comparison")
        assert step(pilot) == "review"
        assert (directory / "service.tf").exists()


@pytest.mark.parametrize(
    ("keys", "written"),
    [("escape", False), ("l l a m enter", False), ("l l a m a enter", True)],
)
async def test_an_error_is_shown_and_asks_for_the_name(
    directory: Path, keys: str, written: bool
) -> None:
    async with on_review(directory, task__memory="15742") as pilot:
        assert live(pilot).startswith("1 error: see the Findings tab.")
        await pilot.press("w")
        await settle(pilot)
        assert page(pilot) == "findings"
        question = pilot.app.screen
        assert isinstance(question, Confirm)
        assert "15742" in str(question.query_one("#lines Static", Static).content)
        await pilot.press(*keys.split())
        await settle(pilot)
        if written:
            await until(pilot, (directory / "service.tf").exists, "the files")
        else:
            assert not directory.exists()


async def test_answers_that_make_no_stack_are_written_by_no_name(directory: Path) -> None:
    async with on_review(directory, fleet__target_capacity="0") as pilot:
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert (step(pilot), page(pilot)) == ("review", "findings")
        assert live(pilot).startswith("Could not write because of an error: ")
        assert not directory.exists()


async def test_something_missing_is_named(directory: Path) -> None:
    async with on_review(directory, task__image="") as pilot:
        assert "Incomplete." in live(pilot)
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "review"
        assert "task.image is required" in live(pilot)
        await pilot.press("3")
        assert review(pilot).query_one(FilesPage).text == ""


async def test_a_remedy_mends_the_stack_and_its_files_follow(directory: Path) -> None:
    async with on_review(directory, task__memory="15742") as pilot:
        await pilot.press("2")
        prompt = review(pilot).query_one(FindingsPage).get_option_at_index(0).prompt
        assert "task.memory" in str(prompt) and "f: " in str(prompt)
        await pilot.press("f")
        await settle(pilot)
        assert wizard(pilot).text("task.memory") == "15155"
        await until(pilot, lambda: "new files" in live(pilot), "the comparison")
        await pilot.press("3", "home")
        await settle(pilot)
        files = review(pilot).query_one(FilesPage)
        while "15155" not in files.text:
            await pilot.press("down")
            assert files._list.row is not None and files._list.row.id != "user_data.sh"
        assert files._list.row.id == "terraform.tfvars"  # type: ignore[union-attr]


async def test_enter_on_a_finding_leads_to_its_field(directory: Path) -> None:
    async with on_review(directory, task__memory="15742") as pilot:
        await pilot.press("2", "enter")
        await settle(pilot)
        assert step(pilot) == "task"
        screen = pilot.app.screen
        assert isinstance(screen, StepScreen) and screen.wizard.focused["task"] == "task.memory"


async def test_a_file_that_differs_shows_the_difference(directory: Path) -> None:
    put(directory, stack_files(service__desired_count="3"))
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "changed" in live(pilot), "the comparison")
        assert "edited by hand" not in live(pilot)
        await pilot.press("3")
        await settle(pilot)
        files = review(pilot).query_one(FilesPage)
        row = files._list.row
        assert row is not None and row.cells[0] == "~"
        assert "\n-" in files.text and "\n+" in files.text and "@@" in files.text
        await pilot.press("v")
        assert "@@" not in files.text
        await pilot.press("v")
        assert "@@" in files.text


@pytest.mark.parametrize("answer", ["escape", "right enter"])
async def test_a_hand_edit_is_never_lost_without_a_yes(directory: Path, answer: str) -> None:
    # The same line was changed manually and by a decision: both can't be kept.
    old = stack_files()
    name = "service.tf"
    edited = old[name].replace("= var.desired_count", "= 3")
    put(directory, {**old, name: edited, "notes.txt": "mine"})
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "1 edited by hand" in live(pilot), "the comparison")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: is_asked(pilot), "the question")
        assert page(pilot) == "files"
        await pilot.press("enter")
        await settle(pilot)
        assert (directory / name).read_text() == edited, "Enter alone is a no"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: is_asked(pilot), "the question")
        await pilot.press(*answer.split())
        await settle(pilot)
        if answer == "escape":
            assert step(pilot) == "review"
            assert (directory / name).read_text() == edited
        else:
            await until(pilot, lambda: step(pilot) == "run", "the run screen")
            assert (directory / name).read_text() == stack_files()[name]
        assert (directory / "notes.txt").read_text() == "mine"


async def test_a_value_changed_under_the_wizard_is_asked_about(directory: Path) -> None:
    put(directory, stack_files(service__desired_count="3"))
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "changed" in live(pilot), "the comparison")
        put(directory, stack_files(service__desired_count="4"))
        await pilot.press("w")
        await until(pilot, lambda: is_asked(pilot), "the question")
        said = "\n".join(str(it.content) for it in pilot.app.screen.query(Static))
        assert "service.desired_count: 4 → 1" in said
        await pilot.press("escape")
        await settle(pilot)
        assert (directory / "terraform.tfvars").read_text() == (
            stack_files(service__desired_count="4")["terraform.tfvars"]
        )


async def test_a_hand_edit_that_can_stay_stays(directory: Path) -> None:
    old = stack_files(service__desired_count="3")
    edited = old["service.tf"].replace("{", "{ # mine\n", 1)
    put(directory, {**old, "service.tf": edited})
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "changed" in live(pilot), "the comparison")
        await pilot.press("w")
        await until(pilot, lambda: "No changes to write" in live(pilot), "the write")
        assert "# mine" in (directory / "service.tf").read_text()
        written = (directory / "terraform.tfvars").read_text()
        assert written == stack_files()["terraform.tfvars"]


async def test_the_difference_of_a_file_is_whole(directory: Path) -> None:
    # One manual change that the write loses, one that it keeps, and a changed answer.
    old = stack_files(service__desired_count="3")
    lost = old["service.tf"].replace("= var.desired_count", "= 9")
    put(directory, {**old, "service.tf": "# ours\n" + lost})
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "1 edited by hand" in live(pilot), "the comparison")
        await pilot.press("3", "home")
        await settle(pilot)
        files = review(pilot).query_one(FilesPage)
        shown = {}
        for _place in files.files:
            shown[files._shown] = files.text
            await pilot.press("down")
            await settle(pilot)
        # A line longer than the page continues on the next row.
        service = shown["service.tf"].replace("\n", "")
        assert "= 9" in service and "= var.desired_count" in service
        assert "-# ours" not in service
        tfvars = [line.split() for line in shown["terraform.tfvars"].splitlines()]
        assert ["-desired_count", "=", "3"] in tfvars
        assert any(line[:1] == ["+desired_count"] for line in tfvars)


async def test_an_unfinished_write_of_another_is_asked_about(directory: Path) -> None:
    put(directory, stack_files(service__desired_count="3"))
    (directory / STAGE).mkdir()
    (directory / STAGE / COMMIT).write_bytes(encode({"iam.tf": Move(None, None)}))
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "changed" in live(pilot), "the comparison")
        await pilot.press("w")
        await until(pilot, lambda: is_asked(pilot), "the question")
        await pilot.press("escape")
        await settle(pilot)
        assert (directory / STAGE / COMMIT).exists(), "kept without a yes"
        await pilot.press("w")
        await until(pilot, lambda: is_asked(pilot), "the question")
        await pilot.press("y")
        await until(pilot, lambda: "No changes to write" in live(pilot), "the write")
        assert not (directory / STAGE).exists()
        written = (directory / "terraform.tfvars").read_text()
        assert written == stack_files()["terraform.tfvars"]


async def test_an_unwritable_directory_says_so(directory: Path) -> None:
    directory.write_text("a file")
    async with on_review(directory) as pilot:
        await until(pilot, lambda: "is not a directory" in live(pilot), "the sentence")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "review" and "is not a directory" in live(pilot)


async def test_nothing_is_written_under_a_live_run(directory: Path) -> None:
    stage(directory, RunStatus.APPLYING, PLAN[:PLAN_ENDS])
    async with on_review(directory) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "A run of ada is active in this directory" in live(pilot), "it")
        assert not list(directory.glob("*.tf"))


async def test_decisions_mark_what_was_chosen(directory: Path) -> None:
    async with on_review(directory, task__container_port="9000") as pilot:
        await pilot.press("4")
        rows = {
            row.id: row for row in review(pilot).query_one("#decisions", ChoiceList).choices.rows
        }
        assert rows["task.container_port"].cells == ("•", "Container port", "9000")
        assert rows["task.gpus"].cells[0] == "" and rows["task.gpus"].cells[2].startswith("1")
        assert "load_balancer.certificate_arn" not in rows, "it doesn't count with HTTP"
        await pilot.press("enter")
        await settle(pilot)
        assert step(pilot) == "account"


async def test_the_tabs_count_what_is_wrong(directory: Path) -> None:
    async with on_review(directory, task__memory="15742") as pilot:
        tabs = line_of(review(pilot).query_one(TabLine))
        assert "2 Findings 2" in tabs, "too much for the instance, and no room for an update"


async def test_typed_text_is_never_markup(directory: Path) -> None:
    nasty = 'A=[bold]${x} %{if} [/]\\ "q" 日本'
    async with on_review(directory, task__environment=nasty) as pilot:
        await pilot.press("3", "home")
        await settle(pilot)
        files = review(pilot).query_one(FilesPage)
        while files._list.row is not None and files._list.row.id != "task.tf":
            await pilot.press("down")
        assert "[bold]$${x} %%{if} [/]" in files.text
        await pilot.press("4")
        rows = {
            row.id: row for row in review(pilot).query_one("#decisions", ChoiceList).choices.rows
        }
        assert rows["task.environment"].cells[2] == nasty


async def test_what_no_check_covers_has_a_page(directory: Path) -> None:
    async with on_review(directory) as pilot:
        found = wizard(pilot)
        reading = Unknown("ec2:DescribeKeyPairs", "not allowed to call it", "")
        assert found.account.facts is not None
        found.account.facts = replace(found.account.facts, key_pairs=reading)
        found.unread = (
            Unread("lb.tf", 3, "aws_lb.this.idle_timeout", "comes from a module"),
            Unread("lb.tf", 9, "aws_lb.this.enable_http2", "is kept", is_followed=True),
        )
        found.check()
        review(pilot).changed()
        await pilot.press("7")
        assert page(pilot) == "unchecked"
        text = review(pilot).query_one(UncheckedPage).text
        for part in (
            "ec2:DescribeKeyPairs: not allowed to call it",
            "lb.tf:3: aws_lb.this.idle_timeout comes from a module.",
            "lb.tf:9: aws_lb.this.enable_http2 is kept.",
            "Not included in the cost",
            "The content of the image",
        ):
            assert part in text
        assert "demo account" not in text
        line = line_of(review(pilot).query_one(TabLine))
        assert line.rstrip().endswith("7 Unchecked")
        await pilot.press("left", "left")
        assert page(pilot) == "fit"


async def test_no_findings_mean_nothing_before_the_checks_have_run(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, held = WizardApp._check, list[WizardApp]()

    def hold(app: WizardApp) -> None:
        held.append(app)

    monkeypatch.setattr(WizardApp, "_check", hold)
    async with on_review(directory) as pilot:
        tabs = review(pilot).query_one(TabLine).render()
        assert "Findings …" in str(tabs) and "✓" not in str(tabs)
        await pilot.press("2")
        prompt = review(pilot).query_one(FindingsPage).get_option_at_index(0).prompt
        assert str(prompt) == "Checking …"
        assert held
        assert isinstance(pilot.app, WizardApp)
        check(pilot.app)
        await settle(pilot)
        assert "Findings …" not in str(review(pilot).query_one(TabLine).render())
