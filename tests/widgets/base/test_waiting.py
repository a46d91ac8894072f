"""The elapsed time after the text of a wait."""

from __future__ import annotations

import pytest
from textual.app import App

from gpuecs_tui.widgets.base import waiting
from gpuecs_tui.widgets.base.waiting import Wait, with_elapsed


def test_the_time_is_left_out_in_the_first_second() -> None:
    assert with_elapsed("Moving the state …", 0.9) == "Moving the state …"
    assert with_elapsed("Moving the state …", 75) == "Moving the state … 1m15s"


async def test_it_is_shown_each_second_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    now = [100.0]
    monkeypatch.setattr(waiting, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting, "SECOND", 0.01)
    app: App[None] = App()
    async with app.run_test() as pilot:
        wait = Wait(app, "Releasing the lock …", shown.append)
        assert shown == ["Releasing the lock …"] and not wait.is_long
        now[0] += 61
        while shown[-1] != "Releasing the lock … 1m01s":
            await pilot.pause(0.01)
        wait.end()
        count = len(shown)
        now[0] += 60
        await pilot.pause(0.05)
        assert len(shown) == count
