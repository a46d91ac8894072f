"""Import into a plan the resources that earlier runs created and that are missing from the state.

The plan without imports comes first: it shows which candidates Terraform would create again, and
the names by which they are found in the account. The ``import`` blocks are in a file of their own
in the stack's directory only while Terraform plans; after that the saved plan contains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import READABLE_FILE
from gpuecs_tui.regular_files import replace_file
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.events import Diagnostic, Event
from gpuecs_tui.terraform.runner.import_ids import (
    SET_AGAIN,
    GeneratedImport,
    PlannedValues,
    import_blocks,
    import_id,
    is_known,
)
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate

IMPORT_FILE = "gpuecs-tui-imports.tf"
"""Exists only during a plan; a remaining file was left by a killed run."""
ROUNDS = 4
"""Maximum number of plans: a resource that is found by another imported one is found one round
later (listener by load balancer, rule by security group), and AWS may contradict the journal."""
_GROUP = "aws_security_group"
_RULES = frozenset({"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"})
_GONE = "Cannot import non-existent remote object"
_TO = re.compile(r'existing object to "((?:[^"\\]|\\.)+)"')


@dataclass(slots=True)
class Search:
    """The results for the candidates so far."""

    imports: dict[str, GeneratedImport] = field(default_factory=dict)
    """Address → import block."""
    absent: set[str] = field(default_factory=set)
    """Addresses of creations that did not happen, or whose resource no longer exists."""
    guessed: set[str] = field(default_factory=set)
    """Addresses in ``imports`` of types with an unknown import identity: imported by id, as most
    are."""
    unclear: dict[str, str] = field(default_factory=dict)
    """Address → a sentence that says why it can't be imported."""
    groups: set[str] = field(default_factory=set)
    """IDs of security groups with an interrupted creation whose rules were not checked yet."""

    def is_over(self, missing: Sequence[Candidate]) -> bool:
        """Tell whether another search can't find more."""
        return not self.groups and len(self.imports) + len(self.absent) >= len(missing)


class Account:
    """Searches the account of a run; tests may pass another one."""

    def __init__(self, profile: str | None, region: str) -> None:
        from gpuecs_tui.aws.session import connect

        self._reader = connect(profile or "", region)

    def find(self, candidate: Candidate, planned: PlannedValues) -> str | None:
        """Return the import identity of ``candidate``; None if it does not exist.

        Raises Unclear if that is unknown, and NotYet (of aws/) if it can't be searched yet.
        """
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.orphans import find_orphan

        try:
            found = find_orphan(self._reader, candidate.type, planned, candidate.begun_at)
        except AwsProblem as problem:
            raise Unclear(problem.reason) from None
        return found.import_id if found else None

    def close(self) -> None:
        """End it."""
        self._reader.close()


class Unclear(Exception):
    """It is unknown whether something exists; the text says why."""


def search_more(
    search: Search, missing: Iterable[Candidate], show: Mapping[str, Any], account: Account
) -> bool:
    """Add to ``search`` what ``show`` (of the newest plan) and the account contain.

    Returns whether there are more imports than before: then a new plan may find further ones.
    """
    from gpuecs_tui.aws.orphans import NotYet

    creates = _creates(show)
    found_groups: set[str] = set()
    before = len(search.imports)
    # A group with an interrupted creation may still have EC2's default egress rule, which Terraform
    # removes before it creates its own. Creating the same rule again would be rejected.
    for candidate in [*missing, *_rules_of(search.groups, show)]:
        address = candidate.address
        if candidate.type in SET_AGAIN:
            continue
        if address in search.imports or address in search.absent or address in search.guessed:
            continue
        search.unclear.pop(address, None)
        if why := _obstacle(candidate, creates):
            if candidate.certain:
                search.unclear[address] = why
            continue
        planned = creates[address]
        identity = import_id(candidate.type, candidate.id, planned) if candidate.certain else None
        if candidate.certain and not is_known(candidate.type):
            identity = candidate.id
            search.guessed.add(address)
        try:
            identity = identity or account.find(candidate, planned)
        except NotYet:
            search.unclear[address] = _("Could not look for {address} yet.").format(address=address)
            continue
        except Unclear as reason:
            search.unclear[address] = _("Could not look for {address}: {reason}.").format(
                address=address, reason=reason
            )
            continue
        if identity:
            search.imports[address] = GeneratedImport(address, identity)
            if candidate.type == _GROUP and not candidate.certain:
                found_groups.add(identity)
        elif candidate.run:
            search.absent.add(address)
    search.groups = found_groups
    return len(search.imports) > before


def drop_gone(search: Search, events: Sequence[Event]) -> bool:
    """Remove from ``search`` what does not exist according to a failed plan; return whether any.

    If the plan reports no missing object, guessed imports may be the cause of the failure.
    """
    gone = {
        _address(event)
        for event in events
        if isinstance(event, Diagnostic) and event.summary.startswith(_GONE)
    } & search.imports.keys()
    search.absent |= gone
    wrong = set() if gone else search.guessed & search.imports.keys()
    for address in wrong:
        search.unclear[address] = _(
            "{address} was created as {id}, but could not be imported by this ID. See the "
            "page of its resource type in the provider documentation."
        ).format(address=address, id=search.imports[address].id)
    for address in gone | wrong:
        del search.imports[address]
    return bool(gone or wrong)


@contextmanager
def import_file(directory: Path, imports: Iterable[GeneratedImport]) -> Iterator[None]:
    """Add these import blocks to the configuration of ``directory`` within the context.

    Raises RunProblem if the file can't be written.
    """
    path = directory / IMPORT_FILE
    try:
        replace_file(path, import_blocks(imports).encode(), READABLE_FILE)
    except OSError as error:
        raise RunProblem(
            _("Could not write {path}: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def clear_leftover(directory: Path) -> None:
    """Remove an import file that a killed run left. Raises OSError."""
    (directory / IMPORT_FILE).unlink(missing_ok=True)


def region_of(show: Mapping[str, Any]) -> str:
    """Return the Region of the default AWS provider in ``show -json``; empty if it is missing."""
    configured = (show.get("configuration") or {}).get("provider_config") or {}
    region = ((configured.get("aws") or {}).get("expressions") or {}).get("region") or {}
    if isinstance(constant := region.get("constant_value"), str):
        return constant
    for reference in region.get("references") or ():
        variable = (show.get("variables") or {}).get(str(reference).removeprefix("var.")) or {}
        if isinstance(value := variable.get("value"), str):
            return value
    return ""


def left_behind(directory: Path, addresses: Sequence[str]) -> RunProblem:
    """Return the refusal of a destroy that would leave these resources behind."""
    return RunProblem(
        _(
            "An earlier run created resources that are not in the state, and a destroy would "
            "leave them: {names}."
        ).format(names=", ".join(addresses)),
        _(
            "Import them into the state first (gpuecs-tui state {directory} --recover), then "
            "destroy."
        ).format(directory=shell_word(directory)),
    )


def _creates(show: Mapping[str, Any]) -> dict[str, PlannedValues]:
    return {
        str(raw.get("address")): (raw.get("change") or {}).get("after") or {}
        for raw in show.get("resource_changes") or ()
        if (raw.get("change") or {}).get("actions") == ["create"]
    }


def _rules_of(groups: set[str], show: Mapping[str, Any]) -> Iterator[Candidate]:
    """Yield the rules that the plan would create in these security groups; no run created them."""
    types = {str(raw.get("address")): raw.get("type") for raw in show.get("resource_changes") or ()}
    for address, planned in _creates(show).items():
        if types[address] in _RULES and planned.get("security_group_id") in groups:
            yield Candidate(address, str(types[address]), "", "", None)


def _obstacle(candidate: Candidate, creates: Mapping[str, PlannedValues]) -> str:
    place = {"address": candidate.address, "id": candidate.id}
    if candidate.other_id:
        return _(
            "{address} was created again as {id}, but the state has {other} at this address. "
            "Delete {id} in the account, or run `terraform state rm` and import {id}."
        ).format(other=candidate.other_id, **place)
    if candidate.address not in creates:
        return _(
            "{address} was created as {id}, but is no longer in the configuration. Delete it "
            "in the account."
        ).format(**place)
    return ""


def _address(event: Diagnostic) -> str:
    match = _TO.search(event.detail)
    return match[1].replace('\\"', '"') if match else event.address
