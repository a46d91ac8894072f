"""The command ``scale``: the desired count, and the fleet's maximum size if it needs more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.assessment.written import Written, resolved
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.service.live_count import LiveCount, read_live_count, service_id
from gpuecs_tui.checks.context import Context, context_of
from gpuecs_tui.checks.pricing.cost import cost
from gpuecs_tui.checks.pricing.cost_words import amount, brief
from gpuecs_tui.checks.rules import count_reset
from gpuecs_tui.commands.change.here import SCALED, TASKS, ignores, service_to_change
from gpuecs_tui.commands.change.interrupted import worded
from gpuecs_tui.commands.change.taken_back import limits_for, taken_back
from gpuecs_tui.commands.change.values import (
    apply_values,
    ask,
    calling,
    check_values,
    needs_an_answer,
    written_values,
)
from gpuecs_tui.commands.check import account_for
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere
from gpuecs_tui.commands.status.after_apply import after_change
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.change_words import changed_words
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.partial import known, partial
from gpuecs_tui.stack.resolve import instances_for_update
from gpuecs_tui.stack.scaling.autoscaling import COUNT
from gpuecs_tui.stack.service import DESIRED_MAX
from gpuecs_tui.terraform.read.directory import ReadBack
from gpuecs_tui.terraform.teardown.resume import resume_words
from gpuecs_tui.terraform.write.value_change import refuse_unread

MOST = "fleet.max_size"
LEAST_TASKS, MOST_TASKS = "autoscaling.min_tasks", "autoscaling.max_tasks"
SCHEDULES = "autoscaling.schedules"
_COMMAND = "scale"


@dataclass(frozen=True, slots=True)
class _Scaling:
    """The decisions before and after."""

    found: ReadBack
    values: Mapping[str, Value]
    before: Context
    after: Context

    @property
    def tasks(self) -> int:
        """The new desired count."""
        return int(str(self.values[TASKS]))


def scale(arguments: argparse.Namespace) -> int:
    """Set the desired count in the directory and in the service."""
    needs_an_answer(arguments)
    if arguments.tasks > DESIRED_MAX:
        raise Failure(_("A service runs at most {n} tasks.").format(n=DESIRED_MAX), code=EXIT_USAGE)
    with service_to_change(arguments, TASKS) as (here, found):
        scaling = _scaling(arguments, here, found)
        live = read_live_count(here.reader, here.names.cluster, here.names.service)
        effects = (
            *_effects(scaling),
            *_live_words(scaling, live, here),
            *taken_back(here, live, {} if found.answers[SCALED] else found.texts),
        )
        if ignores(found, COUNT):
            _scale_outside(arguments, here, scaling, live, effects)
        else:
            print(harmless("\n".join(effects)))
            _apply(arguments, scaling.values, _question(scaling.tasks))
        present = live.value if isinstance(live, Known) else None
        autoscaled = bool(found.answers[SCALED]) or (
            present is not None and present.scaled is not None
        )
        asked = Asked(tasks=scaling.tasks, is_autoscaled=autoscaled)
        return after_change(here, arguments.wait, asked)


def _apply(arguments: argparse.Namespace, values: Mapping[str, Value], question: str) -> None:
    apply_values(
        arguments,
        values,
        _COMMAND,
        question=question,
        hides=(count_reset.RULE,),
    )


def _scale_outside(
    arguments: argparse.Namespace,
    here: ServiceHere,
    scaling: _Scaling,
    live: Reading[LiveCount | None],
    effects: Iterable[str],
) -> None:
    """Scale a service whose count Terraform ignores: with a call, and in the directory."""
    from gpuecs_tui.operations.service import set_desired_count, set_scaling_limits

    present = live.value if isinstance(live, Known) else None
    before = present.scaled if present else None
    limits = limits_for(present, scaling.tasks) if present else None
    answers = scaling.found.answers
    values: dict[str, Value] = {TASKS: scaling.tasks}
    if limits and answers[SCALED] and not answers.get(SCHEDULES, True):
        # The limits in the directory are those of the scalable target. With scheduled actions, they
        # apply only at its creation.
        values |= {LEAST_TASKS: limits[0], MOST_TASKS: max(1, limits[1])}
    lines = [*effects, _ignored_words(scaling)]
    lines += changed_words(answers, {key: it for key, it in values.items() if key != TASKS})
    if limits and limits != before:
        lines.append(
            _("The limits of Application Auto Scaling become {least} to {most} tasks.").format(
                least=limits[0], most=limits[1]
            )
        )
    if MOST in scaling.values:
        # One answer is for the plan and for the call.
        print(harmless("\n".join(lines)))
        _apply(arguments, {MOST: scaling.values[MOST]}, here.asked(_question(scaling.tasks)))
    else:
        ask(arguments, iter(lines), here.asked(_question(scaling.tasks)))
    with written_values(here.directory, values, _COMMAND) as change:
        check_values(arguments, hides=(count_reset.RULE,))
        with calling(change):
            if not limits or not before or limits == before:
                set_desired_count(here.reader, here.names, scaling.tasks)
            else:
                set_scaling_limits(here.reader, here.names, limits)
                try:
                    set_desired_count(here.reader, here.names, scaling.tasks)
                except BaseException:
                    _tell_limits(here, before, limits)
                    raise
    print(harmless(_scaled_words(scaling)))


def _tell_limits(here: ServiceHere, before: tuple[int, int], limits: tuple[int, int]) -> None:
    """Print that the limits of autoscaling have changed although the desired count has not."""
    words = _(
        "The limits of Application Auto Scaling are now {least} to {most} tasks. To change them "
        "back: aws application-autoscaling register-scalable-target --region {region} "
        "--service-namespace ecs "
        "--scalable-dimension ecs:service:DesiredCount --resource-id {service} --min-capacity "
        "{min} --max-capacity {max}"
    )
    service = service_id(here.names.cluster, here.names.service)
    print(
        harmless(
            words.format(
                least=limits[0],
                most=limits[1],
                service=shell_word(service),
                region=shell_word(here.reader.region),
                min=before[0],
                max=before[1],
            )
        ),
        file=sys.stderr,
    )


def _ignored_words(scaling: _Scaling) -> str:
    tasks = scaling.tasks
    if scaling.found.answers[SCALED]:
        return ngettext(
            "With task scaling, Terraform ignores the desired count, so ECS is called directly to "
            "run {n} task.",
            "With task scaling, Terraform ignores the desired count, so ECS is called directly to "
            "run {n} tasks.",
            tasks,
        ).format(n=tasks)
    return ngettext(
        "Terraform ignores the desired count of this service (service.ignore_changes), so ECS is "
        "called directly to run {n} task.",
        "Terraform ignores the desired count of this service (service.ignore_changes), so ECS is "
        "called directly to run {n} tasks.",
        tasks,
    ).format(n=tasks)


def _scaled_words(scaling: _Scaling) -> str:
    return ngettext(
        "ECS was asked to run {n} task, and the directory has this value.",
        "ECS was asked to run {n} tasks, and the directory has this value.",
        scaling.tasks,
    ).format(n=scaling.tasks)


def _question(tasks: int) -> str:
    return ngettext("Scale to {n} task?", "Scale to {n} tasks?", tasks).format(n=tasks)


def _scaling(arguments: argparse.Namespace, here: ServiceHere, found: ReadBack) -> _Scaling:
    """Return the decisions for the wanted count, with the fleet's maximum size if it is too small.

    Raises Failure if the maximum size is needed and could not be read.
    """
    values: dict[str, Value] = {TASKS: arguments.tasks}
    account = None if arguments.offline else account_for(found.answers)
    written = Written.of(found, here.directory)

    def context(changed: Mapping[str, Value]) -> Context:
        stack = resolved({**found.answers, **changed}, account).stack
        return context_of(partial(stack, written.unknown), account)

    before, after = context({}), context(values)
    fits = known(lambda: after.fit)
    needed = fits.instances_for(arguments.tasks) if fits else None
    if fits and needed is not None and needed > int(str(found.answers.get(MOST, 0))):
        with worded():
            refuse_unread(found, (MOST,))
        wanted = {**after.stack.flat(), TASKS: arguments.tasks}
        values[MOST] = instances_for_update(wanted, fits.placeable)
        after = context(values)
    return _Scaling(found, values, before, after)


def _effects(scaling: _Scaling) -> Iterator[str]:
    answers = scaling.found.answers
    yield from changed_words(answers, scaling.values)
    fits = known(lambda: scaling.after.fit)
    if fits is None:
        yield _("Whether the tasks fit on the fleet is unknown.")
    elif MOST in scaling.values:
        needed = fits.instances_for(scaling.tasks)
        yield _(
            "{tasks} tasks need {needed} instances, and a deployment up to {most}: the fleet's "
            "maximum is raised to {most}."
        ).format(tasks=scaling.tasks, needed=needed, most=scaling.values[MOST])
    if not scaling.tasks:
        yield _("At a desired count of 0, no task runs and requests to the service fail.")
        least = answers.get("fleet.min_size")
        if least:
            yield ngettext(
                "The fleet's minimum size keeps {n} instance running, which is billed.",
                "The fleet's minimum size keeps {n} instances running, which are billed.",
                int(str(least)),
            ).format(n=least)
        else:
            yield _("Instances are billed until managed scaling terminates them.")
    yield _cost(scaling)


def _live_words(
    scaling: _Scaling, live: Reading[LiveCount | None], here: ServiceHere
) -> Iterator[str]:
    """Yield the desired count of the service if it is not that of the directory, and whether task
    scaling is suspended."""
    found = live.value if isinstance(live, Known) else None
    if found is not None and found.desired != scaling.found.answers[TASKS]:
        yield ngettext(
            "The service is now set to {n} task, unlike the directory.",
            "The service is now set to {n} tasks, unlike the directory.",
            found.desired,
        ).format(n=found.desired)
    if found is not None and found.is_suspended:
        words = _("Task scaling of the service is suspended, and stays so. {back}")
        names = here.names
        back = resume_words(here.directory, here.reader.region, names.cluster, names.service)
        yield words.format(back=back)


def _cost(scaling: _Scaling) -> str:
    return _("Estimated cost at the desired count: {before}/h → {after}/h").format(
        before=_hourly(scaling.before), after=_hourly(scaling.after)
    )


def _hourly(context: Context) -> str:
    of = known(lambda: cost(context))
    found = of.sum("desired") if of else None
    if found is None or found.hour is None:
        return _("unknown")
    text = amount(found.hour, brief)
    return text if found.complete else _("at least {amount}").format(amount=text)
