"""How one decision is declared: its default, its limits, its texts.

One of the functions here makes each field of the model, so the answers file, the form of the
wizard, the validation of values, and the documentation use the same declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.exact_text import why_not_exact
from gpuecs_tui.stack.typed_text import NotAValue, Value, ValueKind, parse_value, typed

__all__ = ["Key", "NotAValue", "Value", "ValueKind"]

METADATA = "key"
"""The metadata entry of a dataclass field that has its ``Key``."""


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
        return parse_value(self.kind, text, words=self.words)

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
        items = parse_value("list", text)
        assert isinstance(items, tuple)
        value = self.correct(items)
        return "" if self.problem(value) else self.unparse(value)

    def type_problem(self, value: object) -> str:
        """Return why ``value`` has the wrong type for this key, or an empty text."""
        if _is_kind(self.kind, value):
            return ""
        return _("must be {kind}").format(kind=kind_in_words(self.kind))

    def unparse(self, value: Value) -> str:
        """Return ``value`` as text for a field: ``parse(unparse(v)) == v``."""
        return typed(value, words=self.words)

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
        if reason := why_not_exact(value):
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
            if reason := why_not_exact(item):
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
                if reason := why_not_exact(text):
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
