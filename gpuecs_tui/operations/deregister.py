"""Deregisters the revisions of a task family that a destroyed stack registered and nothing uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.leftovers import StackNames, active_revisions
from gpuecs_tui.aws.revision_users import RevisionUser, read_users
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _


@dataclass(frozen=True, slots=True)
class Revisions:
    """The ACTIVE revisions of a family, by what may be done to them."""

    free: tuple[str, ...]
    """Registered by the stack and used by nothing."""
    used: Mapping[str, tuple[RevisionUser, ...]]
    """Registered by the stack → what uses it."""
    foreign: Mapping[str, str]
    """Not known to be registered by the stack → the ARN of who registered it; empty if unknown."""


def read_revisions(reader: AccountReader, names: StackNames) -> Revisions:
    """Read the revisions of the stack's families, who registered them, and what uses them.

    A revision is the stack's own if a plan of the stack has it, or if it has all the stack's tags
    (the default tags of its files), as a copy made by ``deploy`` has. Raises AwsProblem if any of
    it could not be read.
    """
    present = active_revisions(reader, names)
    unsure = [it for it in present if it not in names.revisions]
    jobs = {it: partial(_registered, reader, it, names.tags) for it in unsure}
    foreign = {it: by for it, (own, by) in as_they_come(reader, jobs) if not own}
    users = read_users(reader, names.families) if len(foreign) < len(present) else {}
    own = [it for it in present if it not in foreign]
    return Revisions(
        tuple(it for it in own if it not in users),
        {it: users[it] for it in own if it in users},
        {it: foreign[it] for it in present if it in foreign},
    )


def _registered(reader: AccountReader, revision: str, tags: Mapping[str, str]) -> tuple[bool, str]:
    """Return whether a revision has all ``tags``, of which there must be one, and its maker."""
    answer = reader.call("ecs", "DescribeTaskDefinition", taskDefinition=revision, include=["TAGS"])
    found = {it["key"]: it.get("value", "") for it in answer.get("tags") or ()}
    is_own = bool(tags) and all(found.get(name) == it for name, it in tags.items())
    return is_own, str(answer["taskDefinition"].get("registeredBy") or "")


def user_words(user: RevisionUser) -> str:
    """Return what uses a revision, as the end of a sentence."""
    words = {
        "service": _("the service {name} in the cluster {cluster}"),
        "task": _("the task {name} in the cluster {cluster}"),
    }[user.kind]
    return words.format(name=user.name, cluster=user.cluster)


def deregister(reader: AccountReader, revision: str) -> None:
    """Make a revision INACTIVE: it starts no new task or service, and can't become ACTIVE again.

    Raises AwsProblem.
    """
    reader.call("ecs", "DeregisterTaskDefinition", taskDefinition=revision)
