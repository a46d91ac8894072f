"""The command ``rollback``: an earlier revision, in the service and in the directory."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuecs_tui.commands.change.deploy import DEFINITION, update_words
from gpuecs_tui.commands.change.earlier import (
    EarlierValues,
    earlier_revision,
    earlier_values,
    full_name,
    last_completed,
)
from gpuecs_tui.commands.change.here import ignores, service_to_change
from gpuecs_tui.commands.change.image import IMAGE
from gpuecs_tui.commands.change.values import (
    apply_values,
    ask,
    calling,
    changed_words,
    check_values,
    needs_an_answer,
    written_values,
)
from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere, read_service
from gpuecs_tui.commands.status.after_apply import after_change
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.write.value_change import in_words

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import ServiceDeployment
    from gpuecs_tui.operations.replacement import ServiceNow
    from gpuecs_tui.stack.fields import Value

_COMMAND = "rollback"


@dataclass(frozen=True, slots=True)
class _Case:
    """What is rolled back."""

    here: ServiceHere
    now: ServiceNow
    answers: Mapping[str, Value]
    """The decisions in the directory."""
    history: tuple[ServiceDeployment, ...]
    is_ignored: bool
    """Whether Terraform ignores the revision of the service."""

    def values_of(self, target: str) -> EarlierValues:
        """Return the values of the revision ``target`` that the directory lacks."""
        ahead = self.here.task_definition or self.now.service.task_definition
        if self.is_ignored:
            ahead = self.now.service.task_definition
        found = earlier_values(self.here, ahead, target)
        if not self.is_ignored:
            return found
        # Another program makes the revisions: only the image is a decision of the directory too.
        image = {key: it for key, it in found.values.items() if key == IMAGE}
        return EarlierValues(found.revision, image, ())


def rollback(arguments: argparse.Namespace) -> int:
    """Return to an earlier revision, and write its values into the directory."""
    needs_an_answer(arguments)
    with service_to_change(arguments, IMAGE) as (here, found):
        from gpuecs_tui.aws.service.under_way import ROLLING_BACK, STOPPABLE
        from gpuecs_tui.commands.change.earlier import read_history_of
        from gpuecs_tui.operations.refused import refuse_inactive

        now = read_service(here)
        with waiting(_("Reading the deployment …")):
            history = read_history_of(here)
        refuse_inactive(now.service)
        case = _Case(here, now, found.answers, history, ignores(found, DEFINITION))
        newest = history[0].status if history else ""
        if newest in ROLLING_BACK:
            raise Failure(_("ECS is already rolling back this service."), here.watch_line)
        if newest in STOPPABLE and arguments.to is None:
            asked = Asked(revision=_stop(arguments, case), rolls_back=True)
        else:
            target = _target(arguments, case)
            if case.is_ignored:
                _deploy_earlier(arguments, case, target)
                asked = Asked(revision=target)
            else:
                _apply_earlier(arguments, case, target)
                # The revision that Terraform registers is in the state.
                asked = Asked()
        return after_change(here, arguments.wait, asked)


def _target(arguments: argparse.Namespace, case: _Case) -> str:
    """Return the revision to go back to. Raises Failure if none is known."""
    running = case.now.service.task_definition
    if arguments.to is not None:
        return full_name(arguments.to, running)
    ahead = case.here.task_definition
    if ahead and ahead != running and not case.is_ignored:
        # ECS has already rolled back: only the directory is ahead.
        return running
    if found := earlier_revision(case.history, running):
        return found
    raise Failure(
        _(
            "No earlier revision than {revision} is known: the history of the service has no other "
            "completed deployment."
        ).format(revision=running),
        _("To name one, add --to REVISION."),
    )


def _stop(arguments: argparse.Namespace, case: _Case) -> str:
    """Stop the deployment that is under way, and offer the values of the earlier revision.

    Returns the revision to which ECS returns; empty if it is unknown.
    """
    from gpuecs_tui.aws.service.under_way import deployment_under_way
    from gpuecs_tui.operations.revisions import stop_and_roll_back

    here = case.here
    ahead = case.now.service.task_definition
    deployment = deployment_under_way(here.reader, here.names.cluster, here.names.service)
    if not deployment:
        raise Failure(
            _("The deployment of {revision} has ended in the meantime.").format(revision=ahead),
            here.watch_line,
        )
    target = last_completed(case.history)
    # ECS keeps the history for 90 days, and a revision that still runs may be older.
    if not target and not any(
        it.rollout_state == "COMPLETED" for it in case.now.service.deployments
    ):
        raise Failure(
            _(
                "No deployment of {name} is known to have completed, so ECS has no revision to "
                "return to."
            ).format(name=here.names.service),
            _(
                "To deploy another image: gpuecs-tui deploy {directory} --image IMAGE; to stop all "
                "tasks: gpuecs-tui scale {directory} 0"
            ).format(directory=shell_word(here.directory)),
        )
    words = _("ECS stops the deployment of {ahead} and returns to {target}.").format(
        ahead=ahead, target=target or _("the last completed deployment")
    )
    ask(arguments, iter([words]), _("Stop the deployment of {ahead}?").format(ahead=ahead))
    stop_and_roll_back(here.reader, deployment)
    print(harmless(_("ECS rolls back the deployment of {ahead}.").format(ahead=ahead)))
    if target not in ("", ahead):
        _offer(arguments, case, target)
    return target


def _offer(arguments: argparse.Namespace, case: _Case, target: str) -> None:
    """Offer to write the values of ``target``: the directory is ahead of the service."""
    found = case.values_of(target)
    if not _is_ahead(case.answers, found):
        return
    directory = case.here.directory
    lines = [
        _("The directory is ahead of the service: it has the values of the stopped deployment."),
        *_changed(case.answers, found),
    ]
    try:
        ask(arguments, iter(lines), _("Write the values of {target}?").format(target=target))
    except Failure:
        print(_("The directory was not changed."), file=sys.stderr)
        return
    with written_values(directory, found.values, _COMMAND):
        print(harmless(_("Wrote {values}.").format(values=in_words(found.values))))
    if not case.is_ignored:
        words = _(
            "Once the rollback has ended, an apply registers a new revision with these values: "
            "gpuecs-tui apply {directory} --yes"
        )
        print(harmless(words.format(directory=shell_word(directory))))


def _apply_earlier(arguments: argparse.Namespace, case: _Case, target: str) -> None:
    """Write the values of ``target``, plan, ask and apply: Terraform makes a new revision."""
    from gpuecs_tui.operations.revisions import revision_effects

    found = case.values_of(target)
    if not _is_ahead(case.answers, found):
        raise Failure(
            _("The directory already has the values of {target}.").format(target=target),
            _("To apply them: gpuecs-tui apply {directory} --yes").format(
                directory=shell_word(case.here.directory)
            ),
        )
    lines = [
        *_changed(case.answers, found),
        _("Terraform registers a new revision with the values of {target}.").format(target=target),
        *revision_effects(case.now),
    ]
    print(harmless("\n".join(lines)))
    apply_values(
        arguments,
        found.values,
        _COMMAND,
        question=_question(target),
        container=case.here.stack.task.container_name,
    )


def _deploy_earlier(arguments: argparse.Namespace, case: _Case, target: str) -> None:
    """Let ECS deploy ``target`` itself, and write its image into the directory."""
    from gpuecs_tui.aws.service.revision import ACTIVE
    from gpuecs_tui.operations.revisions import revision_effects, use_revision

    here = case.here
    found = case.values_of(target)
    if found.revision.status != ACTIVE:
        image = found.revision.image_of(here.stack.task.container_name)
        raise Failure(
            _("Revision {target} is {status}, so ECS can't deploy it.").format(
                target=target, status=found.revision.status
            ),
            _("To deploy its image: gpuecs-tui deploy {directory} --image {image}").format(
                directory=shell_word(here.directory), image=shell_word(image)
            ),
        )
    lines = [*_changed(case.answers, found), update_words(target), *revision_effects(case.now)]
    ask(arguments, iter(lines), here.asked(_question(target)))
    with written_values(here.directory, found.values, _COMMAND) as change:
        check_values(arguments)
        with calling(change):
            use_revision(here.reader, here.names, target)
    print(harmless(_("ECS deploys {target}.").format(target=target)))


def _is_ahead(answers: Mapping[str, Value], found: EarlierValues) -> bool:
    """Tell whether the directory has another value than the earlier revision."""
    return any(answers.get(key) != value for key, value in found.values.items())


def _changed(answers: Mapping[str, Value], found: EarlierValues) -> Iterator[str]:
    """Yield each value that changes, and what of the revision is not restored."""
    yield from changed_words(answers, found.values)
    if found.others:
        yield _("!  {revision} also differs in {members}, which is not restored.").format(
            revision=found.revision.name, members=", ".join(found.others)
        )


def _question(target: str) -> str:
    return _("Roll back to {target}?").format(target=target)
