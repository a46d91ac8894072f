"""Why a state is not moved: one function per case, with one remedy each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.state.backend import LOCAL, S3
from gpuecs_tui.terraform.state.content import resource_count, serial_and_lineage
from gpuecs_tui.terraform.state.location import BackendChange, StateLocation


class MigrationProblem(TerraformProblem):
    """A move that could not start or was refused; the state is unchanged."""


def not_understood(directory: Path, change: BackendChange) -> MigrationProblem:
    """Return the refusal of a change between backends that gpuecs-tui can't carry out."""
    remedy = _(
        "Run `terraform init -migrate-state` in {directory} and read its prompts, or undo "
        "the backend change."
    )
    for place in (change.source, change.target):
        if place.type in (S3, LOCAL) and not place.is_understood:
            names = place.unread or [name for name in ("bucket", "key") if not getattr(place, name)]
            message = _(
                "The state is in {source}. The backend block does not give the new location "
                "({names}), so gpuecs-tui does not move the state."
            ).format(source=change.source, names=", ".join(names))
            break
    else:
        message = _(
            "The state is in {source}. The configuration uses {target}. gpuecs-tui moves "
            "states only between files and S3."
        ).format(source=change.source, target=change.target)
    return MigrationProblem(message, remedy.format(directory=directory))


def other_state(
    source: StateLocation, target: StateLocation, kept: bytes, before: bytes
) -> MigrationProblem:
    """Return the refusal to overwrite ``before``, which lies at ``target``, with ``kept``."""
    serial, lineage = serial_and_lineage(kept)
    there, its_lineage = serial_and_lineage(before)
    if lineage == its_lineage and there == serial:
        return MigrationProblem(
            _(
                "Nothing was moved: {target} and {source} hold the same state with the same "
                "serial, {serial}, but different content. Each was changed without the other."
            ).format(target=target, source=source, serial=serial),
            _("Compare both with `terraform show`, then move the wrong one to another place."),
        )
    if lineage == its_lineage:
        return MigrationProblem(
            _(
                "Nothing was moved: {target} holds a newer version of the same state (serial "
                "{there}, and {serial} in {source})."
            ).format(target=target, there=there, serial=serial, source=source),
            _(
                "Compare both with `terraform show`. To use the newer one, move {source} to "
                "another place and run `terraform init -reconfigure`."
            ).format(source=source),
        )
    message = _(
        "Nothing was moved: {target} already holds another state ({n} resources, serial "
        "{there}, lineage {lineage}), which the move would overwrite."
    )
    return _foreign(message, target, before)


def adopted_state(
    workspace: str, source: StateLocation, target: StateLocation, before: bytes
) -> MigrationProblem:
    """Return the refusal to adopt ``before``, at ``target``, for a workspace without a state."""
    message = _(
        "Nothing was moved: {target} already holds a state ({n} resources, serial {there}, "
        "lineage {lineage}), and the workspace {workspace} has none in {source}. After a "
        "move, the next plan would treat those resources as part of this stack."
    )
    return _foreign(message, target, before, workspace=workspace, source=source)


def _foreign(
    message: str, target: StateLocation, before: bytes, **names: object
) -> MigrationProblem:
    number, lineage = serial_and_lineage(before)
    return MigrationProblem(
        message.format(
            target=target,
            n=resource_count(before),
            there=number,
            lineage=lineage or "?",
            **names,
        ),
        _("Set another key in the backend block, or find out which stack that state belongs to."),
    )


def selected_without_state(name: str, held: Iterable[str]) -> MigrationProblem:
    """Return the refusal to move while a workspace without a state is selected.

    Terraform would automatically select another one afterwards (internal/command/meta_backend.go,
    selectWorkspace).
    """
    return MigrationProblem(
        _(
            "Nothing was moved: the selected workspace {name} has no state. These workspaces "
            "have one: {held}. After a move, Terraform would select another workspace."
        ).format(name=name, held=", ".join(held)),
        _("First run `terraform workspace select NAME` with one of these workspaces."),
    )
