"""The output of the wizard to a terminal: on every idle screen, and during typing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyte
import pytest

from gpuecs_tui.widgets.step.screen import ROOMY
from tests.benchmarks.terminal import Terminal, python, quiet_environment
from tests.support.screens.wizard_program import PLACES

IDLE_SECONDS = 6.0
IDLE_BYTES = 100 * IDLE_SECONDS / 10
"""Limit for an idle screen: 100 bytes in 10 s."""
LIVE_BYTES = 50 * IDLE_SECONDS
"""Limit for a run in progress, whose clock ticks: 50 bytes per second."""
KEY_BYTES = 60
QUIET_SECONDS = 2.0
PATIENCE = 120.0
SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda it: f"{it[0]}x{it[1]}")


@contextmanager
def wizard_at(place: str, folder: Path, size: tuple[int, int]) -> Iterator[Terminal]:
    environ = quiet_environment(XDG_STATE_HOME=str(folder / place / "state"))
    command = python(
        "-m", "tests.support.screens.wizard_program", str(folder / place / "llama"), place
    )
    with Terminal(command, columns=size[0], rows=size[1], environ=environ) as terminal:
        yield terminal


def shown(terminal: Terminal, size: tuple[int, int]) -> list[str]:
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(terminal.output)
    return list(screen.display)


def wait_for_rest(terminals: dict[str, Terminal], size: tuple[int, int]) -> None:
    """Wait until every screen is shown and only the live one sends more than its age."""
    deadline = time.monotonic() + PATIENCE
    waited = set(terminals)
    while waited:
        before = {place: terminals[place].size for place in waited}
        time.sleep(QUIET_SECONDS)
        for place in list(waited):
            still = terminals[place].size - before[place] <= LIVE_BYTES
            if still and any(PLACES[place] in line for line in shown(terminals[place], size)):
                waited.discard(place)
        assert time.monotonic() < deadline, {p: shown(terminals[p], size) for p in waited}


@SIZES
def test_a_screen_at_rest_sends_next_to_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    with ExitStack() as stack:
        terminals = {
            place: stack.enter_context(wizard_at(place, tmp_path, size)) for place in PLACES
        }
        wait_for_rest(terminals, size)
        before = {place: terminal.size for place, terminal in terminals.items()}
        time.sleep(IDLE_SECONDS)
        sent = {place: terminals[place].output[before[place] :] for place in PLACES}
    too_much = {
        place: (len(data), data)
        for place, data in sent.items()
        if len(data) > (LIVE_BYTES if place == "live" else IDLE_BYTES)
    }
    assert not too_much


@SIZES
def test_a_typed_key_costs_what_it_changes(tmp_path: Path, size: tuple[int, int]) -> None:
    with wizard_at("account", tmp_path, size) as terminal:
        wait_for_rest({"account": terminal}, size)
        for key in (b"\t", b"\t", b"\x15"):
            terminal.send(key)
            time.sleep(0.5)
        time.sleep(QUIET_SECONDS)
        # The name is invalid while it ends with a hyphen: in the middle of a word that is not
        # reported.
        keys, before = b"hello-world-and-more", terminal.size
        for code in keys:
            terminal.send(bytes([code]))
            time.sleep(0.1)
        time.sleep(QUIET_SECONDS)
        sent = terminal.size - before
        # In the field and the header, and in the picture if there is room for it.
        places = 2 if size[0] < ROOMY else 6
        assert sum("hello-world-and-more" in line for line in shown(terminal, size)) == places
    assert sent / len(keys) <= KEY_BYTES
