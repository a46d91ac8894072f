"""The fields of a step, in sections; some sections are closed at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.form.field import FieldState, FormField
from gpuecs_tui.widgets.form.layout import Section
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import FORM
from gpuecs_tui.widgets.keys.screen import MOVES


class Fold(Widget, can_focus=True):
    """The heading of a section that can be closed; Enter or space opens and closes it."""

    DEFAULT_CSS = """
    Fold { height: 1; margin-top: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "enter,space",
            "unfold",
            N_("open or close"),
            N_("Open or close the section"),
            FORM,
            show=False,
        ),
        *MOVES,
    ]

    @dataclass
    class Toggled(Message):
        """The user wants to open or close the section."""

        fold: Fold

    def __init__(self, section: Section) -> None:
        super().__init__()
        self.section = section
        self._told = (False, 0, 0)

    def show(self, is_open: bool, changed: int, wrong: int) -> None:
        """Show whether the section is open, and how many of its keys were decided and how many are
        wrong."""
        if (is_open, changed, wrong) != self._told:
            self._told = (is_open, changed, wrong)
            self.refresh()

    def render(self) -> Content:
        """Return the heading."""
        is_open, changed, wrong = self._told
        number = len(self.section.keys)
        count = ngettext("{n} setting", "{n} settings", number).format(n=number)
        parts = [
            Content.styled(f"{'▾' if is_open else '▸'} ", "$text-accent"),
            Content.styled(_(self.section.title), "bold reverse" if self.has_focus else "bold"),
            Content.styled(f"  {count}", MUTED),
        ]
        if changed:
            text = _(", {n} changed").format(n=changed)
            parts.append(Content.styled(text, MUTED))
        if wrong:
            parts.append(Content.styled(f"  ✗ {wrong}", "$text-error"))
        return Content("").join(parts)

    def action_unfold(self) -> None:
        """Request to open or close the section."""
        self.post_message(self.Toggled(self))

    def on_click(self, _event: events.Click) -> None:
        """Open or close the section by mouse."""
        self.action_unfold()


class Form(Vertical):
    """Sections of fields, which are created once and updated by ``show``."""

    DEFAULT_CSS = """
    Form { height: auto; max-width: 112; }
    Form .heading { height: 1; margin-top: 1; text-style: bold; }
    Form .first { margin-top: 0; }
    Form .fields { height: auto; }
    """

    @dataclass
    class Opened(Message):
        """A section was opened or closed; its fields need their state."""

        title: str
        is_open: bool

    def __init__(
        self,
        sections: tuple[Section, ...],
        opened: frozenset[str],
        state_of: Callable[[str], FieldState],
        put: Callable[[str, str], None],
        has_list: Callable[[str], bool],
    ) -> None:
        """Show ``sections``; ``opened``: titles of the open ones among those that can be closed."""
        super().__init__()
        self._sections = sections
        self._opened = set(opened)
        self._state_of = state_of
        self._put = put
        self._has_list = has_list
        self._folds: dict[str, tuple[Fold, Vertical]] = {}
        self._fields: dict[str, FormField] = {}

    def compose(self) -> ComposeResult:
        """Yield the headings and fields; of a closed section, only the heading."""
        for number, section in enumerate(self._sections):
            if section.folded:
                fold = Fold(section)
                box = Vertical(classes="fields")
                self._folds[section.title] = (fold, box)
                yield fold
                with box:
                    if section.title in self._opened:
                        yield from self._fields_of(section)
            else:
                classes = "heading first" if number == 0 else "heading"
                yield Static(Content(_(section.title)), markup=False, classes=classes)
                yield from self._fields_of(section)

    def show(
        self,
        counts: Callable[[str], bool],
        is_wrong: Callable[[str], bool],
        is_changed: Callable[[str], bool],
    ) -> None:
        """Update every field; irrelevant keys are hidden."""
        for key, field in self._fields.items():
            shown = counts(key)
            if field.display != shown:
                field.display = shown
            if shown:
                field.show(self._state_of(key))
        for title, (fold, _box) in self._folds.items():
            keys = fold.section.keys
            fold.show(title in self._opened, sum(map(is_changed, keys)), sum(map(is_wrong, keys)))

    def field(self, key: str) -> FormField | None:
        """Return the field of ``key``; None while its section is closed."""
        return self._fields.get(key)

    @property
    def first(self) -> FormField | None:
        """Return the first field that is shown."""
        return next((it for it in self._fields.values() if it.display), None)

    async def reveal(self, key: str) -> FormField | None:
        """Open the section of ``key`` and return its field; None if the form has no such field."""
        for section in self._sections:
            if key in section.keys and section.folded and section.title not in self._opened:
                await self._open(section)
        return self._fields.get(key)

    @on(Fold.Toggled)
    async def _toggled(self, event: Fold.Toggled) -> None:
        event.stop()
        section = event.fold.section
        if section.title in self._opened:
            self._opened.discard(section.title)
            self._folds[section.title][1].display = False
            self.post_message(self.Opened(section.title, False))
        else:
            await self._open(section)

    async def _open(self, section: Section) -> None:
        self._opened.add(section.title)
        fold, box = self._folds[section.title]
        box.display = True
        if section.keys[0] not in self._fields:
            await box.mount_all(self._fields_of(section))
        fold.scroll_visible(top=True, animate=False)
        self.post_message(self.Opened(section.title, True))

    def _fields_of(self, section: Section) -> Iterator[FormField]:
        for key in section.keys:
            field = FormField(key, self._state_of(key), self._put, has_list=self._has_list(key))
            self._fields[key] = field
            yield field
