"""The command palette is in the user's language."""

from __future__ import annotations

import pytest
from textual.command import CommandInput, CommandList

from gpuecs_tui.widgets.terminal import palette
from gpuecs_tui.widgets.terminal.palette import Palette, PaletteApp


async def test_its_words_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palette, "_", lambda text: f"訳 {text}")
    monkeypatch.setattr(Palette, "_NO_MATCHES_COUNTDOWN", 0.01)
    app: PaletteApp[int] = PaletteApp()
    async with app.run_test() as pilot:
        app.action_command_palette()
        app.action_command_palette()
        await pilot.pause()
        assert len(app.screen_stack) == 2
        field = app.screen.query_one(CommandInput)
        assert field.placeholder == "訳 Search for commands…"
        field.value = "zzzzqqqq"
        shown = app.screen.query_one(CommandList)
        for _ in range(100):
            if shown.option_count and shown.get_option_at_index(0).disabled:
                break
            await pilot.pause(0.02)
        assert str(shown.get_option_at_index(0).prompt) == "訳 No matches. Press Esc to close."
        await pilot.press("escape")
        app.search_themes()
        await pilot.pause()
        assert app.screen.query_one(CommandInput).placeholder == "訳 Search for themes…"
