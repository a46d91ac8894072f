"""Through all forms with keys only."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from gpuecs_tui.app import WizardApp
from gpuecs_tui.assessment.own import Own
from gpuecs_tui.aws.network_facts import VpcEndpoint
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.widgets.base.too_small import TooSmall
from gpuecs_tui.widgets.form.editor import EditorScreen
from gpuecs_tui.widgets.form.view import Form
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.step.findings_screen import FindingsScreen
from gpuecs_tui.widgets.step.help import HelpScreen
from gpuecs_tui.widgets.step.help_bar import HelpBar, Wrapped
from gpuecs_tui.widgets.step.menu import StepMenu
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.drafts import Draft
from tests.support import fakes
from tests.support.screens.driving import Open, settle, type_text, until
from tests.support.screens.form_screens import (
    REFUSED,
    begin,
    field,
    focused_key,
    go_to,
    shown,
    step,
    wizard,
)


async def test_the_whole_way_by_keys(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        assert step(pilot) == "account"
        await pilot.press("tab", "enter")
        await type_text(pilot, "us-e")
        await pilot.press("enter", "tab")
        await type_text(pilot, "llama")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "network"
        await pilot.press("enter")
        await pilot.pause()
        await type_text(pilot, "prod")
        await pilot.press("enter", "tab", "enter")
        await pilot.pause()
        # One private subnet per zone is suggested; the third one is removed.
        await type_text(pilot, "private")
        await pilot.press("end", "space", "enter", "ctrl+n")
        await settle(pilot)
        assert step(pilot) == "fleet"
        await pilot.press("enter")
        await pilot.pause()
        await type_text(pilot, "g5.x")
        await pilot.press("enter", "ctrl+n")
        await settle(pilot)
        assert step(pilot) == "task"
        await pilot.press("enter", "enter")
        await settle(pilot)
        await pilot.press("enter", "ctrl+n")
        await settle(pilot)
        assert step(pilot) == "load_balancer"
        answers = wizard(pilot).decisions.answers
        assert answers["stack.region"] == "us-east-1"
        assert answers["stack.name"] == "llama"
        assert answers["network.vpc_id"] == fakes.VPC
        assert answers["network.instance_subnet_ids"] == (fakes.SUBNETS[0], fakes.SUBNETS[2])
        assert answers["fleet.instance_type"] == "g5.xlarge"
        assert answers["task.image"] == f"{fakes.REPOSITORY}:v1"
        assert not wizard(pilot).decisions.problems and not wizard(pilot).decisions.missing


async def test_every_key_press_is_in_the_draft(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        await pilot.press("tab", "tab")
        await type_text(pilot, "Not a name")
        wizard(pilot).flush()
        found = drafts.load(wizard(pilot).options.directory)
        assert found is not None
        assert found.texts["stack.name"] == "Not a name" and found.step == "account"
    async with open_wizard() as pilot:
        menu = pilot.app.screen.query_one(ChoiceList)
        assert [row.id for row in menu.choices.rows] == ["draft", "new"]
        await pilot.press("enter")
        await settle(pilot)
        assert step(pilot) == "account"
        assert "must start with a letter" in shown(pilot, "stack.name")


async def test_starting_afresh_keeps_the_old_draft(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        directory = wizard(pilot).options.directory
        drafts.save(directory, Draft({"stack.name": "old"}, "account"))
        await pilot.press("enter")
    async with open_wizard() as pilot:
        await pilot.press("end", "enter")
        await settle(pilot)
        assert wizard(pilot).stack_name == "llama" and "stack.name" in wizard(pilot).suggested
    kept = list(drafts.draft_path(directory).parent.glob("*.aside-*"))
    assert any('"old"' in path.read_text() for path in kept)


async def test_next_is_refused_for_errors_with_the_cursor_on_the_first(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        await pilot.press("tab", "tab", "backspace", "ctrl+n")
        await settle(pilot)
        assert step(pilot) == "account"
        assert focused_key(pilot) == "stack.region"
        assert "is required" in shown(pilot, "stack.name")
        said = pilot.app.screen.query_one(HelpBar).render()
        assert "Fix 2 fields to continue" in said.plain


async def test_back_and_forth_loses_neither_text_nor_place(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await pilot.press("down")
        await type_text(pilot, "x")
        await pilot.press("ctrl+p")
        await settle(pilot)
        assert step(pilot) == "fleet"
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert focused_key(pilot) == "task.container_port"
        control = field(pilot, "task.container_port").control
        assert isinstance(control, Input) and control.value == "x"


async def test_a_visited_step_is_reached_by_its_number(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await pilot.press("ctrl+t")
        assert isinstance(pilot.app.screen, StepMenu)
        await pilot.press("8")
        assert isinstance(pilot.app.screen, StepMenu)
        await pilot.press("3")
        await settle(pilot)
        assert step(pilot) == "network"


async def test_what_does_not_count_is_hidden(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "load_balancer")
        assert not field(pilot, "load_balancer.certificate_arn").display
        await pilot.press("down", "right")
        await settle(pilot)
        assert wizard(pilot).decisions.answers["load_balancer.protocol"] == "HTTPS"
        assert field(pilot, "load_balancer.certificate_arn").display


async def test_a_derived_default_follows(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        control = field(pilot, "task.memory").control
        assert isinstance(control, Input) and control.placeholder == "15155 (default)"
        wizard(pilot).put("fleet.instance_type", "g5.12xlarge")
        pilot.app.screen.changed()  # type: ignore[attr-defined]  # a StepScreen's
        assert control.placeholder != "15155 (default)"


async def test_a_finding_stands_at_its_field_and_is_mended_by_a_key(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task", task__memory="15742")
        await until(pilot, lambda: "15742" in shown(pilot, "task.memory"))
        for _press in range(6):
            await pilot.press("down")
        assert focused_key(pilot) == "task.memory"
        await pilot.press("ctrl+s")
        assert wizard(pilot).text("task.memory") == "15155"
        await until(pilot, lambda: "15742" not in shown(pilot, "task.memory"))


async def test_the_findings_lead_to_the_field_of_another_step(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "account", task__memory="15742")
        await until(pilot, lambda: bool(wizard(pilot).findings))
        await pilot.press("ctrl+l")
        assert isinstance(pilot.app.screen, FindingsScreen)
        await pilot.press("enter")
        await settle(pilot)
        assert (step(pilot), focused_key(pilot)) == ("task", "task.memory")


async def test_a_folded_section_opens_for_its_error(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet", fleet__target_capacity="0")
        form = pilot.app.screen.query_one(Form)
        assert form.field("fleet.target_capacity") is None
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert focused_key(pilot) == "fleet.target_capacity"


@pytest.mark.parametrize(("typed", "told"), [("3", True), ("three", False), ("-4", False)])
async def test_an_invalid_count_makes_no_claim(open_wizard: Open, typed: str, told: bool) -> None:
    async with open_wizard() as pilot:
        sizes = {"task__cpu": "1024", "task__memory": "4096"}
        await go_to(pilot, "fleet", service__desired_count=typed, **sizes)
        live = pilot.app.screen.query_one("#live", Wrapped).render().plain
        assert "task fits" in live and ("Desired:" in live) == told, live


async def test_the_live_line_says_what_fits(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task", task__memory="999999")
        live = pilot.app.screen.query_one("#live", Wrapped)
        assert live.render().plain == (
            "✗ No task fits on one g4dn.xlarge: not enough memory.\nPrice unknown: not loaded yet."
        )
        await go_to(pilot, "load_balancer", health_check__interval_seconds="10")
        live = pilot.app.screen.query_one("#live", Wrapped)
        assert (
            "healthy 50 s" in live.render().plain
            and "deregistered after 82 s" in live.render().plain
        )


async def test_a_list_that_may_not_be_read_says_so_and_ids_can_be_typed(
    open_wizard: Open,
) -> None:
    async with open_wizard(account=fakes.facts(vpcs=REFUSED)) as pilot:
        await go_to(pilot, "network", network__vpc_id="")
        assert "Unknown: not allowed to call ec2:DescribeVpcs" in " ".join(
            shown(pilot, "network.vpc_id").split()
        )
        await type_text(pilot, "vpc-0123456789abcdef0")
        assert wizard(pilot).decisions.answers["network.vpc_id"] == "vpc-0123456789abcdef0"


async def test_names_are_shown_as_they_are(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "network", network__vpc_id="")
        await pilot.press("enter")
        await settle(pilot)
        rows = pilot.app.screen.query_one(ChoiceList)
        assert "ml [prod] 基盤 🚀" in rows.render_line(0).text
        assert "␛[31mred" in rows.render_line(1).text
        assert rows.render_line(0).cell_length == rows.render_line(1).cell_length


async def test_several_are_marked_with_space_and_none_is_a_choice(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "network")
        screen = pilot.app.screen
        screen.open_list("network.instance_security_group_ids")  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("space", "enter")
        await pilot.pause()
        assert wizard(pilot).text("network.instance_security_group_ids") == fakes.GROUP
        screen.open_list("network.instance_security_group_ids", fakes.GROUP)  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("space", "enter")
        await pilot.pause()
        assert wizard(pilot).text("network.instance_security_group_ids") == ""


async def test_endpoints_out_of_reach_stand_first_and_are_one_key_away(
    open_wizard: Open,
) -> None:
    there = VpcEndpoint("vpce-1", fakes.VPC, "logs", "Interface", (), True)
    account = fakes.facts(route_tables=fakes.known(()), vpc_endpoints=fakes.known((there,)))
    image = f"{fakes.REPOSITORY}:v1"
    async with open_wizard(account=account) as pilot:
        await go_to(pilot, "network", task__image=image)
        screen = pilot.app.screen
        screen.open_list("network.vpc_endpoints")  # type: ignore[attr-defined]
        await pilot.pause()
        rows = pilot.app.screen.query_one(ChoiceList)
        drawn = [rows.render_line(line).text.strip() for line in range(rows.size.height)]
        drawn = [line for line in drawn if line]
        assert drawn[0] == "Not reachable from the instance subnets"
        assert drawn.index("Others") == 7
        assert not any(" logs " in line for line in drawn[:7])
        await pilot.press("escape")
        field(pilot, "network.instance_subnet_ids").control.focus()
        await pilot.press("ctrl+s")
        await pilot.pause()
        chosen = wizard(pilot).text("network.vpc_endpoints")
        assert chosen == "ecs, ecs-agent, ecs-telemetry, ecr.api, ecr.dkr, s3"
        assert wizard(pilot).is_error("network.instance_subnet_ids") is False


async def test_what_cannot_be_chosen_says_why(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet", fleet__instance_type="")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("end", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Picker)
        assert "arm64" in pilot.app.screen.query_one("#detail").render().plain  # type: ignore[union-attr]
        await pilot.press("escape")
        assert wizard(pilot).text("fleet.instance_type") == ""


async def test_a_table_is_edited_and_kept_while_typing(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, EditorScreen)
        await pilot.press("enter", "A", "b")
        await pilot.pause()
        assert wizard(pilot).text("task.environment").endswith("\nAb")
        assert (
            "must have the form name=value" in wizard(pilot).decisions.problems["task.environment"]
        )
        pilot.app.post_message(events.Paste("\nB=1\nC=2"))
        await pilot.pause()
        assert wizard(pilot).text("task.environment").endswith("\nAb\nB=1\nC=2")
        await pilot.press("ctrl+z")
        assert wizard(pilot).text("task.environment").endswith("\nAb")
        await pilot.press("escape")
        assert step(pilot) == "task"


async def test_an_account_that_cannot_be_read_says_what_mends_it(open_wizard: Open) -> None:
    problem = ("The SSO session has ended.", "Run: aws sso login --profile ada")
    async with open_wizard(problem=problem) as pilot:
        await begin(pilot)
        text = pilot.app.screen.query_one("#who").render().plain  # type: ignore[union-attr]
        assert "The SSO session has ended." in text and "aws sso login --profile ada" in text
        app = pilot.app
        assert isinstance(app, WizardApp) and isinstance(app.feed, fakes.FakeFeed)
        app.feed.problem = None
        await pilot.press("ctrl+r")
        await settle(pilot)
        text = app.screen.query_one("#who").render().plain  # type: ignore[union-attr]
        assert fakes.IDENTITY.arn in text


async def test_another_region_is_read_once_it_is_typed(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        await pilot.press("tab")
        await type_text(pilot, "eu-west-1")
        app = pilot.app
        assert isinstance(app, WizardApp) and isinstance(app.feed, fakes.FakeFeed)
        feed = app.feed
        await until(pilot, lambda: feed.started[-1] == ("ada", "eu-west-1"))
        assert not any(region in {"eu", "eu-west"} for _profile, region in app.feed.started)


@pytest.mark.parametrize("key", ["f1", "ctrl+g", "question_mark"])
async def test_help_is_a_key_away(open_wizard: Open, key: str) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "load_balancer")
        await pilot.press(key)
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        assert step(pilot) == "load_balancer"


@pytest.mark.parametrize("text", ["", "suggested"])
async def test_a_question_mark_before_anything_is_typed_explains_the_screen(
    open_wizard: Open, text: str
) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        if text:
            await pilot.press("tab", "tab")
            assert focused_key(pilot) == "stack.name" and wizard(pilot).stack_name == "llama"
        before = dict(wizard(pilot).texts)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert wizard(pilot).texts == before


async def test_the_help_line_says_the_default_and_not_what_is_typed(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task", service__desired_count="7", fleet__max_size="")
        screen = pilot.app.screen
        assert isinstance(screen, StepScreen)
        field(pilot, "service.desired_count").control.focus()
        await pilot.pause()
        assert "default 1" in screen.focus_help().plain
        await go_to(pilot, "fleet", service__desired_count="3", fleet__max_size="9")
        field(pilot, "fleet.max_size").control.focus()
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, StepScreen)
        # Twice the tasks for a rolling update; each g4dn.xlarge has room for one.
        assert "default 6" in screen.focus_help().plain


async def test_what_is_unread_has_no_default(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task", service__desired_count="7")
        assert wizard(pilot).default_text("service.desired_count") == "1"
        unread = Unread("service.tf", 3, "aws_ecs_service.this", "x", ("service.desired_count",))
        wizard(pilot).unread = (unread,)
        assert wizard(pilot).default_text("service.desired_count") == ""


async def test_a_question_mark_can_be_typed(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await pilot.press("question_mark")
        assert wizard(pilot).text("task.image").endswith("?")


async def test_a_field_takes_one_line_whole_or_nothing(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        image = wizard(pilot).text("task.image")

        def said() -> str:
            return pilot.app.screen.query_one(HelpBar).render().plain

        async def paste(text: str) -> str:
            pilot.app.post_message(events.Paste(text))
            await pilot.pause()
            return said() if isinstance(pilot.app.screen, StepScreen) else ""

        assert await paste("-a\r-b\r-c") == "Could not paste 3 lines: this field takes one line."
        assert wizard(pilot).text("task.image") == image
        assert "Could not" not in await paste("-cuda\r\n")
        assert wizard(pilot).text("task.image") == f"{image}-cuda"
        pilot.app.copy_to_clipboard("x\ny")
        await pilot.press("ctrl+v")
        await pilot.pause()
        assert "Could not paste 2 lines" in said()
        assert wizard(pilot).text("task.image") == f"{image}-cuda"
        await pilot.press("ctrl+c")
        assert "Press Ctrl+Q to quit." in said()
        # The test has no shell with job control.
        await pilot.press("ctrl+z")
        assert said().startswith("Could not suspend: no shell with job control")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Picker)
        await paste("a\nb")
        assert pilot.app.screen.query_one(ChoiceList).wanted == ""


async def test_too_small_a_terminal_says_so_and_comes_back(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        await pilot.resize_terminal(79, 24)
        await pilot.pause()
        assert isinstance(pilot.app.screen, TooSmall)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert (step(pilot), focused_key(pilot)) == ("task", "task.image")


async def test_the_palette_offers_the_steps(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task")
        titles = [it.title for it in pilot.app.get_system_commands(pilot.app.screen)]
        assert "Go to: Network" in titles and "Go to: Run" not in titles
        assert "Plan a destroy" not in titles
        wizard(pilot).visited = (*wizard(pilot).visited, "run")
        titles = [it.title for it in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"Plan the changes", "Plan a destroy", "Go to: Run"} <= set(titles)
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert pilot.app.screen is not pilot.app.screen_stack[-2]


async def test_leaving_keeps_the_draft(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await begin(pilot)
        await pilot.press("tab", "tab", "z", "ctrl+q")
        directory = wizard(pilot).options.directory
    found = drafts.load(directory)
    assert found is not None and found.texts["stack.name"] == "z"


async def test_what_it_means_that_a_new_image_is_deployed_elsewhere(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "task", service__ignore_changes="desired_count")
        form = pilot.app.screen.query_one(Form)
        await form.reveal("service.ignore_changes")
        await settle(pilot)
        assert "Ignore changes" in shown(pilot, "service.ignore_changes")
        assert "outside Terraform" not in shown(pilot, "service.ignore_changes")
        tasks = " ".join(shown(pilot, "service.desired_count").split())
        assert "Terraform ignores this number once the service exists" in tasks
        assert "remove desired_count from Ignore changes" in tasks
        wizard(pilot).put("service.ignore_changes", "task_definition")
        pilot.app.screen.changed()  # type: ignore[attr-defined]  # a StepScreen's
        # Narrow terminals wrap the sentence.
        assert "outside Terraform" in " ".join(shown(pilot, "service.ignore_changes").split())
        assert "Terraform ignores" not in shown(pilot, "service.desired_count")
        assert wizard(pilot).findings_of("service.ignore_changes") == ()


async def test_a_provider_that_the_directory_asks_for_is_told(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "account")
        own = Own(provider="6.53.0", rollbacks={"aws_ecs_service.this": True})
        pilot.app.post_message(WizardApp.OwnedRead(own, 9))
        await until(pilot, lambda: "6.53.0" in shown(pilot, "stack.region"))


async def test_a_range_with_host_bits_is_put_right_by_one_key(open_wizard: Open) -> None:
    key = "network.ingress_cidrs"
    async with open_wizard() as pilot:
        wizard(pilot).focused["network"] = key
        await go_to(pilot, "network", network__ingress_cidrs="10.20.30.40/16")
        await until(pilot, lambda: "10.20.0.0/16" in shown(pilot, key))
        await pilot.press("ctrl+s")
        assert wizard(pilot).text(key) == "10.20.0.0/16"
        assert key not in wizard(pilot).decisions.problems


async def test_what_a_later_step_may_settle_holds_no_earlier_one(open_wizard: Open) -> None:
    """An internet-facing load balancer requires source addresses, which are on the previous
    step."""
    async with open_wizard() as pilot:
        await go_to(pilot, "network", load_balancer__internal="false")
        assert wizard(pilot).is_error("network.ingress_cidrs")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "fleet"
        await go_to(pilot, "network", network__ingress_cidrs="10.0.0.1/8")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "network"


async def test_what_the_account_lacks_holds_no_step(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet", fleet__key_name="in-no-account")
        await until(pilot, lambda: "in-no-account" in shown(pilot, "fleet.key_name"))
        await until(pilot, lambda: wizard(pilot).is_error("fleet.key_name"))
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "task"
        await go_to(pilot, "fleet", names__capacity_provider="ecs-mine")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "fleet"
