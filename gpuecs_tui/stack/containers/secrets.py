"""The secrets that ECS reads for the containers of a task."""

from __future__ import annotations

from gpuecs_tui.stack.model import Stack


def secret_references(stack: Stack) -> tuple[str, ...]:
    """Return the ARNs and parameter names that the execution role must be able to read.

    Those of the variables come first, then the credentials of the registry; none repeats.
    """
    registry = stack.container.registry_secret_arn
    found = (*stack.task.secrets.values(), *((registry,) if registry else ()))
    return tuple(dict.fromkeys(found))
