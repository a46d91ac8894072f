"""All decisions of a stack as rows, with a mark for those that the user made."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.relevance import is_relevant
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.widgets.form.layout import LAYOUT
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession

IMAGE = "task.image"
CHOSEN = "•"
"""The sign before a decision that the user made; the others are defaults."""


def decision_choices(wizard: WizardSession) -> Choices:
    """Return every relevant decision, grouped by the sections of the steps."""
    return Choices("", ("", _("decision"), _("value")), tuple(_rows(wizard)))


def not_read_hint(unread: Unread) -> str:
    """Return the text in place of an answer whose Terraform could not be read."""
    if not unread.file:
        return _("not read: {what} {reason}").format(what=unread.what, reason=unread.reason)
    place = _("{file}, line {line}") if unread.line else "{file}"
    return _("not read: {place}").format(place=place.format(file=unread.file, line=unread.line))


def _rows(wizard: WizardSession) -> Iterator[Row]:
    decisions = wizard.decisions
    stack, values = decisions.resolved.stack, decisions.resolved.stack.flat()
    for sections in LAYOUT.values():
        for section in sections:
            for key in section.keys:
                if key in KEYS and is_relevant(key, values):
                    declaration = KEYS[key]
                    text = declaration.unparse(stack[key])
                    if (unread := decisions.unknown.get(key)) is not None:
                        text = not_read_hint(unread)
                    elif key in decisions.missing:
                        text = _("missing")
                    elif problem := decisions.problems.get(key):
                        text = f"{wizard.text(key)} ✗ {problem}"
                    elif declaration.unit and text:
                        text = f"{text} {_(declaration.unit)}"
                    mark = CHOSEN if key in decisions.answers else ""
                    yield Row(
                        key,
                        (mark, _(declaration.label), text),
                        group=_(section.title),
                        images=(2,) if key == IMAGE and text == stack[key] else (),
                    )
