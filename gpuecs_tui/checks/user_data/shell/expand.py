"""Words of a shell script as the texts that commands get (Bash manual, "Shell Expansions")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from gpuecs_tui.checks.user_data.shell.syntax import (
    OPAQUE,
    OUTPUT,
    VARIABLE,
    WORD,
    Node,
    ShellWord,
    WordPart,
)
from gpuecs_tui.checks.user_data.shell.world import (
    TEXT_MAX,
    Field,
    TooComplex,
    World,
    data_text,
    is_unknown,
    unknown_mark,
)

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=")
_BRACES = re.compile(r"(.*?)\{([^{},\s]*(?:,[^{},\s]*)+)\}(.*)", re.DOTALL)
_NAMES = re.compile(r"\$\{?#?!?(\w+)")
_PATTERN = frozenset("*?[")

Capture = Callable[[tuple[Node, ...], World], list[World]]
"""Runs commands and returns the courses, each with the output in ``out``."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    is_split: bool = False
    """True for an expansion outside of quotes."""
    is_pattern: bool = False
    hint: str = ""


def fields(
    words: Iterable[ShellWord], world: World, capture: Capture
) -> list[tuple[World, list[Field]]]:
    """Return the words after all expansions, for each resulting course."""
    found: list[tuple[World, list[Field]]] = [(world, [])]
    for word in words:
        found = [
            (after, [*before, *added])
            for course, before in found
            for after, added in _of_word(word, course, capture)
        ]
    return found


def whole(word: ShellWord, world: World, capture: Capture) -> list[tuple[World, Field]]:
    """Return a word without word splitting, such as the target of a redirection."""
    return [(after, _joined(pieces)) for after, pieces in _pieces(word, world, capture)]


def _of_word(
    word: ShellWord, world: World, capture: Capture
) -> Iterator[tuple[World, list[Field]]]:
    if word.raw in ('"$@"', "$@", '"${@}"') and "#" in world.variables:
        count = int(world.variables["#"].text)
        yield world, [world.variables[str(at)] for at in range(1, count + 1)]
        return
    if braces := _BRACES.fullmatch(word.bare):
        texts = [f"{braces[1]}{it}{braces[3]}" for it in braces[2].split(",")]
        yield world, [Field(it, is_pattern=bool(_PATTERN & set(it))) for it in texts if it]
        return
    for after, pieces in _pieces(word, world, capture):
        yield after, _split(pieces)


def _pieces(word: ShellWord, world: World, capture: Capture) -> list[tuple[World, list[_Piece]]]:
    found: list[tuple[World, list[_Piece]]] = [(world, [])]
    for part in word.parts:
        found = [
            (after, [*before, piece])
            for course, before in found
            for after, piece in _of_part(part, course, capture)
        ]
    return found


def _of_part(part: WordPart, world: World, capture: Capture) -> Iterator[tuple[World, _Piece]]:
    is_split = not part.is_quoted
    if part.kind == WORD:
        pattern = not part.is_quoted and bool(_PATTERN & set(part.text))
        yield world, _Piece(part.text, is_pattern=pattern)
    elif part.kind == VARIABLE:
        value = world.variables.get(part.text)
        if value is None:
            yield world, _Piece(unknown_mark(f"${part.text}"))
            return
        yield world, _Piece(value.text, is_split, hint=value.hint)
    elif part.kind == OUTPUT:
        for after in capture(part.commands, world):
            text, hint = data_text(after.out).rstrip("\n"), ""
            if is_unknown(text):
                text, hint = unknown_mark(part.text), text
            yield replace(after, out=world.out), _Piece(text, is_split, hint=hint)
    elif part.kind == OPAQUE:
        ran = capture(part.commands, world) if part.commands else []
        used = (world.variables.get(name) for name in _NAMES.findall(part.text))
        hint = " ".join(f"{it.text} {it.hint}" for it in used if it is not None)
        # Commands in it may run, possibly in parallel: it is unknown when they end.
        for after in (world, *(replace(it, out=world.out) for it in ran)):
            yield after, _Piece(unknown_mark(part.text), hint=hint)


def _joined(pieces: Iterable[_Piece]) -> Field:
    held = list(pieces)
    if sum(len(it.text) + len(it.hint) for it in held) > TEXT_MAX:
        raise TooComplex
    return Field(
        "".join(it.text for it in held),
        any(it.is_pattern for it in held),
        " ".join(it.hint for it in held if it.hint),
    )


def _split(pieces: list[_Piece]) -> list[Field]:
    """Split the results of unquoted expansions at spaces."""
    groups: list[list[_Piece]] = [[]]
    for piece in pieces:
        if not piece.is_split or is_unknown(piece.text):
            groups[-1].append(piece)
            continue
        texts = re.split(r"[ \t\n]+", piece.text)
        for at, text in enumerate(texts):
            if at:
                groups.append([])
            if text:
                groups[-1].append(replace(piece, text=text, is_pattern=bool(_PATTERN & set(text))))
    return [_joined(group) for group in groups if group]
