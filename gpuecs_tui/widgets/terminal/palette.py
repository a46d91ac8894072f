"""Textual's command palette, with its texts in the user's language."""

from __future__ import annotations

from textual.app import App, ReturnType
from textual.command import CommandList, CommandPalette
from textual.content import Content
from textual.theme import ThemeProvider
from textual.widgets.option_list import Option

from gpuecs_tui.i18n import _


class Palette(CommandPalette):
    """The palette of commands; the texts of Textual's own palette are fixed in English."""

    def _start_no_matches_countdown(self, search_value: str) -> None:
        self._stop_no_matches_countdown()

        def show() -> None:
            if search_value:
                words = Content(_("No matches. Press Esc to close."))
                option = Option(words, disabled=True, id=self._NO_MATCHES)
                self.query_one(CommandList).add_option(option)
            self._list_visible = bool(search_value)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)


class PaletteApp(App[ReturnType]):
    """An app that uses these palettes."""

    def action_command_palette(self) -> None:
        """Open the palette of all commands, unless one is open."""
        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(Palette(placeholder=_("Search for commands…"), id="--command-palette"))

    def search_themes(self) -> None:
        """Open a palette of the themes; the chosen one is applied."""
        self.push_screen(Palette([ThemeProvider], placeholder=_("Search for themes…")))
