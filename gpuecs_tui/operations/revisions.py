"""Changes the revision of a service: a copy with another image, an earlier one, a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.service.revision import READ_ONLY, Revision, serving_container
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.refused import Refused
from gpuecs_tui.operations.replacement import ServiceNow, replacing_words, under_way_words
from gpuecs_tui.operations.service import update_service
from gpuecs_tui.stack.kept_revision import revision_name


def copy_with_image(revision: Revision, container: str, image: str) -> dict[str, Any]:
    """Return the request that registers ``revision`` again with another image of a container.

    Raises Refused if it is unclear which container that is.
    """
    found = serving_container(revision.definition, container)
    if found is None:
        raise Refused(
            _("Revision {revision} has no container {container}.").format(
                revision=revision.name, container=container
            )
        )
    request = {key: it for key, it in revision.definition.items() if key not in READ_ONLY}
    request["containerDefinitions"] = [
        {**it, "image": image} if it is found else it for it in request["containerDefinitions"]
    ]
    # AWS refuses an empty list of tags, and tags with its own prefix.
    tags = [it for it in revision.tags if not it["key"].startswith("aws:")]
    return request | ({"tags": tags} if tags else {})


def register(reader: AccountReader, request: dict[str, Any]) -> str:
    """Register a revision; return its name, such as ``llm:8``. Raises AwsProblem."""
    answer = reader.call("ecs", "RegisterTaskDefinition", **request)
    return revision_name(answer["taskDefinition"]["taskDefinitionArn"])


def use_revision(reader: AccountReader, names: DeployedNames, revision: str) -> None:
    """Let ECS deploy ``revision`` (``llm:8``). Raises AwsProblem."""
    update_service(reader, names, taskDefinition=revision)


def stop_and_roll_back(reader: AccountReader, deployment: str) -> None:
    """Stop a deployment, given by its ARN; ECS returns to the last completed one.

    Raises AwsProblem, also if the deployment has ended in the meantime.
    """
    reader.call(
        "ecs",
        "StopServiceDeployment",
        serviceDeploymentArn=deployment,
        stopType="ROLLBACK",
    )


def revision_effects(now: ServiceNow) -> Iterator[str]:
    """Yield what a deployment of another revision does to the tasks, requests and fleet."""
    service = now.service
    if not service.desired:
        yield _("The service is scaled to zero: no task starts until it is scaled up.")
        yield from under_way_words(now)
        return
    yield ngettext(
        "ECS replaces {n} task of {name}.", "ECS replaces {n} tasks of {name}.", service.desired
    ).format(n=service.desired, name=service.name)
    yield from replacing_words(now)
