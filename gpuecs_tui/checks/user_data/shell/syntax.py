"""A shell script as a tree: the part of bash's grammar that user data uses. Pure text.

Source: Bash Reference Manual, "Shell Syntax" and "Shell Commands". Reading stops at syntax that is
not supported (``Script.rest``); nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

WORD, VARIABLE, OUTPUT, OPAQUE = "word", "variable", "output", "opaque"
"""Kinds of a Part: text, a variable, the output of commands, and unsupported expansions."""
DEPTH_MAX = 40
"""Maximum nesting of commands; deeper ones are not read."""


class NotShell(Exception):
    """The text at this point is not supported by this grammar, or a quote or bracket is open."""


@dataclass(frozen=True, slots=True)
class WordPart:
    """A piece of a word."""

    kind: str
    text: str
    """WORD: the text without quotes. VARIABLE: its name. Otherwise: as written."""
    is_quoted: bool = False
    commands: tuple[Node, ...] = ()
    """OUTPUT: the commands. OPAQUE: the commands that substitutions in it may run."""


@dataclass(frozen=True, slots=True)
class ShellWord:
    """A word with its quotes resolved."""

    parts: tuple[WordPart, ...]
    raw: str
    """As written."""

    @property
    def bare(self) -> str:
        """The text if no part of it is quoted or expanded; otherwise empty."""
        plain = all(it.kind == WORD and not it.is_quoted for it in self.parts)
        return "".join(it.text for it in self.parts) if plain else ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection; ``target`` can also be the body of a here-document."""

    operator: str
    number: int
    """The file descriptor; -1: the default of the operator."""
    target: ShellWord


@dataclass(frozen=True, slots=True)
class Node:
    """A command of any form.

    ``kind`` → content of the others: ``simple`` (words), ``pipe`` (parts: its commands), ``!``
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
    """Start of the command in the script, in characters."""
    words: tuple[ShellWord, ...] = ()
    parts: tuple[Node, ...] = ()
    branches: tuple[tuple[tuple[Node, ...], tuple[Node, ...]], ...] = ()
    name: str = ""
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A script up to the first command that is not supported."""

    nodes: tuple[Node, ...]
    rest: str = ""
    """The text from the first unsupported command on; bash stops at a syntax error."""
    offset: int = 0
    """Start of ``rest`` in the script, in characters."""
