"""Levels and resources of a run's log come from its events, not from the look of their text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gpuecs_tui.terraform.engine.event_text import log_lines
from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.engine.log_line import Level, LogLine
from gpuecs_tui.widgets.log.filter import FilteredLog, LineFilter
from gpuecs_tui.widgets.log.level import AtLeast
from gpuecs_tui.widgets.log.search import Matches
from gpuecs_tui.widgets.log.store import BLOCK_BYTES, LogStore
from gpuecs_tui.widgets.log.text import plain_text

QUEUE = "module.jobs.aws_sqs_queue.this[0]"


def event(kind: str, message: str, level: str = "info", **values: Any) -> str:
    return json.dumps({"@level": level, "@message": message, "type": kind, **values})


def hook(kind: str, address: str, message: str) -> str:
    resource = {"addr": address, "resource": address, "resource_type": "aws_sqs_queue"}
    return event(kind, message, hook={"resource": resource, "action": "create"})


JOURNAL = (
    hook("apply_start", QUEUE, f"{QUEUE}: Creating..."),
    hook("provision_progress", QUEUE, "(local-exec): Warning: three\nlines of\noutput"),
    event("gpuecs_tui_note", "The disk is nearly full.", "warn"),
    hook("apply_errored", QUEUE, f"{QUEUE}: Creation errored after 2s"),
    event(
        "diagnostic",
        "Error: creating SQS Queue",
        "error",
        diagnostic={
            "severity": "error",
            "summary": "creating SQS Queue",
            "detail": "QueueNameExists\n[WARN] is part of the answer",
            "address": QUEUE,
        },
    ),
    "Error: a provider's own words",
    event("log", "[ERROR] is what somebody named his bucket"),
)


def records(*journal: str) -> list[LogLine]:
    decoder = Decoder()
    return [line for raw in journal for line in log_lines(decoder.decode(raw))]


def filtered(store: LogStore, line_filter: LineFilter) -> list[str]:
    log = FilteredLog(store, line_filter)
    while not log.complete:
        log.scan(0)
    return [plain_text(log.store.line(n)) for n in range(log.store.first, log.store.end)]


def store_of(lines: Sequence[LogLine]) -> LogStore:
    store = LogStore()
    store.add(lines)
    return store


def errors_of(store: LogStore) -> list[str]:
    found = Matches(AtLeast(Level.ERROR, store), store)
    while not found.complete:
        found.scan(0)
    numbers, at = [], -1
    for _error in range(len(found)):
        at = found.neighbour(at, 1) or 0
        numbers.append(at)
    return [plain_text(store.line(number)) for number in numbers]


def test_levels_come_from_the_events() -> None:
    store = store_of(records(*JOURNAL))
    failed = f"{QUEUE}: Creation errored after 2s"
    errors = filtered(store, LineFilter(Level.ERROR))
    assert errors[0] == failed and errors[1] == "╷" and errors[-2] == "╵"
    assert errors[2] == "│ Error: creating SQS Queue"
    assert errors[-1] == "Error: a provider's own words"
    assert filtered(store, LineFilter(Level.WARNING)) == ["The disk is nearly full.", *errors]


def test_each_error_is_one_and_a_box_is_found_by_its_heading() -> None:
    assert errors_of(store_of(records(*JOURNAL))) == [
        f"{QUEUE}: Creation errored after 2s",
        "│ Error: creating SQS Queue",
        "Error: a provider's own words",
    ]


def test_a_resource_has_every_line_of_its_events() -> None:
    store = store_of(records(*JOURNAL))
    shown = filtered(store, LineFilter(text="MODULE.jobs"))
    assert shown[:4] == [
        f"{QUEUE}: Creating...",
        "(local-exec): Warning: three",
        "lines of",
        "output",
    ]
    assert shown[-1] == "╵" and "│ QueueNameExists" in shown
    assert filtered(store, LineFilter(Level.ERROR, "aws_sqs_queue"))[0].endswith("errored after 2s")
    # A record without a resource is found by its words.
    assert filtered(store, LineFilter(text="nearly")) == ["The disk is nearly full."]


def test_a_title_in_another_language_keeps_its_level() -> None:
    box = [
        LogLine(text, Level.ERROR, continues=at > 0)
        for at, text in enumerate(["╷", "│ エラー: 作成", "╵"])
    ]
    store = store_of(box)
    assert filtered(store, LineFilter(Level.ERROR)) == ["╷", "│ エラー: 作成", "╵"]
    assert errors_of(store) == ["│ エラー: 作成"]


@pytest.mark.parametrize("size", [1, 7, 300])
def test_records_and_plain_text_in_any_mix_and_number(size: int) -> None:
    # Across the edges of several blocks, where a record may be divided.
    store, expected, number = LogStore(), [], 0
    while store.end < 3 * BLOCK_BYTES // 40:
        number += 1
        if number % 3 == 0:
            store.feed(f"plain {number}\n│ Error: in plain text\n".encode())
            expected.append("│ Error: in plain text")
            continue
        level = Level(number % len(Level))
        lines = [f"{number} {line} {'.' * 40}" for line in range(size)]
        store.add([LogLine(text, level, f"a.b{number}", at > 0) for at, text in enumerate(lines)])
        expected += lines if level == Level.ERROR else []
    assert filtered(store, LineFilter(Level.ERROR)) == expected
    one = next(n for n in range(1, number) if n % 3)
    mine = [line for line in filtered(store, LineFilter(text=f"A.B{one}")) if line]
    assert len([line for line in mine if line.startswith(f"{one} ")]) == size
    heads = [line for line in expected if line.startswith("│") or line.split()[1] == "0"]
    assert errors_of(store) == heads


def test_a_growing_log_is_filtered_as_it_comes() -> None:
    store = LogStore()
    log = FilteredLog(store, LineFilter(Level.WARNING))
    seen = []
    for number in range(30):
        store.add([LogLine(f"{number}", Level(number % 2)), LogLine("more", Level(number % 2), "")])
        log.scan(0)
        seen.append(len(log.store))
    assert seen == [number // 2 * 2 + number % 2 * 2 for number in range(30)]


def test_half_a_line_of_plain_text_ends_before_a_record() -> None:
    store = LogStore()
    store.feed(b"half")
    assert store.add([LogLine("whole", Level.ERROR)]) == 2
    assert filtered(store, LineFilter(Level.ERROR)) == ["whole"]
    assert store.line(0) == b"half"


def test_dropped_lines_take_their_facts_along() -> None:
    store = LogStore(max_lines=1000)
    for number in range(40):
        store.add([LogLine(f"{number} {'x' * 90}", Level.INFO, f"a.b{number}")] * 1000)
    assert store.first > 0 and len(store._facts) == len(store._blocks)
    last = filtered(store, LineFilter(text="a.b39"))
    assert last == [f"39 {'x' * 90}"] * len(last) and last
    assert filtered(store, LineFilter(text="a.b3")) == last
