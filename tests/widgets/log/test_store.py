"""The log's memory: every line arrives once, in order, however it was divided."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuecs_tui.widgets.log import store as log_store
from gpuecs_tui.widgets.log.rows import row_count
from gpuecs_tui.widgets.log.store import MAX_LINE_BYTES, LogStore

CHUNKS = st.lists(st.text(alphabet="ab日\n", max_size=40).map(str.encode), max_size=20)


def all_lines(store: LogStore) -> list[bytes]:
    return [store.line(number) for number in range(store.first, store.end)]


@given(CHUNKS)
def test_lines_do_not_depend_on_how_they_arrive(chunks: list[bytes]) -> None:
    store = LogStore()
    for chunk in chunks:
        store.feed(chunk)
    store.finish()
    expected = b"".join(chunks).split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert all_lines(store) == expected


@given(CHUNKS, st.integers(2, 7), st.integers(16, 200))
@settings(max_examples=60)
def test_rows_and_lines_fit_together(chunks: list[bytes], width: int, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_store, "BLOCK_BYTES", block)
        late, early = LogStore(), LogStore()
        early.set_width(width)
        for chunk in chunks:
            late.feed(chunk)
            early.feed(chunk)
        late.set_width(width)
    for store in (late, early):
        seen = [store.locate(row) for row in range(store.first_row, store.row_end)]
        expected = [
            (number, row)
            for number in range(store.first, store.end)
            for row in range(row_count(store.line(number) + b"\n", width))
        ]
        assert seen == expected
        for number in range(store.first, store.end):
            assert store.locate(store.row_of(number)) == (number, 0)


def test_blocks_from_a_line_on() -> None:
    store = LogStore()
    for number in range(20_000):
        store.feed(b"line %d\n" % number)
    start, block = next(store.blocks(15_003))
    assert (start, block.split(b"\n")[0]) == (15_003, b"line 15003")
    assert sum(block.count(b"\n") for _start, block in store.blocks(15_003)) == 4_997
    assert list(store.blocks(20_000)) == []


def test_old_lines_go_and_numbers_stay() -> None:
    store = LogStore(max_lines=10_000)
    for number in range(200_000):
        store.feed(b"this is line %d\n" % number)
    assert store.end == 200_000
    assert 10_000 <= len(store) <= 11_000 + 64 * 1024 // 16
    assert store.line(store.first) == b"this is line %d" % store.first
    assert store.line(199_999) == b"this is line 199999"
    with pytest.raises(IndexError):
        store.line(0)


def test_bytes_are_bounded_too() -> None:
    store = LogStore(max_bytes=1024 * 1024)
    for _ in range(300):
        store.feed(b"x" * 20_000 + b"\n")
    assert sum(len(block) for _start, block in store.blocks()) <= 1.2 * 1024 * 1024


def test_a_line_without_end_is_broken() -> None:
    store = LogStore()
    for _ in range(5):
        store.feed(b"y" * (MAX_LINE_BYTES // 2))
    assert len(store) == 1
    assert len(store.line(0)) > MAX_LINE_BYTES


def test_a_line_costs_little_over_its_text() -> None:
    lines, text = 100_000, b"aws_ecs_service.this: Still creating... [1m10s elapsed]\n"
    tracemalloc.start()
    store = LogStore()
    store.set_width(40)
    for _ in range(lines // 1000):
        store.feed(text * 1000)
    used, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(store) == lines
    assert used / lines - len(text) < 10
