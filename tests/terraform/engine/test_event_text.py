import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.engine.event_text import RESET, escape_controls_but_colours, log_lines
from gpuecs_tui.terraform.engine.events import Decoder
from tests.support.terraform.fake_engine import event, stream

SGR = re.compile(r"\x1b\[[0-9;:]*m")


def plain(*lines: str) -> list[str]:
    decoder = Decoder()
    return [SGR.sub("", shown.text) for line in lines for shown in log_lines(decoder.decode(line))]


def test_a_plan_as_people_read_it() -> None:
    shown = plain(*stream("plan-change"))
    assert shown[0] == "Terraform 1.11.4"
    assert "  -/+ aws_ecs_task_definition.app must be replaced (cannot update)" in shown
    assert "    ~ aws_launch_template.gpu will be updated in-place" in shown
    assert shown[-1] == "Plan: 1 to add, 3 to change, 1 to destroy."
    # Neither drift nor the values of data sources: they would be noise in every plan.
    assert not any("Drift" in line or "data." in line for line in shown)


def test_an_apply_as_people_read_it() -> None:
    shown = plain(*stream("apply-change"))
    assert "aws_ecs_task_definition.app: Destroying... [id=gpuapp]" in shown
    assert "Apply complete! Resources: 1 added, 3 changed, 1 destroyed." in shown
    assert shown[shown.index("Outputs:") + 2] == 'account = "123456789012"'


def test_outputs_hide_what_is_sensitive() -> None:
    values = {"a": {"sensitive": True, "type": "string"}, "b": {"sensitive": False, "value": [1]}}
    shown = plain(event(type="outputs", outputs=values))
    assert shown[-2:] == ["a = <sensitive>", "b = [1]"]
    planned = {"a": {"sensitive": False, "action": "create"}}
    assert plain(event(type="outputs", outputs=planned)) == []


def test_an_error_stands_in_a_box() -> None:
    assert plain(stream("error-plan-config")[-1]) == [
        "╷",
        "│ Error: Unsupported argument",
        "│ ",
        '│   on bad.tf line 1, in resource "aws_sns_topic" "bad":',
        '│    1: resource "aws_sns_topic" "bad" { nme = "x" }',
        "│ ",
        '│ An argument named "nme" is not expected here. Did you mean "name"?',
        "╵",
    ]


def test_an_error_of_a_resource_names_it() -> None:
    shown = plain(*stream("fault-fden"))
    assert "│   with aws_cloudwatch_log_group.slow," in shown
    assert any("is not authorized to perform: logs:CreateLogGroup" in line for line in shown)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain [brackets] é 日本", "plain [brackets] é 日本"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[1;38:5:4mleft open", "\x1b[1;38:5:4mleft open" + RESET),
        ("\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
        ("tab\tstays, bell\a and CR\r not", "tab\tstays, bell␇ and CR␍ not"),
        ("c1 \x9b31m", "c1 \\u009b31m"),
        ("del \x7f", "del ␡"),
        ("no text \udcff", "no text \\udcff"),
        ("turned \u202egnp.exe", "turned \\u202egnp.exe"),
    ],
)
def test_only_colours_act_on_the_terminal(given_text: str, shown: str) -> None:
    assert escape_controls_but_colours(given_text) == shown


@given(st.text())
def test_nothing_else_ever_does(text: str) -> None:
    rest = SGR.sub("", escape_controls_but_colours(text))
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", rest)


def test_a_message_of_several_lines_becomes_several() -> None:
    assert plain(event(type="log", **{"@message": "\nInterrupt received.\nPlease wait\n"})) == [
        "",
        "Interrupt received.",
        "Please wait",
    ]
