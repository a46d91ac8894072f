"""Files and their differences as coloured lines; pygments is imported at the first use."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from gpuecs_tui.widgets.base.safe_text import escape_controls

TAB = 4
LANGUAGES = {".tf": "terraform", ".tfvars": "terraform", ".sh": "bash", ".toml": "toml"}
"""File suffix → pygments' name of its language."""
_DIFF_STYLES = {
    "+++": "bold",
    "---": "bold",
    "@@": "$text-accent",
    "+": "$text-success",
    "-": "$text-error",
}
"""Prefix of a line of a unified diff → its style; longer prefixes come first."""


def code_lines(name: str, text: str) -> list[Content]:
    """Return the lines of the file ``name`` in the colours of its language, with controls
    escaped."""
    # In HCL, a carriage return or a Unicode separator is text and not a line end.
    shown = "\n".join(escape_controls(line.expandtabs(TAB)) for line in text.split("\n"))
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix not in LANGUAGES:
        return [Content(line) for line in shown.split("\n")]
    from textual.highlight import highlight

    coloured = highlight(shown, language=LANGUAGES[suffix])
    return list(coloured.split("\n", allow_blank=True))


def diff_lines(lines: Iterable[str], width: int = 0) -> list[Content]:
    """Return a unified diff line by line: removed lines red, added lines green, with their signs.

    A line longer than ``width`` cells is wrapped, because the difference is often at its end; 0:
    no line is wrapped.
    """
    found = [_diff_line(escape_controls(line.rstrip("\n").expandtabs(TAB))) for line in lines]
    return [part for line in found for part in line.fold(width)] if width else found


def _diff_line(line: str) -> Content:
    for beginning, style in _DIFF_STYLES.items():
        if line.startswith(beginning):
            return Content.styled(line, style)
    return Content.styled(line, "$text-muted")
