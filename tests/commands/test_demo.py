"""What ``demo status`` says of the embedded account."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.demo import account
from gpuecs_tui.demo.account import DemoAccount


def status(monkeypatch: pytest.MonkeyPatch, found: DemoAccount | None) -> int:
    monkeypatch.setattr(account, "find", lambda: found)
    return main(["demo", "status"])


@pytest.mark.parametrize(
    ("playing", "says", "not_said"),
    [(True, "tasks start, as on AWS", "fault"), (False, "fault told in /demo/server.log", "as on")],
)
def test_tells_whether_it_plays(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    playing: bool,
    says: str,
    not_said: str,
) -> None:
    found = DemoAccount("http://127.0.0.1:1234", 77, Path("/demo"), playing=playing)
    assert status(monkeypatch, found) == 0
    said = capsys.readouterr().out
    assert "127.0.0.1:1234 (process 77)" in said and says in said and not_said not in said


def test_tells_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch, None) == 1
    assert "No demo account runs." in capsys.readouterr().out
