"""Keys and pasted texts take effect in the order of their arrival, at any speed.

Textual hands a key to the focused widget's queue and takes the next one; a move of the focus that
the first key asks for happens later, and the second key goes to the widget before. Over a slow link
keys come in bursts: what is typed behind a Tab, an Enter or a "next" would land in the wrong field.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

PASSES = 8
"""A key's effect goes through the queues at most so often: field, app, screen, list and back."""
TURN_SECONDS = 0.05
"""Length of one of the waits for a busy widget."""
TURNS = 200
"""Waits after which a key is taken as in any Textual app. They are counted, not timed: what
blocks the whole program (an import on a slow machine) costs one, however long it takes."""


class KeyOrder:
    """Lets an app handle a key only after the previous one has had its effect."""

    def __init__(self, app: App[Any], take: Callable[[events.Event], Awaitable[None]]) -> None:
        """``take`` handles an event whose turn has come, as the app would by itself."""
        self._app, self._take = app, take
        self._keys: deque[events.Event] = deque()
        self._task: asyncio.Task[None] | None = None

    def keeps(self, event: events.Event) -> bool:
        """Tell whether ``event`` is a key or a paste that waits for its turn, and keep it so long.

        One that bubbles up was taken already.
        """
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            return False
        self._keys.append(event)
        if self._task is None:
            self._task = asyncio.create_task(self._take_keys())
        return True

    async def _take_keys(self) -> None:
        try:
            while self._keys and self._app.call_later(self._take, self._keys.popleft()):
                await self._settle()
        finally:
            self._task = None

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
        app = self._app
        yield app
        pump: MessagePump | None = (app.focused or app.screen) if app.screen_stack else None
        while pump is not None and pump is not app:
            yield pump
            pump = pump._parent
        # A key that no widget handled bubbles up, and its binding runs here.
        yield app


async def _emptied(pump: MessagePump) -> None:
    """Wait until ``pump`` has handled what is in its queue now."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
