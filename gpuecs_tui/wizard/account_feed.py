"""Read the account in the background: one thread at a time, with its results as messages.

A new start or a stop abandons a running read at once: its further results are not posted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from textual.message import Message

from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.aws.discovery.newest_images import NewestImage
    from gpuecs_tui.aws.facts import (
        AccountFacts,
        AmiRelease,
        CallerIdentity,
        Image,
        Lookups,
        Repository,
    )
    from gpuecs_tui.aws.prices_facts import Prices
    from gpuecs_tui.aws.reading import Reading
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket
    from gpuecs_tui.aws.state_bucket.buckets import Bucket
    from gpuecs_tui.stack.model import Stack


class IdentityRead(Message):
    """AWS returned the identity of the credentials."""

    def __init__(self, identity: CallerIdentity) -> None:
        super().__init__()
        self.identity = identity


class AccountProgressed(Message):
    """One more list was read."""

    def __init__(self, facts: AccountFacts, done: int, total: int) -> None:
        super().__init__()
        self.facts = facts
        self.done = done
        self.total = total


class AccountRead(Message):
    """Everything readable was read."""

    def __init__(self, facts: AccountFacts) -> None:
        super().__init__()
        self.facts = facts


class LookedUp(Message):
    """The resources that the stack names were looked up."""

    def __init__(self, lookups: Lookups) -> None:
        super().__init__()
        self.lookups = lookups


class ListRead(Message):
    """A list was read that a user had opened: the field ``name`` of ``LateLists``."""

    def __init__(self, name: str, reading: Reading[Any]) -> None:
        super().__init__()
        self.name = name
        self.reading = reading


class PricesRead(Message):
    """Some or all prices were read."""

    def __init__(self, prices: Prices) -> None:
        super().__init__()
        self.prices = prices


class AccountFailed(Message):
    """The account could not be read."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.remedy = remedy


class TokenWanted(Message):
    """A role requires a code of its MFA device; the read waits for the answer."""

    def __init__(self, prompt: str, answer: SimpleQueue[str]) -> None:
        super().__init__()
        self.prompt = prompt
        self.answer = answer
        """Receives the six digits, or an empty text to continue without them."""


class AccountFeed:
    """Runs at most one read of an account at a time and passes its messages to ``post``."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        """``post`` must be safe to call from any thread."""
        self._post = post
        self._reader: AccountReader | None = None
        self._place: tuple[str, str] | None = None
        self._lock = threading.Lock()
        self._turn = 0
        self.known_buckets: Reading[tuple[Bucket, ...]] | None = None
        """The account's buckets; None before the first ``read_buckets``."""

    @property
    def reader(self) -> AccountReader | None:
        """The open reader of the present account; None before the first reading."""
        return self._reader

    def reads(self, profile: str, region: str) -> bool:
        """Tell whether this profile and Region are being read, or were read."""
        return self._place == (profile, region)

    def start(self, profile: str, region: str) -> None:
        """Read ``profile`` in ``region``; without a Region, only the identity and the Regions."""
        self.stop()
        with self._lock:
            self._place = (profile, region)
            turn = self._turn
        threading.Thread(
            target=self._read, args=(turn, profile, region), name="account", daemon=True
        ).start()

    def stop(self) -> None:
        """Abandon the read."""
        with self._lock:
            self._turn += 1
            self._place = None
            reader, self._reader = self._reader, None
            self.known_buckets = None
        if reader is not None:
            reader.close()

    def fresh_reader(self, profile: str, region: str) -> AccountReader:
        """Return a second reader, which the caller must close; makes no call."""
        from gpuecs_tui.aws.session import connect

        present, turn = self._reader, self._turn
        if present is not None and present.profile == profile:
            return present.again(region)
        return connect(profile, region, lambda prompt: self._token(turn, prompt))

    def images(self, repository: str) -> Reading[tuple[Image, ...] | None]:
        """Return the images of an ECR repository of the account that is being read; blocks."""
        from gpuecs_tui.aws.discovery.lookups import read_images
        from gpuecs_tui.aws.reading import not_read
        from gpuecs_tui.aws.session import Closed

        reader = self._reader
        if reader is None:
            return not_read()
        try:
            return read_images(reader, repository)
        except Closed:
            return not_read()

    def releases(self, path: str) -> Reading[tuple[AmiRelease, ...]]:
        """Return the AMI releases below a path of SSM parameters; blocks."""
        from gpuecs_tui.aws.discovery.ami_releases import read_releases
        from gpuecs_tui.aws.reading import not_read
        from gpuecs_tui.aws.session import Closed

        reader = self._reader
        if reader is None:
            return not_read()
        try:
            return read_releases(reader, path)
        except Closed:
            return not_read()

    def newest_images(self, repositories: Sequence[Repository]) -> Sequence[NewestImage]:
        """Return the newest image of each of ``repositories``; blocks. Empty without an account."""
        from gpuecs_tui.aws.discovery.newest_images import read_newest
        from gpuecs_tui.aws.session import Closed

        reader = self._reader
        if reader is None:
            return ()
        try:
            return read_newest(reader, repositories)
        except Closed:
            return ()

    def read_buckets(self) -> Reading[tuple[Bucket, ...]]:
        """Return the buckets of the account that is being read, and remember them; blocks."""
        from gpuecs_tui.aws.reading import not_read
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.aws.state_bucket.buckets import read_buckets

        reader, turn = self._reader, self._turn
        if reader is None:
            return not_read()
        try:
            found = read_buckets(reader)
        except Closed:
            return not_read()
        if turn == self._turn:
            self.known_buckets = found
        return found

    def make_bucket(self, wanted: NewBucket) -> None:
        """Create a bucket in the account that is being read; blocks. Raises AwsProblem."""
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed, connect
        from gpuecs_tui.aws.state_bucket.bucket_creation import create_bucket

        turn, present = self._turn, self._reader
        if present is None:
            raise AwsProblem(
                "other", _("Account data is not loaded."), _("Reload the account, then try again.")
            )
        other = None
        if present.region != wanted.region:
            other = connect(present.profile, wanted.region, lambda text: self._token(turn, text))
        try:
            create_bucket(other or present, wanted)
        except Closed:
            raise AwsProblem(
                "other",
                _("The account was switched before the bucket was ready."),
                _("Create the bucket again. The setup continues where it stopped."),
            ) from None
        finally:
            if other is not None:
                other.close()

    def read_list(self, name: str) -> None:
        """Read the field ``name`` of ``LateLists`` in a thread; posts ListRead."""
        with self._lock:
            reader, turn = self._reader, self._turn
        if reader is not None:
            threading.Thread(
                target=self._read_list, args=(turn, reader, name), name="list", daemon=True
            ).start()

    def _read_list(self, turn: int, reader: AccountReader, name: str) -> None:
        from gpuecs_tui.aws.discovery.late_lists import read_late
        from gpuecs_tui.aws.session import Closed

        try:
            self._tell(turn, ListRead(name, read_late(reader, name)))
        except Closed:
            return

    def look_up(self, stack: Stack, facts: AccountFacts) -> None:
        """Look up the names in ``stack`` that ``facts`` does not contain, in a thread; posts
        LookedUp."""
        with self._lock:
            reader, turn = self._reader, self._turn
        if reader is not None:
            threading.Thread(
                target=self._look_up, args=(turn, reader, stack, facts), name="lookup", daemon=True
            ).start()

    def _look_up(self, turn: int, reader: AccountReader, stack: Stack, facts: AccountFacts) -> None:
        from gpuecs_tui.assessment.account import look_up
        from gpuecs_tui.aws.session import Closed

        try:
            found = look_up(reader, stack, facts)
        except Closed:
            return
        if found.lookups != facts.lookups:
            self._tell(turn, LookedUp(found.lookups))

    def price(self, chosen: tuple[str, ...], facts: AccountFacts) -> None:
        """Read prices in a thread, those of the types ``chosen`` first; posts PricesRead twice."""
        reader = self.reader
        if reader is not None:
            threading.Thread(
                target=self._price,
                args=(self._turn, reader, chosen, facts),
                name="prices",
                daemon=True,
            ).start()

    def _price(
        self, turn: int, reader: AccountReader, chosen: tuple[str, ...], facts: AccountFacts
    ) -> None:
        from gpuecs_tui.aws import catalogue
        from gpuecs_tui.aws.prices import read_prices
        from gpuecs_tui.aws.session import Closed

        others = [it.name for it in catalogue.instance_types(facts).value if it.supported]
        names = dict.fromkeys((*chosen, *others))
        try:
            found = read_prices(reader, [*names], lambda it: self._tell(turn, PricesRead(it)))
        except Closed:
            return
        self._tell(turn, PricesRead(found))

    def _read(self, turn: int, profile: str, region: str) -> None:
        # Imported late: boto3 takes half a second to import on a small machine, and this is a
        # thread.
        from gpuecs_tui.assessment.account import read_in_steps
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed, connect

        reader = connect(profile, region, lambda prompt: self._token(turn, prompt))
        with self._lock:
            if turn != self._turn:
                return
            self._reader = reader
        try:
            facts = read_in_steps(
                reader,
                lambda it: self._tell(turn, IdentityRead(it)),
                lambda it: self._tell(turn, AccountProgressed(it.facts, it.done, it.total)),
            )
            self._tell(turn, AccountRead(facts))
        except AwsProblem as problem:
            self._tell(turn, AccountFailed(problem.sentence, problem.remedy))
        except Closed:
            return

    def _tell(self, turn: int, message: Message) -> None:
        if turn == self._turn:
            self._post(message)

    def _token(self, turn: int, prompt: str) -> str:
        answer: SimpleQueue[str] = SimpleQueue()
        self._tell(turn, TokenWanted(prompt, answer))
        return answer.get() if turn == self._turn else ""
