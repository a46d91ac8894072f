"""Comments and descriptions in the written Terraform that earlier versions worded differently.

A directory keeps its wording: an upgrade of this program changes no line of it, and text that this
program wrote is not reported as a manual change. ``templates/reworded.json`` lists the texts; none
of them affects what Terraform does. The user data is not in the list: the launch template contains
its comments, so a new wording would create a new version of the launch template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

_PORT = "{port}"
"""Placeholder for the same number in both wordings of a text."""
_NUMBER = re.compile(r"\{port\}|\d+")


@dataclass(frozen=True, slots=True)
class Reworded:
    """A text in both wordings, line by line and without indentation."""

    former: tuple[str, ...]
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormerText:
    """A text that a file contains only in its former wording."""

    file: str
    text: Reworded


@dataclass(frozen=True, slots=True)
class _Found:
    text: Reworded
    line: int
    """Index of the first line."""
    number: str
    """The text in the place of ``{port}``; empty if the text has none."""


@cache
def reworded() -> tuple[Reworded, ...]:
    """Return every text whose wording has changed."""
    file = resources.files("gpuecs_tui.templates").joinpath("reworded.json")
    listed = json.loads(file.read_text(encoding="utf-8"))
    return tuple(Reworded(tuple(it["former"]), tuple(it["present"])) for it in listed)


def former_in(texts: Mapping[str, str]) -> frozenset[FormerText]:
    """Return the texts that the files of a directory, by name, contain only in the former
    wording."""
    return frozenset(
        FormerText(name, text)
        for name, content in texts.items()
        for text in _texts_in(content, former=True) - _texts_in(content, former=False)
    )


def with_former(name: str, content: str, kept: frozenset[FormerText]) -> str:
    """Return the content of file ``name`` with the texts in ``kept`` in their former wording."""
    mine = {it.text for it in kept if it.file == name}
    if not mine:
        return content
    lines = content.split("\n")
    # From the end: a replacement may change the number of lines.
    for found in reversed(list(_find(lines, former=False))):
        if found.text in mine:
            first = lines[found.line]
            indent = first[: len(first) - len(first.lstrip())]
            end = found.line + len(found.text.present)
            lines[found.line : end] = [
                indent + line.replace(_PORT, found.number) for line in found.text.former
            ]
    return "\n".join(lines)


def _texts_in(content: str, *, former: bool) -> set[Reworded]:
    return {found.text for found in _find(content.splitlines(), former=former)}


def _find(lines: Sequence[str], *, former: bool) -> Iterator[_Found]:
    """Yield the texts that ``lines`` contain in the former or else the present wording, in order.

    ``former``: which wording to look for.
    """
    index = _by_first_line(former)
    for place, line in enumerate(lines):
        for wording, text in index.get(_key(line.strip()), ()):
            present = [it.strip() for it in lines[place : place + len(wording)]]
            number = next(iter(_numbers(wording, present)), "")
            if [it.replace(_PORT, number) for it in wording] == present:
                yield _Found(text, place, number)
                break


def _numbers(wording: Sequence[str], present: Sequence[str]) -> Iterator[str]:
    """Yield what ``present`` contains in the places of ``{port}``."""
    for pattern, line in zip(wording, present, strict=False):
        for wanted, found in zip(_NUMBER.findall(pattern), _NUMBER.findall(line), strict=False):
            if wanted == _PORT:
                yield found


@cache
def _by_first_line(former: bool) -> Mapping[str, Sequence[tuple[tuple[str, ...], Reworded]]]:
    index: dict[str, list[tuple[tuple[str, ...], Reworded]]] = {}
    for text in reworded():
        wording = text.former if former else text.present
        index.setdefault(_key(wording[0]), []).append((wording, text))
    # A text may start with the same line as another text that has only this line.
    return {key: sorted(found, key=lambda it: -len(it[0])) for key, found in index.items()}


def _key(line: str) -> str:
    return _NUMBER.sub("", line)
