"""Texts of a form and the decisions that follow; the layout of the form."""

from __future__ import annotations

from collections import Counter

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.widgets.form.layout import LAYOUT, keys_of, step_of
from gpuecs_tui.widgets.step.steps import IDS
from gpuecs_tui.wizard.decisions import FORM_KEYS, decide, explicit_texts, placeholder, text_of
from tests.support.screens.whole_texts import WHOLE


def test_every_key_stands_on_exactly_one_step() -> None:
    placed = Counter(key for step in LAYOUT for key in keys_of(step))
    assert placed == Counter(list(FORM_KEYS))
    assert set(LAYOUT) < set(IDS)
    assert step_of("task.memory") == "task"


def test_whole_texts_have_no_problem() -> None:
    decisions = decide(WHOLE, catalogue.find)
    assert not decisions.problems and not decisions.missing
    assert decisions.resolved.stack.task.memory == 15155


def test_nothing_typed_is_only_missing() -> None:
    decisions = decide({}, catalogue.find)
    assert not decisions.problems
    assert "stack.name" in decisions.missing and "task.cpu" in decisions.missing


def test_a_text_that_is_no_value_is_a_problem_and_no_answer() -> None:
    decisions = decide({**WHOLE, "task.gpus": "x"}, catalogue.find)
    assert decisions.problems == {"task.gpus": "must be a whole number"}
    assert decisions.resolved.stack.task.gpus == 1


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_field_means_the_default(text: str) -> None:
    decisions = decide({**WHOLE, "fleet.max_size": text, "task.memory": text}, catalogue.find)
    assert placeholder("fleet.max_size", decisions) == "2"
    assert placeholder("task.memory", decisions) == "15155"


def test_the_empty_text_of_a_filled_list_is_none() -> None:
    assert text_of("task.environment", {}) == "NVIDIA_DRIVER_CAPABILITIES=all"
    emptied = {**WHOLE, "service.ignore_changes": "", "task.environment": ""}
    stack = decide(emptied, catalogue.find).resolved.stack
    assert stack.service.ignore_changes == () and stack.task.environment == {}


def test_what_does_not_count_is_no_problem() -> None:
    http = {**WHOLE, "load_balancer.certificate_arn": "nonsense"}
    assert not decide(http, catalogue.find).problems
    https = {**http, "load_balancer.protocol": "HTTPS"}
    assert "load_balancer.certificate_arn" in decide(https, catalogue.find).problems


def test_a_stack_becomes_texts_and_the_same_stack_again() -> None:
    stack = decide({**WHOLE, "fleet.max_size": "7"}, catalogue.find).resolved.stack
    texts = explicit_texts(stack, catalogue.find)
    assert texts["fleet.max_size"] == "7" and "task.memory" not in texts
    assert decide(texts, catalogue.find).resolved.stack == stack
