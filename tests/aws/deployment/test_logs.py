"""Log lines: the last ones of a task, and each later one once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gpuecs_tui.aws.deployment.logs import LogFeed, LogPlace, last_lines, starts_after
from tests.support.aws.deployment_answers import AnsweredReader

PLACES = [LogPlace(name, "/ecs/llm", "", "llm") for name in ("app", "proxy")]
APP, PROXY = PLACES


def line(message: str, at: datetime, place: LogPlace = APP) -> dict[str, Any]:
    return {
        "eventId": message,
        "timestamp": int(at.timestamp() * 1000),
        "logStreamName": place.stream("t1"),
        "message": message,
    }


def log_of(events: list[dict[str, Any]]) -> AnsweredReader:
    """Return a reader of ``events``, which a test may extend."""

    def filtered(given: dict[str, Any]) -> dict[str, Any]:
        found = [
            it
            for it in events
            if it["timestamp"] >= given["startTime"]
            and it["logStreamName"].startswith(given["logStreamNamePrefix"])
        ]
        return {"events": sorted(found, key=lambda it: int(it["timestamp"]))}

    def last(given: dict[str, Any]) -> dict[str, Any]:
        return {"events": [it for it in events if it["logStreamName"] == given["logStreamName"]]}

    return AnsweredReader({"logs:FilterLogEvents": filtered, "logs:GetLogEvents": last})


def polled(feed: LogFeed) -> list[str]:
    return [it.message for it in feed.poll()]


@pytest.mark.parametrize(
    ("number", "messages", "calls"),
    [(2, ["2", "3"], 3), (3, ["1", "2", "3"], 4), (100, ["1", "2", "3"], 5)],
)
def test_the_last_lines_may_be_on_several_pages(
    number: int, messages: list[str], calls: int
) -> None:
    now = datetime.now(UTC)
    pages = {
        "": ([line("3", now)], "a"),
        "a": ([], "b"),
        "b": ([line("2", now)], "c"),
        "c": ([line("1", now)], "d"),
        "d": ([], "d"),
    }

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        events, token = pages[given.get("nextToken", "")]
        return {"events": events, "nextBackwardToken": token}

    reader = AnsweredReader({"logs:GetLogEvents": answer})
    assert [it.message for it in last_lines(reader, [APP], ["t1"], number)] == messages
    assert len(reader.asked) == calls


def test_each_container_is_followed_from_its_own_last_line() -> None:
    now = datetime.now(UTC)
    events = [line("a1", now - timedelta(seconds=9)), line("p1", now, PROXY)]
    reader = log_of(events)
    found = last_lines(reader, PLACES, ["t1"], 100)
    feed = LogFeed(reader, starts_after(found, dict.fromkeys(PLACES, now)), "t1")
    # It was written before the last line that is known, in another stream.
    events.append(line("a2", now - timedelta(seconds=5)))
    assert polled(feed) == ["a2"]


def test_a_line_with_a_time_that_is_still_to_come_hides_no_later_line() -> None:
    now = datetime.now(UTC)
    events = [line("tomorrow", now + timedelta(hours=2))]
    feed = LogFeed(log_of(events), dict.fromkeys(PLACES, now - timedelta(minutes=1)))
    assert polled(feed) == ["tomorrow"]
    events.append(line("now", now))
    assert polled(feed) == ["now"]
    assert polled(feed) == []
