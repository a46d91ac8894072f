"""Values as people type them into a field: text to value, and value to text."""

from __future__ import annotations

import json
import shlex
import unicodedata
from collections.abc import Callable
from typing import Literal

from gpuecs_tui.i18n import _

Value = str | int | bool | tuple[str, ...] | dict[str, str]
ValueKind = Literal["text", "integer", "flag", "choice", "list", "map"]

CONTINUED = "\t"
"""Starts a line that continues a map's value. A value may have several lines (a certificate)."""

_QUOTE = '"'


class NotAValue(ValueError):
    """The text is not a valid value of the key. The message is a predicate: "must be …"."""


def parse_value(kind: ValueKind, text: str, *, words: bool = False) -> Value:
    """Return the value of ``text``. Raises NotAValue if it is of another kind.

    Letters of several characters are composed. ``words``: a list is written as in a shell.
    """
    return _composed(_parse_words(text) if words else _PARSERS[kind](text))


def typed(value: Value, *, words: bool = False) -> str:
    """Return ``value`` as text: ``parse_value`` of it is ``value``. ``words``: see
    ``parse_value``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "\n".join(
            f"{_typed_name(name)}={text}".replace("\n", "\n" + CONTINUED)
            for name, text in value.items()
        )
    if isinstance(value, tuple):
        return shlex.join(value) if words else ", ".join(value)
    return str(value)


def _composed(value: Value) -> Value:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, tuple):
        return tuple(unicodedata.normalize("NFC", item) for item in value)
    if isinstance(value, dict):
        return {name: unicodedata.normalize("NFC", text) for name, text in value.items()}
    return value


def _parse_integer(text: str) -> int:
    try:
        return int(text.strip().replace(",", ""), 10)
    except ValueError:
        raise NotAValue(_("must be a whole number")) from None


def _parse_flag(text: str) -> bool:
    match text.strip().lower():
        case "true" | "yes" | "on" | "1":
            return True
        case "false" | "no" | "off" | "0":
            return False
    raise NotAValue(_("must be true or false"))


def _parse_words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise NotAValue(_("could not be split into words: {reason}").format(reason=error)) from None


def _parse_map(text: str) -> dict[str, str]:
    result: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if name and line.startswith(CONTINUED):
            result[name] += "\n" + line.removeprefix(CONTINUED)
            continue
        if not line.strip():
            continue
        name, value = _split_pair(line)
        if name in result:
            raise NotAValue(_("contains {item} more than once").format(item=name))
        result[name] = value
    return result


def _split_pair(line: str) -> tuple[str, str]:
    """Return name and value of a line ``name=value`` or ``"name"=value``. Raises NotAValue."""
    text = line.lstrip()
    if not text.startswith(_QUOTE):
        name, equals, value = line.partition("=")
        if not equals:
            raise NotAValue(_("{line}: must have the form name=value").format(line=line.strip()))
        return name.strip(), value
    try:
        quoted, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        quoted, end = "", 0
    between, equals, value = text[end:].partition("=")
    if not quoted or not equals or between.strip():
        raise NotAValue(_('{line}: must have the form "name"=value').format(line=line.strip()))
    return quoted, value


def _typed_name(name: str) -> str:
    """Return a map's name as text for a field: in quotes if it would be misread without them."""
    plain = name and name == name.strip() and not name.startswith(_QUOTE)
    return name if plain and "=" not in name and "\n" not in name else json.dumps(name)


_PARSERS: dict[ValueKind, Callable[[str], Value]] = {
    "text": str,
    "choice": str.strip,
    "integer": _parse_integer,
    "flag": _parse_flag,
    "list": lambda text: tuple(text.replace(",", " ").split()),
    "map": _parse_map,
}
