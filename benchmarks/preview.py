"""From a changed decision to its rendered files on view in the review, in the running wizard."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from textual.message import Message
from textual.pilot import Pilot

from benchmarks.rows import Row

CHANGES = 40
LIMIT = 50.0
"""Milliseconds after a key press; beyond it a preview is felt to lag."""
TEXTS = {
    "stack.name": "llama",
    "stack.region": "us-east-1",
    "network.vpc_id": "vpc-0a0b0c0d",
    "network.instance_subnet_ids": "subnet-0a0b0c0d, subnet-0a0b0c0e",
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": "nginx:1",
}


def measure() -> list[Row]:
    """Change one number of a whole stack again and again; nothing of the account is known."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        try:
            times = asyncio.run(_times(Path(folder) / "llama"))
        finally:
            if before is None:
                del os.environ["XDG_STATE_HOME"]
            else:
                os.environ["XDG_STATE_HOME"] = before
    ranked = sorted(times)
    ninth = ranked[int(len(ranked) * 0.9)]
    return [
        Row("preview after a key press, median", median(times), "ms", limit=LIMIT),
        Row("preview after a key press, nine of ten", ninth, "ms"),
    ]


async def _settled(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


async def _times(directory: Path) -> list[float]:
    from gpuecs_tui.app import WizardApp
    from gpuecs_tui.screens.review import ReviewScreen
    from gpuecs_tui.widgets.files_page import FilesPage
    from gpuecs_tui.wizard.account_feed import AccountFeed
    from gpuecs_tui.wizard.drafts import Draft
    from gpuecs_tui.wizard.memory import Options

    class NoFeed(AccountFeed):
        def start(self, profile: str, region: str) -> None:
            return

    def nowhere(_message: Message) -> None:
        return

    app = WizardApp(Options(directory), feed=NoFeed(nowhere))
    app.wizard.adopt(Draft(TEXTS, "review", ("start",)))
    times = []
    async with app.run_test(size=(120, 40)) as pilot:
        await _settled(pilot)
        app.go("review")
        await _settled(pilot)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await pilot.press("3")
        page = screen.query_one(FilesPage)
        for number in range(CHANGES):
            wanted = str(14000 - number)
            begin = perf_counter()
            app.wizard.put("task.memory", wanted)
            app.wizard.check()
            screen.changed()
            while not any(wanted in text for text in page.files.values()):
                # Without a pause this loop would keep the rendering thread from running.
                await asyncio.sleep(0.001)
            times.append((perf_counter() - begin) * 1000)
            await _settled(pilot)
    app.wizard.close()
    return times
