"""The answers file: it is read strictly, and errors name the line and the closest key."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.answers import AnswersError, dump_answers, load_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS

MINIMAL = """
[stack]
name = "llm"
region = "us-east-1"
[network]
vpc_id = "vpc-12345678"
instance_subnet_ids = ["subnet-12345678", "subnet-87654321"]
[fleet]
instance_type = "g4dn.xlarge"
[task]
image = "vllm/vllm-openai:v0.9"
"""


def test_reads_by_dotted_key() -> None:
    answers = load_answers(MINIMAL)
    assert answers["stack.name"] == "llm"
    assert answers["network.instance_subnet_ids"] == ("subnet-12345678", "subnet-87654321")


def test_what_is_written_reads_back() -> None:
    nasty: dict[str, Value] = {
        "task.environment": {"A": '${x} %{ if } "q" \\ \n \t 日本 🚀', "B": ""},
        "task.command": ("a b", "a b", ""),
        "fleet.min_size": 0,
        "service.rollback": False,
    }
    assert load_answers(dump_answers(nasty)) == nasty


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            '[stack]\nnam = "x"',
            2,
            "stack.nam is not a key of a stack; the closest key is stack.name",
        ),
        ("[fleet]\n\n# note\nmin_sise = 3", 4, "the closest key is fleet.min_size"),
        ("[flet]\nmin_size = 3", 1, "flet is not a key of a stack; the closest key is fleet"),
        ('[fleet]\nmin_size = "3"', 2, "fleet.min_size must be a whole number"),
        ("[fleet]\nmin_size = true", 2, "fleet.min_size must be a whole number"),
        ("[fleet]\nmin_size = -1", 2, "fleet.min_size must be between 0 and 5000"),
        ("[fleet]\nroot_volume_gib = 10", 2, "must be between 30 and 16384, or 0"),
        ('[service]\nrollback = "yes"', 2, "service.rollback must be true or false"),
        ('[task]\ncapabilities = ["SYS_ADMINN"]', 2, "task.capabilities SYS_ADMINN: must be one"),
        ("[task.environment]\nA = 1", 1, "task.environment must be a table of strings"),
        ('[network]\nvpc_id = "vpc-zz"', 2, "network.vpc_id must be a VPC ID"),
        ('fleet.ami = "al3"', 1, "fleet.ami must be al2023, bottlerocket, or an AMI ID"),
        ("fleet = 3", 1, "fleet must be a table"),
        ("[fleet]\nmin_size = 1\nmin_size = 2", 3, "not valid TOML"),
        ("[fleet\n", 1, "not valid TOML"),
    ],
)
def test_an_error_names_key_and_line(text: str, line: int, words: str) -> None:
    with pytest.raises(AnswersError) as caught:
        load_answers(text)
    assert words in str(caught.value)
    assert caught.value.line == line


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    text = '\ufeff[fleet]\r\nmin_size = 1\r\nmax_size = "3"\r\n'
    with pytest.raises(AnswersError, match=r"fleet\.max_size must be a whole number") as caught:
        load_answers(text)
    assert caught.value.line == 3
    assert load_answers(text.replace('"3"', "3")) == {"fleet.min_size": 1, "fleet.max_size": 3}


@pytest.mark.parametrize("key", KEYS)
def test_every_default_is_a_value_and_can_be_typed(key: str) -> None:
    declaration = KEYS[key]
    if declaration.default is not None:
        assert declaration.problem(declaration.default) == ""
        assert declaration.parse(declaration.unparse(declaration.default)) == declaration.default
