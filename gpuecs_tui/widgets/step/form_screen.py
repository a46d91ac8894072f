"""A step with a form: its fields, its lists, its refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.relevance import is_relevant
from gpuecs_tui.stack.remedies import as_sentence
from gpuecs_tui.widgets.base.edited import Edited
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.form.decision_rows import not_read_hint
from gpuecs_tui.widgets.form.field import FieldNote, FieldState, FormField, TextControl
from gpuecs_tui.widgets.form.layout import LAYOUT, keys_of
from gpuecs_tui.widgets.form.notes import described
from gpuecs_tui.widgets.form.view import Fold, Form
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.picker.limits import (
    EMPTY_MEANS,
    choices_of_declaration,
    empty_means,
    limits_in_words,
)
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.pictured import PicturedScreen
from gpuecs_tui.widgets.step.screen import TYPING_SECONDS
from gpuecs_tui.wizard.decisions import FORM_KEYS, placeholder, starts_filled
from gpuecs_tui.wizard.session import WizardSession


@dataclass(frozen=True, slots=True)
class ListSource:
    """How the list of a key is made from the account."""

    make: Callable[[WizardSession], Choices]
    depends: tuple[str, ...] = ()
    """Keys whose values change the list."""
    exhaustive: bool = True
    """Whether a value that isn't in the list gets a warning."""
    late: str = ""
    """Field of ``LateLists`` that is read when the user opens the list."""


class FormScreen(PicturedScreen):
    """A step whose body is the form of ``layout.LAYOUT``.

    A subclass gives ``LISTS`` for its keys, and may override ``live`` and ``refusal``.
    """

    app = getters.app(AccountApp)

    LISTS: ClassVar[Mapping[str, ListSource]] = {}
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "ctrl+s",
            "fix",
            N_("apply the remedy"),
            N_("Apply the remedy of the field's finding"),
            SCREEN,
            show=False,
        )
    ]

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._made: dict[str, tuple[object, tuple[str, ...], Choices]] = {}
        self._picker: tuple[str, Picker] | None = None
        self._typed_at = 0.0
        self._refused = False
        """Whether the visible sentence explains why "next" was refused."""

    def compose_body(self) -> ComposeResult:
        """The form of this step."""
        focused = self.wizard.focused.get(self.STEP, "")
        self.wizard.unfolded.update(
            (self.STEP, section.title)
            for section in LAYOUT[self.STEP]
            if section.folded and focused in section.keys
        )
        opened = frozenset(title for step, title in self.wizard.unfolded if step == self.STEP)
        yield Form(LAYOUT[self.STEP], opened, self._state, self.wizard.put, self._has_list)

    def on_mount(self) -> None:
        """Focus the field that had the focus, or the first field."""
        super().on_mount()
        form = self.query_one(Form)
        field = form.field(self.wizard.focused.get(self.STEP, ""))
        if field is None or not field.display:
            field = form.first
        if field is not None:
            # Focus at once, so that keys typed ahead go to the field.
            self.set_focus(field.control, scroll_visible=False)
            self.call_after_refresh(field.scroll_visible, animate=False)

    def changed(self) -> None:
        """Update every field."""
        super().changed()
        answers = self.wizard.decisions.answers
        self.query_one(Form).show(
            lambda key: key not in KEYS or is_relevant(key, answers),
            self._wrong_in_view,
            lambda key: bool(self.wizard.texts.get(key)),
        )
        if self._picker is not None:
            key, picker = self._picker
            if (choices := self.choices(key)) is not None and picker.is_mounted:
                picker.replace_choices(choices)
        self._follow_refusal()

    def choices(self, key: str) -> Choices | None:
        """Return the list of ``key`` for the present account and form; None if the key has none."""
        source = self.LISTS.get(key)
        if source is None:
            return choices_of_declaration(key)
        facts = self.wizard.account.facts
        texts = tuple(self.wizard.text(other) for other in source.depends)
        made = self._made.get(key)
        # Compared by identity: facts are replaced as a whole, and a comparison by value would cost
        # more.
        if made is None or made[0] is not facts or made[1] != texts:
            made = self._made[key] = (facts, texts, source.make(self.wizard))
        return made[2]

    def refusal(self) -> str:
        """Focus the first invalid answer of this step and show how many there are."""
        wrong = self._held_by()
        if not wrong:
            return ""
        self.wizard.touched.update(wrong)
        self.changed()
        self.run_worker(self._focus(wrong[0]), group="focus", exclusive=True, exit_on_error=False)
        return _held_text(wrong)

    def action_next(self) -> None:
        """Go to the next step, or show what must be fixed first, until it is fixed."""
        super().action_next()
        self._refused = bool(self._held_by())

    def unsay(self) -> None:
        """Remove the message."""
        self._refused = False
        super().unsay()

    def _held_by(self) -> list[str]:
        """Return the keys of this step with invalid answers."""
        return [key for key in keys_of(self.STEP) if self.wizard.holds(key)]

    def _follow_refusal(self) -> None:
        """Update a visible refusal: account data may have filled the fields meanwhile."""
        if not self._refused or self._said is None:
            self._refused = False
        elif wrong := self._held_by():
            self.say(_held_text(wrong), "error")
            self._refused = True
        else:
            self.unsay()

    def focus_help(self) -> Content:
        """Return the help and the limits of the focused field."""
        field = self.focused_field()
        if field is None:
            fold = isinstance(self.focused, Fold)
            if not fold:
                return Content("")
            key = key_for_action(Fold, "unfold")
            return Content(_("Press {key} to open or close this section.").format(key=key))
        declaration = field.declaration
        detail = [field.key, limits_in_words(declaration)]
        default = self.wizard.default_text(field.key)
        if default and declaration.kind not in {"map"}:
            detail.append(_("default {value}").format(value=default))
        if self._has_list(field.key):
            key = key_for_action(TextControl, "submit")
            detail.append(_("{key}: choose").format(key=key))
        if self._fix_of(field.key):
            key = key_for_action(FormScreen, "fix")
            detail.append(_("{key}: apply the remedy").format(key=key))
        return Content.assemble(
            Content.styled(_(declaration.help), "$foreground"),
            "\n",
            Content.styled(" · ".join(part for part in detail if part), MUTED),
        )

    def focused_field(self) -> FormField | None:
        """Return the field that has the focus."""
        focused: Widget | None = self.focused
        parent = focused.parent if focused is not None else None
        return parent if isinstance(parent, FormField) else None

    def on_descendant_focus(self) -> None:
        """Remember the field, so that it gets the focus when the user returns to the step."""
        said = self._said
        super().on_descendant_focus()
        if (field := self.focused_field()) is not None:
            self.wizard.focused[self.STEP] = field.key
            if self._refused and said is not None and field.key in self._held_by()[:1]:
                # The refusal itself has moved the focus here, possibly with a delay.
                self._said = said
                self.show_focus_help()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key for a remedy only if the focused field has exactly one."""
        if action == "fix":
            field = self.focused_field()
            return True if field is not None and self._fix_of(field.key) else None
        return super().check_action(action, parameters)

    def action_fix(self) -> None:
        """Apply the only remedy of the focused field's finding."""
        field = self.focused_field()
        if field:
            self.edit(dict(self._fix_of(field.key)))

    @on(FormField.Changed)
    def _field_changed(self, event: FormField.Changed) -> None:
        event.stop()
        now = monotonic()
        # The rest of the screen is updated at the end of a word, so that a half-typed value is not
        # reported as wrong.
        in_word = event.typed and now - self._typed_at < TYPING_SECONDS
        self._typed_at = now
        # The help of the field is shown already, and does not change within a word.
        if self.is_saying:
            self.unsay()
        self.post_message(Edited(in_word=in_word))

    @on(Form.Opened)
    def _opened(self, event: Form.Opened) -> None:
        event.stop()
        place = (self.STEP, event.title)
        (self.wizard.unfolded.add if event.is_open else self.wizard.unfolded.discard)(place)
        self.changed()

    @on(FormField.ListWanted)
    def _list_wanted(self, event: FormField.ListWanted) -> None:
        event.stop()
        self.open_list(event.key, event.typed)

    def open_list(self, key: str, typed: str = "") -> None:
        """Open the list of ``key``; typed values that are rows are selected, another text filters
        it."""
        choices = self.choices(key)
        if choices is None:
            return
        if (source := self.LISTS.get(key)) is not None and source.late:
            self.app.read_late_list(source.late)
        typed = typed.strip()
        chosen = self.chosen_in(key, typed, choices)
        known = chosen is not None
        wanted = "" if known or self.wizard.decisions.problem(key) == "" else typed
        picker = Picker(choices, chosen or (), wanted)
        self._picker = (key, picker)

        def take(ids: tuple[str, ...] | None) -> None:
            self._picker = None
            if ids is not None:
                self.taken(key, ids)

        self.app.push_screen(picker, take)

    def chosen_in(self, key: str, typed: str, choices: Choices) -> tuple[str, ...] | None:
        """Return the rows of ``choices`` that ``typed`` names; None if it contains other values."""
        ids = tuple(typed.replace(",", " ").split()) if choices.multiple else (typed,)
        return ids if all(choices.find(id) for id in ids) else None

    def taken(self, key: str, ids: tuple[str, ...]) -> None:
        """Put the value that was chosen from a list into its field."""
        self.edit({key: ", ".join(ids)})

    @on(FormField.EditorWanted)
    def _editor_wanted(self, event: FormField.EditorWanted) -> None:
        from gpuecs_tui.widgets.form.editor import EditorScreen

        event.stop()
        self.app.push_screen(EditorScreen(self.wizard, event.key))

    def _has_list(self, key: str) -> bool:
        return key in self.LISTS or choices_of_declaration(key) is not None

    def _wrong_in_view(self, key: str) -> bool:
        """Whether an error of ``key`` is shown: a missing answer only after it was touched."""
        if key in self.wizard.decisions.missing and key not in self.wizard.touched:
            return False
        return self.wizard.is_error(key)

    def _state(self, key: str) -> FieldState:
        wizard = self.wizard
        default = "" if starts_filled(key) else placeholder(key, wizard.decisions)
        if key in EMPTY_MEANS:
            default = empty_means(key, wizard.decisions.resolved.stack) or default
        hint = ""
        if self._has_list(key):
            hint = _("{key}: choose, or type").format(key=key_for_action(TextControl, "submit"))
        elif FORM_KEYS[key].required:
            hint = _("required")
        if (unread := wizard.decisions.unknown.get(key)) is not None:
            default, hint = "", not_read_hint(unread)
        notes = tuple(self.notes_of(key))
        return FieldState(wizard.text(key), default, hint, notes, key in wizard.suggested)

    def notes_of(self, key: str) -> list[FieldNote]:
        """Return the notes below the field of ``key``: errors, findings, and facts from its
        list."""
        decisions = self.wizard.decisions
        notes = []
        if problem := decisions.problems.get(key):
            notes.append(FieldNote("error", problem))
        elif key in decisions.missing and key in self.wizard.touched:
            notes.append(FieldNote("error", decisions.missing[key]))
        notes += [
            FieldNote(
                finding.severity.value, f"{finding.message} {as_sentence(finding.remedy)}".strip()
            )
            for finding in self.wizard.findings_of(key)
        ]
        if key in self.LISTS:
            source = self.LISTS[key]
            notes += described(
                self.wizard, key, self.choices(key), source.exhaustive, late=bool(source.late)
            )
        if (suggestion := self.wizard.suggested.get(key)) is not None:
            notes.append(FieldNote("info", _("Suggested: {why}.").format(why=suggestion.reason)))
        return notes

    def _fix_of(self, key: str) -> list[tuple[str, str]]:
        if key in KEYS and key in self.wizard.decisions.problems:
            text = KEYS[key].corrected(self.wizard.text(key))
            return [(key, text)] if text else []
        for finding in self.wizard.findings_of(key):
            if finding.fix:
                return [(name, KEYS[name].unparse(value)) for name, value in finding.fix]
        return []

    async def _focus(self, key: str) -> None:
        field = await self.query_one(Form).reveal(key)
        if field is not None:
            field.focus_control()


def _held_text(wrong: list[str]) -> str:
    """Return the sentence: how many fields must be fixed, and the first of ``wrong``."""
    return ngettext(
        "Fix {n} field to continue: {label}.",
        "Fix {n} fields to continue, first: {label}.",
        len(wrong),
    ).format(n=len(wrong), label=_(FORM_KEYS[wrong[0]].label))
