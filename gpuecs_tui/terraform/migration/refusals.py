"""Why a state is not moved: each case by name, with the one thing to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.state.backend import LOCAL, S3
from gpuecs_tui.terraform.state.content import resource_count, serial_and_lineage
from gpuecs_tui.terraform.state.location import BackendChange, StateLocation


class MigrationProblem(TerraformProblem):
    """A move that can't be begun or was refused; nothing is lost."""


def not_understood(directory: Path, change: BackendChange) -> MigrationProblem:
    """Return the refusal of a change between backends that gpuecs-tui can't carry out."""
    remedy = _(
        "Run `terraform init -migrate-state` in {directory} and read what it asks, or take the "
        "change back."
    )
    for place in (change.source, change.target):
        if place.type in (S3, LOCAL) and not place.is_understood:
            names = place.unread or [name for name in ("bucket", "key") if not getattr(place, name)]
            message = _(
                "The state is in {source}. The backend block here leaves open where it should be "
                "({names}), so gpuecs-tui does not move it."
            ).format(source=change.source, names=", ".join(names))
            break
    else:
        message = _(
            "The state is in {source}. The Terraform here names {target}. gpuecs-tui moves states "
            "between files and S3 only."
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
                "{target} and {source} hold the same state with the same number, {serial}, but "
                "not the same content: each was changed without the other. Nothing was moved."
            ).format(target=target, source=source, serial=serial),
            _("Compare both with `terraform show`, and move the one that is wrong away."),
        )
    if lineage == its_lineage:
        return MigrationProblem(
            _(
                "{target} holds the same state, newer: number {there}, after number {serial} in "
                "{source}. Nothing was moved."
            ).format(target=target, there=there, serial=serial, source=source),
            _(
                "Compare both with `terraform show`. To go on with the newer one, move {source} "
                "away and run `terraform init -reconfigure`."
            ).format(source=source),
        )
    message = _(
        "{target} holds another state already ({n} resources, number {there}, lineage "
        "{lineage}), which the move would overwrite. Nothing was moved."
    )
    return _foreign(message, target, before)


def adopted_state(
    workspace: str, source: StateLocation, target: StateLocation, before: bytes
) -> MigrationProblem:
    """Return the refusal to adopt ``before``, at ``target``, for a workspace without a state."""
    message = _(
        "{target} holds a state already ({n} resources, number {there}, lineage {lineage}), and "
        "the workspace {workspace} has none in {source}. After the move the next plan would take "
        "those resources for this stack's. Nothing was moved."
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
        _("Choose another key in the backend block, or find out whose state that is."),
    )


def selected_without_state(name: str, held: Iterable[str]) -> MigrationProblem:
    """Return the refusal to move while a workspace without a state is selected.

    Terraform would select another one by itself afterwards (internal/command/meta_backend.go,
    selectWorkspace).
    """
    return MigrationProblem(
        _(
            "The selected workspace {name} has no state; these have one: {held}. After a move "
            "Terraform would select another workspace by itself. Nothing was moved."
        ).format(name=name, held=", ".join(held)),
        _("Run `terraform workspace select NAME` with one of these first."),
    )
