"""Labels and help texts of keys that several screens or dialogs have, always in the same words."""

from __future__ import annotations

from gpuecs_tui.i18n import N_

LINES = N_("scroll"), N_("Scroll a line up or down")
PAGES = N_("page"), N_("Scroll a page up or down")
ENDS = N_("ends"), N_("Scroll to the start or the end")
ASIDE = N_("aside"), N_("Scroll to the left or the right")
ROWS = N_("move"), N_("Move the highlight by a row")
ROW_PAGES = N_("page"), N_("Move the highlight by a page")
ROW_ENDS = N_("ends"), N_("Go to the first or the last row")
BACK = N_("back"), N_("Go back")
READ_AGAIN = N_("read again"), N_("Read the account again")
SUSPEND = N_("suspend"), N_("Suspend; fg in the shell continues")
