"""Carry a person's edits over into files that are rendered anew: a merge of three texts by line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from gpuecs_tui.terraform.hcl_tree import ReadProblem
from gpuecs_tui.terraform.read import ReadBack, read_back
from gpuecs_tui.terraform.render import OWN_FILES, Files


@dataclass(frozen=True, slots=True)
class Kept:
    """Files to write, with the edits in them that could be kept."""

    files: Files
    kept: frozenset[str]
    """Edited files whose edits are all still there."""


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines ``start`` to ``end`` of the common ancestor give way to ``lines``."""

    start: int
    end: int
    lines: tuple[str, ...]


def keep_edits(found: ReadBack, files: Mapping[str, str]) -> Kept:
    """Return ``files`` with the hand edits of the directory that ``found`` was read from.

    An edit is kept where it and the new decisions are about different lines, and only if the
    result still reads as the stack that ``files`` is for, with the same things in it that no
    decision covers. Otherwise nothing is kept: the caller shows what would be lost.
    """
    plain = Kept(dict(files), frozenset())
    if found.stack is None or not found.edits:
        return plain
    rendered = found.rendered
    merged = dict(files)
    kept: set[str] = set()
    for name in found.edited & files.keys() & rendered.keys():
        text = merge(rendered[name], found.texts[name], files[name])
        if text is not None:
            merged[name] = text
            kept.add(name)
    return Kept(merged, frozenset(kept)) if _sound(found, files, merged) else plain


def merge(ancestor: str, mine: str, theirs: str) -> str | None:
    """Return ``ancestor`` with the changes of both, None where they are about the same lines."""
    lines = ancestor.splitlines(keepends=True)
    hunks = [
        (hunk, side)
        for side, text in enumerate((mine, theirs))
        for hunk in _hunks(lines, text.splitlines(keepends=True))
    ]
    hunks.sort(key=lambda pair: (pair[0].start, pair[0].end, pair[1]))
    result: list[str] = []
    position = 0
    previous: _Hunk | None = None
    for hunk, _side in hunks:
        if hunk == previous:
            continue
        if previous is not None and _collide(previous, hunk):
            return None
        result += lines[position : hunk.start]
        result += hunk.lines
        position, previous = hunk.end, hunk
    return "".join(result + lines[position:])


def _hunks(old: list[str], new: list[str]) -> list[_Hunk]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        _Hunk(start, end, tuple(new[first:last]))
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _collide(first: _Hunk, second: _Hunk) -> bool:
    # Two insertions at one place have no order that either side asked for.
    same_place = first.start == second.start and (
        first.start == first.end or second.start == second.end
    )
    return same_place or second.start < first.end


def _sound(found: ReadBack, files: Mapping[str, str], merged: Mapping[str, str]) -> bool:
    foreign = {name: text for name, text in found.texts.items() if name not in OWN_FILES}
    try:
        wanted = read_back(files)
        result = read_back({**merged, **foreign})
    except ReadProblem:
        return False
    lost = {item.what for item in found.unread} - {item.what for item in result.unread}
    return result.stack is not None and result.stack == wanted.stack and not lost
