"""The command ``deploy``: another image, in the directory and in the service."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuecs_tui.commands.change.here import ignores, service_to_change
from gpuecs_tui.commands.change.image import IMAGE, wanted_image
from gpuecs_tui.commands.change.values import (
    apply_values,
    ask,
    calling,
    check_values,
    is_refused,
    needs_an_answer,
    written_values,
)
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere, read_service
from gpuecs_tui.commands.status.after_apply import after_change
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.change_words import changed_words, update_words
from gpuecs_tui.shell_words import shell_word

if TYPE_CHECKING:
    from gpuecs_tui.aws.service.revision import Revision
    from gpuecs_tui.operations.replacement import ServiceNow

DEFINITION = "task_definition"
_COMMAND = "deploy"


def deploy(arguments: argparse.Namespace) -> int:
    """Set the image in the directory, and let ECS deploy it."""
    if arguments.image is None:
        raise Failure(_("The image is missing: add --image IMAGE."), code=EXIT_USAGE)
    needs_an_answer(arguments)
    with service_to_change(arguments, IMAGE) as (here, found):
        from gpuecs_tui.operations.refused import refuse_inactive
        from gpuecs_tui.operations.revisions import revision_effects

        now = read_service(here)
        refuse_inactive(now.service)
        # The revision that Terraform registers is in the state.
        revision = ""
        written = str(found.answers[IMAGE])
        if ignores(found, DEFINITION):
            revision = _deploy_outside(arguments, here, now, written)
        else:
            image = wanted_image(arguments.image, written)
            for line in (
                *changed_words(found.answers, {IMAGE: image}),
                _("Terraform registers a new revision with this image."),
                *revision_effects(now),
            ):
                print(harmless(line))
            if image == written:
                print(harmless(f"!  {_same_words(here)}"))
            apply_values(
                arguments,
                {IMAGE: image},
                _COMMAND,
                question=_question(image),
                container=here.stack.task.container_name,
            )
        return after_change(here, arguments.wait, Asked(revision=revision))


def _deploy_outside(
    arguments: argparse.Namespace, here: ServiceHere, now: ServiceNow, written: str
) -> str:
    """Deploy an image in a copy of the running revision, and write it into the directory.

    Returns the name of the copy.
    """
    from gpuecs_tui.aws.service.revision import read_revision
    from gpuecs_tui.operations.revisions import copy_with_image, register, use_revision

    running = read_revision(here.reader, now.service.task_definition)
    container = here.stack.task.container_name
    present = running.image_of(container)
    image = wanted_image(arguments.image, present or written)
    if image == present:
        raise Failure(_same_words(here))
    request = copy_with_image(running, container, image)
    ask(arguments, _effects(now, running, present, image), here.asked(_question(image)))
    with written_values(here.directory, {IMAGE: image}, _COMMAND) as change:
        check_values(arguments)
        revision = register(here.reader, request)
        try:
            with calling(change):
                use_revision(here.reader, here.names, revision)
        except BaseException as error:
            if is_refused(error):
                _tell_unused(revision, here.reader.region)
            else:
                words = _("Revision {revision} was registered. Whether ECS deploys it is unknown.")
                print(harmless(words.format(revision=revision)), file=sys.stderr)
            raise
    print(
        harmless(_("ECS deploys {revision} with {image}.").format(revision=revision, image=image))
    )
    return revision


def _effects(now: ServiceNow, running: Revision, present: str, image: str) -> Iterator[str]:
    from gpuecs_tui.operations.revisions import revision_effects

    yield from changed_words({IMAGE: present}, {IMAGE: image})
    yield update_words(
        _("a new revision, a copy of {revision} with this image").format(revision=running.name)
    )
    yield _("The next plan registers a revision with this image too, which the service ignores.")
    yield from revision_effects(now)


def _question(image: str) -> str:
    return _("Deploy {image}?").format(image=image)


def _same_words(here: ServiceHere) -> str:
    return _(
        "The image is the same. To start new tasks, which pull it again: gpuecs-tui restart "
        "{directory}"
    ).format(directory=shell_word(here.directory))


def _tell_unused(revision: str, region: str) -> None:
    print(
        harmless(
            _(
                "Revision {revision} was registered and is not used. To remove it: aws ecs "
                "deregister-task-definition --region {region} --task-definition {revision}"
            ).format(revision=shell_word(revision), region=shell_word(region))
        ),
        file=sys.stderr,
    )
