"""JSON and TOML on stdout, in which nothing acts on the terminal that shows it."""

from __future__ import annotations

import json

_LAST_OF_FOUR = 0xFFFF
"""The last code point that four hexadecimal digits can write."""


def print_json(tree: object) -> None:
    """Print ``tree``; control and other invisible characters in it as ``\\uXXXX``."""
    text = json.dumps(tree, indent=2, ensure_ascii=False)
    print("".join(map(_json_escaped, text)))


def escaped_toml(text: str) -> str:
    """Return a TOML document that says the same, invisible characters in its strings escaped.

    For documents whose strings are all basic ones, as tomli_w writes them.
    """
    return "".join(map(_toml_escaped, text))


def _json_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def _toml_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR else f"\\U{code:08x}"
