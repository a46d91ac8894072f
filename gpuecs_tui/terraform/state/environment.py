"""The environment that Terraform gets: the caller's, without what would change a run in silence."""

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
"""Keys in the environment, which the AWS provider prefers to a profile."""
_FIXED = {
    "CHECKPOINT_DISABLE": "1",  # no question to HashiCorp about newer versions
    "TF_IN_AUTOMATION": "1",  # no advice to run commands that our user has keys for
    "TF_INPUT": "0",  # a question would wait for ever on a null stdin
}
_KEPT = ("TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE")
"""Terraform's variables that choose which state and folder a plan is for."""
_METADATA = "169.254.169.254"
"""Where an instance finds the credentials of its role (EC2 user guide, instance metadata)."""
_OTHER_CREDENTIALS = (
    ACCESS_KEY,
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""With one of these the metadata address is not asked."""
_SECRET_WORDS = ("KEY", "SECRET", "TOKEN")
_FINGERPRINT_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ChildEnvironment:
    """What Terraform is started with."""

    variables: Mapping[str, str]
    """All of its environment."""
    notes: tuple[str, ...] = ()
    """A sentence for each thing left out, or let through though it changes the plan."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which account and state a plan was made for, without any secret: its apply needs the same."""

    variables: Mapping[str, str]
    """AWS_* and TF_* settings, such as profile, region and endpoint."""
    fingerprint: str
    """Hash of the access key's id where keys came by the environment, else empty."""


def child_environment(
    environ: Mapping[str, str], *, profile: str | None = None
) -> ChildEnvironment:
    """Return Terraform's environment for the caller's ``environ``.

    Left out: TF_CLI_ARGS* (they add to our arguments) but for the ``-backend-config`` of
    TF_CLI_ARGS_init, which says where the state is; TF_LOG* unless it goes to a file, a
    TF_CLI_CONFIG_FILE that doesn't exist, and, with ``profile``, keys that would beat it.
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
                "A proxy is set, and NO_PROXY lacks {address}: the role of this instance can't be "
                "read through it. Add {address} to NO_PROXY."
            ).format(address=_METADATA)
        )
    inputs = sorted(name for name in variables if name.startswith("TF_VAR_"))
    if inputs:
        notes.append(
            _("Variables come from the environment too: {names}.").format(names=", ".join(inputs))
        )
    return ChildEnvironment({**variables, **_FIXED}, tuple(notes))


def asked_profile(environ: Mapping[str, str]) -> str:
    """Return the profile to ask AWS with as Terraform would under ``environ``; empty: the default
    chain of credentials."""
    asked = environ.get("AWS_PROFILE", "")
    # Given by name, a profile beats keys in the environment, which Terraform prefers.
    return "" if asked == os.environ.get("AWS_PROFILE", "") else asked


def origin(environ: Mapping[str, str]) -> Origin:
    """Return what must be the same when a plan made under ``environ`` is applied."""
    kept = {name: value for name, value in environ.items() if _is_setting(name)}
    key = environ.get(ACCESS_KEY, "")
    mark = hashlib.sha256(key.encode()).hexdigest()[:_FINGERPRINT_LENGTH] if key else ""
    return Origin(kept, mark)


def return_to(environ: Mapping[str, str], made: Origin) -> dict[str, str]:
    """Return ``environ`` with the settings under which a plan was made.

    Raises RunProblem when the plan was made with keys from the environment and these are absent
    or others: its apply could reach another account.
    """
    present = origin(environ).fingerprint
    if made.fingerprint and present != made.fingerprint:
        reason = (
            _("other access keys than those in the environment now")
            if present
            else _("access keys from the environment, and there are none now")
        )
        raise RunProblem(
            _("This plan was made with {reason}.").format(reason=reason),
            _("Approve it where it was made, or plan anew."),
        )
    rest = {name: value for name, value in environ.items() if not _is_setting(name)}
    if not made.fingerprint:
        # A profile, a role or the machine's own role: keys set since would beat them.
        rest = {name: value for name, value in rest.items() if name not in STATIC_CREDENTIALS}
    return {**rest, **made.variables}


def _is_extra(name: str) -> bool:
    return name.startswith(extra_arguments.PREFIX)


def _left_out(name: str, environ: Mapping[str, str], profile: str | None) -> str | None:
    value = environ[name]
    if name == "TF_CLI_CONFIG_FILE" and not Path(value).is_file():
        return _("TF_CLI_CONFIG_FILE is ignored: there is no file {path}.").format(path=value)
    if name.startswith("TF_LOG") and not environ.get("TF_LOG_PATH"):
        return _("{name} is ignored: set TF_LOG_PATH too, and logs go there.").format(name=name)
    if profile is not None and name in STATIC_CREDENTIALS:
        return _("{name} is ignored: profile {profile} was asked for.").format(
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
        # Probably a profile of the user's own; a role that it needs is its own subject.
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
