"""Notes about the values in a field, from a list of the account."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.remedies import as_sentence
from gpuecs_tui.widgets.form.field import FieldNote
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.wizard.session import WizardSession


def described(
    wizard: WizardSession,
    key: str,
    choices: Choices | None,
    exhaustive: bool,
    *,
    late: bool = False,
) -> list[FieldNote]:
    """Return a note for each value of ``key`` that is in ``choices``, or should be.

    ``exhaustive``: a value that isn't in the list gets a warning. An empty field gets a note if its
    list could not be read, unless the list is read only when it is opened (``late``).
    """
    if choices is None:
        return []
    text = wizard.text(key).strip()
    if not text:
        if not choices.unknown or late:
            return []
        return [FieldNote("unknown", f"{as_sentence(choices.note)} {choices.remedy}".strip())]
    ids = text.replace(",", " ").split() if choices.multiple else [text]
    notes = []
    for id in ids:
        row = choices.find(id)
        if row is not None:
            summary = row.summary or " · ".join(cell for cell in row.cells[1:] if cell)
            notes.append(FieldNote("info", summary))
        elif exhaustive and not choices.unknown and key not in wizard.decisions.problems:
            notes.append(FieldNote("warning", _("{id} was not found in the account").format(id=id)))
    return [note for note in notes if note.text]
