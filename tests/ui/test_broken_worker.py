"""A worker that breaks is told, whoever started it."""

from __future__ import annotations

from pathlib import Path

from textual import work

from gpuecs_tui.widgets.frame import StepScreen
from tests.ui.conftest import wizard_app


class BreakingScreen(StepScreen):
    """A step whose reading meets what nobody foresaw."""

    STEP = "network"

    @work(thread=True, exit_on_error=False)
    def break_down(self) -> None:
        raise LookupError("nobody [foresaw] this")


async def test_a_broken_worker_is_said_and_the_app_goes_on(tmp_path: Path) -> None:
    app = wizard_app(tmp_path)
    async with app.run_test() as pilot:
        screen = BreakingScreen(app.wizard)
        await app.push_screen(screen)
        screen.break_down()
        while not app._notifications:
            await pilot.pause(0.01)
        (said,) = app._notifications
        assert "nobody [foresaw] this" in said.message
        assert said.severity == "error"
        assert app.is_running
