"""Time to read a large account at 150 ms a call, compared with the same calls in sequence.

``python -m tests.benchmarks large_account``. 200 subnets, 500 security groups, 1,000 images of a
repository and 5,000 Spot prices, once in pages of the requested size and once in pages of 100,
because AWS may return fewer items than requested. It measures the wizard's feed: it reads the
identity (the first message), then all lists, then prices and images in parallel.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from textual.message import Message

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery.account import read_account
from gpuecs_tui.aws.discovery.lookups import read_images
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.prices import read_prices
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.demo.account import REGION
from gpuecs_tui.wizard.account_feed import (
    AccountFailed,
    AccountFeed,
    AccountProgressed,
    AccountRead,
    PricesRead,
)
from tests.benchmarks.replay import CALL_SECONDS, Replay, replaying
from tests.benchmarks.rows import Row, table
from tests.support.aws import large_account as large

T = TypeVar("T")

CHOSEN = "g4dn.xlarge"
AS_ASKED = 1000
"""Maximum number of items per page: the largest requested size."""
FEWER = 100
FIRST_LIMIT = 1.5
CANCEL_LIMIT = 1.0
"""Limits in durations of one call: until the first result, and until a cancel has taken effect."""
CHAIN_LIMIT = 1.5
"""Limit for all lists, relative to the longest chain of calls of which each needs the previous
one."""
TRIES = 3
PATIENCE = 60.0


class Watched:
    """A feed that records its messages with their times, in seconds from the start."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._messages: list[tuple[float, Message]] = []
        self.feed = AccountFeed(self._note)
        self._begin = time.perf_counter()

    def start(self) -> None:
        self._begin = time.perf_counter()
        self.feed.start("", REGION)

    def seconds(self) -> float:
        return time.perf_counter() - self._begin

    def first(self) -> float:
        with self._news:
            return self._messages[0][0]

    def until(self, kind: type[Message], times: int = 1) -> tuple[float, Message]:
        """Return the time of the ``times``-th message of ``kind``, and the message."""

        def found() -> list[tuple[float, Message]]:
            failed = [it for _when, it in self._messages if isinstance(it, AccountFailed)]
            assert not failed, failed
            return [it for it in self._messages if isinstance(it[1], kind)][times - 1 :]

        with self._news:
            assert self._news.wait_for(found, PATIENCE), kind
            return found()[0]

    def _note(self, message: Message) -> None:
        with self._news:
            self._messages.append((self.seconds(), message))
            self._news.notify_all()


class OneByOne(AccountReader):
    """Makes each call after the previous one has ended."""

    def submit(self, function: object) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function())  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - as the pool does
            future.set_exception(error)
        return future


def measure() -> list[Row]:
    """Measure both page sizes."""
    return [*_rows(AS_ASKED, "as asked"), *_rows(FEWER, f"of {FEWER}")]


def _rows(most: int, words: str) -> list[Row]:
    with replaying(most) as replay:
        tries = [_whole() for _try in range(TRIES)]
        first, first_list, lists, whole = (min(column) for column in zip(*tries, strict=True))
        cancels = [_cancelled(replay) for _try in range(TRIES)]
        calls, sequential = _one_by_one(replay)
    cancel, later = max(it[0] for it in cancels), max(it[1] for it in cancels)
    chain = (1 + -(-large.GROUPS // most)) * CALL_SECONDS
    row = partial(_row, f"large account, pages {words}: ")
    return [
        row("first message", first, "one call", first / CALL_SECONDS, FIRST_LIMIT),
        row("first list", first_list, "one call", first_list / CALL_SECONDS),
        row("all lists", lists, "longest chain of calls", lists / chain, CHAIN_LIMIT),
        row("prices and images too", whole),
        row(f"its {calls} calls one by one", sequential, "prices and images too",
            sequential / whole),
        row("cancel, the slowest", cancel, "one call", cancel / CALL_SECONDS, CANCEL_LIMIT),
        Row(f"large account, pages {words}: calls begun after it", later, "", limit=0),
    ]  # fmt: skip


def _row(
    prefix: str,
    name: str,
    value: float,
    against: str = "",
    ratio: float | None = None,
    limit: float | None = None,
) -> Row:
    return Row(prefix + name, value, "s", against, ratio, limit)


def _whole() -> tuple[float, float, float, float]:
    """Return the times of the first message, the first list, all lists, and everything."""
    watched = Watched()
    watched.start()
    lists, read = watched.until(AccountRead)
    assert isinstance(read, AccountRead)
    _check(read.facts)
    watched.feed.price((CHOSEN,), read.facts)
    images = watched.feed.images(large.REPOSITORY)
    assert len(getattr(images, "value", None) or ()) == large.IMAGES, images
    imaged = watched.seconds()
    priced, _prices = watched.until(PricesRead, 2)
    watched.feed.stop()
    first_list, _progress = watched.until(AccountProgressed)
    return watched.first(), first_list, lists, max(imaged, priced)


def _check(facts: AccountFacts) -> None:
    assert not facts.unknowns, facts.unknowns
    assert len(getattr(facts.subnets, "value", ())) == large.SUBNETS
    assert len(getattr(facts.security_groups, "value", ())) == large.GROUPS


def _cancelled(replay: Replay) -> tuple[float, int]:
    """Stop during the lists; return the seconds until the feed's thread has ended, and how many
    calls were started after that."""
    watched = Watched()
    watched.start()
    watched.until(AccountProgressed)
    (thread,) = (it for it in threading.enumerate() if it.name == "account")
    begin = time.perf_counter()
    watched.feed.stop()
    thread.join(PATIENCE)
    taken = time.perf_counter() - begin
    calls = replay.calls()
    time.sleep(3 * CALL_SECONDS)
    return taken, replay.calls() - calls


def _one_by_one(replay: Replay) -> tuple[int, float]:
    """Make the calls of a whole read in sequence; return their number and the seconds."""
    before, begin = replay.calls(), time.perf_counter()
    reader = OneByOne("", REGION)
    facts = read_account(reader)
    names = [it.name for it in catalogue.instance_types(facts).value if it.supported]
    read_prices(reader, [*dict.fromkeys((CHOSEN, *names))])
    read_images(reader, large.REPOSITORY)
    taken = time.perf_counter() - begin
    reader.close()
    return replay.calls() - before, taken


if __name__ == "__main__":
    print(table(measure()))
