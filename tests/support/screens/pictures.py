"""Pictures of a step, compared with the stored ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from gpuecs_tui.aws.facts import AccountFacts
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.form_screens import go_to

SIZES = [(80, 24), (120, 40)]


def picture(
    snap_compare: Any,
    directory: Path,
    size: tuple[int, int],
    place: str,
    *press: str,
    account: AccountFacts | None = None,
    problem: tuple[str, str] | None = None,
    emptied: Sequence[str] = (),
    **texts: str,
) -> bool:
    app = wizard_app(directory, account, problem)

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        if place != "start":
            await go_to(pilot, place, **dict.fromkeys(emptied, ""), **texts)
        if press:
            await pilot.press(*press)
            await settle(pilot)
        app.wizard.check()
        app.wizard.flush()
        await until(pilot, lambda: place == "start" or app.wizard.draft_saved)
        app.show_wizard()
        await settle(pilot)

    try:
        return bool(snap_compare(app, terminal_size=size, run_before=before))
    finally:
        app.wizard.close()
