"""The key of the review that texts of other screens and questions name."""

from __future__ import annotations

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN

UPGRADE = N_("Bring the stack up to date")
BRING_UP_TO_DATE = bind("u", "bring_up_to_date", N_("bring up to date"), UPGRADE, SCREEN)
