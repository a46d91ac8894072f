"""The keys of a screen, read from the bindings that declare them.

A ``Binding`` has all texts about its key: ``description`` is the label in a line of keys,
``tooltip`` the text in the help and in the palette, ``group`` the title in the help, and ``show``
whether a line of keys names it. ``check_action`` says whether the key works now: if it returns
False, the key is passed to the next widget; if it returns None, the key is shown in grey.
A binding without a description is an alias: another binding of its action has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from textual import actions
from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.keys.groups import TYPING, Group
from gpuecs_tui.widgets.terminal.textual_private import bindings_of

KeyHint: TypeAlias = tuple[str, str]
"""Displayed keys ("^n") and their label."""

GAP = 2
"""Cells between two keys of a line."""
_NAMES: Mapping[str, str] = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "slash": "/",
    "question_mark": "?",
    "escape": "Esc",
}
"""Textual's name of a key → its displayed name, if they differ."""


def bind(
    keys: str,
    action: str,
    label: str,
    text: str,
    group: Group,
    *,
    show: bool = True,
    priority: bool = False,
) -> Binding:
    """Declare a key; several ``keys`` are separated by commas, and a line of keys shows the first.

    ``label`` is one or two words, ``text`` a command that says what the key does; both are
    untranslated (``N_``). ``show``: whether a line of keys names it.
    """
    return Binding(keys, action, label, show=show, priority=priority, tooltip=text, group=group)


def alias(keys: str, action: str) -> Binding:
    """Declare further keys of an action that has a label elsewhere."""
    return Binding(keys, action, show=False)


class Entry(NamedTuple):
    """Keys with the same effect."""

    keys: tuple[str, ...]
    """Their names in Textual, in the order of the declaration."""
    node: DOMNode
    """The node that has the binding."""
    binding: Binding
    enabled: bool
    """Whether they are available now."""

    @property
    def group(self) -> Group:
        """The title of their group in the help; Textual's own bindings do not name one."""
        return self.binding.group or TYPING

    @property
    def label(self) -> str:
        """The label for a line of keys, translated."""
        return _(self.binding.description)

    @property
    def text(self) -> str:
        """Their effect, translated."""
        return _(self.binding.tooltip or self.binding.description)


def active_entries(screen: Screen[Any]) -> list[Entry]:
    """Return the labelled keys that are active on ``screen``, those of the focused widget first.

    Over a dialog, Textual ignores the app's bindings except those with priority.
    """
    found = [(key, it.node, it.binding, it.enabled) for key, it in screen.active_bindings.items()]
    known = {key for key, _node, _binding, _enabled in found}
    found += [
        (it.key, screen.app, it, True)
        for it in bindings_of(screen.app)
        if it.priority and it.key not in known
    ]
    return _joined(found)


def all_entries(screen: Screen[Any]) -> list[Entry]:
    """Return ``active_entries``, and the keys of the parts of ``screen`` without the focus."""
    entries = active_entries(screen)
    said = {(it.group, it.text) for it in entries}
    for entry in entries_of_parts(screen, (it for it in screen.query("*") if it.can_focus)):
        if (entry.group, entry.text) not in said:
            said.add((entry.group, entry.text))
            entries.append(entry)
    return entries


def entries_of_parts(screen: Screen[Any], parts: Iterable[DOMNode]) -> Iterator[Entry]:
    """Yield ``entries_of`` for each of the ``parts`` of ``screen`` and for the widgets around
    them."""
    for part in parts:
        for node in part.ancestors_with_self:
            if node is screen:
                break
            yield from entries_of(node)


def entries_of(node: DOMNode) -> list[Entry]:
    """Return the bindings of ``node`` with a label and a group, whichever widget has the focus.

    Fast enough for each frame of a panel that names its own keys.
    """
    return _joined(
        (it.key, node, it, is_enabled(node, it.action))
        for it in bindings_of(node)
        if it.group is not None
    )


def line_of_keys(entries: Iterable[Entry]) -> list[KeyHint]:
    """Return (keys, label) of ``entries`` for a line of keys; neighbours with the same label are
    joined.

    Contains only keys that a line names (``show``) and that are available now.
    """
    lines: list[tuple[tuple[str, ...], str]] = []
    for entry in entries:
        if not entry.enabled or not entry.binding.show:
            continue
        if lines and lines[-1][1] == entry.label:
            lines[-1] = ((*lines[-1][0], *entry.keys), entry.label)
        else:
            lines.append((entry.keys, entry.label))
    return [(short_name(keys), label) for keys, label in lines]


def keys_content(hints: Iterable[KeyHint]) -> Content:
    """Return ``hints`` as a line of text."""
    keys = [Content.assemble((key, "bold $text-accent"), f" {word}") for key, word in hints]
    return Content(" " * GAP).join(keys)


def is_enabled(node: DOMNode, action: str) -> bool:
    """Tell whether ``action``, of a binding of ``node``, is available now."""
    place, name, parameters = actions.parse(action)
    target: DOMNode = {"app": node.app, "screen": node.screen}[place] if place else node
    return bool(target.check_action(name, parameters))


def short_name(keys: Sequence[str]) -> str:
    """Return ``keys`` as a line of keys displays them: ``^n``, ``↑↓``, ``1-7``."""
    first, last = keys[0], keys[-1]
    if len(keys) > 1 and all(it.isdigit() for it in keys):
        return f"{first}-{last}"
    arrows = [_NAMES[it] for it in keys if it in ("up", "down", "left", "right")]
    if len(arrows) > 1:
        return "".join(arrows)
    name = long_name(first)
    return name if "+" in first or len(first) == 1 else name.lower()


def long_name(key: str) -> str:
    """Return ``key`` as the help displays it: ``^n``, ``PgUp``, ``Shift+Tab``."""
    *modifiers, name = key.split("+")
    written = _NAMES.get(name, name.capitalize() if len(name) > 1 else name)
    if modifiers == ["ctrl"] and len(name) == 1:
        return f"^{name}"
    return "+".join((*(it.capitalize() for it in modifiers), written))


def key_for_action(kind: type[DOMNode], action: str) -> str:
    """Return the first key that ``kind`` declares for ``action``, in the form for sentences:
    Ctrl+R.

    Raises LookupError if it declares none.
    """
    for parent in kind.__mro__:
        for it in vars(parent).get("BINDINGS", ()):
            if isinstance(it, Binding) and it.action == action:
                return key_in_sentence(it)
    raise LookupError(f"{kind.__name__} declares no key for {action}")


def key_in_sentence(binding: Binding) -> str:
    """Return the first key of ``binding`` in the form for sentences: Ctrl+R."""
    *modifiers, name = binding.key.split(",")[0].split("+")
    written = name.upper() if modifiers and len(name) == 1 else long_name(name)
    return "+".join((*(modifier.capitalize() for modifier in modifiers), written))


def own_keys(node: DOMNode) -> Content:
    """Return the keys that ``node`` itself declares as a line, for the edge of its frame."""
    return keys_content(line_of_keys(entries_of(node)))


def _joined(
    found: Iterable[tuple[str, DOMNode, Binding, bool]],
) -> list[Entry]:
    """Return one entry for the keys with the same texts; keys without a label are left out.

    Of two bindings of one widget for the same key, the available one comes first.
    """
    entries: dict[tuple[object, ...], Entry] = {}
    for name, node, binding, enabled in found:
        if not binding.description:
            continue
        same = (node, binding.group, binding.tooltip, binding.description)
        before = entries.get(same)
        keys = (*before.keys, name) if before is not None else (name,)
        enabled = enabled or (before is not None and before.enabled)
        entries[same] = Entry(keys, node, before.binding if before else binding, enabled)
    return list(entries.values())
