"""Connects with the credentials and endpoints of an S3 backend's settings.

The settings are listed at https://developer.hashicorp.com/terraform/language/backend/s3. A setting
that changes the credentials or the server and isn't supported here is refused with its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.i18n import _

NOT_FOLLOWED = (
    "assume_role_with_web_identity",
    "custom_ca_bundle",
    "http_proxy",
    "https_proxy",
    "insecure",
    "shared_config_files",
    "shared_credentials_file",
    "shared_credentials_files",
    "sse_customer_key",
)
"""Unsupported settings; with them only Terraform itself can read the state."""
_ENDPOINTS = {"endpoint": "s3", "dynamodb_endpoint": "dynamodb", "sts_endpoint": "sts"}
"""The former names of endpoint settings, deprecated since Terraform 1.6."""
_ROLE = {
    "role_arn": "RoleArn",
    "session_name": "RoleSessionName",
    "external_id": "ExternalId",
    "policy": "Policy",
    "source_identity": "SourceIdentity",
}
"""Settings of ``assume_role`` → parameters of sts:AssumeRole."""
_SESSION = "gpuecs-tui"
"""The session name in CloudTrail if the backend sets none."""


def backend_endpoints(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the endpoints in a backend's settings: service → URL."""
    found = {service: str(settings[name]) for name, service in _ENDPOINTS.items()
             if settings.get(name)}  # fmt: skip
    named = settings.get("endpoints")
    if isinstance(named, Mapping):
        found |= {str(service): str(url) for service, url in named.items() if url}
    return found


def backend_reader(settings: Mapping[str, Any], profile: str = "") -> AccountReader:
    """Return a reader for an S3 backend; the caller closes it. ``profile`` is used if the backend
    sets none.

    Makes a call only if the backend assumes a role. Raises AwsProblem.
    """
    for name in NOT_FOLLOWED:
        if settings.get(name):
            raise AwsProblem(
                "other",
                _("The backend setting {name} is not supported here.").format(name=name),
                _("Run `terraform state list` to read the state with Terraform itself."),
            )
    reader = connect(
        str(settings.get("profile") or profile),
        str(settings.get("region") or ""),
        endpoints=backend_endpoints(settings),
    )
    if settings.get("access_key"):
        keys = (settings["access_key"], settings.get("secret_key"), settings.get("token"))
        reader = reader.with_keys(*(str(key or "") for key in keys))
    role = _role(settings)
    if not role:
        return reader
    try:
        keys = reader.call("sts", "AssumeRole", **role)["Credentials"]
    finally:
        reader.close()
    return reader.with_keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def _role(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters with which the backend assumes its role; empty without one."""
    named = settings.get("assume_role")
    # Top-level settings such as ``role_arn`` are the names before Terraform 1.6.
    given = named if isinstance(named, Mapping) else settings
    if not given.get("role_arn"):
        return {}
    role = {name: str(given[key]) for key, name in _ROLE.items() if given.get(key)}
    return {"RoleSessionName": _SESSION, **role}
