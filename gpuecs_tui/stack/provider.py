"""Releases of Terraform's AWS provider: which ones a stack accepts, and which have a known bug."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.releases.strategy import PROVIDERS, provider_number

EXCLUDED = ((6, 53), (6, 54))
"""Minor releases for which the bug was reported (rule provider-version); 6.52.0 works. It affects
services with ``sigint_rollback`` and ``wait_for_steady_state``, which generated Terraform doesn't
set (https://github.com/hashicorp/terraform-provider-aws/issues/49031)."""
_SIX = (6, 0, 0)
_MINOR = re.compile(r"(\d+)\.(\d+)(?:\.|$)")


def rolls_back(version: str) -> bool:
    """Return whether AWS provider ``version`` (``6.53.0``, or ``6.53`` for any) has the bug."""
    match = _MINOR.match(version)
    return match is not None and (int(match[1]), int(match[2])) in EXCLUDED


_LOWEST = re.compile(r"\s*(?:>=|~>|=)?\s*v?(\d+(?:\.\d+){0,2})\s*")
"""A version constraint that sets a lower limit (Terraform language, "Version Constraints")."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The folder from which ``init`` takes the AWS provider."""

    folder: str = ""
    """Empty: the provider comes from a registry, or as the user's CLI configuration says."""
    versions: tuple[str, ...] = ()
    """Releases there that fit, newest first."""
    only: bool = True
    """Whether a run can't take the provider from elsewhere. A folder that a search found is left
    aside for the registry."""

    def lacks(self, minimum: str) -> bool:
        """Return whether the folder has the provider, but no release from ``minimum`` on."""
        lowest = provider_number(minimum)
        return bool(self.versions) and all(provider_number(it) < lowest for it in self.versions)


NO_MIRROR = Mirrored()


def lacking_words(found: Mirrored, minimum: str, *, reversible: bool) -> tuple[str, str]:
    """Return the sentence that a folder has no release from ``minimum`` on, and the remedy.

    ``reversible``: no provider 6 has been used, so the stack can return to an earlier one.
    """
    message = _(
        "The stack requires AWS provider {minimum} or later, and {folder} has {newest}."
    ).format(minimum=minimum, folder=found.folder, newest=found.versions[0])
    if not reversible:
        return message, _(
            "Add a later provider to that mirror, or name another one with --plugin-dir."
        )
    return message, _(
        "Add a later provider to that mirror, name another one with --plugin-dir, or set "
        "service.deployment_strategy to rolling and stack.provider_minimum to {lowest}."
    ).format(lowest=PROVIDERS[0])


def before_six(version: str) -> bool:
    """Return whether ``version`` writes states that provider 5 can use; also if it is unknown."""
    return not version or provider_number(version) < _SIX


def lowest_required(constraints: Iterable[str]) -> str:
    """Return the highest of ``PROVIDERS`` that version constraints require; the lowest without one.

    A constraint of another form is no decision of gpuecs-tui: the lowest release is then right.
    """
    limits = [
        provider_number(matched[1])
        for constraint in constraints
        for part in constraint.split(",")
        if (matched := _LOWEST.fullmatch(part))
    ]
    lowest = max(limits, default=provider_number(PROVIDERS[0]))
    return [PROVIDERS[0], *(it for it in PROVIDERS if provider_number(it) <= lowest)][-1]
