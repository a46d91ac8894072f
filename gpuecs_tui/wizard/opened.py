"""The answers in a stack's directory when the form was filled, to find later changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gpuecs_tui.wizard.profile_key import PROFILE

if TYPE_CHECKING:
    from gpuecs_tui.stack.fields import Value


class Opened(NamedTuple):
    """The directory at the time when the texts were read from it, or when they were begun."""

    texts: Mapping[str, str] | None = None
    """The texts that were read from its Terraform; None if the form's texts are from elsewhere."""
    held: Mapping[str, str] | None = None
    """Key → digest of each decision in it; None if unknown."""

    def says(self, texts: Mapping[str, str]) -> bool:
        """Tell whether the directory has the answers of ``texts``."""
        if self.texts is None:
            return False
        from gpuecs_tui.wizard.decisions import text_of

        keys = texts.keys() | self.texts.keys()
        return all(text_of(key, texts) == text_of(key, self.texts) for key in keys)

    def changed_since(self, directory: Path, key: str, value: Value) -> bool:
        """Tell whether ``value`` of ``key`` in ``directory`` has changed since then.

        If the earlier answers are unknown (a draft of an earlier version), ``value`` is compared
        with the last write into the directory.
        """
        from gpuecs_tui.terraform.write import last_write

        if self.held is None:
            return last_write.changed_since(directory)(key, value)
        return self.held.get(key) != last_write.answer_digest(value)


def of_files(texts: Mapping[str, str], answers: Mapping[str, Value]) -> Opened:
    """Return the record of a directory whose Terraform has ``answers``, those of ``texts``."""
    from gpuecs_tui.terraform.write.last_write import answer_digest

    # The Terraform does not contain the profile.
    said = {key: text for key, text in texts.items() if key != PROFILE}
    return Opened(said, {key: answer_digest(value) for key, value in answers.items()})
