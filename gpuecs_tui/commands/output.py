"""JSON and TOML on stdout, in which nothing acts on the terminal that shows it."""

from __future__ import annotations

import json
import sys

_LAST_OF_FOUR = 0xFFFF
"""The last code point that four hexadecimal digits can write."""


def print_json(tree: object) -> None:
    """Print ``tree``; control and other invisible characters in it as ``\\uXXXX``."""
    text = json.dumps(tree, indent=2, ensure_ascii=not is_utf8())
    print("".join(map(_json_escaped, text)))


def is_utf8() -> bool:
    """Tell whether stdout takes every character; else data is printed with escapes."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def escaped_toml(text: str) -> str:
    """Return a TOML document that says the same, invisible characters in its strings escaped.

    For documents whose strings are all basic ones, as tomli_w writes them.
    """
    escaped = "".join(map(_toml_escaped, text))
    if is_utf8():
        return escaped
    return "".join(it if it.isascii() else _toml_code_point(it) for it in escaped)


def _json_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def _toml_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return _toml_code_point(character)


def _toml_code_point(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR else f"\\U{code:08x}"
