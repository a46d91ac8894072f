"""Terraform that is short but expensive to read: there is always a result, limited by counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.hcl import budget
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import Literal, ReadProblem, Reference
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read, read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made, put

DEEP = budget.NESTING_MAX + 1


def value_of(local: str, text: str) -> object:
    return load_configuration({"a.tf": f"locals {{\n{text}\n}}\n"}).scope.value(
        Reference(f"local.{local}")
    )


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * DEEP + "]" * DEEP,
        "a = " + "{ b = " * DEEP + "1" + " }" * DEEP,
        "a = " + '"${' * DEEP + "b" + '}"' * DEEP,
        "a = " + "f(" * DEEP + ")" * DEEP,
        "a {\n" * DEEP + "}\n" * DEEP,
        "a = " + "[" * 20_000 + "]" * 20_000,
    ],
    ids=["lists", "objects", "templates", "calls", "blocks", "very deep"],
)
def test_deep_nesting_is_one_sentence(text: str) -> None:
    with pytest.raises(
        ReadProblem, match=r"^x\.tf, line \d+: brackets are nested more than 100 levels"
    ):
        parse(text + "\n", "x.tf")


def test_nesting_that_people_write_is_read() -> None:
    assert parse("a = " + "[" * 20 + "]" * 20 + "\n", "x.tf").attributes.keys() == {"a"}


@pytest.mark.parametrize(
    "digits",
    ["9" * 5000, "9" * 101, "1e999999", "1." + "0" * 5000],
    ids=["5,000 digits", "101 digits", "infinite", "long fraction"],
)
def test_a_number_beyond_terraforms_own_is_unknown(digits: str) -> None:
    assert isinstance(value_of("n", f"n = {digits}"), UnknownValue)
    assert isinstance(value_of("n", f'n = tonumber("{digits}")'), UnknownValue)


def test_other_numbers_are_themselves() -> None:
    assert value_of("n", f"n = {'7' * 100}") == int("7" * 100)
    assert value_of("n", 'n = tonumber("12")') == 12
    assert value_of("n", "n = 1.5") == 1.5


def test_an_escape_that_names_no_character() -> None:
    value = parse('a = "\\U0001F600\\u00e9"\n', "x.tf").attributes["a"].value
    assert value == Literal("\U0001f600é")
    # Terraform rejects these: "Cannot encode character U+d800 in UTF-8".
    for escape in (r"\UFFFFFFFF", r"\ud800", r"\udfff"):
        with pytest.raises(ReadProblem, match="escape sequence that is not valid in HCL"):
            parse(f'a = "{escape}"\n', "x.tf")


def test_a_long_chain_of_names_is_unknown_and_a_short_one_is_known() -> None:
    chain = [f"l{i} = local.l{i + 1}" for i in range(3000)]
    assert isinstance(value_of("l0", "\n".join([*chain, "l3000 = 5"])), UnknownValue)
    assert value_of("l2960", "\n".join([*chain, "l3000 = 5"])) == 5


@pytest.mark.parametrize(
    "line",
    [
        "[{0}, {0}, {0}, {0}]",
        '"${{{0}}}${{{0}}}${{{0}}}"',
        "concat({0}, {0})",
        "{{ x = {0}, y = {0} }}",
    ],
)
def test_doubling_names_cost_a_counted_number_of_steps(line: str) -> None:
    first = "[1]" if "concat" in line else '"ha"'
    lines = [f"d{i} = {line.format(f'local.d{i - 1}')}" for i in range(1, 60)]
    scope = load_configuration(
        {"a.tf": "locals {\n" + "\n".join([f"d0 = {first}", *lines]) + "\n}\n"}
    ).scope
    assert isinstance(scope.value(Reference("local.d59")), UnknownValue)
    assert scope.budget._in_all <= budget.STEPS_MAX + 1
    assert not isinstance(scope.value(Reference("local.d3")), UnknownValue), (
        "others are still known"
    )


def test_all_values_together_are_bounded() -> None:
    lines = [f"d{i} = [local.d{i - 1}, local.d{i - 1}]" for i in range(1, 40)]
    scope = load_configuration(
        {"a.tf": "locals {\n" + "\n".join(["d0 = 1", *lines]) + "\n}\n"}
    ).scope
    for _again in range(1000):
        scope.value(Reference("local.d39"))
    assert scope.budget._in_all <= budget.STEPS_IN_ALL_MAX + budget.STEPS_MAX
    assert isinstance(scope.value(Literal(1)), UnknownValue)


def test_more_words_than_can_be_parsed_in_time_are_refused_before_parsing(tmp_path: Path) -> None:
    put(tmp_path, {"small.tf": "locals {}\n", "big.tf": "a {\n}\n" * 70_000})
    (refused,) = read(tmp_path).unread
    assert refused.file == "big.tf"
    assert refused.reason.startswith("could not be read (big.tf is too large: ")
    put(tmp_path, {"big.tf": f'locals {{\n  a = "{"x " * 500_000}"\n}}\n'})
    assert read(tmp_path).kind == "foreign", "a long text is one word"


def test_a_count_that_can_t_be_told_leaves_the_rest_of_the_stack(tmp_path: Path) -> None:
    files = render(made())
    files["terraform.tfvars"] = files["terraform.tfvars"].replace(
        "max_size      = 2", f"max_size      = {'2' * 5000}"
    )
    found = read_back(files)
    assert found.kind == "stack" and "fleet.max_size" not in found.answers
    assert found.answers["fleet.min_size"] == made().flat()["fleet.min_size"]
