"""Splits a shell script into commands, without running it. Pure text.

Expansions and control structures are not followed: each line is treated as a command that runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEREDOC = re.compile(r"<<(-?)\s*(\\?)(['\"]?)([A-Za-z_][A-Za-z0-9_.]*)\3")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=(\S*)\s*;?\s*$")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True, slots=True)
class ScriptCommand:
    """One command line of a script, with the content of its here-documents."""

    text: str
    """With joined continuation lines, and with variables that the script sets to plain text filled
    in."""
    body: str
    """The lines of its here-documents; empty without any."""

    @property
    def whole(self) -> str:
        """The command and its here-documents."""
        return f"{self.text}\n{self.body}"


def commands(script: str) -> Iterator[ScriptCommand]:
    """Yield the commands of ``script`` in order, without comments and empty lines."""
    known: dict[str, str] = {}
    lines = iter(script.replace("\r\n", "\n").split("\n"))
    for line in lines:
        text = line
        while text.endswith("\\"):
            text = text[:-1] + " " + next(lines, "")
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        body: list[str] = []
        for dash, _escape, _quote, word in _HEREDOC.findall(text):
            for inside in lines:
                if (inside.lstrip("\t") if dash else inside) == word:
                    break
                body.append(inside)
        text = filled(text, known)
        if assigned := _ASSIGNMENT.match(text):
            known[assigned[1]] = assigned[2].strip("'\"")
        yield ScriptCommand(text, filled("\n".join(body), known))


def filled(text: str, known: dict[str, str]) -> str:
    """Return ``text`` with the variables of ``known`` replaced; others stay unchanged."""
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), text)
