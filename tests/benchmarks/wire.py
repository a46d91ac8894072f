"""Bytes that the wizard sends: idle on every screen, for a key, and during a run.

The account is invented; everything else is the product. A form of six fields, with the output layer
and with Textual's own rendering, shows what the layer saves.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.benchmarks.rows import Row
from tests.benchmarks.terminal import Terminal, in_tmux, python, quiet_environment
from tests.support.screens.wizard_program import PLACES

IDLE_SECONDS = 10.0
IDLE_LIMIT, KEY_LIMIT, PROGRESS_LIMIT = 100, 60, 50
"""Limits in bytes: for the whole of IDLE_SECONDS, for a key press, for a second."""
KEYS = b"hello-world-and-more"
KEY_SECONDS = 0.15
"""Seconds between two typed keys."""
FIELD = "account"
FOCUS = (b"\t", b"\t", b"\x15")
"""The keys that focus the field of the stack's name and empty it."""
STANDS_SECONDS = 20.0
"""Seconds until all screens are shown and everything is read, in parallel on two cores."""
SIZES = ((80, 24), (200, 50))
Wizard = Callable[[str, int, int], AbstractContextManager[Terminal | None]]


def measure() -> list[Row]:
    """Return the rows for both sizes, outside and inside tmux."""
    rows = []
    for columns, height in SIZES:
        at = f"{columns}x{height}"
        for where, wizard in (("", _wizard), (" in tmux", _wizard_in_tmux)):
            rows += _idle(wizard, columns, height, f"{where}, {at}")
            with wizard(FIELD, columns, height) as terminal:
                if terminal is not None:
                    sent = _bytes_per_key(terminal, FOCUS)
                    rows.append(Row(f"a typed key{where}, {at}", sent, "bytes", limit=KEY_LIMIT))
        ours, theirs = (_form_bytes_per_key(kind, columns, height) for kind in ("wire", "plain"))
        against = "textual's own rendering"
        rows.append(Row(f"a typed key, form, {at}", ours, "bytes", against, ours / theirs))
    return rows


def _idle(wizard: Wizard, columns: int, height: int, at: str) -> list[Row]:
    """Measure all screens in parallel: each is a separate wizard, and none has work to do."""
    with ExitStack() as stack:
        opened = {it: stack.enter_context(wizard(it, columns, height)) for it in PLACES}
        terminals = {place: it for place, it in opened.items() if it is not None}
        time.sleep(STANDS_SECONDS)
        before = {place: it.size for place, it in terminals.items()}
        time.sleep(IDLE_SECONDS)
        sent = {place: it.size - before[place] for place, it in terminals.items()}
    rows = [
        Row(f"{IDLE_SECONDS:g} s at rest, {place}{at}", sent[place], "bytes", limit=IDLE_LIMIT)
        for place in sent
        if place != "live"
    ]
    if "live" in sent:
        a_second = sent["live"] / IDLE_SECONDS
        rows.append(Row(f"a run at work{at}", a_second, "bytes/s", limit=PROGRESS_LIMIT))
    return rows


def _bytes_per_key(terminal: Terminal, focus: Iterable[bytes] = ()) -> float:
    """Measure whole words, including the effects after a pause in typing."""
    time.sleep(STANDS_SECONDS)
    for key in focus:
        terminal.send(key)
        time.sleep(1)
    before = terminal.size
    for letter in KEYS:
        terminal.send(bytes([letter]))
        time.sleep(KEY_SECONDS)
    time.sleep(2)
    return (terminal.size - before) / len(KEYS)


@contextmanager
def _wizard(place: str, columns: int, rows: int) -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory() as folder:
        environ = quiet_environment(XDG_STATE_HOME=f"{folder}/state")
        command = python("-m", "tests.support.screens.wizard_program", f"{folder}/llama", place)
        with Terminal(command, columns=columns, rows=rows, environ=environ) as terminal:
            yield terminal


@contextmanager
def _wizard_in_tmux(place: str, columns: int, rows: int) -> Iterator[Terminal | None]:
    with tempfile.TemporaryDirectory() as folder:
        command = python("-m", "tests.support.screens.wizard_program", f"{folder}/llama", place)
        # tmux uses one line itself and gives the others to the program.
        with in_tmux(["env", f"XDG_STATE_HOME={folder}/state", *command], columns, rows + 1) as it:
            yield it


def _form_bytes_per_key(kind: str, columns: int, rows: int) -> float:
    environ = quiet_environment(TEXTUAL_ANIMATIONS="none")
    command = python("-m", "tests.benchmarks.wire_app", kind)
    with Terminal(command, columns=columns, rows=rows, environ=environ) as terminal:
        terminal.wait_for(b"READY")
        return _bytes_per_key(terminal)
