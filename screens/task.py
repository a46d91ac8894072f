"""The step for the container, the size of its task, and its service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.capacity.fleet_types import type_names
from gpuecs_tui.widgets.base.edited import Edited
from gpuecs_tui.widgets.choices import account, compute
from gpuecs_tui.widgets.form.field import FieldNote
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.pictures.cost_line import cost_line
from gpuecs_tui.widgets.pictures.fit_line import fit_line
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource
from gpuecs_tui.widgets.step.screen import FIT, FIT_TEXT
from gpuecs_tui.wizard.decisions import FORM_KEYS
from gpuecs_tui.wizard.suggestions import IMAGE, repositories_to_read, suggested_image

if TYPE_CHECKING:
    from gpuecs_tui.aws.discovery.newest_images import NewestImage
    from gpuecs_tui.aws.facts import Image, Repository
    from gpuecs_tui.aws.reading import Reading
    from gpuecs_tui.widgets.picker.rows import Choices

IGNORED = "service.ignore_changes"
COUNT = "service.desired_count"
IGNORED_COUNT = "desired_count"
"""The name in the list of ignored changes."""


class TaskScreen(FormScreen):
    """The step for the decisions of the task and the service."""

    STEP = "task"
    CSS_PATH = "task.tcss"
    HELP_KEYS = keys_of("task")
    HELP = N_(
        "The list of the image field shows the ECR repositories of the Region, then "
        "the tags of one repository. You can also type any other image URI. An image "
        "pinned by digest stays the same even if its tag is moved.\n\nECS places a "
        "task only on an instance that has enough unreserved memory, CPU and GPUs. A "
        "size that you leave empty is derived from the instance type, within a limit "
        "that every current ECS GPU AMI leaves free. The line below the form shows "
        "how many tasks fit on one instance.\n\nIn bridge network mode with host port "
        "0, several tasks share an instance. A fixed host port allows only one task "
        "on an instance."
    )
    BINDINGS: ClassVar[list[BindingType]] = [bind("ctrl+y", "fit", FIT, FIT_TEXT, SCREEN)]
    LISTS: ClassVar = {
        IMAGE: ListSource(compute.repositories, exhaustive=False),
        "stack.permissions_boundary": ListSource(
            account.boundaries, exhaustive=False, late="policies"
        ),
        "task.execution_role_arn": ListSource(account.task_roles),
        "task.task_role_arn": ListSource(account.task_roles),
        "task.log_group": ListSource(account.log_groups, exhaustive=False),
        "task.log_kms_key_arn": ListSource(account.log_keys, exhaustive=False, late="kms_keys"),
    }

    @dataclass
    class ImagesRead(Message):
        """The tags of a repository were read."""

        uri: str
        reading: Reading[tuple[Image, ...] | None]

    @dataclass
    class NewestRead(Message):
        """The newest images of the repositories that may have the stack's image were read."""

        asked: object
        newest: Sequence[NewestImage]

    _suggested_for: object = None
    """The repositories whose images were requested for a suggestion, and the architecture."""

    def changed(self) -> None:
        """Update the step; suggest an image if only one repository can have it."""
        super().changed()
        facts = self.wizard.account.facts
        if facts is None or self.wizard.account.busy or not self.wizard.is_open(IMAGE):
            return
        repositories = repositories_to_read(facts, self.wizard.stack_name)
        asked = (repositories, self._architecture)
        if asked != self._suggested_for:
            self._suggested_for = asked
            self._read_newest(asked, repositories)

    @property
    def _architecture(self) -> str:
        """The architecture of the fleet's instance type; empty if unknown."""
        found = map(self.wizard.instance_type, type_names(self.wizard.decisions.answers))
        return next((it.architecture for it in found if it is not None), "")

    @work(thread=True, group="suggested-image", exclusive=True, exit_on_error=False)
    def _read_newest(self, asked: object, repositories: Sequence[Repository]) -> None:
        newest = self.wizard.read_newest(repositories) if repositories else ()
        if not repositories or any(it.is_read for it in newest):
            # If nothing could be read, an earlier suggestion stays.
            self.post_message(self.NewestRead(asked, newest))

    @on(NewestRead)
    def _newest_read(self, message: NewestRead) -> None:
        if message.asked != self._suggested_for:
            return
        suggestion = suggested_image(message.newest, self._architecture)
        before = self.wizard.text(IMAGE)
        if suggestion is not None:
            self.wizard.suggest(IMAGE, suggestion)
        else:
            self.wizard.withdraw(IMAGE)
        if self.wizard.text(IMAGE) != before:
            self.post_message(Edited())

    def live(self) -> Content:
        """Return how many tasks fit on one instance, and what the fleet costs."""
        lines = (fit_line(self.wizard), cost_line(self.wizard))
        return Content("\n").join(line for line in lines if line.plain)

    def notes_of(self, key: str) -> list[FieldNote]:
        """Explain ignored changes, which are made outside Terraform."""
        notes = super().notes_of(key)
        stack = self.wizard.decisions.resolved.stack
        ignored = stack.service.ignore_changes
        if key == IGNORED and "task_definition" in ignored:
            text = _(
                "Changes of task_definition are ignored: an apply registers a new revision "
                "of the task, but does not deploy it. Deploy it outside Terraform."
            )
            notes.append(FieldNote("info", text))
        if key == COUNT and stack.autoscaling.enabled:
            text = _(
                "With task scaling, this is the number of tasks at creation. Afterwards, "
                "Application Auto Scaling sets it, and Terraform ignores it."
            )
            notes.append(FieldNote("info", text))
        elif key == COUNT and IGNORED_COUNT in ignored:
            text = _(
                "Terraform ignores this number once the service exists. To set it here, "
                "remove desired_count from {field}. Otherwise, scale the service outside "
                "Terraform."
            ).format(field=_(FORM_KEYS[IGNORED].label))
            notes.append(FieldNote("info", text))
        return notes

    def chosen_in(self, key: str, typed: str, choices: Choices) -> tuple[str, ...] | None:
        """Return the repository of the typed image, which the list contains without its tag."""
        if key == IMAGE and (repository := compute.repository_of(typed, choices)):
            return (repository,)
        return super().chosen_in(key, typed, choices)

    def taken(self, key: str, ids: tuple[str, ...]) -> None:
        """Ask for a tag after a repository was chosen."""
        if key != IMAGE:
            super().taken(key, ids)
            return
        self.wait(_("Reading the images of {repository} …").format(repository=ids[0]))
        self._read_images(ids[0])

    @work(thread=True, group="images", exclusive=True, exit_on_error=False)
    def _read_images(self, uri: str) -> None:
        reading = self.wizard.read_images(uri.partition("/")[2])
        self.post_message(self.ImagesRead(uri, reading))

    @on(ImagesRead)
    def _images_read(self, message: ImagesRead) -> None:
        self.unsay()

        def take(ids: tuple[str, ...] | None) -> None:
            if ids:
                super(TaskScreen, self).taken(IMAGE, ids)

        choices = compute.images(message.uri, message.reading)
        present = self.wizard.text(IMAGE).strip()
        self.app.push_screen(Picker(choices, (present,) if choices.find(present) else ()), take)
