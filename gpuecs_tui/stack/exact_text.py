"""Which texts Terraform keeps exactly as they are."""

from __future__ import annotations

import json
import re
import unicodedata

from gpuecs_tui.i18n import _

COMBINING_MARKS_MAX = 30
"""Terraform normalizes strings with Go's norm package, which inserts U+034F after this many marks
(Unicode Standard Annex 15, Stream-Safe Text Format)."""
_ESCAPED_IN_JSON = re.compile("[<>&\u2028\u2029]")
"""The characters that Go's encoding/json escapes although JSON doesn't require it."""


def why_not_exact(text: str) -> str:
    """Return why Terraform would change ``text``, or an empty text.

    Terraform's strings are Unicode in normal form C (HCL specification, "Literal Values"). It
    silently normalizes any other text.
    """
    if "\0" in text:
        return _("must not contain a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return _("must be valid Unicode")
    if text.isascii():
        return ""
    if not unicodedata.is_normalized("NFC", text):
        return _("contains letters composed of several characters, which Terraform would change")
    if not unicodedata.is_normalized("NFC", _json_escaped(text)):
        # ``jsonencode`` writes a line feed as "\\n", and Terraform composes the n with the mark.
        return _("contains a combining mark after a line break or a character that JSON escapes")
    if _marks_in_a_row(text) > COMBINING_MARKS_MAX:
        return _("contains more than {n} combining marks in a row").format(n=COMBINING_MARKS_MAX)
    return ""


def _json_escaped(text: str) -> str:
    """Return ``text`` as ``jsonencode`` writes it (Go's encoding/json, with <, > and & escaped)."""
    return _ESCAPED_IN_JSON.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def _marks_in_a_row(text: str) -> int:
    """Return the longest run of combining marks, counted as Go's norm package does: decomposed."""
    longest = run = 0
    for character in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest
