"""How one decision is declared: its default, its limits, its texts.

One of the functions here makes each field of the model, so the answers file, the form of the
wizard, the validation of values, and the documentation use the same declaration.
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
ValueKind = Literal["text", "integer", "flag", "choice", "list", "map"]

CONTINUED = "\t"
"""Starts a line that continues a map's value. A value may have several lines (a certificate)."""

COMBINING_MARKS_MAX = 30
"""Terraform normalizes strings with Go's norm package, which inserts U+034F after this many marks
(Unicode Standard Annex 15, Stream-Safe Text Format)."""
_ESCAPED_IN_JSON = re.compile("[<>&\u2028\u2029]")
"""The characters that Go's encoding/json escapes although JSON doesn't require it."""
_QUOTE = '"'

METADATA = "key"
"""The metadata entry of a dataclass field that has its ``Key``."""


class NotAValue(ValueError):
    """The text is not a valid value of the key. The message is a predicate: "must be …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The declaration of one decision of a stack."""

    kind: ValueKind
    label: str
    """Untranslated: pass it through ``_`` where it is shown."""
    help: str
    """Untranslated; one or two sentences."""
    default: Value | None = None
    """None if the key is required or derived."""
    derived: bool = False
    """Whether the default follows from other keys (``resolve``)."""
    unset: Value | None = None
    """For a key that the earlier version didn't have: the value that its Terraform stands for."""
    kept: bool = False
    """Whether the default is only for new stacks. For an existing stack, an answers file without
    the key keeps the present value."""
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[int, ...] = ()
    """Integers allowed outside minimum–maximum, such as 0 for "unchanged"."""
    unit: str = ""
    choices: tuple[str, ...] | tuple[int, ...] = ()
    pattern: str = ""
    pattern_says: str = ""
    """The rule of the pattern as a predicate, untranslated: "must be …"."""
    item_pattern: str = ""
    """For lists: the pattern of each item; for maps: of each key."""
    item_problem: Callable[[str], str] | None = None
    """For lists: returns why an item is invalid, or an empty text; called before the pattern."""
    correct: Callable[[tuple[str, ...]], tuple[str, ...]] | None = None
    """For lists: returns the likely meaning of items that ``item_problem`` refuses."""
    min_length: int = 0
    max_length: int | None = None
    """For text: characters."""
    optional: bool = True
    """Whether an empty text or list is valid."""
    words: bool = False
    """For lists: the words of a command. They may repeat and contain spaces, and are written as in
    a shell."""

    @property
    def required(self) -> bool:
        """Whether the key has no default."""
        return self.default is None and not self.derived

    def parse(self, text: str) -> Value:
        """Return the value of ``text`` as typed into a field.

        Commas or white space separate the items of lists. Maps are lines of ``name=value``; a line
        that starts with a tab continues the value before it. A name that contains "=" is written in
        double quotes, as in JSON. Letters of several characters (NFD, as in file names of some
        systems) are composed. Raises NotAValue with the reason.
        """
        value = self.of_type(text)
        if reason := self.problem(value):
            raise NotAValue(reason)
        return value

    def of_type(self, text: str) -> Value:
        """Return the value of ``text``, even if it is outside the limits of this key.

        Raises NotAValue if ``text`` is of another type.
        """
        return _composed(_parse_words(text) if self.words else _PARSERS[self.kind](text))

    def problem(self, value: object) -> str:
        """Return why ``value`` is invalid as a predicate ("must be …"), or an empty text."""
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
        """Return the likely meaning of an invalid ``text``; empty if it is unclear."""
        if self.correct is None or self.kind != "list":
            return ""
        value = self.correct(_PARSERS["list"](text))
        return "" if self.problem(value) else self.unparse(value)

    def type_problem(self, value: object) -> str:
        """Return why ``value`` has the wrong type for this key, or an empty text."""
        if _is_kind(self.kind, value):
            return ""
        return _("must be {kind}").format(kind=kind_in_words(self.kind))

    def unparse(self, value: Value) -> str:
        """Return ``value`` as text for a field: ``parse(unparse(v)) == v``."""
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
            return _("must be between {low} and {high}{also}").format(low=low, high=high, also=also)
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
            return _("has {n} characters; the maximum is {most}").format(
                n=len(value), most=self.max_length
            )
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            return _(self.pattern_says)
        return ""

    def _items_problem(self, value: tuple[str, ...] | Mapping[str, str]) -> str:
        if not value and not self.optional:
            return _("needs at least one value")
        if self.choices and (odd := [item for item in value if item not in self.choices]):
            return _("{item}: {reason}").format(item=odd[0], reason=_one_of(self.choices))
        seen: set[str] = set()
        for item in value:
            if reason := _unwritable(item):
                return reason
            if item in seen and not self.words:
                return _("contains {item} more than once").format(item=item)
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


def kind_in_words(kind: ValueKind) -> str:
    """Return the name of a kind for messages: "a whole number"."""
    return {
        "text": _("a string"),
        "integer": _("a whole number"),
        "flag": _("true or false"),
        "choice": _("a string"),
        "list": _("a list of strings"),
        "map": _("a table of strings"),
    }[kind]


def _unwritable(text: str) -> str:
    """Return why Terraform would change ``text``, or an empty text.

    Terraform's strings are Unicode in normal form C (HCL specification, "Literal Values"). It
    silently normalizes any other text.
    """
    if "\0" in text:
        return _("must not contain a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return _("must be valid Unicode")
    if text.isascii():
        return ""
    if not unicodedata.is_normalized("NFC", text):
        return _("contains letters composed of several characters, which Terraform would change")
    if not unicodedata.is_normalized("NFC", _json_escaped(text)):
        # ``jsonencode`` writes a line feed as "\\n", and Terraform composes the n with the mark.
        return _("contains a combining mark after a line break or a character that JSON escapes")
    if _marks_in_a_row(text) > COMBINING_MARKS_MAX:
        return _("contains more than {n} combining marks in a row").format(n=COMBINING_MARKS_MAX)
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


def _is_kind(kind: ValueKind, value: object) -> bool:
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


_PARSERS: dict[ValueKind, Any] = {
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
    """Declare a field with a fixed list of words."""
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
    """Declare an ordered list of texts without repetitions."""
    return _declare(Key(kind="list", label=label, help=help, default=default, **limits))


def table(label: str, help: str, default: dict[str, str] | None = None, **limits: Any) -> Any:
    """Declare a table of names and texts."""
    return _declare(Key(kind="map", label=label, help=help, default=default, **limits))


def declared_key(metadata: Mapping[str, Any]) -> Key:
    """Return the Key that a dataclass field was declared with."""
    key = metadata.get(METADATA, MISSING)
    if not isinstance(key, Key):
        raise TypeError("a field of the model must be declared by the functions of fields.py")
    return key
