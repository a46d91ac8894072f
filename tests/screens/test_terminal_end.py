"""The wizard as a process in a separate terminal: typed answers survive its end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.wizard import drafts
from tests.chaos.viewers import LEAVE_SECONDS, Tmux, has_tmux
from tests.support.terminals import PATIENCE, Terminal, in_a_terminal

PROGRAM = (
    "import sys; from pathlib import Path; from gpuecs_tui.app import run; run(Path(sys.argv[1]))"
)


@pytest.mark.parametrize("end", [Terminal.close, Terminal.hang_up, Terminal.kill])
def test_what_was_typed_outlives_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[Terminal], None]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "stack"
    with in_a_terminal([sys.executable, "-c", PROGRAM, str(directory)]) as terminal:
        terminal.until("Begin a new stack")
        # In one burst, as over a slow link: each key must reach the right field.
        terminal.type("\r\t\tllama")
        terminal.until("llama")
        # A kill may lose the last tenth of a second, on any machine, but no more.
        time.sleep(1 if end is Terminal.kill else 0)
        end(terminal)
        # The test with tmux below checks how fast it exits.
        assert terminal.ended(PATIENCE)
    found = drafts.load(directory)
    assert found is not None
    assert found.texts["stack.name"] == "llama" and found.step == "account"


@pytest.mark.skipif(not has_tmux(), reason="tmux is not installed")
def test_what_was_typed_outlives_the_tmux_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TMUX", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    directory = tmp_path / "stack"
    tmux = Tmux(f"gpuecs-test-{os.getpid()}", [sys.executable, "-c", PROGRAM, str(directory)])
    try:
        assert tmux.shows(b"Begin a new stack")
        tmux.press("Enter", "Tab", "Tab", "llama")
        assert tmux.shows(b"llama")
        tmux.kill_server()
        assert LEAVE_SECONDS == 2 and tmux.ends()
    finally:
        tmux.close()
    found = drafts.load(directory)
    assert found is not None
    assert found.texts["stack.name"] == "llama" and found.step == "account"
