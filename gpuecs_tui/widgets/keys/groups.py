"""The groups of keys: titles in the help, and where else their keys are named."""

from __future__ import annotations

from typing import TypeAlias

from textual.binding import Binding

from gpuecs_tui.i18n import N_

Group: TypeAlias = Binding.Group

SCREEN = Group(N_("Keys on this screen"))
WIZARD = Group(N_("Keys on every screen"))
FILES = Group(N_("Keys on the page Files"))
FINDINGS = Group(N_("Keys in the list of findings"))
FORM = Group(N_("Keys in the form"))
LIST = Group(N_("Keys on the Files tab"))
TEXT = Group(N_("Keys in the text"))
LOG = Group(N_("Keys in the log"))
MARKING = Group(N_("Keys while lines of the log are marked"))
RESOURCES = Group(N_("Keys in the resources"))
DIALOG = Group(N_("Keys in this dialog"))
MOVING = Group(N_("Keys to move and scroll"))
TYPING = Group(N_("Keys while log lines are selected"))
"""Also of Textual's own bindings, which have no group."""

ORDER = (
    SCREEN,
    DIALOG,
    FILES,
    FINDINGS,
    FORM,
    LIST,
    TEXT,
    LOG,
    MARKING,
    RESOURCES,
    WIZARD,
    MOVING,
    TYPING,
)
"""As the help lists them."""
FOOTERS = frozenset({LIST, LOG, MARKING, RESOURCES})
"""Of widgets whose keys are not named in the line of a step: a panel or a dialog has its own."""
COMMANDS = frozenset({SCREEN, WIZARD})
"""All keys of these groups are commands of the palette."""
PARTS = frozenset({FILES, FINDINGS, LOG, MARKING, RESOURCES})
"""Groups of a screen's parts: their keys that a line names are commands of the palette too."""
