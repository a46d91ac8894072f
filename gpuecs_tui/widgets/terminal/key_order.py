"""Keys and pasted texts take effect in the order of their arrival, at any speed.

Textual puts a key into the queue of the focused widget and reads the next key. If the first key
moves the focus, the focus moves later, and the second key still goes to the old widget. Over a slow
link, keys arrive in bursts: text that is typed after a Tab, an Enter or a "next" would arrive in
the wrong field.
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
"""Maximum number of passes through the queues until a key has taken effect: field, app, screen,
list and back."""
TURN_SECONDS = 0.05
"""Duration of one wait for a busy widget."""
TURNS = 200
"""Number of waits after which the next key is handled without further waiting, as in any Textual
app. Waits are counted instead of timed: an operation that blocks the whole program (an import on a
slow machine) counts as one wait, however long it takes."""


class KeyOrder:
    """Lets an app handle a key only after the previous one has had its effect."""

    def __init__(self, app: App[Any], take: Callable[[events.Event], Awaitable[None]]) -> None:
        """``take`` handles the next event as the app itself would."""
        self._app, self._take = app, take
        self._keys: deque[events.Event] = deque()
        self._task: asyncio.Task[None] | None = None

    def keeps(self, event: events.Event) -> bool:
        """Tell whether ``event`` is a key or a paste that must wait, and queue it if it is.

        A bubbling event was handled already, so it is not queued.
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
        """Wait until every node between the focus and the app has handled its messages."""
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
        # A key that no widget handled bubbles up to the app, where its binding runs.
        yield app


async def _emptied(pump: MessagePump) -> None:
    """Wait until ``pump`` has handled the present messages in its queue."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
