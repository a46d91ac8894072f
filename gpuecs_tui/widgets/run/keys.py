"""Keys for decisions about a run: the screen declares them, and texts about the run name them."""

from __future__ import annotations

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN

APPROVE = bind("a", "approve", N_("approve"), N_("Apply this plan"), SCREEN)
DISCARD = bind("d", "discard", N_("discard"), N_("Discard this plan"), SCREEN)
CANCEL = bind("c", "cancel", N_("cancel"), N_("Cancel this run"), SCREEN)
