import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.engine.event_text import log_lines
from gpuecs_tui.terraform.engine.events import (
    ChangeSummary,
    Decoder,
    Diagnostic,
    Event,
    Hook,
    Note,
    Outputs,
    PlannedChange,
    Text,
    Version,
)
from gpuecs_tui.terraform.engine.progress import RunProgress
from tests.support.terraform.fake_engine import STREAMS, event, stream

KINDS = [
    *("version", "planned_change", "resource_drift", "change_summary", "outputs", "refresh_start"),
    *("apply_start", "apply_progress", "apply_complete", "apply_errored", "provision_start"),
    *("diagnostic", "log", "new_thing", "gpuecs_tui_note"),
]
KEYS = [
    *("type", "@message", "@level", "@timestamp", "change", "hook", "resource", "addr", "ui"),
    *("resource_type", "diagnostic", "outputs", "changes", "add", "terraform", "tofu", "x"),
    *("severity", "summary", "snippet", "range", "start", "line", "values", "code"),
]


def texts(event: Event) -> list[str]:
    return [line.text for line in log_lines(event)]


def decode(*lines: str) -> list[Event]:
    decoder = Decoder()
    return [decoder.decode(line) for line in lines]


def test_an_event_that_was_cut_off_is_not_shown_raw() -> None:
    whole = event(**{"@message": "second"})
    cut_off, joined, plain = decode(whole[:20], whole[:20] + whole, '{"a": 1')
    assert isinstance(cut_off, Note) and cut_off.level == "warn"
    assert cut_off.message == "The output of Terraform is incomplete here."
    assert joined.message == "second"
    assert isinstance(plain, Text) and plain.message == '{"a": 1'


def test_a_recorded_plan() -> None:
    events = decode(*stream("plan-change"))
    version = events[0]
    assert isinstance(version, Version)
    assert (version.message, version.ui) == ("Terraform 1.11.4", "1.2")
    changes = [e for e in events if isinstance(e, PlannedChange)]
    assert next((c.address, c.action, c.reason) for c in changes if not c.is_drift) == (
        "aws_ecs_task_definition.app",
        "replace",
        "cannot_update",
    )
    assert sum(c.is_drift for c in changes) == 2
    hooks = [e for e in events if isinstance(e, Hook) and e.phase == "apply"]
    assert hooks and all(hook.is_data for hook in hooks)
    summary = next(e for e in events if isinstance(e, ChangeSummary))
    assert (summary.add, summary.change, summary.remove) == (1, 3, 1)
    assert summary.operation == "plan"


def test_a_recorded_apply() -> None:
    events = decode(*stream("apply-change"))
    first = next(e for e in events if isinstance(e, Hook))
    assert (first.address, first.phase, first.step, first.action) == (
        "aws_ecs_task_definition.app",
        "apply",
        "start",
        "delete",
    )
    assert first.id_value == "gpuapp"
    outputs = next(e for e in events if isinstance(e, Outputs))
    assert outputs.values["account"]["value"] == "123456789012"


def test_a_recorded_error() -> None:
    error = next(e for e in decode(*stream("error-plan-config")) if isinstance(e, Diagnostic))
    assert (error.severity, error.summary) == ("error", "Unsupported argument")
    assert error.file.endswith(".tf") and error.line > 0 and error.code


@pytest.mark.parametrize("path", sorted(STREAMS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_recorded_line_is_understood(path: Any) -> None:
    for decoded in decode(*path.read_text().splitlines()):
        assert decoded.type and not isinstance(decoded, Text)


def test_an_unknown_type_keeps_its_message() -> None:
    (told,) = decode(event(type="quantum_leap", **{"@message": "Leaping…"}))
    assert (told.type, told.message) == ("quantum_leap", "Leaping…")
    assert texts(told) == ["Leaping…"]


def test_opentofu_announces_itself_with_its_own_key() -> None:
    (told,) = decode(event(type="version", tofu="1.10.6", ui="1.2"))
    assert isinstance(told, Version)
    assert told.is_known


def test_after_an_unknown_major_version_nothing_is_interpreted() -> None:
    decoder = Decoder()
    first = decoder.decode(event(type="version", terraform="2.0.0", ui="2.0"))
    assert isinstance(first, Version) and not first.is_known and not decoder.understood
    second = decoder.decode(event(type="change_summary", changes={"add": 1}))
    assert type(second) is Event
    assert any("Unknown event version" in line for line in texts(first))


@pytest.mark.parametrize(
    "line",
    ["", "panic: runtime error", "{", "[1]", "3", '{"@message": 4}', '{"type": "x"}', "[" * 9999],
)
def test_lines_that_are_no_events_are_text(line: str) -> None:
    assert decode(line) == [Text(message=line)]


def test_our_own_notes() -> None:
    (told,) = decode(event(type="gpuecs_tui_state", state="planning", **{"@message": "Planning…"}))
    assert isinstance(told, Note) and told.state == "planning"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8),
    st.sampled_from(KINDS),
    st.text(max_size=30),
)
def test_no_event_however_odd_stops_a_reader(raw: Any, kind: str, message: str) -> None:
    decoder, progress = Decoder(), RunProgress()
    told = decoder.decode(json.dumps({**raw, "type": kind, "@message": message}))
    progress.feed([told])
    for line in texts(told):
        assert "\n" not in line and "\r" not in line


@given(st.text())
def test_no_text_however_odd_stops_a_reader(line: str) -> None:
    log_lines(Decoder().decode(line))
