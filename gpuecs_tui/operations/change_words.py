"""The sentences about a change of a decision together with the running service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS


def changed_words(before: Mapping[str, Value], after: Mapping[str, Value]) -> Iterator[str]:
    """Yield each key of ``after`` whose value differs from ``before``, with both values."""
    for key, value in after.items():
        if before.get(key) == value:
            continue
        declared = KEYS[key]
        if declared.kind in ("list", "map") or key not in before:
            # The plan shows which items.
            yield _("{key} changes.").format(key=key)
        else:
            old, new = declared.unparse(before[key]), declared.unparse(value)
            yield _("{key}: {before} → {after}").format(key=key, before=old, after=new)


def update_words(revision: str) -> str:
    """Return that Terraform doesn't deploy the revision, so that ECS is called."""
    return _(
        "Terraform ignores the task definition of this service (service.ignore_changes), so ECS is "
        "called directly to deploy {revision}."
    ).format(revision=revision)


def watch_words(directory: Path) -> str:
    """Return the command that follows what was started."""
    return _("To follow it: gpuecs-tui status {directory} --watch").format(
        directory=shell_word(directory)
    )


def in_account_words(question: str, account: str, region: str) -> str:
    """Return a question with the account and the Region in which the answer acts."""
    return _("{question} (account {account}, {region})").format(
        question=question, account=account, region=region
    )
