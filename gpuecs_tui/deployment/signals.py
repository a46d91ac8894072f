"""Tables of AWS's texts: each cause with the pattern of its messages."""

from __future__ import annotations

import re
from collections.abc import Mapping


class Signals:
    """The first cause whose pattern is in a text, in the order of the table."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """``patterns``: id of a cause → regular expression; upper and lower case are equal."""
        self._patterns = {id: re.compile(it, re.IGNORECASE) for id, it in patterns.items()}

    def cause_in(self, text: str) -> str:
        """Return the id of the cause that ``text`` shows; empty if it shows none."""
        return next((id for id, it in self._patterns.items() if it.search(text)), "")
