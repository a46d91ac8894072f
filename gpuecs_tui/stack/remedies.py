"""How a remedy is shown."""

from __future__ import annotations


def as_sentence(remedy: str) -> str:
    """Return a remedy (an imperative without capital letter and full stop) as a sentence."""
    return f"{remedy[0].upper()}{remedy[1:].rstrip('.')}." if remedy else ""
