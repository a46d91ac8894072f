"""The progress line: correct counts at any width, and almost no output."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from gpuecs_tui.widgets.base.clock import Clock, duration_text
from gpuecs_tui.widgets.base.glyphs import CONSOLE, RICH, Signs, signs
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.run.progress import ProgressLine, progress_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (65, "1m05s"), (3600, "1h00m"), (7500, "2h05m"), (-1, "0s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("width", "done", "total", "shown"),
    [
        (40, 1, 4, "━━━───────── 1/4 creating aws_lb.this"),
        (40, 4, 4, "━━━━━━━━━━━━ 4/4 creating aws_lb.this"),
        (40, 9, 4, "━━━━━━━━━━━━ 9/4 creating aws_lb.this"),
        (40, 0, 0, "creating aws_lb.this"),
        (9, 1, 4, "1/4"),
    ],
)
def test_the_bar(width: int, done: int, total: int, shown: str) -> None:
    assert progress_text(width, done, total, "creating aws_lb.this").plain == shown


class ProgressApp(App[None]):
    def compose(self) -> ComposeResult:
        yield ProgressLine()


async def test_the_clock_ticks_and_stops() -> None:
    async with ProgressApp().run_test(size=(60, 5)) as pilot:
        line = pilot.app.query_one(ProgressLine)
        clock = pilot.app.query_one(Clock)
        text = pilot.app.query_one(OneLine)
        line.start(datetime.now(UTC) - timedelta(seconds=61.8))
        line.show(done=1, total=2, text="working")
        await pilot.pause()
        assert str(clock.render()) == "1m01s"
        await pilot.pause(0.5)
        assert str(clock.render()) == "1m02s"
        line.stop(seconds=75, text="Done [all]")
        await pilot.pause(1.1)
        assert str(clock.render()) == "1m15s"
        assert str(text.render()) == "Done [all]"


async def test_the_same_text_is_not_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ProgressApp().run_test(size=(60, 5)) as pilot:
        line, text = pilot.app.query_one(ProgressLine), pilot.app.query_one(OneLine)
        line.show(done=1, total=2, text="working")
        await pilot.pause()
        painted: list[str] = []
        monkeypatch.setattr(text, "refresh", lambda *_regions: painted.append("again"))
        line.show(done=1, total=2, text="working")
        assert painted == []
        line.show(done=2, total=2, text="working")
        assert painted == ["again"]


@pytest.mark.parametrize("known", [RICH, CONSOLE])
def test_each_sign_is_one_cell(known: Signs) -> None:
    assert all(cell_len(sign) == 1 for sign in astuple(known))
    assert known.filled != known.empty


def test_the_linux_console_gets_signs_that_its_font_has() -> None:
    assert signs({"TERM": "linux"}) is CONSOLE
    assert all(sign.encode("cp437") for sign in astuple(CONSOLE) if sign != "×")
    assert signs({"TERM": "xterm-256color"}) is RICH
