"""Searching and filtering have the same results as a check of each line."""

from __future__ import annotations

import subprocess
import sys
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.log.filter import FilteredLog, LineFilter
from gpuecs_tui.widgets.log.level import AtLeast, level_of
from gpuecs_tui.widgets.log.regex import PatternError, RegexPattern
from gpuecs_tui.widgets.log.search import Matches, Pattern
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text

BACKTRACKS = r"(a|a)*$"
"""A pattern with exponentially many attempts on a line of a's that ends with another letter."""
LINES = st.lists(st.text(alphabet="aAbİ日. ", max_size=9), max_size=12)
LOG = """aws_lb.this: Creating...
╷
│ Warning: Deprecated
│
│   with aws_lb.this,
╵
aws_ecs_service.this: Creating...
╷
│ \x1b[31mError: \x1b[0mcreating [/aws/ecs]
│
│   with aws_ecs_service.this, on service.tf line 3
╵
2026 [ERROR] provider: refused
arn:aws:iam::1:role/errors
Apply complete!
"""


def store_of(text: str) -> LogStore:
    store = LogStore()
    store.feed(text.encode())
    return store


@given(LINES, st.text(alphabet="aAbİ日.", min_size=1, max_size=3), st.booleans())
def test_the_lines_that_match(lines: list[str], needle: str, regex: bool) -> None:
    store = store_of("".join(f"{line}\n" for line in lines))
    pattern = RegexPattern(needle) if regex else Pattern(needle)
    matches = Matches(pattern, store)
    while not matches.complete:
        matches.scan(1)
    expected = [at for at, line in enumerate(lines) if pattern.spans(line)]
    assert len(matches) == len(expected)
    found = [matches.neighbour(number, 1) for number in range(-1, len(lines))] if expected else []
    assert set(found) == set(expected)
    assert [matches.index(number) for number in expected] == list(range(len(expected)))


def test_case_counts_only_with_a_capital() -> None:
    assert Pattern("error").spans("ERROR error") == [(0, 5), (6, 11)]
    assert Pattern("Error").spans("ERROR Error") == [(6, 11)]
    assert Pattern("a.c").spans("abc a.c") == [(4, 7)]
    assert RegexPattern("a.c").spans("abc a.c") == [(0, 3), (4, 7)]


def test_a_bad_expression_is_one_sentence() -> None:
    for text in ("(", "(" * 3000):
        with pytest.raises(PatternError, match="Invalid regular expression"):
            RegexPattern(text)


def test_an_expression_that_backtracks_for_ever_is_given_up() -> None:
    store, began = store_of("Creating...\n" + "a" * 40 + "!\n"), thread_time()
    pattern = RegexPattern(BACKTRACKS)
    matches = Matches(pattern, store)
    matches.scan(1)
    assert pattern.too_slow and matches.complete
    # After that, drawing this line again costs nothing.
    assert all(pattern.spans("a" * 40 + "!") == [] for _time in range(100))
    drawn = RegexPattern(BACKTRACKS)
    assert drawn.spans("a" * 40 + "!") == [] and drawn.too_slow
    assert thread_time() - began < 1


def test_an_expression_slow_on_every_line_is_given_up_within_a_block() -> None:
    store, began = store_of(("a" * 12 + "!\n") * 900), thread_time()
    pattern = RegexPattern(BACKTRACKS)
    Matches(pattern, store).scan(0)
    assert pattern.too_slow and thread_time() - began < 1


def test_only_a_search_by_expression_waits_for_its_import() -> None:
    code = "import sys, gpuecs_tui.widgets.log.panel as it; sys.exit('regex' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_expression_never_reaches_over_a_line() -> None:
    store = store_of("ab\ncd\n")
    matches = Matches(RegexPattern(r"b\s*c"), store)
    matches.scan(1)
    assert len(matches) == 0


def test_next_and_previous_go_round_and_old_matches_go() -> None:
    store = LogStore(max_lines=100)
    store.feed(b"hit\nmiss\nhit\n")
    matches = Matches(Pattern("hit"), store)
    matches.scan(1)
    assert matches.neighbour(0, 1) == 2
    assert matches.neighbour(2, 1) == 0
    assert matches.neighbour(0, -1) == 2
    store.feed(b"miss\n" * 30_000)
    assert len(matches) == 0
    assert matches.neighbour(0, 1) is None


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("│ Error: creating", Level.ERROR),
        ("Error: creating", Level.ERROR),
        ("2026 [ERROR] x", Level.ERROR),
        ('{"@level":"error"}', Level.ERROR),
        ("aws_lb.this: Creation errored after 5s", Level.ERROR),
        ("│ Warning: old", Level.WARNING),
        ("[WARN] x", Level.WARNING),
        ("arn:aws:iam::1:role/errors", Level.INFO),
        ("0 errors found", Level.INFO),
        ("Warnings are shown", Level.INFO),
    ],
)
def test_levels(line: str, level: Level) -> None:
    assert level_of(line) is level
    found = list(AtLeast(Level.WARNING, store_of(f"{line}\n")).lines(0, f"{line}\n".encode()))
    assert bool(found) == (level >= Level.WARNING)


def filtered(line_filter: LineFilter, *chunks: str) -> list[str]:
    store = LogStore()
    log = FilteredLog(store, line_filter)
    for chunk in chunks:
        store.feed(chunk.encode())
        log.scan(1)
    return [plain_text(log.store.line(n)) for n in range(log.store.first, log.store.end)]


def test_a_box_is_shown_whole_or_not_at_all() -> None:
    errors = filtered(LineFilter(Level.ERROR), LOG)
    assert errors[0] == "╷"
    assert errors[1] == "│ Error: creating [/aws/ecs]"
    assert errors[-1] == "2026 [ERROR] provider: refused"
    assert len(errors) == 6
    assert len(filtered(LineFilter(Level.WARNING), LOG)) == 11


def test_lines_and_boxes_of_one_resource() -> None:
    shown = filtered(LineFilter(text="aws_ecs_service.this"), LOG)
    assert shown[0] == "aws_ecs_service.this: Creating..."
    assert "│ Error: creating [/aws/ecs]" in shown
    assert len(shown) == 6
    assert filtered(LineFilter(Level.ERROR, "aws_lb"), LOG) == []


@pytest.mark.parametrize("cut", range(0, len(LOG), 7))
def test_a_box_may_arrive_in_pieces(cut: int) -> None:
    whole = filtered(LineFilter(Level.ERROR), LOG)
    assert filtered(LineFilter(Level.ERROR), LOG[:cut], LOG[cut:]) == whole


def test_a_box_that_never_ends_swallows_nothing() -> None:
    stray = "╷\n" + "nothing\n" * 600 + "Error: at last\n"
    assert filtered(LineFilter(Level.ERROR), stray) == ["Error: at last"]


def test_numbers_lead_back_to_the_source() -> None:
    store = store_of(LOG)
    log = FilteredLog(store, LineFilter(Level.ERROR))
    log.scan(1)
    for number in range(log.store.first, log.store.end):
        source = log.source_line(number)
        assert store.line(source) == log.store.line(number)
        assert log.shown_line(source) == number
