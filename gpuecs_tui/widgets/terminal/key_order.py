"""Keys and pasted texts take effect in the order they came, however fast they come.

Textual hands a key to the focused widget's queue and takes the next one; a move of the focus that
the first key asks for happens later, and the second key goes to the widget before. Over a slow link
keys come in bursts: what is typed behind a Tab, an Enter or a "next" would land in the wrong field.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

ResultType = TypeVar("ResultType")

PASSES = 8
"""A key's effect goes through the queues at most so often: field, app, screen, list and back."""
TURN_SECONDS = 0.05
"""Length of one of the waits for a busy widget."""
TURNS = 200
"""Waits after which a key is taken as in any Textual app. They are counted, not timed: what
blocks the whole program (an import on a slow machine) costs one, however long it takes."""


class OrderedKeysApp(App[ResultType]):
    """An app that takes a key only once the one before has had its effect."""

    _keys: deque[events.Key | events.Paste] | None = None
    _key_task: asyncio.Task[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Let each key and paste wait for its turn; one that bubbles up was taken already."""
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._keys is None:
            self._keys = deque()
        self._keys.append(event)
        if self._key_task is None:
            self._key_task = asyncio.create_task(self._take_keys(self._keys))

    async def _take_keys(self, keys: deque[events.Key | events.Paste]) -> None:
        try:
            while keys and self.call_later(super().on_event, keys.popleft()):
                await self._settle()
        finally:
            self._key_task = None

    async def _settle(self) -> None:
        """Wait until everything between the focus and the app has nothing left to do."""
        settled = asyncio.create_task(self._until_settled())
        for _turn in range(TURNS):
            if (await asyncio.wait({settled}, timeout=TURN_SECONDS))[0]:
                settled.result()
                return
        settled.cancel()

    async def _until_settled(self) -> None:
        for _pass in range(PASSES):
            chain = list(self._chain())
            for pump in chain:
                await _emptied(pump)
            if not any(pump.message_queue_size for pump in chain):
                return

    def _chain(self) -> Iterator[MessagePump]:
        yield self
        pump: MessagePump | None = (self.focused or self.screen) if self.screen_stack else None
        while pump is not None and pump is not self:
            yield pump
            pump = pump._parent
        # A key that nobody took bubbles up, and its binding runs here.
        yield self


async def _emptied(pump: MessagePump) -> None:
    """Wait until ``pump`` has handled what is in its queue now."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
