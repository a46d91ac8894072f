"""Fixtures of all tests of screens."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def shown_ages(four_minutes_later: None) -> None:
    """The account was read four minutes ago, so every age on a screen is the same."""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's directory, with the runs of this test only."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "llama"
    made.mkdir()
    return made
