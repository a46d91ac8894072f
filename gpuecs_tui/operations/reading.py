"""Reads what the words about an operation need: the service, its tasks, its fleet and prices."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.definition import TaskDefinition, read_definition
from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.prices import read_on_demand
from gpuecs_tui.aws.reading import Unknown, value_or
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.refused import Refused, could_not_read
from gpuecs_tui.operations.replacement import ServiceNow


def read_now(reader: AccountReader, names: DeployedNames) -> ServiceNow:
    """Read the service and everything that decides what an operation does to it.

    Raises Refused if the service or its tasks can't be read or do not exist.
    """
    facts = read_deployment(reader, names)
    service, tasks = facts.service, facts.tasks
    for part in (service, tasks):
        if isinstance(part, Unknown):
            raise could_not_read(_("Could not read the service"), part)
    found = value_or(service, None)
    if found is None:
        raise Refused(
            _("The service {name} does not exist in the cluster {cluster}.").format(
                name=names.service, cluster=names.cluster
            )
        )
    fleet = value_or(facts.fleet, None)
    kind = fleet.instances[0].instance_type if fleet and fleet.instances else ""
    price = value_or(read_on_demand(reader, kind), None) if kind else None
    parts = {"container_instances": facts.container_instances, "fleet": facts.fleet}
    return ServiceNow(
        found,
        tuple(it for it in value_or(tasks, ()) if it.last_status != "STOPPED"),
        value_or(facts.container_instances, None),
        fleet,
        _definition(reader, found.task_definition),
        price,
        {name: it for name, it in parts.items() if isinstance(it, Unknown)},
    )


def _definition(reader: AccountReader, name: str) -> TaskDefinition | None:
    try:
        return read_definition(reader, name) if name else None
    except AwsProblem:
        return None
