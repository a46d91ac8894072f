"""The answers file: TOML with one table per section, read strictly and written."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, SECTIONS
from gpuecs_tui.stack.resolve import TYPE, TYPES

ANSWERS_MAX = 256 * 1024
"""Maximum bytes of an answers file: twice the size of the largest answers that AWS accepts, with
16 KiB of user data and 64 KiB of container definitions. Text of this size is parsed within a
second."""
_KEY_SHOWN = 100
"""Maximum characters of an unknown key in a message."""
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
"""A hundred parts joined by dots. Keys of a stack have three. The memory and time of tomllib grow
with the square of the number."""


class AnswersError(ValueError):
    """An invalid answers file. The message names the key and the problem."""

    def __init__(self, message: str, *, line: int | None = None, key: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.key = key


def load_answers(text: str, *, limits: bool = True) -> dict[str, Value]:
    """Return the answers in a TOML text, by dotted key.

    Raises AnswersError with the line for invalid TOML, an unknown key (with the closest valid one),
    a value of the wrong type, both keys of the instance type, and (with ``limits``) a value outside
    its limits.
    """
    # Some Windows editors write a byte order mark, which TOML doesn't allow.
    text = text.removeprefix("\ufeff")
    if _LONG_KEY.search(text):
        raise AnswersError(_("not valid TOML: a key has too many parts"))
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise AnswersError(_("not an answers file: brackets are nested too deep")) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        # Otherwise, the message says "at end of document".
        line = int(found[1]) if found else max(1, len(text.rstrip().splitlines()))
        raise AnswersError(_("not valid TOML: {reason}").format(reason=error), line=line) from None
    except ValueError:
        # Python's limit for the digits of a number (sys.set_int_max_str_digits).
        raise AnswersError(_("not an answers file: a number has too many digits")) from None
    answers: dict[str, Value] = {}
    for section, table in tree.items():
        if section not in SECTIONS:
            raise _unknown(section, list(SECTIONS), text, section)
        if not isinstance(table, dict):
            raise AnswersError(
                _("{key} must be a table: write [{key}], followed by its keys").format(key=section),
                line=_line_of(text, section),
                key=section,
            )
        for name, value in table.items():
            key = f"{section}.{name}"
            if key not in KEYS:
                raise _unknown(key, list(KEYS), text, section, name)
            answers[key] = _checked(key, value, text, limits=limits)
    if answers.get(TYPE) and answers.get(TYPES):
        section, name = TYPE.split(".")
        message = _("{one} and {several} are both set: keep one of them").format(
            one=TYPE, several=TYPES
        )
        raise AnswersError(message, line=_line_of(text, section, name), key=TYPE)
    return answers


def dump_answers(values: Mapping[str, Value]) -> str:
    """Return the TOML of these answers, sections and keys in the order of the contract."""
    tree: dict[str, dict[str, Any]] = {}
    for key in KEYS:
        if key in values:
            section, name = key.split(".")
            value = values[key]
            tree.setdefault(section, {})[name] = list(value) if isinstance(value, tuple) else value
    return tomli_w.dumps(tree)


def _checked(key: str, value: object, text: str, *, limits: bool) -> Value:
    if isinstance(value, list):
        value = tuple(value)
    declaration = KEYS[key]
    if reason := declaration.problem(value) if limits else declaration.type_problem(value):
        section, name = key.split(".")
        line = _line_of(text, section, name)
        raise AnswersError(_("{key} {reason}").format(key=key, reason=reason), line=line, key=key)
    return value  # type: ignore[return-value]  # problem() has checked its type


def _unknown(key: str, valid: list[str], text: str, *path: str) -> AnswersError:
    shown = key if len(key) <= _KEY_SHOWN else f"{key[:_KEY_SHOWN]}…"
    nearest = difflib.get_close_matches(shown, valid, n=1, cutoff=0)
    message = _("{key} is not a key of a stack; the closest key is {nearest}").format(
        key=shown, nearest=nearest[0]
    )
    return AnswersError(message, line=_line_of(text, *path), key=key)


def _line_of(text: str, section: str, name: str = "") -> int | None:
    """Return the line of a key, counted from 1; None if it is unknown.

    tomllib keeps no positions. An answers file has headers, and bare or quoted keys at the start of
    a line; inline tables are found by their section.
    """
    current: str | None = None
    fallback: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*\"?([\w.-]+?)\"?\s*(?:\.\s*\"?([\w-]+)\"?\s*)?\]", line):
            current = header[1].split(".")[0]
            inner = header[2] or header[1].partition(".")[2]
            if current == section:
                fallback = fallback or number
                if not name or inner == name:
                    return number
        elif key := re.match(r"\s*\"?([\w-]++)\"?\s*(?:\.\s*\"?([\w-]+)\"?)?[^=]*=", line):
            if current == section and key[1] == name:
                return number
            if current is None and key[1] == section and (not name or key[2] in (name, None)):
                return number
    return fallback
