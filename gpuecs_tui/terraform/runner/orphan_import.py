"""Brings into a plan, as imports, what earlier runs created and the state lacks.

The plan without imports comes first: it tells which of the candidates Terraform would create anew
and by which names they are found in the account. The ``import`` blocks lie in a file of their own
in the stack's directory only while Terraform plans; the saved plan holds them from then on.
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
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.events import Diagnostic, Event
from gpuecs_tui.terraform.runner.import_ids import (
    Import,
    Values,
    import_blocks,
    import_id,
    is_known,
)
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate

IMPORT_FILE = "gpuecs-tui-imports.tf"
"""Exists only while a plan is made; one that lies about was left by a killed run."""
ROUNDS = 4
"""Plans at most: what is found by something that is itself brought back is found a round later
(listener by load balancer, rule by security group), and AWS may deny what the journal said."""
_GROUP = "aws_security_group"
_RULES = frozenset({"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"})
_GONE = "Cannot import non-existent remote object"
_TO = re.compile(r'existing object to "((?:[^"\\]|\\.)+)"')


@dataclass(slots=True)
class Search:
    """What was found out about the candidates so far."""

    imports: dict[str, Import] = field(default_factory=dict)
    """By address."""
    absent: set[str] = field(default_factory=set)
    """Addresses of creates that did not happen, or whose resource is gone again."""
    guessed: set[str] = field(default_factory=set)
    """Addresses in ``imports`` of types whose import isn't known here: by their id, as most are."""
    unclear: dict[str, str] = field(default_factory=dict)
    """Address → a sentence on why it can't be brought back."""
    groups: set[str] = field(default_factory=set)
    """Ids of security groups that were cut off and whose rules were not looked at yet."""

    def is_over(self, missing: Sequence[Candidate]) -> bool:
        """Tell whether another look can't find more."""
        return not self.groups and len(self.imports) + len(self.absent) >= len(missing)


class Account:
    """Looks into the account of a run; made so that tests may bring another."""

    def __init__(self, profile: str | None, region: str) -> None:
        from gpuecs_tui.aws.session import connect

        self._reader = connect(profile or "", region)

    def find(self, candidate: Candidate, planned: Values) -> str | None:
        """Return what to import ``candidate`` by; None where there is no such thing.

        Raises Unclear where that can't be told, NotYet from the aws room where not yet.
        """
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.orphans import find

        try:
            found = find(self._reader, candidate.type, planned, candidate.begun_at)
        except AwsProblem as problem:
            raise Unclear(problem.reason) from None
        return found.import_id if found else None

    def close(self) -> None:
        """End it."""
        self._reader.close()


class Unclear(Exception):
    """It can't be told whether something exists; the text says why."""


def search_more(
    search: Search, missing: Iterable[Candidate], show: Mapping[str, Any], account: Account
) -> bool:
    """Add to ``search`` what ``show`` (of the newest plan) and the account tell.

    Returns whether there is an import more than before: then a new plan may tell further ones.
    """
    from gpuecs_tui.aws.orphans import NotYet

    creates = _creates(show)
    found_groups: set[str] = set()
    before = len(search.imports)
    # A group that was cut off may still have the rule by which EC2 lets everything out, which
    # Terraform takes away before it makes its own: made again, the like of it is refused.
    for candidate in [*missing, *_rules_of(search.groups, show)]:
        address = candidate.address
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
            search.unclear[address] = _("{address} can't be looked for yet.").format(
                address=address
            )
            continue
        except Unclear as reason:
            search.unclear[address] = _("{address} could not be looked for: {reason}.").format(
                address=address, reason=reason
            )
            continue
        if identity:
            search.imports[address] = Import(address, identity)
            if candidate.type == _GROUP and not candidate.certain:
                found_groups.add(identity)
        elif candidate.run:
            search.absent.add(address)
    search.groups = found_groups
    return len(search.imports) > before


def drop_gone(search: Search, events: Sequence[Event]) -> bool:
    """Take out of ``search`` what a failed plan says doesn't exist; return whether it did.

    Where it says nothing of the kind, imports that were guessed may be why it failed.
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
            "{address} was created as {id}, by which it can't be imported: see its type's page in "
            "the provider's documentation."
        ).format(address=address, id=search.imports[address].id)
    for address in gone | wrong:
        del search.imports[address]
    return bool(gone or wrong)


@contextmanager
def import_file(directory: Path, imports: Iterable[Import]) -> Iterator[None]:
    """Let the configuration of ``directory`` have these import blocks within the block.

    Raises RunProblem where the file can't be written.
    """
    path = directory / IMPORT_FILE
    try:
        replace_file(path, import_blocks(imports).encode(), READABLE_FILE)
    except OSError as error:
        raise RunProblem(
            _("{path} can't be written: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def clear_leftover(directory: Path) -> None:
    """Remove an import file that a killed run left. Raises OSError."""
    (directory / IMPORT_FILE).unlink(missing_ok=True)


def region_of(show: Mapping[str, Any]) -> str:
    """Return the region of the default AWS provider in ``show -json``; empty if it isn't told."""
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
    """Return why a destroy is refused that would leave these resources behind."""
    return RunProblem(
        _("An earlier run created what the state lacks; a destroy would leave it: {names}.").format(
            names=", ".join(addresses)
        ),
        _(
            "Bring them back into the state first (gpuecs-tui state {directory} --recover), then "
            "destroy."
        ).format(directory=directory),
    )


def _creates(show: Mapping[str, Any]) -> dict[str, Values]:
    return {
        str(raw.get("address")): (raw.get("change") or {}).get("after") or {}
        for raw in show.get("resource_changes") or ()
        if (raw.get("change") or {}).get("actions") == ["create"]
    }


def _rules_of(groups: set[str], show: Mapping[str, Any]) -> Iterator[Candidate]:
    """Yield the rules that the plan would create in these security groups; no run of ours did."""
    types = {str(raw.get("address")): raw.get("type") for raw in show.get("resource_changes") or ()}
    for address, planned in _creates(show).items():
        if types[address] in _RULES and planned.get("security_group_id") in groups:
            yield Candidate(address, str(types[address]), "", "", None)


def _obstacle(candidate: Candidate, creates: Mapping[str, Values]) -> str:
    place = {"address": candidate.address, "id": candidate.id}
    if candidate.other_id:
        return _(
            "{address} was created anew as {id}, but the state holds {other} there: delete {id} in "
            "the account, or `terraform state rm` and import it."
        ).format(other=candidate.other_id, **place)
    if candidate.address not in creates:
        return _(
            "{address} was created as {id}, but the configuration no longer has it: delete it in "
            "the account."
        ).format(**place)
    return ""


def _address(event: Diagnostic) -> str:
    match = _TO.search(event.detail)
    return match[1].replace('\\"', '"') if match else event.address
