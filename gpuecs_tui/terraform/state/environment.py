"""The environment of Terraform: the caller's, without variables that would silently change a
run."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.aws.profiles import config_path, credentials_path
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base import extra_arguments
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.state.backend_block import ARGUMENTS, kept_arguments

ACCESS_KEY = "AWS_ACCESS_KEY_ID"
STATIC_CREDENTIALS = (ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Access keys in the environment, which the AWS provider prefers to a profile."""
_FIXED = {
    "CHECKPOINT_DISABLE": "1",  # no question to HashiCorp about newer versions
    "TF_IN_AUTOMATION": "1",  # no hints to run commands: our user presses keys instead
    "TF_INPUT": "0",  # Terraform would wait forever for an answer on a null stdin
}
_KEPT = ("TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE")
"""Terraform's variables that select the state and the data folder."""
_METADATA = "169.254.169.254"
"""The address of the credentials of an instance's role (EC2 user guide, instance metadata)."""
_OTHER_CREDENTIALS = (
    ACCESS_KEY,
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""With one of these set, the metadata address is not used."""
_SECRET_WORDS = ("KEY", "SECRET", "TOKEN")
_FINGERPRINT_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ChildEnvironment:
    """The environment with which Terraform is started."""

    variables: Mapping[str, str]
    """The complete environment."""
    notes: tuple[str, ...] = ()
    """A sentence for each variable that was removed, or kept although it changes the plan."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The account and state of a plan, without any secret: its apply must use the same."""

    variables: Mapping[str, str]
    """AWS_* and TF_* settings, such as profile, region and endpoint."""
    fingerprint: str
    """Hash of the access key ID if the keys came from the environment, else empty."""


def child_environment(
    environ: Mapping[str, str], *, profile: str | None = None
) -> ChildEnvironment:
    """Return Terraform's environment for the caller's ``environ``.

    Removed: TF_CLI_ARGS* (they add to our arguments) except the ``-backend-config`` of
    TF_CLI_ARGS_init, which sets the location of the state; TF_LOG* unless it goes to a file; a
    TF_CLI_CONFIG_FILE that doesn't exist; and, with ``profile``, access keys that would take
    precedence.
    """
    notes = list(extra_arguments.notes(environ))
    variables = {name: value for name, value in environ.items() if not _is_extra(name)}
    for name in sorted(variables):
        note = _left_out(name, environ, profile)
        if note is not None:
            del variables[name]
            notes.append(note)
    if profile is not None:
        variables["AWS_PROFILE"] = profile
    if kept := kept_arguments(environ):
        variables[ARGUMENTS] = kept
    for name in ("TF_WORKSPACE", "TF_DATA_DIR"):
        if variables.get(name):
            notes.append(
                _("{name} is set in the environment: {value}.").format(
                    name=name, value=variables[name]
                )
            )
    if _metadata_behind_proxy(variables):
        notes.append(
            _(
                "A proxy is set, and NO_PROXY does not include {address}. The credentials of "
                "the instance role can't be read through the proxy. Add {address} to "
                "NO_PROXY."
            ).format(address=_METADATA)
        )
    inputs = sorted(name for name in variables if name.startswith("TF_VAR_"))
    if inputs:
        notes.append(
            _("The environment also sets variables: {names}.").format(names=", ".join(inputs))
        )
    return ChildEnvironment({**variables, **_FIXED}, tuple(notes))


def asked_profile(environ: Mapping[str, str]) -> str:
    """Return the profile that Terraform would use under ``environ``; empty: the default credential
    chain."""
    asked = environ.get("AWS_PROFILE", "")
    # A profile given by name takes precedence over access keys, which Terraform prefers.
    return "" if asked == os.environ.get("AWS_PROFILE", "") else asked


def origin(environ: Mapping[str, str]) -> Origin:
    """Return the settings that must be the same when a plan made under ``environ`` is applied."""
    kept = {name: value for name, value in environ.items() if _is_setting(name)}
    key = environ.get(ACCESS_KEY, "")
    mark = hashlib.sha256(key.encode()).hexdigest()[:_FINGERPRINT_LENGTH] if key else ""
    return Origin(kept, mark)


def return_to(environ: Mapping[str, str], made: Origin) -> dict[str, str]:
    """Return ``environ`` with the settings under which a plan was made.

    Raises RunProblem if the plan was made with keys from the environment, and these are now absent
    or different: the apply could change another account.
    """
    present = origin(environ).fingerprint
    if made.fingerprint and present != made.fingerprint:
        reason = (
            _("access keys other than those in the environment now")
            if present
            else _("access keys from the environment, which has none now")
        )
        raise RunProblem(
            _("This plan was created with {reason}.").format(reason=reason),
            _("Approve it in the environment where it was created, or run a new plan."),
        )
    rest = {name: value for name, value in environ.items() if not _is_setting(name)}
    if not made.fingerprint:
        # A profile, a role or the instance role: access keys set since would take precedence.
        rest = {name: value for name, value in rest.items() if name not in STATIC_CREDENTIALS}
    return {**rest, **made.variables}


def _is_extra(name: str) -> bool:
    return name.startswith(extra_arguments.PREFIX)


def _left_out(name: str, environ: Mapping[str, str], profile: str | None) -> str | None:
    value = environ[name]
    if name == "TF_CLI_CONFIG_FILE" and not Path(value).is_file():
        return _("TF_CLI_CONFIG_FILE is ignored: {path} is not a file.").format(path=value)
    if name.startswith("TF_LOG") and not environ.get("TF_LOG_PATH"):
        return _("{name} is ignored. To write logs, also set TF_LOG_PATH.").format(name=name)
    if profile is not None and name in STATIC_CREDENTIALS:
        return _("{name} is ignored: the profile {profile} is selected.").format(
            name=name, profile=profile
        )
    return None


def _metadata_behind_proxy(environ: Mapping[str, str]) -> bool:
    either = {name.upper(): value for name, value in sorted(environ.items())}
    if not either.get("HTTP_PROXY") or any(environ.get(name) for name in _OTHER_CREDENTIALS):
        return False
    if either.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return False
    if any(place(environ).exists() for place in (config_path, credentials_path)):
        # Probably a profile of the user; its credentials don't need the metadata address.
        return False
    spared = [host.strip() for host in either.get("NO_PROXY", "").split(",")]
    return not any(host == "*" or (host and _covers(host)) for host in spared)


def _covers(host: str) -> bool:
    """Tell whether an entry of NO_PROXY, an address or a network, covers the metadata address."""
    try:
        return ipaddress.ip_address(_METADATA) in ipaddress.ip_network(host, strict=False)
    except ValueError:
        return False


def _is_setting(name: str) -> bool:
    if name in _KEPT:
        return True
    if not name.startswith("AWS_"):
        return False
    secret = any(word in name for word in _SECRET_WORDS)
    return not secret or name.endswith("_FILE")
