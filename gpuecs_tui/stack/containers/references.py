"""What the containers of a task refer to: images, and the secrets that ECS reads for them."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.stack.model import Stack


def secret_references(stack: Stack) -> tuple[str, ...]:
    """Return the ARNs and parameter names that the execution role must be able to read.

    Those of the variables come first, then the credentials of the registry; none repeats.
    """
    registry = stack.container.registry_secret_arn
    found = (*stack.task.secrets.values(), *((registry,) if registry else ()))
    return tuple(dict.fromkeys(found))


def images_of(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the key and the reference of each image, that of the service's container first.

    So rules can check that image although the further containers are unknown.
    """
    yield "task.image", stack.task.image
    for image in dict.fromkeys(stack.sidecars.images.values()):
        yield "sidecars.images", image
