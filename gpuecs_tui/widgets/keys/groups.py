"""The groups of keys: their titles in the help, and where else their keys are shown."""

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
"""Also the group of Textual's own bindings, which have none."""

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
"""All groups, in the order of the help."""
FOOTERS = frozenset({LIST, LOG, MARKING, RESOURCES})
"""Groups of widgets that have their own line of keys, such as a panel or a dialog: the line of a
step does not name these keys."""
COMMANDS = frozenset({SCREEN, WIZARD})
"""Groups whose keys are all commands of the palette."""
PARTS = frozenset({FILES, FINDINGS, LOG, MARKING, RESOURCES})
"""Groups of a screen's parts: those of their keys that a line names are commands of the palette
too."""
