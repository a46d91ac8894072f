"""The content of a stack's own state, and findings about its location.

A name of the stack itself does not count as taken. If the state is not read, the owner of a name is
unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.state_facts import StateFacts, StateRemark
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.migration.lifecycle import due, foreign_change
from gpuecs_tui.terraform.migration.moved_marker import moved_away
from gpuecs_tui.terraform.read.configuration import Configuration, load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.read.import_blocks import imports_in
from gpuecs_tui.terraform.read.past import is_earlier, listeners_in
from gpuecs_tui.terraform.read.releases import stored_strategy
from gpuecs_tui.terraform.recovery.at_work import at_work
from gpuecs_tui.terraform.recovery.created_names import begun_in, created_beside, names_in
from gpuecs_tui.terraform.recovery.damaged_state import refuse_for_names
from gpuecs_tui.terraform.recovery.unapplied import is_unapplied
from gpuecs_tui.terraform.state.backend import (
    DEFAULT,
    S3,
    Backend,
    local_state,
    noted_backend,
    present_backend,
    workspace,
)
from gpuecs_tui.terraform.state.backend_block import backend_block
from gpuecs_tui.terraform.state.content import read_place
from gpuecs_tui.terraform.state.location import initialised_backend, location_of, pending_change
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import NotRead, StoredState, parse_state
from gpuecs_tui.terraform.state.uninitialised import refuse_unknown

IDENTITIES = ("name", "id", "arn", "key_name")
"""Attributes by which AWS or a rule may identify a resource."""


@dataclass(frozen=True, slots=True)
class OwnState:
    """The facts of a stack's state that the rules need."""

    owned: frozenset[str] | None = frozenset()
    """Names, ids and ARNs of all managed resources, of what a killed run of the stack created, and
    of what a run in progress creates or destroys; None if the state is not read."""
    facts: StateFacts = field(default_factory=StateFacts)


def own_state(directory: Path, environ: Mapping[str, str], *, offline: bool = False) -> OwnState:
    """Return the content of the state of ``directory`` and the findings about it. Never raises.

    A local state is read as a file. Another backend's is pulled by the engine, which takes a
    second, or read from S3 if no ``init`` was run. ``offline``: only files are read.
    """
    try:
        configuration = load_configuration(read_texts(directory), environ=environ)
    except ReadProblem:
        return _own_state(directory, environ, None, offline=offline)
    found = _own_state(directory, environ, configuration, offline=offline)
    earlier = str(directory) if is_earlier(configuration) else ""
    imports = imports_in(configuration)
    return replace(found, facts=replace(found.facts, earlier=earlier, imports=imports))


def _own_state(
    directory: Path,
    environ: Mapping[str, str],
    configuration: Configuration | None,
    *,
    offline: bool,
) -> OwnState:
    try:
        workspace(directory, environ)
    except TerraformProblem as problem:
        # It is then unknown which of the backend's states belongs to the stack.
        return OwnState(None, _unread(problem, []))
    where = present_backend(directory, environ)
    if offline and local_state(directory, environ) is None:
        unread = _not_asked(directory, where, environ)
        return OwnState(None, _unread(unread, [*_remarks(directory, where, environ)]))
    remarks = [*_remarks(directory, where, environ)]
    if not offline and (moved := moved_away(directory, environ)) is not None:
        remarks.append(StateRemark("state-moved", "error", moved.sentence, moved.remedy))
    # Before the state: if a run ends in between, its resources are then in the state.
    working = at_work(directory)
    try:
        refuse_for_names(directory, environ)
        state = _read(directory, environ)
    except TerraformProblem as problem:
        return OwnState(None, _unread(problem, remarks))
    values = (it.attributes.get(name) for it in state.resources for name in IDENTITIES)
    owned = frozenset(value for value in values if isinstance(value, str) and value)
    created = created_beside(directory, state, environ, offline=offline)
    unapplied = configuration is not None and is_unapplied(configuration, state)
    facts = StateFacts(
        remarks=tuple(remarks),
        listeners=listeners_in(state),
        container=_container(state),
        balancer=_balancer(state),
        strategy=_strategy(state),
        begun=begun_in(created, directory),
        creating=working.unnamed,
        unapplied=str(directory) if unapplied else "",
    )
    return OwnState(owned | names_in(created) | working.names, facts)


def _container(state: StoredState) -> tuple[str, int] | None:
    """Return name and port of the container behind the load balancer of the applied service."""
    service = state.find("aws_ecs_service.this")
    listed = service.attributes.get("load_balancer") if service else None
    first = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
    if not isinstance(first, dict):
        return None
    name, port = first.get("container_name"), first.get("container_port")
    return (name, port) if isinstance(name, str) and isinstance(port, int) else None


def _balancer(state: StoredState) -> str:
    """Return the name of the applied load balancer; empty without one."""
    found = state.find("aws_lb.this")
    name = found.attributes.get("name") if found else None
    return name if isinstance(name, str) else ""


def _strategy(state: StoredState) -> str:
    """Return the deployment strategy of the applied service; empty without one."""
    service = state.find("aws_ecs_service.this")
    return "" if service is None else stored_strategy(service.attributes)


def _not_asked(directory: Path, where: Backend, environ: Mapping[str, str]) -> NotRead:
    """Return why a remote state is not read with --offline."""
    place = location_of(directory, where)
    try:
        if not where.noted:
            refuse_unknown(directory, place, where)
    except NotRead as problem:
        return problem
    if place.is_understood:
        place = place.at(workspace(directory, environ))
    return NotRead(
        _("The state in {place} was not read because of --offline.").format(place=place),
        _("Run this without --offline."),
    )


def _read(directory: Path, environ: Mapping[str, str]) -> StoredState:
    """Return the state at its present location, also before a move."""
    if pending_change(directory, environ) is None:
        return read_state(directory, environ)
    place = initialised_backend(directory, environ).at(workspace(directory, environ))
    return parse_state(read_place(place, environ), str(place))


def _unread(problem: TerraformProblem, remarks: list[StateRemark]) -> StateFacts:
    rule = problem.rule if isinstance(problem, NotRead) else NotRead.rule
    said = StateRemark(rule, "unknown", problem.message, problem.remedy)
    return StateFacts(
        unread=problem.message,
        remedy=problem.remedy,
        open_settings=rule in ("partial-backend", "backend-variable"),
        remarks=(*remarks, said),
    )


def _remarks(directory: Path, where: Backend, environ: Mapping[str, str]) -> Iterator[StateRemark]:
    selected = workspace(directory, environ)
    if selected != DEFAULT and not environ.get("TF_WORKSPACE"):
        yield StateRemark(
            "workspace-file",
            "warning",
            _(
                "The workspace {name} is selected in this directory. Plans and applies use its "
                "state, not that of the default workspace."
            ).format(name=selected),
            _("Run `terraform workspace select default` if that is not intended."),
        )
    settings = where.config
    if where.type == S3 and settings.get("dynamodb_table") and not settings.get("use_lockfile"):
        yield StateRemark(
            "dynamodb-lock",
            "warning",
            _(
                "The state is locked only in the DynamoDB lock table {table}. Terraform 1.11 "
                "deprecates that."
            ).format(table=settings["dynamodb_table"]),
            _("Also set use_lockfile = true in the backend block."),
        )
    yield from _variables(directory, environ)
    yield from _unmoved(directory, environ)


def _unmoved(directory: Path, environ: Mapping[str, str]) -> Iterator[StateRemark]:
    """Report a state that is not at the configured location: every plan is refused until it is
    moved."""
    try:
        if (foreign := foreign_change(directory, environ)) is not None:
            yield StateRemark("state-unmoved", "error", foreign.message, foreign.remedy)
        elif (wanted := due(directory, environ)) is not None:
            # A warning: the wizard moves the state before it plans.
            remedy = _("Run `gpuecs-tui migrate {directory}`, or undo the backend change.")
            remedy = remedy.format(directory=shell_word(directory))
            yield StateRemark("state-unmoved", "warning", wanted.sentence, remedy)
    except TerraformProblem:
        # Reading the state reports the error.
        return


def _variables(directory: Path, environ: Mapping[str, str]) -> Iterator[StateRemark]:
    """Report expressions in the block: OpenTofu may evaluate them differently at any time."""
    try:
        block = backend_block(directory, environ)
    except ReadProblem:
        return
    if block is None or not block.unread or noted_backend(directory, environ) is None:
        return
    yield StateRemark(
        "backend-variable",
        "unknown",
        _(
            "{names} of the backend in {file} is not a literal value. gpuecs-tui uses the "
            "value that the last `init` recorded; whether it is still correct is unknown. "
            "Terraform itself rejects such a backend."
        ).format(names=", ".join(block.unread), file=block.place),
        _("Use literal values, or set them with -backend-config."),
    )
