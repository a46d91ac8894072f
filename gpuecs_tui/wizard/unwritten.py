"""Answers of the draft that are missing from the stack's directory: a plan ignores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuecs_tui.i18n import ngettext

if TYPE_CHECKING:
    from gpuecs_tui.terraform.read.directory import ReadBack
    from gpuecs_tui.wizard.decisions import FindType, Texts
    from gpuecs_tui.wizard.session import WizardSession

NAMED = 3
"""Maximum number of keys named in one sentence; the others are counted."""


def unwritten(texts: Texts, present: ReadBack, find_type: FindType) -> tuple[str, ...]:
    """Return the keys of ``texts`` whose answers differ from the Terraform, in key order.

    ``present`` are the answers that were read from the Terraform; an answer that was not read
    counts as different.
    """
    from gpuecs_tui.stack.model import KEYS
    from gpuecs_tui.wizard.decisions import decide

    decided = decide(texts, find_type)
    said = present.stack.flat() if present.stack is not None else present.answers
    found = {key for key, value in decided.answers.items() if said.get(key) != value}
    found |= decided.malformed
    # An emptied field means the default of its key.
    resolved = decided.resolved.stack.flat()
    emptied = (key for key, text in texts.items() if not text.strip() and key in present.answers)
    found |= {key for key in emptied if resolved.get(key) != said.get(key)}
    return tuple(key for key in KEYS if key in found)


def unwritten_words(wizard: WizardSession) -> str:
    """Return which answers of ``wizard`` are not in its directory; empty if all are.

    Reads the directory's Terraform. Also empty if it can't be read: no plan is made of it then.
    """
    from gpuecs_tui.terraform.hcl.tree import ReadProblem
    from gpuecs_tui.terraform.read.directory import read

    texts = dict(wizard.texts)
    if not texts or wizard.is_as_opened:
        return ""
    try:
        present = read(wizard.options.directory)
    except (ReadProblem, OSError):
        return ""
    if present.kind != "stack":
        return ""
    keys = unwritten(texts, present, wizard.instance_type)
    if not keys:
        return ""
    named = ", ".join(keys[:NAMED]) + (", …" if len(keys) > NAMED else "")
    return ngettext(
        "{n} answer of your draft is not in the files, so this plan does not include it: {keys}. "
        "Write it in the review, then plan again.",
        "{n} answers of your draft are not in the files, so this plan does not include them: "
        "{keys}. Write them in the review, then plan again.",
        len(keys),
    ).format(n=len(keys), keys=named)
