"""Three-way merge of two versions of a text with their common ancestor, stretch by stretch.

A stretch that only one side changed takes that side. A stretch that both changed is merged again by
words, so that a comment after a value does not conflict with a new value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"\w+|\n|[^\S\n]+|.")
_WORDS_MAX = 1500
"""Maximum words of a stretch that are compared; the time is quadratic."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the merged text."""

    options: tuple[str, ...]
    """Possible texts, the best first. The last one contains nothing of ``mine``."""
    mine: str
    """The text of this part with the manual changes."""
    keeping: int
    """Number of leading options that lose nothing of ``mine``."""


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Items ``start`` to ``end`` of the common ancestor are replaced by ``items``."""

    start: int
    end: int
    items: tuple[str, ...]
    side: int
    """0 for ``mine``, 1 for ``theirs``."""


def stretches(ancestor: str, mine: str, theirs: str) -> tuple[Stretch, ...]:
    """Return the merged text in stretches; a stretch with a single option is decided.

    A change of only ``mine`` is an option besides the ancestor's text, because the caller may have
    to drop it. If both sides insert text at one place, both texts are kept.
    """
    old, left, right = (_lines(text) for text in (ancestor, mine, theirs))
    found: list[Stretch] = []
    position = 0
    for start, end, hunks in _clusters(old, left, right):
        found.append(_settled("".join(old[position:start])))
        found.append(_choice(*_sides(old, start, end, hunks), hunks))
        position = end
    found.append(_settled("".join(old[position:])))
    return tuple(it for it in found if it.mine or any(it.options))


def _choice(before: str, mine: str, theirs: str, hunks: Sequence[_Hunk]) -> Stretch:
    sides = {hunk.side for hunk in hunks}
    if mine == theirs or sides == {1}:
        return Stretch((theirs,), mine, 1)
    if sides == {0}:
        return Stretch((mine, before), mine, 1)
    if not before:
        # Whole lines that both sides added at one place.
        return Stretch((mine + theirs, theirs), mine, 1)
    words, collides = _by_words(before, mine, theirs)
    if not words or not mine:
        return Stretch((theirs,), mine, 0)
    return Stretch((words, theirs), mine, 0 if collides else 1)


def _by_words(before: str, mine: str, theirs: str) -> tuple[str, bool]:
    """Return the merge by words, with ``theirs`` where both changed a word; and whether both
    did."""
    old, left, right = (_WORD.findall(text) for text in (before, mine, theirs))
    if max(len(old), len(left), len(right)) > _WORDS_MAX:
        return "", True
    result: list[str] = []
    position, collides = 0, False
    for start, end, hunks in _clusters(old, left, right):
        _was, my, their = _sides(old, start, end, hunks)
        result += old[position:start]
        both = len({hunk.side for hunk in hunks}) > 1
        collides |= both and my != their
        result.append(my if not both and hunks[0].side == 0 else their)
        position = end
    return "".join([*result, *old[position:]]), collides


def _clusters(
    old: list[str], mine: list[str], theirs: list[str]
) -> Iterator[tuple[int, int, list[_Hunk]]]:
    """Yield (start, end, hunks) of the ancestor's stretches that a side changed, in order."""
    hunks = sorted(
        (*_hunks(old, mine, 0), *_hunks(old, theirs, 1)),
        key=lambda hunk: (hunk.start, hunk.end, hunk.side),
    )
    cluster: list[_Hunk] = []
    for hunk in hunks:
        if cluster and not any(_collide(other, hunk) for other in cluster):
            yield cluster[0].start, max(it.end for it in cluster), cluster
            cluster = []
        cluster.append(hunk)
    if cluster:
        yield cluster[0].start, max(it.end for it in cluster), cluster


def _hunks(old: list[str], new: list[str], side: int) -> Iterator[_Hunk]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "replace" and end - start == last - first:
            # Line by line, so that a changed indentation is not one single change.
            for offset in range(end - start):
                yield _Hunk(start + offset, start + offset + 1, (new[first + offset],), side)
        elif tag != "equal":
            yield _Hunk(start, end, tuple(new[first:last]), side)


def _collide(first: _Hunk, second: _Hunk) -> bool:
    """Tell whether ``second``, which doesn't start before ``first``, concerns the same items."""
    if first.side == second.side:
        return False
    if first.start == first.end and second.start == second.end:
        return first.start == second.start
    return second.start < first.end


def _sides(
    old: Sequence[str], start: int, end: int, hunks: Sequence[_Hunk]
) -> tuple[str, str, str]:
    """Return the text of a stretch in the ancestor, in mine and in theirs."""
    texts = ["".join(old[start:end])]
    for side in (0, 1):
        own = [hunk for hunk in hunks if hunk.side == side]
        ends = [start, *(hunk.end for hunk in own)]
        parts = [
            "".join(old[begin : hunk.start]) + "".join(hunk.items)
            for begin, hunk in zip(ends, own, strict=False)
        ]
        texts.append("".join(parts) + "".join(old[ends[-1] : end]))
    return texts[0], texts[1], texts[2]


def _settled(text: str) -> Stretch:
    return Stretch((text,), text, 1)


def _lines(text: str) -> list[str]:
    # Split at line feeds only: a script may contain other characters that Python splits at.
    ends = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if end > start]
