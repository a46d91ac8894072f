"""A deployed service in this process, its directory, and a Terraform that replays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.change.replayed import Stack, state_of
from tests.demo.simulator.stepped import Stepped, stepped
from tests.support.terraform import fake_engine


@pytest.fixture(scope="module")
def playing() -> Iterator[Stepped]:
    """One healthy task on one instance."""
    with stepped() as account:
        account.until(account.steady)
        yield account


@pytest.fixture
def account(playing: Stepped, monkeypatch: pytest.MonkeyPatch) -> Stepped:
    """The same account, with the credentials of a command."""
    playing.update(desiredCount=1, taskDefinition="llm:1")
    playing.step(1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    playing.until(playing.steady)
    playing.begin()
    return playing


@pytest.fixture
def stack(account: Stepped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The stack directory of the service."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Stack(tmp_path / "llm", tmp_path / "engine")
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(found.engine)))
    found.write()
    service = account.service
    state = state_of(service["taskDefinition"], service["desiredCount"])
    (found.directory / "terraform.tfstate").write_text(state)
    return found


class Terminal:
    """stdin of a user who gives one answer after another, or presses Ctrl-C."""

    def __init__(self, answers: tuple[str | None, ...]) -> None:
        self._answers = [*answers]

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        answer = self._answers.pop(0)
        if answer is None:
            raise KeyboardInterrupt
        return answer


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the answers that the user types on a terminal; None: Ctrl-C."""

    def given(*answers: str | None) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(answers))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    return given
