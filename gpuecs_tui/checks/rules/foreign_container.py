"""Rule foreign-container: a new container name or port in a service that keeps its revision."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.aws.service.live_revision import LiveRevision
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.kept_revision import perhaps_refused_words, refused_words, remedy_words

RULE = "foreign-container"
REVISION, TARGETS = "task_definition", "load_balancer"
NAME, PORT = "task.container_name", "task.container_port"


def foreign_container(context: Context) -> Iterator[Finding]:
    """AWS rejects a service whose revision lacks the container or port of its load balancer.

    ECS API reference, UpdateService, ``loadBalancers``: both must be in the task definition. The
    revision is the one that the service runs now. If it was not read, the container of the last
    apply is compared, and the finding stays undecided.
    """
    stack = context.stack
    ignored = stack.service.ignore_changes
    if REVISION not in ignored or TARGETS in ignored:
        return
    live = context.account.lookups.live_revisions.get(
        service_id(stack.names.cluster, stack.names.service)
    )
    if not isinstance(live, Known):
        yield from _by_state(context, live)
    elif live.value is not None and context.may_own(live.value.service, stack.names.service):
        yield from _by_revision(context, live.value)


def _by_revision(context: Context, live: LiveRevision) -> Iterator[Finding]:
    task = context.stack.task
    if not live.has(task.container_name):
        wanted: tuple[str, object] = (NAME, task.container_name)
    elif not live.has(task.container_name, task.container_port):
        wanted = (PORT, task.container_port)
    else:
        return
    key, value = wanted
    yield error(RULE, key, refused_words({key: value}, live.name), remedy_words())


def _by_state(context: Context, live: Unknown | None) -> Iterator[Finding]:
    applied, task = context.state.container, context.stack.task
    if applied is None:
        return
    wanted = {NAME: task.container_name, PORT: task.container_port}
    for (key, value), present in zip(wanted.items(), applied, strict=True):
        if value != present:
            message = _("{refused} The last apply used {present}.").format(
                refused=perhaps_refused_words({key: value}), present=present
            )
            if live is not None:
                message = f"{message} ({live.reason})"
            yield undecided(RULE, key, message, remedy_words())
