"""The difference of two texts, without secrets."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection

from gpuecs_tui.terraform.hcl.literals import quote

Show = Callable[[str, str, str], str]
"""Makes a diff of a file's name, its old and its new text."""
SENSITIVE = "(sensitive)"
"""Replaces a sensitive value. Terraform itself shows ``(sensitive value)``."""
_TELLING = 4
"""Minimum length of a text that is also searched without quotes; shorter texts match too often."""
_LONG = 8
"""Minimum length of a line of a multi-line text that is searched on its own."""
_NO_END = "\\ No newline at end of file"


def unified_diff(name: str, old: str, new: str) -> str:
    """Return the unified diff from ``old`` to ``new``, "" when they are the same."""
    if old == new:
        return ""
    # Split at line feeds only: a script may contain other characters that Python splits at.
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_END}\n" for line in lines)


def diff_without_secrets(diff: str, secrets: Collection[str]) -> str:
    """Return ``diff`` with every text of ``secrets`` replaced, as it may be shown."""
    lines = (line.strip() for secret in secrets for line in secret.splitlines())
    parts = {*secrets, *(line for line in lines if len(line) >= _LONG)}
    for secret in sorted(parts, key=len, reverse=True):
        diff = diff.replace(quote(secret), SENSITIVE)
        if len(secret) >= _TELLING:
            diff = diff.replace(secret, SENSITIVE)
    return diff


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
