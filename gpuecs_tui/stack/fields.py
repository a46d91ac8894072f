"""How one decision is declared: its default, its limits, its words.

Each field of the model is made by one of the functions here, so that the answers file, the wizard's
form, the checks of a typed value and the documentation all come from the same line.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any, Literal

from gpuecs_tui.i18n import _

Value = str | int | bool | tuple[str, ...] | dict[str, str]
Kind = Literal["text", "integer", "flag", "choice", "list", "map"]

CONTINUED = "\t"
"""Starts a line that continues a map's value, which may hold line breaks (certificates do)."""

COMBINING_MARKS_MAX = 30
"""Go's norm package, by which Terraform normalizes strings, inserts U+034F after as many (Unicode
Standard Annex 15, Stream-Safe Text Format)."""
_ESCAPED_IN_JSON = re.compile("[<>&\u2028\u2029]")
"""What Go's encoding/json escapes beyond JSON's own rules."""
_QUOTE = '"'

METADATA = "key"
"""Where a dataclass field keeps its ``Key`` in its metadata."""


class NotAValue(ValueError):
    """What was typed is no value of the key; the text says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One decision of a stack, without its place in the tree."""

    kind: Kind
    label: str
    """Untranslated: pass it through ``_`` where it is shown."""
    help: str
    """Untranslated; one or two sentences."""
    default: Value | None = None
    """None when the key is required or derived."""
    derived: bool = False
    """The default follows from other keys (``resolve``)."""
    unset: Value | None = None
    """Of a key that the earlier version didn't have: the value with which its Terraform is written.
    """
    kept: bool = False
    """The default is for new stacks: where a directory has a stack, an answers file without the key
    keeps what it has."""
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[int, ...] = ()
    """Integers allowed outside minimum–maximum, such as 0 for "leave it"."""
    unit: str = ""
    choices: tuple[str, ...] | tuple[int, ...] = ()
    pattern: str = ""
    pattern_says: str = ""
    """What the pattern asks for, in words, untranslated."""
    item_pattern: str = ""
    """For lists: each item's; for maps: each key's."""
    item_problem: Callable[[str], str] | None = None
    """For lists: says why an item is no value, or returns the empty text; asked before the
    pattern."""
    correct: Callable[[tuple[str, ...]], tuple[str, ...]] | None = None
    """For lists: the items that are meant by ones that ``item_problem`` refuses."""
    min_length: int = 0
    max_length: int | None = None
    """For text: characters."""
    optional: bool = True
    """Whether the empty text or list is a value."""
    words: bool = False
    """For lists: a command's words, which may repeat, hold spaces, and are typed as in a shell."""

    @property
    def required(self) -> bool:
        """Whether there is no default of any kind."""
        return self.default is None and not self.derived

    def parse(self, text: str) -> Value:
        """Return the value that ``text``, as typed into a field, stands for.

        Lists are separated by commas or white space, maps are lines of ``name=value``, of which
        a line that starts with a tab continues the value before it. A name that holds "=" stands
        in double quotes, as in JSON.
        Letters typed as several characters (NFD, as some systems give file names) are composed.
        Raises NotAValue with the reason.
        """
        value = self.of_type(text)
        if reason := self.problem(value):
            raise NotAValue(reason)
        return value

    def of_type(self, text: str) -> Value:
        """Return what ``parse`` does, also where it is outside this key's limits.

        Raises NotAValue where ``text`` is of another type.
        """
        return _composed(_parse_words(text) if self.words else _PARSERS[self.kind](text))

    def problem(self, value: object) -> str:
        """Say in one sentence why ``value`` is none of this key's, or return the empty text."""
        if reason := self.type_problem(value):
            return reason
        if isinstance(value, bool):
            return ""
        if isinstance(value, int):
            return self._integer_problem(value)
        if isinstance(value, str):
            return self._text_problem(value)
        assert isinstance(value, (tuple, dict))
        return self._items_problem(value)

    def corrected(self, text: str) -> str:
        """Return the value that is meant by ``text``, which is none; empty where that is open."""
        if self.correct is None or self.kind != "list":
            return ""
        value = self.correct(_PARSERS["list"](text))
        return "" if self.problem(value) else self.unparse(value)

    def type_problem(self, value: object) -> str:
        """Say why ``value`` is of another type than this key's, or return the empty text."""
        if _is_kind(self.kind, value):
            return ""
        return _("must be {kind}").format(kind=kind_in_words(self.kind))

    def unparse(self, value: Value) -> str:
        """Return ``value`` as one would type it: ``parse(unparse(v)) == v``."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            return "\n".join(
                f"{_typed_name(name)}={text}".replace("\n", "\n" + CONTINUED)
                for name, text in value.items()
            )
        if isinstance(value, tuple):
            return shlex.join(value) if self.words else ", ".join(value)
        return str(value)

    def _integer_problem(self, value: int) -> str:
        if self.choices:
            return "" if value in self.choices else _one_of(self.choices)
        if value in self.also:
            return ""
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            if high is None:
                return _("must be at least {low}").format(low=low)
            also = "".join(_(", or {value}").format(value=value) for value in self.also)
            return _("must be from {low} to {high}{also}").format(low=low, high=high, also=also)
        return ""

    def _text_problem(self, value: str) -> str:
        if self.choices:
            return "" if value in self.choices else _one_of(self.choices)
        if not value:
            return "" if self.optional else _("must not be empty")
        if reason := _unwritable(value):
            return reason
        if len(value) < self.min_length:
            return _("must have at least {n} characters").format(n=self.min_length)
        if self.max_length is not None and len(value) > self.max_length:
            return _("has {n} characters; at most {most} are allowed").format(
                n=len(value), most=self.max_length
            )
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            return _(self.pattern_says)
        return ""

    def _items_problem(self, value: tuple[str, ...] | Mapping[str, str]) -> str:
        if not value and not self.optional:
            return _("needs at least one")
        if self.choices and (odd := [item for item in value if item not in self.choices]):
            return _("{item}: {reason}").format(item=odd[0], reason=_one_of(self.choices))
        seen: set[str] = set()
        for item in value:
            if reason := _unwritable(item):
                return reason
            if item in seen and not self.words:
                return _("{item} is named twice").format(item=item)
            seen.add(item)
            if self.item_problem and (reason := self.item_problem(item)):
                return _("{item}: {reason}").format(item=item, reason=reason)
            if self.item_pattern and not re.fullmatch(self.item_pattern, item, re.ASCII):
                return _("{item}: {reason}").format(item=item, reason=_(self.pattern_says))
        if isinstance(value, Mapping):
            for name, text in value.items():
                if reason := _unwritable(text):
                    return _("{item}: {reason}").format(item=name, reason=reason)
        if isinstance(value, Mapping) and self.pattern:
            for name, text in value.items():
                if not re.fullmatch(self.pattern, text, re.ASCII):
                    return _("{item}: {reason}").format(item=name, reason=_(self.pattern_says))
        return ""


def kind_in_words(kind: Kind) -> str:
    """Name a kind as a person would: "a whole number"."""
    return {
        "text": _("text"),
        "integer": _("a whole number"),
        "flag": _("true or false"),
        "choice": _("text"),
        "list": _("a list of texts"),
        "map": _("a table of texts"),
    }[kind]


def _unwritable(text: str) -> str:
    """Say why Terraform couldn't hand ``text`` on as it is, or return the empty text.

    Its strings are Unicode in normal form C (HCL specification, "Literal Values"): anything else
    would be changed on the way without a word.
    """
    if "\0" in text:
        return _("must not hold a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return _("must be Unicode text")
    if text.isascii():
        return ""
    if not unicodedata.is_normalized("NFC", text):
        return _("holds letters composed of several characters; Terraform would change them")
    if not unicodedata.is_normalized("NFC", _json_escaped(text)):
        # ``jsonencode`` makes "\\n" of a line feed, and Terraform composes the n with the mark.
        return _("holds a combining mark after a line end or sign that JSON has to escape")
    if _marks_in_a_row(text) > COMBINING_MARKS_MAX:
        return _("holds more than {n} combining marks in a row").format(n=COMBINING_MARKS_MAX)
    return ""


def _json_escaped(text: str) -> str:
    """Return ``text`` as ``jsonencode`` writes it (Go's encoding/json, with <, > and & escaped)."""
    return _ESCAPED_IN_JSON.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def _marks_in_a_row(text: str) -> int:
    """Return the longest run of combining marks, counted as Go's norm package does: decomposed."""
    longest = run = 0
    for character in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


def _one_of(choices: tuple[object, ...]) -> str:
    return _("must be one of {choices}").format(choices=", ".join(map(str, choices)))


def _is_kind(kind: Kind, value: object) -> bool:
    match kind:
        case "text" | "choice":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case "map":
            return isinstance(value, dict) and all(
                isinstance(text, str) for pair in value.items() for text in pair
            )


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
        raise NotAValue(_("can't be split into words: {reason}").format(reason=error)) from None


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
            raise NotAValue(_("{item} is named twice").format(item=name))
        result[name] = value
    return result


def _split_pair(line: str) -> tuple[str, str]:
    """Return name and value of a line ``name=value`` or ``"name"=value``. Raises NotAValue."""
    text = line.lstrip()
    if not text.startswith(_QUOTE):
        name, equals, value = line.partition("=")
        if not equals:
            raise NotAValue(_("{line}: must be name=value").format(line=line.strip()))
        return name.strip(), value
    try:
        quoted, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        quoted, end = "", 0
    between, equals, value = text[end:].partition("=")
    if not quoted or not equals or between.strip():
        raise NotAValue(_('{line}: must be "name"=value').format(line=line.strip()))
    return quoted, value


def _typed_name(name: str) -> str:
    """Return a map's name as one would type it: in quotes where it would be misread without."""
    plain = name and name == name.strip() and not name.startswith(_QUOTE)
    return name if plain and "=" not in name and "\n" not in name else json.dumps(name)


_PARSERS: dict[Kind, Any] = {
    "text": str,
    "choice": str.strip,
    "integer": _parse_integer,
    "flag": _parse_flag,
    "list": lambda text: tuple(text.replace(",", " ").split()),
    "map": _parse_map,
}


def _declare(key: Key) -> Any:
    if key.default is None:
        return field(metadata={METADATA: key})
    if isinstance(key.default, dict):
        default = key.default
        return field(default_factory=lambda: dict(default), metadata={METADATA: key})
    return field(default=key.default, metadata={METADATA: key})


def text(label: str, help: str, default: str | None = None, **limits: Any) -> Any:
    """Declare a text field."""
    return _declare(Key(kind="text", label=label, help=help, default=default, **limits))


def choice(
    label: str, help: str, default: str | None, choices: tuple[str, ...], **limits: Any
) -> Any:
    """Declare a field that takes one of a few words."""
    return _declare(
        Key(kind="choice", label=label, help=help, default=default, choices=choices, **limits)
    )


def integer(label: str, help: str, default: int | None = None, **limits: Any) -> Any:
    """Declare a whole number with its range and unit."""
    return _declare(Key(kind="integer", label=label, help=help, default=default, **limits))


def flag(label: str, help: str, default: bool, **limits: Any) -> Any:
    """Declare a yes-or-no field."""
    return _declare(Key(kind="flag", label=label, help=help, default=default, **limits))


def texts(label: str, help: str, default: tuple[str, ...] | None = None, **limits: Any) -> Any:
    """Declare a list of texts, in the order given, none twice."""
    return _declare(Key(kind="list", label=label, help=help, default=default, **limits))


def table(label: str, help: str, default: dict[str, str] | None = None, **limits: Any) -> Any:
    """Declare a table of names and texts."""
    return _declare(Key(kind="map", label=label, help=help, default=default, **limits))


def key_of(metadata: Mapping[str, Any]) -> Key:
    """Return the Key that a dataclass field was declared with."""
    key = metadata.get(METADATA, MISSING)
    if not isinstance(key, Key):
        raise TypeError("a field of the model must be declared by the functions of fields.py")
    return key
