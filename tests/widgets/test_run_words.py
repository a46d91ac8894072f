"""What a run's state means, in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.states import State
from gpuecs_tui.widgets.run_words import headline
from tests.ui.run_folders import stage


def test_a_plan_of_outputs_alone_is_not_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    waiting = stage(tmp_path / "stack", State.PLANNED, changes=(0, 0, 0))
    assert "only outputs or addresses in the state change" in headline(waiting)
    waiting = stage(tmp_path / "stack", State.PLANNED, changes=(1, 0, 0))
    assert headline(waiting) == "Plan: 1 to add, 0 to change, 0 to destroy."
