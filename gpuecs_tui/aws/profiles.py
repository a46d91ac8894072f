"""Reads the profiles of the AWS configuration and what each one requires. Imports no boto3.

Format and precedence: "Configuration and credential file settings" of the AWS CLI's user guide. In
the config file a profile is ``[profile NAME]`` (``[default]`` for the default one), in the
credentials file ``[NAME]``; for the same key the credentials file wins.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.i18n import _
from gpuecs_tui.user_folders import expand_home

Needs = Literal[
    "sso", "login", "role", "role+mfa", "process", "web-identity", "static", "environment", "none"
]
"""``none``: it names no credentials, so only the role of the instance or container can be used."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One source of credentials."""

    name: str
    """Empty for credentials from the environment, which have no profile name."""
    source: str
    """The file that defines it, ``environment``, or ``instance``."""
    needs: Needs
    region: str
    """Its default Region; empty if it has none."""


def read_profiles(environ: Mapping[str, str] | None = None) -> tuple[Profile, ...]:
    """Return the profiles for ``environ`` (default: the process's environment), ``default`` first.

    Credentials in the environment are a first profile without a name. Without them and without a
    ``default`` profile, the role of the instance (for example a bastion host) is the last profile.
    Missing files are not an error. A file that can't be read or parsed raises AwsProblem with the
    file's name and the line.
    """
    environ = os.environ if environ is None else environ
    config = _sections(config_path(environ), config=True)
    credentials = _sections(credentials_path(environ), config=False)
    profiles = [
        _profile(name, config.get(name), credentials.get(name), environ)
        for name in dict.fromkeys((*config, *credentials))
    ]
    profiles.sort(key=lambda profile: (profile.name != "default", profile.name))
    if environ.get("AWS_ACCESS_KEY_ID"):
        region = default_region(environ)
        profiles.insert(0, Profile("", "environment", "environment", region))
    elif "default" not in {it.name for it in profiles} and not _metadata_disabled(environ):
        profiles.append(Profile("", "instance", "none", default_region(environ)))
    return tuple(profiles)


def config_path(environ: Mapping[str, str]) -> Path:
    """Return where the config file is: AWS_CONFIG_FILE or ``~/.aws/config``."""
    return expand_home(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")


def credentials_path(environ: Mapping[str, str]) -> Path:
    """Return where the credentials file is: AWS_SHARED_CREDENTIALS_FILE or its usual place."""
    return expand_home(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")


def default_region(environ: Mapping[str, str] | None = None) -> str:
    """Return the Region of the environment, as boto3 and Terraform read it; may be empty."""
    environ = os.environ if environ is None else environ
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""


def default_profile(environ: Mapping[str, str] | None = None) -> str:
    """Return the profile that the environment names; empty if it names none."""
    environ = os.environ if environ is None else environ
    return environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or ""


def _metadata_disabled(environ: Mapping[str, str]) -> bool:
    return environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"


def _sections(path: Path, *, config: bool) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(default_section="", strict=False, allow_no_value=True)
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        reason = " ".join(str(error).split())
        raise AwsProblem(
            "no_credentials",
            _("Could not read the AWS configuration {path}: {reason}.").format(
                path=path, reason=reason.rstrip(".")
            ),
            _("Correct the file, or set AWS_CONFIG_FILE to another file."),
        ) from None
    found = {}
    for section in parser.sections():
        kind, _space, name = section.partition(" ")
        if config and section != "default":
            if kind != "profile" or not name.strip():
                continue
            section_name = name.strip().strip("\"'")
        else:
            section_name = section
        found[section_name] = {key: value or "" for key, value in parser.items(section)}
    return found


def _profile(
    name: str,
    config: dict[str, str] | None,
    credentials: dict[str, str] | None,
    environ: Mapping[str, str],
) -> Profile:
    settings = {**(config or {}), **(credentials or {})}
    source = config_path(environ) if config is not None else credentials_path(environ)
    return Profile(name, str(source), _needs(settings), settings.get("region", ""))


def _needs(settings: Mapping[str, str]) -> Needs:
    # The order is botocore's: a role before keys, keys before what has to be fetched.
    if "role_arn" in settings:
        if "web_identity_token_file" in settings:
            return "web-identity"
        return "role+mfa" if settings.get("mfa_serial") else "role"
    if "aws_access_key_id" in settings:
        return "static"
    if "sso_session" in settings or "sso_start_url" in settings:
        return "sso"
    if "login_session" in settings:
        return "login"
    return "process" if "credential_process" in settings else "none"
