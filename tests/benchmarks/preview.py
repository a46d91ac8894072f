"""The time from a key press to its effect on the screen of the running wizard.

The wizard runs in a pty and real keys are typed; the time ends when a terminal emulator shows the
new text. The test types the task's memory: every digit changes the line below the form about the
fit, and the first digit makes a finding appear or disappear. The review has no field. There the
keys are the one that applies a finding's remedy and the one that shows the files.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from textual import events
from textual.pilot import Pilot

from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.options import Options
from tests.benchmarks.rows import Row
from tests.benchmarks.terminal import quiet_environment
from tests.support.terminals import Terminal, in_a_terminal

PRESSES = 40
LIMIT = 50.0
"""Limit in milliseconds after a key press; a slower preview feels delayed."""
QUIET_SECONDS = 0.3
"""Seconds without output after which a key press has had all its effects."""
FIELD = "task.memory"
FITS, TOO_MUCH = "1500", "9"
"""The value in the field, and a digit: typed before the value, it exceeds the memory of an
instance."""
TEXTS = {
    "stack.name": "llama",
    "stack.region": "us-east-1",
    "network.vpc_id": "vpc-0a0b0c0d",
    "network.instance_subnet_ids": "subnet-0a0b0c0d, subnet-0a0b0c0e",
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": "nginx:1",
    FIELD: FITS,
}
STEPS = ("start", "account", "network", "fleet", "task", "load_balancer", "review")
WIZARD = "import sys; from gpuecs_tui.cli import main; sys.exit(main([sys.argv[1]]))"
LEFT_OVER = "Unused"
ERROR = " error"
BACKSPACE, TO_BEGIN, TO_END = "\x7f", "\x01", "\x05"


def measure() -> list[Row]:
    """Type and delete digits; nothing of the account is known."""
    with _home() as home:
        lines, findings = _typed(home)
        files = asyncio.run(_remedied(home / "remedied"))
    return [
        *_rows("line of what fits", lines),
        *_rows("finding at the field", findings),
        *_rows("files on view", files),
    ]


def _rows(name: str, seconds: list[float]) -> list[Row]:
    times = sorted(it * 1000 for it in seconds)
    ninth = times[int(len(times) * 0.9)]
    return [
        Row(f"{name} after a key press, median", median(times), "ms", limit=LIMIT),
        Row(f"{name} after a key press, nine of ten", ninth, "ms", limit=LIMIT),
    ]


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(quiet_environment(HOME=folder, XDG_STATE_HOME=f"{folder}/state",
                                            AWS_EC2_METADATA_DISABLED="true"))  # fmt: skip
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(before)


def _typed(home: Path) -> tuple[list[float], list[float]]:
    """Return the seconds until the line has changed, and until the finding has appeared or
    disappeared."""
    directory = home / "typed"
    drafts.save(directory, Draft(TEXTS, "task", STEPS))
    lines, findings = [], []
    with in_a_terminal([sys.executable, "-c", WIZARD, str(directory)]) as terminal:
        terminal.until("Continue your draft")
        terminal.type("\r")
        terminal.until(LEFT_OVER)
        _settle(terminal)
        while not terminal.shows(FIELD):
            terminal.type("\t")
            _settle(terminal)
        terminal.type(TO_END)
        for number in range(PRESSES // 2):
            for key in (str(number % 6), BACKSPACE):
                before = _line(terminal, LEFT_OVER)
                lines.append(_press(terminal, key, _changes_line(terminal, before)))
        terminal.type(TO_BEGIN)
        for _number in range(PRESSES // 2):
            for key, comes in ((TOO_MUCH, True), (BACKSPACE, False)):
                findings.append(_press(terminal, key, _shows_error(terminal, comes)))
    return lines, findings


def _changes_line(terminal: Terminal, before: str) -> Callable[[], bool]:
    return lambda: _line(terminal, LEFT_OVER) != before


def _shows_error(terminal: Terminal, comes: bool) -> Callable[[], bool]:
    return lambda: terminal.shows(ERROR) is comes


def _press(terminal: Terminal, key: str, shown: Callable[[], bool]) -> float:
    begin = perf_counter()
    terminal.type(key)
    terminal.wait(shown)
    taken = perf_counter() - begin
    _settle(terminal)
    return taken


def _settle(terminal: Terminal) -> None:
    while terminal.read(QUIET_SECONDS):
        pass


def _line(terminal: Terminal, text: str) -> str:
    return next((line for line in terminal.screen.display if text in line), "")


async def _settled(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


async def _remedied(directory: Path) -> list[float]:
    """Return the seconds from ``f`` on a finding, immediately followed by ``3``, until the
    displayed file no longer has the problem."""
    from gpuecs_tui.app import WizardApp
    from gpuecs_tui.screens.review import ReviewScreen
    from gpuecs_tui.widgets.review.files_page import FilesPage
    from gpuecs_tui.wizard.account_feed import AccountFeed

    class NoFeed(AccountFeed):
        def start(self, profile: str, region: str) -> None:
            return

    app = WizardApp(Options(directory), feed=NoFeed(lambda _message: None))
    app.wizard.adopt(Draft(TEXTS, "review", STEPS))
    times = []
    async with app.run_test(size=(120, 40)) as pilot:
        await _settled(pilot)
        app.go("review")
        await _settled(pilot)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await pilot.press("3")
        page = screen.query_one(FilesPage)
        for number in range(PRESSES):
            wrong = str(20000 + number)
            app.wizard.put(FIELD, wrong)
            app.wizard.check()
            screen.changed()
            await _settled(pilot)
            for _file in page.files:
                if wrong in page.text:
                    break
                await pilot.press("down")
            assert wrong in page.text
            await pilot.press("2")
            await _settled(pilot)
            begin = perf_counter()
            # Keys are delivered as by a terminal driver: a pilot waits between two keys until the
            # processor is idle.
            for key in ("f", "3"):
                app.post_message(events.Key(key, key))
            while wrong in page.text or not page.display:
                # Without a pause this loop would keep the rendering thread from running.
                await asyncio.sleep(0.001)
            times.append(perf_counter() - begin)
            await _settled(pilot)
    app.wizard.close()
    return times
