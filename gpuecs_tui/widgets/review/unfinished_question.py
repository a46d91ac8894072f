"""The question about an unfinished write that is not in this user's own record."""

from __future__ import annotations

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls


def unfinished_question(words: str, difference: str) -> Confirm:
    """Ask whether to delete the unfinished write that ``words`` name.

    ``difference`` (unified diffs, may be empty) is what finishing it would change.
    """
    lines = [Content(escape_controls(words)), Content("")]
    if difference:
        lines.append(Content(_("Finishing the write would make these changes:")))
        lines += [Content(escape_controls(line)) for line in difference.splitlines()]
    yes = _("Delete it and write the stack")
    return Confirm(_("Unfinished write"), lines, yes=yes, grave=True)
