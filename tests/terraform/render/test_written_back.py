"""Render and read are inverse to each other, for every valid stack."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.base.own_files import OWN_FILES
from gpuecs_tui.terraform.hcl.literals import list_of, map_of, quote
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import Items, Literal, Pairs
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.strategies import stacks, texts

EXAMPLES = 100
# Generating a stack takes many small steps; with a value for every key, it is slow.
HEALTH = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HEALTH)
@given(stacks())
def test_a_stack_is_read_back_as_it_was(stack: Stack) -> None:
    files = render(stack)
    found = read_back(files)
    assert found.problems == ()
    assert found.unread == ()
    assert found.stack == stack
    assert found.edits == ()
    assert set(files) <= set(OWN_FILES)


@given(texts(400))
def test_any_text_survives_quoting(text: str) -> None:
    quoted = quote(text)
    assert "\n" not in quoted
    assert parse(f"x = {quoted}", "x.tf").attributes["x"].value == Literal(text)


@given(st.lists(texts()), st.dictionaries(texts(), texts()))
@example([], dict.fromkeys(("for", "in", "if", "else", "endif", "endfor", "null", "true"), ""))
def test_lists_and_maps_keep_their_order(items: list[str], pairs: dict[str, str]) -> None:
    body = parse(f"a = {list_of(items)}\nb = {map_of(pairs)}\n", "x.tf")
    assert body.attributes["a"].value == Items(tuple(map(Literal, items)))
    assert body.attributes["b"].value == Pairs(
        tuple((Literal(key), Literal(value)) for key, value in pairs.items())
    )
