"""The part of the session that fills untouched fields with suggestions, with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.wizard.account_state import AccountState
    from gpuecs_tui.wizard.suggestions import Suggestion


class Suggesting:
    """Texts suggested from the directory and the account; see ``suggestions``."""

    account: AccountState
    _texts: dict[str, str]

    def __init__(self) -> None:
        self.suggested: dict[str, Suggestion] = {}
        """Key → the suggestion in its field, until the field gets another text."""
        self.suggests = False
        """Whether untouched fields may be filled: for a new stack only."""
        self._suggested_from: object = None
        """The source of the present suggestions."""

    def _changed(self) -> None:
        raise NotImplementedError

    def suggest(self, key: str, suggestion: Suggestion) -> None:
        """Fill the field of ``key``, unless it got another text."""
        if not self.is_open(key) or self.suggested.get(key) == suggestion:
            return
        self._texts[key] = suggestion.text
        self.suggested[key] = suggestion
        self._changed()

    def propose(self, key: str, suggestion: Suggestion) -> None:
        """Fill the field of ``key``, whatever text it has, because the user asked for it."""
        self._texts[key] = suggestion.text
        self.suggested[key] = suggestion
        self._changed()

    def withdraw(self, key: str) -> None:
        """Empty the field of ``key`` if it has a suggestion that is no longer valid."""
        if self.suggested.pop(key, None):
            self._texts.pop(key)
            self._changed()

    @property
    def reasons(self) -> dict[str, str] | None:
        """Key → why its text was suggested, for the draft; None without suggestions."""
        if not self.suggests:
            return None
        return {key: suggestion.reason for key, suggestion in self.suggested.items()}

    def _suggest_again(self, reasons: Mapping[str, str] | None) -> None:
        """Continue the suggestions of a draft by their ``reasons``; None: suggest nothing."""
        from gpuecs_tui.wizard.suggestions import Suggestion

        self._forget_suggestions()
        if reasons is None:
            return
        self.suggests = True
        for key, reason in reasons.items():
            if key in self._texts:
                self.suggested[key] = Suggestion(self._texts[key], reason)

    def is_open(self, key: str) -> bool:
        """Tell whether a suggestion may fill the field of ``key``."""
        return self.suggests and (key not in self._texts or key in self.suggested)

    def suggest_from_account(self) -> None:
        """Update the suggestions that follow from the account."""
        from gpuecs_tui.wizard.suggestions import ACCOUNT_KEYS, suggestions

        facts = self.account.facts
        if not self.suggests or facts is None or self.account.busy:
            return
        chosen = {key: text for key, text in self._texts.items() if key not in self.suggested}
        source = (id(facts), tuple(sorted(chosen.items())))
        if source == self._suggested_from:
            return
        self._suggested_from = source
        found = suggestions(facts, chosen)
        for key in ACCOUNT_KEYS:
            if key in found:
                self.suggest(key, found[key])
            else:
                # The suggestion was for another Region or VPC, or newer prices were read.
                self.withdraw(key)

    def _forget_suggestions(self) -> None:
        self.suggested.clear()
        self.suggests, self._suggested_from = False, None
