"""What a stack's directory said when the form's texts began, to see what is new or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.wizard.profile_key import PROFILE

if TYPE_CHECKING:
    from gpuecs_tui.stack.fields import Value


@dataclass(frozen=True, slots=True)
class Opened:
    """The directory as it was when the texts were taken from it or begun beside it."""

    texts: Mapping[str, str] | None = None
    """The form's texts that its Terraform says; None where the form's came from elsewhere."""
    held: Mapping[str, str] | None = None
    """Key → digest of each decision in it; None where that isn't known."""

    def says(self, texts: Mapping[str, str]) -> bool:
        """Tell whether the directory says what ``texts`` say."""
        if self.texts is None:
            return False
        from gpuecs_tui.wizard.decisions import text_of

        keys = texts.keys() | self.texts.keys()
        return all(text_of(key, texts) == text_of(key, self.texts) for key in keys)

    def changed_since(self, directory: Path, key: str, value: Value) -> bool:
        """Tell whether ``value``, which ``directory`` has now for ``key``, is another than then.

        Where it isn't known what the directory said (a draft of an earlier version), ``value`` is
        compared with what was written into the directory last.
        """
        from gpuecs_tui.terraform.write import last_write

        if self.held is None:
            return last_write.changed_since(directory)(key, value)
        return self.held.get(key) != last_write.digest(value)


def of_files(texts: Mapping[str, str], answers: Mapping[str, Value]) -> Opened:
    """Return what a directory says whose Terraform holds ``answers``: those of ``texts``."""
    from gpuecs_tui.terraform.write.last_write import digest

    # The profile is no part of the Terraform.
    said = {key: text for key, text in texts.items() if key != PROFILE}
    return Opened(said, {key: digest(value) for key, value in answers.items()})
