"""Rule provider-version: an AWS provider that rolls back healthy deployments of some services."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import rolls_back

RULE = "provider-version"
FIELD = "stack.region"
"""The Region is the first line of the provider block. No key holds the provider's version."""


def provider_version(context: Context) -> Iterator[Finding]:
    """Report provider 6.53 or 6.54 together with a service that sets both arguments.

    The bug affects no other service
    (https://github.com/hashicorp/terraform-provider-aws/pull/49077). Generated Terraform sets
    neither argument, so only a hand edit can cause the finding.
    """
    if not rolls_back(context.provider):
        return
    for address, is_certain in context.rollbacks.items():
        words = {"version": context.provider, "address": address}
        remedy = _("remove sigint_rollback from {address}").format(**words)
        if is_certain:
            message = _(
                "AWS provider {version} rolls back healthy deployments of {address}, because the "
                "service sets sigint_rollback and wait_for_steady_state to true "
                "(hashicorp/terraform-provider-aws#49031)."
            )
            yield error(RULE, FIELD, message.format(**words), remedy)
        else:
            message = _(
                "Could not check whether {address} sets sigint_rollback and wait_for_steady_state "
                "to true. If so, AWS provider {version} rolls back its healthy deployments "
                "(hashicorp/terraform-provider-aws#49031)."
            )
            yield undecided(RULE, FIELD, message.format(**words), remedy)
