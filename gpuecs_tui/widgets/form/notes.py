"""What an account's list says of the values that are in a field."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.form.field import Note
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.wizard.session import WizardSession


def described(
    wizard: WizardSession, key: str, choices: Choices | None, exhaustive: bool
) -> list[Note]:
    """Return a note for each value of ``key`` that ``choices`` know of, or should.

    ``exhaustive``: a value that isn't in the list is doubtful. An empty field of a list that could
    not be read says so.
    """
    if choices is None:
        return []
    text = wizard.text(key).strip()
    if not text:
        return [Note("unknown", f"{choices.note}. {choices.remedy}")] if choices.unknown else []
    ids = text.replace(",", " ").split() if choices.multiple else [text]
    notes = []
    for id in ids:
        row = choices.find(id)
        if row is not None:
            summary = row.summary or " · ".join(cell for cell in row.cells[1:] if cell)
            notes.append(Note("info", summary))
        elif exhaustive and not choices.unknown and key not in wizard.decisions.problems:
            notes.append(Note("warning", _("{id} is not in the account's list").format(id=id)))
    return [note for note in notes if note.text]
