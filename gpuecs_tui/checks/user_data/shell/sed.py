"""The supported ``sed`` commands: deleting lines and replacing text in lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from gpuecs_tui.checks.user_data.shell.world import (
    Chunk,
    Data,
    Field,
    data_text,
    is_unknown,
    starts_known,
)

_EDIT = re.compile(
    r"\s*(?:/(?P<delete>[^/\n]+)/d"
    r"|s(?P<mark>[/|#,@])(?P<old>[^\n]+?)(?P=mark)(?P<new>[^\n]*?)(?P=mark)(?P<all>g?))\s*"
)
_PLAIN = re.compile(r"[\^]?[\w=:/ .*-]+\$?")
"""Patterns with the same meaning in ``sed`` and Python."""
_VALUED = ("e", "f", "l")


@dataclass(frozen=True, slots=True)
class SedEdit:
    """The effect of one command on each line."""

    pattern: re.Pattern[str]
    replacement: str | None
    """None: lines with a match are deleted."""
    count: int = 1
    """How many matches per line are replaced; 0: all, as with the flag g."""

    def applied(self, line: str) -> str | None:
        """Return the changed line; None if it is deleted."""
        if not self.pattern.search(starts_known(line)):
            return line
        if self.replacement is None:
            return None
        replacement = self.replacement
        return self.pattern.sub(lambda _found: replacement, line, count=self.count)


@dataclass(slots=True)
class Sed:
    """A call of ``sed``."""

    edits: list[SedEdit] | None = field(default_factory=list)
    """None if one of its commands is not supported."""
    files: list[Field] = field(default_factory=list)
    is_in_place: bool = False

    def applied(self, data: Data, by: Chunk) -> Data:
        """Return the result for ``data``; ``by`` is recorded as the writer of changed lines."""
        found: list[Chunk] = []
        for line in data_lines(data):
            text: str | None = line.text
            for edit in self.edits or ():
                text = edit.applied(text) if text is not None else None
            if text is not None:
                kept = line if text == line.text else replace(by, text=text)
                found.append(replace(kept, text=f"{text}\n"))
        return tuple(found)


def sed_of(arguments: list[Field]) -> Sed | None:
    """Return a call of ``sed``; None if its arguments are not supported."""
    sed, scripts = Sed(), list[Field]()
    rest = list(arguments)
    is_quiet = False
    while rest:
        it = rest.pop(0)
        word = it.text
        if word.startswith("--"):
            sed.is_in_place |= word.startswith("--in-place")
            is_quiet |= word in ("--quiet", "--silent")
            if word.startswith("--expression="):
                scripts.append(replace(it, text=word.partition("=")[2]))
            elif word.startswith(("--expression", "--file", "--line-length")):
                return None
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 1):
                if letter == "i":
                    sed.is_in_place = True
                    break
                is_quiet |= letter == "n"
                if letter in _VALUED:
                    value = word[at + 1 :]
                    if not value and not rest:
                        return None
                    given = replace(it, text=value) if value else rest.pop(0)
                    scripts += [given] if letter == "e" else [Field("?")]
                    break
        elif not scripts:
            scripts.append(it)
        else:
            sed.files.append(it)
    sed.edits = None if is_quiet else _edits(scripts)
    return sed if scripts else None


def _edits(scripts: list[Field]) -> list[SedEdit] | None:
    found: list[SedEdit] = []
    for text in (line for it in scripts for line in it.text.split("\n")):
        at = 0
        while at < len(text):
            edit = _EDIT.match(text, at)
            if (
                edit is None
                or is_unknown(text)
                or text[edit.end() : edit.end() + 1] not in ("", ";")
            ):
                return None
            pattern, new = edit["delete"] or edit["old"], edit["new"] or ""
            if not _PLAIN.fullmatch(pattern) or pattern.startswith("*") or re.search(r"[\\&]", new):
                return None
            count = 0 if edit["all"] else 1
            found.append(SedEdit(re.compile(pattern), None if edit["delete"] else new, count))
            at = edit.end() + 1
    return found


def data_lines(data: Data) -> list[Chunk]:
    """Return the lines of ``data`` without line ends, each with the writer of its start."""
    text, found, at = data_text(data), list[Chunk](), 0
    starts: list[tuple[int, Chunk]] = []
    for chunk in data:
        starts.append((at, chunk))
        at += len(chunk.text)
    at = 0
    for line in text.split("\n"):
        owner = next(
            (chunk for start, chunk in reversed(starts) if start <= at and chunk.text), None
        )
        if owner is not None and (line or at < len(text)):
            found.append(replace(owner, text=line))
        at += len(line) + 1
    return found
