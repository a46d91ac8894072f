"""A step with a picture of the stack next to the form, if the terminal has room for it."""

from __future__ import annotations

from textual import events

from gpuecs_tui.widgets.step.screen import ROOMY, ROOMY_BREAKPOINTS, StepScreen


class PicturedScreen(StepScreen):
    """A step that draws the present stack again at each change."""

    HORIZONTAL_BREAKPOINTS = ROOMY_BREAKPOINTS

    _pictured: tuple[object, object] = (None, None)
    """The answers and the account data from which the picture was drawn."""

    def changed(self) -> None:
        """Update the step and the picture."""
        super().changed()
        self._draw_picture(self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Draw the picture once there is room for it."""
        self._draw_picture(event.size.width)

    def _draw_picture(self, width: int) -> None:
        """Draw the stack next to the form if the terminal's ``width`` leaves room for it."""
        if width < ROOMY:
            return
        # Imported late: a smaller terminal does not need it.
        from gpuecs_tui.checks.context import context_of
        from gpuecs_tui.widgets.pictures.stack_picture import Picture

        resolved, facts = self.wizard.decisions.resolved, self.wizard.account.facts
        if self._pictured[0] == resolved and self._pictured[1] is facts:
            return
        self._pictured = (resolved, facts)
        picture = next(iter(self.query(Picture)), None)
        if picture is None:
            picture = Picture()
            picture.can_focus = False
            self.query_one("#beside").mount(picture)
        picture.draw(context_of(resolved.stack, facts), resolved.missing)
