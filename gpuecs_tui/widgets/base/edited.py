"""The message about changed answers: the app checks them and shows the result."""

from __future__ import annotations

from collections.abc import Mapping

from textual.message import Message
from textual.message_pump import MessagePump

from gpuecs_tui.wizard.session import WizardSession


class Edited(Message):
    """Texts in the wizard's session were changed; the app then checks them and shows the result.

    ``in_word``: the key followed another one closely, so more may follow.
    """

    def __init__(self, *, in_word: bool = False) -> None:
        super().__init__()
        self.in_word = in_word


def edit(sender: MessagePump, wizard: WizardSession, texts: Mapping[str, str]) -> None:
    """Put ``texts`` (key → text) into the session and post ``Edited`` from ``sender``."""
    for key, text in texts.items():
        wizard.put(key, text)
    sender.post_message(Edited())
