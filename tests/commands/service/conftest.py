"""A deployed service in this process, moved on by each test, and the directory that deployed it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.render.stack_files import render
from tests.demo.simulator.stepped import REGION, Stepped, stepped
from tests.support.terraform.applied_stack import state
from tests.support.terraform.written_files import made, put


@pytest.fixture(scope="module")
def playing() -> Iterator[Stepped]:
    """Two healthy tasks on two instances of a fleet of at most four."""
    with stepped(count=2, size=2) as account:
        account.until(account.steady)
        yield account


@pytest.fixture
def account(playing: Stepped, monkeypatch: pytest.MonkeyPatch) -> Stepped:
    """The same account; a command that sleeps moves it on."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(time, "sleep", lambda seconds: playing.step(max(seconds, 1.0)))
    playing.until(playing.steady)
    playing.begin()
    return playing


@pytest.fixture
def directory(account: Stepped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = tmp_path / "llm"
    put(found, render(made(stack__region=REGION)))
    # Another user has applied it.
    text = state(cluster="llm", service="llm").replace('"asg"', '"llm"')
    (found / "terraform.tfstate").write_text(text)
    return found


class Terminal:
    """stdin of a user who gives one answer."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self._answer


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the answer that the user types on a terminal."""

    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    return given
