"""The command ``rollback``: an earlier revision, in the service and in the directory."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from gpuecs_tui.commands.change.deploy import DEFINITION
from gpuecs_tui.commands.change.here import ignores, service_to_change
from gpuecs_tui.commands.change.image import IMAGE
from gpuecs_tui.commands.change.values import (
    apply_values,
    ask,
    calling,
    check_values,
    needs_an_answer,
    written_values,
)
from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere
from gpuecs_tui.commands.status.after_apply import after_change
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.write.value_change import in_words

if TYPE_CHECKING:
    from gpuecs_tui.operations.rollback import Rollback, Subject

_COMMAND = "rollback"


def rollback(arguments: argparse.Namespace) -> int:
    """Return to an earlier revision, and write its values into the directory."""
    needs_an_answer(arguments)
    with service_to_change(arguments, IMAGE) as (here, found):
        from gpuecs_tui.operations.rollback import Subject, plan_rollback

        subject = Subject(
            reader=here.reader,
            names=here.names,
            directory=here.directory,
            stack=here.stack,
            answers=found.answers,
            applied=here.task_definition,
            is_ignored=ignores(found, DEFINITION),
        )
        with waiting(_("Reading the deployment …")):
            planned = plan_rollback(subject, arguments.to)
        match planned.way:
            case "stop":
                _stop(arguments, here, subject, planned)
                asked = Asked(revision=planned.target, rolls_back=True)
            case "call":
                _deploy_earlier(arguments, here, subject, planned)
                asked = Asked(revision=planned.target)
            case "apply":
                _apply_earlier(arguments, here, planned)
                # The revision that Terraform registers is in the state.
                asked = Asked()
        return after_change(here, arguments.wait, asked)


def _stop(
    arguments: argparse.Namespace, here: ServiceHere, subject: Subject, planned: Rollback
) -> None:
    """Stop the deployment that is under way, and offer the values of the earlier revision."""
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.operations.refused import Refused
    from gpuecs_tui.operations.revisions import stop_and_roll_back

    ask(arguments, iter(planned.effects), here.asked(planned.question))
    stop_and_roll_back(subject.reader, planned.deployment)
    print(harmless(_("ECS rolls back the deployment of {ahead}.").format(ahead=planned.ahead)))
    if planned.target in ("", planned.ahead):
        return
    # The rollback is made; the values are only an offer.
    try:
        _offer(arguments, subject, planned)
    except (AwsProblem, Failure, Refused) as problem:
        kept = _("The directory was not changed.")
        print(harmless(f"{problem} {kept}"), file=sys.stderr)


def _offer(arguments: argparse.Namespace, subject: Subject, planned: Rollback) -> None:
    """Offer to write the earlier values: the directory is ahead of the service.

    Raises AwsProblem, Refused or Failure if nothing is written.
    """
    from gpuecs_tui.operations.rollback import value_words, values_of

    found = values_of(subject, planned)
    if found.are_in(subject.answers):
        return
    directory, target = subject.directory, planned.target
    lines = [
        _("The directory is ahead of the service: it has the values of the stopped deployment."),
        *value_words(subject.answers, found),
    ]
    try:
        ask(arguments, iter(lines), _("Write the values of {target}?").format(target=target))
    except Failure:
        print(_("The directory was not changed."), file=sys.stderr)
        return
    with written_values(directory, found.values, _COMMAND):
        print(harmless(_("Wrote {values}.").format(values=in_words(found.values))))
    if not subject.is_ignored:
        words = _(
            "Once the rollback has ended, an apply registers a new revision with these values: "
            "gpuecs-tui apply {directory} --yes"
        )
        print(harmless(words.format(directory=shell_word(directory))))


def _apply_earlier(arguments: argparse.Namespace, here: ServiceHere, planned: Rollback) -> None:
    """Write the earlier values, plan, ask and apply: Terraform makes a new revision."""
    print(harmless("\n".join(planned.effects)))
    apply_values(
        arguments,
        planned.values,
        _COMMAND,
        question=planned.question,
        container=here.stack.task.container_name,
    )


def _deploy_earlier(
    arguments: argparse.Namespace, here: ServiceHere, subject: Subject, planned: Rollback
) -> None:
    """Let ECS deploy the earlier revision itself, and write its image into the directory."""
    from gpuecs_tui.operations.revisions import use_revision
    from gpuecs_tui.operations.rollback import refuse_changed

    ask(arguments, iter(planned.effects), here.asked(planned.question))
    refuse_changed(subject, planned)
    with written_values(here.directory, planned.values, _COMMAND) as change:
        check_values(arguments)
        with calling(change):
            use_revision(here.reader, here.names, planned.target)
    print(harmless(_("ECS deploys {target}.").format(target=planned.target)))
