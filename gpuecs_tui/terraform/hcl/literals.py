"""Values written as HCL literals, so that Terraform reads exactly what the user typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LINE_WIDTH = 100
"""Maximum columns of a list on one line; a longer list has one item per line."""

_NAMED_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Includes invisible characters, which would make a file look different from its content.
_ESCAPED = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]'
)
_TEMPLATE = re.compile(r"([$%]+)\{")
_CLOSED = re.compile(r'\{[^{}"\\$%]*\}')
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED_KEYS = {"for", "in", "if", "else", "endif", "endfor", "null", "true", "false"}
"""Bare words that start another construct inside braces (HCL specification, for expressions), or
that other parsers than Terraform's read as a template."""
_FOUR_DIGITS = 0xFFFF


def quote(text: str) -> str:
    r"""Return ``text`` as a quoted HCL string on one line that evaluates to exactly ``text``.

    ``${`` and ``%{`` are written ``$${`` and ``%%{`` if that is enough, else as code points: HCL
    has no escape for a run of ``$`` before a brace.
    """
    pieces: list[str] = []
    position = 0
    for match in _TEMPLATE.finditer(text):
        pieces.append(_escape(text[position : match.start()]))
        signs = match[1]
        if len(signs) == 1 and _CLOSED.match(text, match.end(1)):
            pieces.append(signs * 2)
        else:
            pieces.extend(_code_point(sign) for sign in signs)
        position = match.end(1)
    pieces.append(_escape(text[position:]))
    return '"' + "".join(pieces) + '"'


def list_of(items: Sequence[str]) -> str:
    """Return a list of strings in HCL, on one line if it is short, else with one item per line."""
    return list_of_expressions([quote(item) for item in items])


def list_of_expressions(items: Sequence[str]) -> str:
    """Return a list of expressions in HCL, formatted like ``list_of``."""
    line = f"[{', '.join(items)}]"
    if len(line) <= LINE_WIDTH:
        return line
    return "[\n" + "".join(f"{item},\n" for item in items) + "]"


def map_of(items: Mapping[str, str]) -> str:
    """Return a map of strings in HCL, one item per line; keys are bare if HCL allows it."""
    if not items:
        return "{}"
    return "{\n" + "".join(f"{map_key(key)} = {quote(text)}\n" for key, text in items.items()) + "}"


def map_key(key: str) -> str:
    """Return a key of a map in HCL, bare if HCL allows it."""
    return key if _PLAIN_KEY.fullmatch(key) and key not in _RESERVED_KEYS else quote(key)


def _escape(text: str) -> str:
    return _ESCAPED.sub(lambda match: _NAMED_ESCAPES.get(match[0]) or _code_point(match[0]), text)


def _code_point(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= _FOUR_DIGITS else f"\\U{number:08x}"
