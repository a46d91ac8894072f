"""The step for the GPU instances: which types run, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.capacity.ami import releases_path
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.partial import known
from gpuecs_tui.stack.resolve import TYPE, TYPES
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.choices import account, compute, types
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.pictures.cost_line import cost_line
from gpuecs_tui.widgets.pictures.fit_line import fit_line
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AmiRelease
    from gpuecs_tui.aws.reading import Reading

AMI, RELEASE = "fleet.ami", "fleet.ami_release"
SUBNETS = "network.instance_subnet_ids"


class FleetScreen(FormScreen):
    """The step for the decisions of the fleet."""

    STEP = "fleet"
    CSS_PATH = "fleet.tcss"
    HELP_KEYS = keys_of("fleet")
    HELP = N_(
        "Only instance types with whole NVIDIA GPUs and an ECS GPU AMI can be used. "
        "The list shows in how many zones of your subnets each type is offered, and "
        "its price. Type to filter by GPU memory, price and your zones, for example: "
        ">=24gb <2$ zones.\n\nThe capacity provider starts and terminates instances as "
        "tasks start and stop, between the minimum and the maximum size. From zero, "
        "it starts two at once. A deployment runs old and new tasks side by side, so "
        "the maximum size must leave room for both.\n\nWithout a key pair, connect "
        "through SSM Session Manager, which needs no open port.\n\nSeveral instance "
        "types find capacity more often than one. A key adds the types that have as "
        "many GPUs and vCPUs as the preferred one, as much memory, GPUs of at least its memory, "
        "and room for the task, the cheapest first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "f2",
            "alike",
            N_("similar types"),
            N_("Add all types of the same size that take the task"),
            SCREEN,
            show=False,
        )
    ]

    @dataclass
    class ReleasesRead(Message):
        """The AMI releases of an operating system were read."""

        ami: str
        reading: Reading[tuple[AmiRelease, ...]]

    LISTS: ClassVar = {
        TYPE: ListSource(types.instance_types, (SUBNETS, "network.vpc_id"), exhaustive=False),
        TYPES: ListSource(
            types.interchangeable_types, (SUBNETS, "network.vpc_id"), exhaustive=False
        ),
        "fleet.ami": ListSource(compute.amis, exhaustive=False),
        "fleet.key_name": ListSource(account.key_pairs),
        "fleet.instance_profile_arn": ListSource(account.instance_profiles),
    }

    def live(self) -> Content:
        """Return how many tasks fit on one instance, and what the fleet costs."""
        lines = (fit_line(self.wizard), cost_line(self.wizard))
        return Content("\n").join(line for line in lines if line.plain)

    def focus_help(self) -> Content:
        """Add the key for similar types to the help of the types' fields."""
        found, field = super().focus_help(), self.focused_field()
        if field is None or field.key not in (TYPE, TYPES):
            return found
        words = _("{key}: similar types").format(key=key_for_action(FleetScreen, "alike"))
        return Content.assemble(found, (f" · {words}", MUTED))

    def open_list(self, key: str, typed: str = "") -> None:
        """Read the releases first, if their list is opened."""
        if key != RELEASE:
            super().open_list(key, typed)
            return
        stack = self.wizard.decisions.resolved.stack
        self.wait(_("Reading the releases of {ami} …").format(ami=stack.fleet.ami))
        self._read_releases(stack.fleet.ami, releases_path(stack))

    @work(thread=True, group="releases", exclusive=True, exit_on_error=False)
    def _read_releases(self, ami: str, path: str) -> None:
        self.post_message(self.ReleasesRead(ami, self.wizard.read_releases(path)))

    @on(ReleasesRead)
    def _releases_read(self, message: ReleasesRead) -> None:
        self.unsay()

        def take(ids: tuple[str, ...] | None) -> None:
            if not ids:
                return
            pinned = ids[0]
            if pinned.startswith("ami-"):
                self.edit({AMI: pinned, RELEASE: ""})
            else:
                self.edit({RELEASE: "" if pinned == compute.NEWEST else pinned})

        choices = compute.releases(message.ami, message.reading)
        present = self.wizard.text(RELEASE).strip() or compute.NEWEST
        self.app.push_screen(Picker(choices, (present,) if choices.find(present) else ()), take)

    def _has_list(self, key: str) -> bool:
        return key == RELEASE or super()._has_list(key)

    def action_alike(self) -> None:
        """Add all types that can replace the preferred one, after those that are set."""
        # Imported late: the checks are imported after the first frame.
        from gpuecs_tui.checks.context import context_of
        from gpuecs_tui.checks.sizing.alike import alike

        stack = self.wizard.decisions.stack
        found = known(lambda: alike(context_of(stack, self.wizard.account.facts))) or ()
        if found:
            self.edit({TYPES: ", ".join((*types_of(stack), *found))})
            # The field of the only type, which may have the focus, is hidden from now on.
            self.run_worker(self._focus(TYPES), group="focus", exclusive=True, exit_on_error=False)
            text = _("Added types of the same size that take the task: {types}.")
            self.say(text.format(types=", ".join(found)), "success")
        else:
            self.say(
                _("No other type of this size takes the task in your zones.")
                if types_of(self.wizard.decisions.resolved.stack)
                else _("Choose the preferred instance type first."),
                "warning",
            )

    def taken(self, key: str, ids: tuple[str, ...]) -> None:
        """Explain that empty sizes change when the type is chosen."""
        super().taken(key, ids)
        if key in (TYPE, TYPES):
            self.say(
                _("Task sizes that you left empty are derived from the new instance type."),
                "success",
            )
