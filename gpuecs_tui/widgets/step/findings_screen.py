"""All errors, missing answers, warnings and unknowns of all steps; Enter goes to the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.widgets.base.age import age_line, oldest
from gpuecs_tui.widgets.base.dialog_keys import DialogKeys
from gpuecs_tui.widgets.base.edited import edit
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.form.layout import step_of
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import DIALOG, LIST
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.decisions import FORM_KEYS
from gpuecs_tui.wizard.session import WizardSession

if TYPE_CHECKING:
    from gpuecs_tui.checks.finding import Finding


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding or missing answer."""

    key: str
    severity: str
    """``error``, ``missing``, ``warning`` or ``unknown``."""
    message: str
    remedy: str
    fix: tuple[tuple[str, str], ...] = ()
    """Keys and texts of the answers that resolve it."""


def remarks(wizard: WizardSession) -> list[Remark]:
    """Return all remarks: errors first, then missing answers, warnings, unknowns."""
    missing = wizard.decisions.missing
    found = []
    for finding in wizard.wrong:
        if finding.field not in missing:
            found.append(_remark(finding, finding.severity.value))
        elif step_of(finding.field) in wizard.visited:
            found.append(_remark(finding, "missing"))
    found += [_remark(finding, finding.severity.value) for finding in wizard.findings]
    order = ("error", "missing", "warning", "unknown")
    return sorted(found, key=lambda it: order.index(it.severity))


def _remark(finding: Finding, severity: str) -> Remark:
    fix = tuple((key, KEYS[key].unparse(value)) for key, value in finding.fix or ())
    return Remark(finding.field, severity, finding.message, finding.remedy, fix)


REMEDY = N_("Apply the remedy of the finding")


class FindingList(ChoiceList):
    """Shows all findings; Enter goes to the field of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "take", N_("go to the field"), N_("Go to the field of the finding"), LIST),
    ]


class FindingsScreen(WizardModal[Remark | None]):
    """Show the list; the result is the remark whose field to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+s", "fix", N_("apply the remedy"), REMEDY, DIALOG),
        bind("escape,ctrl+l", "leave", N_("leave"), N_("Go back"), DIALOG),
    ]
    HELP = N_(
        "Type to filter the findings. You can apply a remedy here if the finding has exactly one."
    )
    CSS = """
    FindingsScreen { align: center middle; }
    FindingsScreen Vertical {
        width: 96%; max-width: 130; height: 90%; background: $surface; border: round $border;
        padding: 0 1;
    }
    FindingsScreen ChoiceList { background: $surface; }
    FindingsScreen #detail { height: 6; border-top: hkey $foreground 15%; }
    """

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__()
        self._wizard = wizard
        self._remarks: dict[str, Remark] = {}
        self._fill()

    def compose(self) -> ComposeResult:
        """Yield the list, the complete text of one remark, and the keys."""
        with Vertical(id="box") as box:
            box.border_title = Content(_("Findings"))
            box.border_subtitle = Content(self._age())
            yield FindingList(self._choices())
            yield Static(markup=False, id="detail")
            yield DialogKeys(id="keys")

    def on_mount(self) -> None:
        """Focus the list."""
        self.query_one(ChoiceList).focus()

    @on(ChoiceList.Moved)
    def _moved(self, event: ChoiceList.Moved) -> None:
        text = Content(_("No problems found.") if self._wizard.is_checked else _("Checking …"))
        if event.row is not None:
            remark = self._remarks[event.row.id]
            text = Content.assemble(
                (f"{remark.key}\n", MUTED),
                escape_controls(remark.message),
                (f"\n→ {escape_controls(remark.remedy)}" if remark.remedy else "", "bold"),
            )
        self.query_one("#detail", Static).update(text)
        self.refresh_bindings()

    @on(ChoiceList.Taken)
    def _taken(self, event: ChoiceList.Taken) -> None:
        self.dismiss(self._remarks[event.ids[0]])

    def action_leave(self) -> None:
        """Close the list."""
        self.dismiss(None)

    def action_fix(self) -> None:
        """Apply the remedy of the highlighted remark, if it has exactly one."""
        row = self.query_one(ChoiceList).row
        if row is None or not self._remarks[row.id].fix:
            return
        edit(self, self._wizard, dict(self._remarks[row.id].fix))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key for a remedy only if a finding has exactly one."""
        if action == "fix":
            row = self.query_one(ChoiceList).row if self.is_mounted else None
            return True if row is not None and self._remarks[row.id].fix else None
        return super().check_action(action, parameters)

    def changed(self) -> None:
        """Show the present remarks; the highlighted position stays."""
        before = self._remarks
        self._fill()
        if self._remarks != before:
            self.query_one(ChoiceList).replace_choices(self._choices())
        self.query_one("#box").border_subtitle = Content(self._age())

    def _age(self) -> str:
        age = age_line(oldest(self._wizard.account.facts))
        return _("account {age}").format(age=age) if age else ""

    def _fill(self) -> None:
        self._remarks = {str(i): remark for i, remark in enumerate(remarks(self._wizard))}

    def _choices(self) -> Choices:
        words = {
            "error": _("Errors"),
            "missing": _("Missing"),
            "warning": _("Warnings"),
            "unknown": _("Unknown"),
        }
        rows = tuple(
            Row(
                number,
                (_(FORM_KEYS[it.key].label), it.message),
                group=words[it.severity],
            )
            for number, it in self._remarks.items()
        )
        return Choices(_("Findings"), ("", ""), rows)
