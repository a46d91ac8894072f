"""A shell script as a tree: the part of bash's grammar that user data is written in. Pure text.

Source: Bash Reference Manual, "Shell Syntax" and "Shell Commands". What isn't covered ends the
reading there (``Script.rest``); nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

WORD, VARIABLE, OUTPUT, OPAQUE = "word", "variable", "output", "opaque"
"""Kinds of a Part: a text, a variable, the output of commands, and what isn't worked out."""
DEPTH_MAX = 40
"""Commands inside each other; deeper ones are not read."""


class NotShell(Exception):
    """The text at this point is not covered by the grammar here, or not closed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word."""

    kind: str
    text: str
    """WORD: the text without quotes. VARIABLE: its name. Else: as written."""
    is_quoted: bool = False
    commands: tuple[Node, ...] = ()
    """OUTPUT: what is run. OPAQUE: what substitutions in it may run."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its quotes resolved."""

    parts: tuple[Part, ...]
    raw: str
    """As written."""

    @property
    def bare(self) -> str:
        """The text where nothing in it is quoted or expanded, else the empty text."""
        plain = all(it.kind == WORD and not it.is_quoted for it in self.parts)
        return "".join(it.text for it in self.parts) if plain else ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection; ``target`` is the body of a here-document, too."""

    operator: str
    number: int
    """The file descriptor; -1: as the operator has it by default."""
    target: Word


@dataclass(frozen=True, slots=True)
class Node:
    """A command of any form.

    ``kind`` → what the other fields hold: ``simple`` (words), ``pipe`` (parts: its commands), ``!``
    (parts: one), ``&&``, ``||`` and ``&`` (parts), ``{`` and ``(`` (parts), ``if`` (branches:
    condition and commands, an empty condition for ``else``), ``while`` and ``until`` (one branch),
    ``for`` (name, words, parts; ``name`` is empty for the arithmetic form), ``case`` (branches
    without conditions), ``function`` (name, parts), ``test`` (``[[ ]]`` and ``(( ))``;
    parts: the commands of substitutions in it).
    """

    kind: str
    text: str
    """As written, without its here-documents."""
    offset: int
    """Where it starts in the script, in characters."""
    words: tuple[Word, ...] = ()
    parts: tuple[Node, ...] = ()
    branches: tuple[tuple[tuple[Node, ...], tuple[Node, ...]], ...] = ()
    name: str = ""
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A script as far as it could be read."""

    nodes: tuple[Node, ...]
    rest: str = ""
    """The text from the first command on that isn't understood; bash ends at a syntax error."""
    offset: int = 0
    """Where ``rest`` starts."""
