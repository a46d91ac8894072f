"""Rule provider-version: does the directory ask for a provider that rolls every update back."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import rolls_back


def provider_version(context: Context) -> Iterator[Finding]:
    """The version that the lock file or a constraint picks must not be of 6.53 or 6.54.

    A version is no decision of a stack; it stands at the region, the first line of the provider's
    block. Without a directory, or where the choice is open, what is written excludes them.
    """
    version = context.provider
    if rolls_back(version):
        yield error(
            "provider-version",
            "stack.region",
            _(
                "The directory asks for the AWS provider {version}, which rolls back every update "
                "of an ECS service."
            ).format(version=version),
            _(
                "allow another in versions.tf if that pins it, and run terraform init -upgrade (or "
                "delete .terraform.lock.hcl)"
            ),
        )
