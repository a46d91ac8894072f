"""Derive the stack from typed texts, key by key. Pure: no screen, no account.

A form contains raw texts, including invalid ones; ``decide`` returns the decisions that follow from
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.capacity.fleet_types import type_names, types_of
from gpuecs_tui.stack.capacity.smallest import smallest_of
from gpuecs_tui.stack.fields import Key, NotAValue, Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.partial import partial
from gpuecs_tui.stack.problems import HANGS_ON, Problem, problems
from gpuecs_tui.stack.relevance import is_relevant, relevant
from gpuecs_tui.stack.resolve import Resolved, explicit, resolve
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.wizard.profile_key import PROFILE

FORM_KEYS: Mapping[str, Key] = {
    PROFILE: Key(
        kind="text",
        label=N_("Profile"),
        help=N_("AWS named profile. Leave empty to use the default credential chain."),
        default="",
        max_length=255,
    ),
    **KEYS,
}
"""Every key that a form can show, with its declaration."""

Texts = Mapping[str, str]
"""Key → the text in its field, for the keys that were touched."""
FindType = Callable[[str], InstanceType | None]
"""Looks an instance type up by its name."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions that follow from a form's texts."""

    answers: Mapping[str, Value]
    """Values of the relevant keys that were decided."""
    resolved: Resolved
    problems: Mapping[str, str]
    """Key → the end of a sentence, for wrong answers that aren't just missing."""
    missing: Mapping[str, str]
    """Key → the end of a sentence, for required answers that are missing."""
    malformed: frozenset[str]
    """Keys of ``problems`` whose text is invalid by itself, whatever the other texts are."""
    beyond: Mapping[str, Value] = field(default_factory=dict)
    """Values of ``malformed`` keys that are of the right type, but outside the key's limits."""
    unknown: Mapping[str, Unread] = field(default_factory=dict)
    """Key → the Terraform of the directory that decides it but was not read. No answer is required,
    and ``resolved`` lists the key as missing, so that no default replaces it."""
    found: tuple[Problem, ...] = ()
    """The problems of ``answers``, with the keys of ``unknown`` open, in the order of the keys."""

    @property
    def stack(self) -> Stack:
        """The stack as far as it is known: reading an unknown answer of it raises NotKnown."""
        return partial(self.resolved.stack, self.unknown)

    def problem(self, key: str) -> str:
        """Return the problem of ``key``, or that it is missing; empty if it is valid."""
        return self.problems.get(key) or self.missing.get(key, "")


def starts_filled(key: str) -> bool:
    """Tell whether a field shows its default as text instead of as a placeholder.

    For a list or table with a non-empty default, an empty text is a value too: no items.
    """
    declaration = FORM_KEYS[key]
    return declaration.kind in {"list", "map"} and bool(declaration.default)


def text_of(key: str, texts: Texts) -> str:
    """Return the text in the field of ``key``."""
    default = FORM_KEYS[key].default
    if key not in texts and starts_filled(key) and default is not None:
        return FORM_KEYS[key].unparse(default)
    return texts.get(key, "")


def texts_of(answers: Mapping[str, Value]) -> dict[str, str]:
    """Return ``answers`` as texts of the form."""
    return {key: KEYS[key].unparse(value) for key, value in answers.items()}


def explicit_texts(stack: Stack, find_type: FindType) -> dict[str, str]:
    """Return the texts of a whole stack, without those that only repeat a default."""
    return texts_of(explicit(stack, smallest_of(types_of(stack), find_type)))


def decide(
    texts: Texts, find_type: FindType, unknown: Mapping[str, Unread] | None = None
) -> Decisions:
    """Parse every text, drop irrelevant ones, and derive the defaults and the problems.

    An empty text is no answer, unless ``starts_filled``. ``unknown`` are keys that are decided by
    Terraform that was not read; a typed answer makes such a key known. Never raises.
    """
    parsed: dict[str, Value] = {}
    beyond: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for key, text in texts.items():
        if key not in KEYS or (not text.strip() and not starts_filled(key)):
            continue
        try:
            value = KEYS[key].of_type(text)
        except NotAValue as reason:
            wrong[key] = str(reason)
            continue
        if problem := KEYS[key].problem(value):
            wrong[key], beyond[key] = problem, value
        else:
            parsed[key] = value
    malformed = frozenset(wrong)
    answers = relevant(parsed)
    resolved = resolve(answers, smallest_of(type_names(answers), find_type))
    hidden = {
        key: why
        for key, why in (unknown or {}).items()
        if key not in parsed and key not in wrong and is_relevant(key, answers)
    }
    absent = set(resolved.missing)
    missing: dict[str, str] = {}
    found = problems(answers, resolved, hidden)
    for each in found:
        if each.key in absent:
            missing[each.key] = each.message
        else:
            wrong.setdefault(each.key, each.message)
    wrong = {key: reason for key, reason in wrong.items() if is_relevant(key, parsed)}
    missing = {key: reason for key, reason in missing.items() if key not in wrong}
    if hidden:
        lacking = {*resolved.missing, *hidden}
        resolved = Resolved(resolved.stack, tuple(key for key in KEYS if key in lacking))
    beyond = {key: value for key, value in beyond.items() if key in wrong}
    malformed &= wrong.keys()
    return Decisions(answers, resolved, wrong, missing, malformed, beyond, hidden, found)


def settled_by_a_later_step(
    key: str, texts: Texts, find_type: FindType, unknown: Mapping[str, Unread] | None = None
) -> bool:
    """Tell whether ``key`` would be valid with a different answer of a later step."""
    if key not in HANGS_ON:
        return False
    other = HANGS_ON[key]
    choices = KEYS[other].choices or (True, False)
    others = ({**texts, other: KEYS[other].unparse(choice)} for choice in choices)
    return any(not decide(each, find_type, unknown).problem(key) for each in others)


def default_text(
    key: str, others: Texts, find_type: FindType, unknown: Mapping[str, Unread] | None = None
) -> str:
    """Return the default of ``key``, as a user would type it; empty if there is none.

    ``unknown``: see ``decide``; such keys have no default.
    """
    return placeholder(key, decide(others, find_type, unknown))


def placeholder(key: str, decisions: Decisions) -> str:
    """Return the value of an empty field, as a user would type it; empty if none."""
    declaration = FORM_KEYS[key]
    if key not in KEYS or key in decisions.resolved.missing:
        return ""
    if declaration.default is None and not declaration.derived:
        return ""
    return declaration.unparse(decisions.resolved.stack[key])
