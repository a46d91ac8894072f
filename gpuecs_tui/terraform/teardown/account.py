"""Connects to the account of a stack with the settings of its AWS provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.teardown.steps import Place

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

_PROVIDER = "provider.aws"
_SETTINGS = ("profile", "access_key", "secret_key", "token")
_ROLE = ("role_arn", "session_name", "external_id", "policy", "source_identity")
"""Arguments of ``assume_role``, which the S3 backend has too."""


@contextmanager
def account_of(place: Place, directory: Path, profile: str | None) -> Iterator[AccountReader]:
    """Give a reader for the account and Region of a stack's resources.

    It uses the profile, keys, endpoints and role of the provider in the files of ``directory``; a
    ``profile`` of the run counts if these set none. Raises AwsProblem, also if the credentials are
    those of another account.
    """
    from gpuecs_tui.aws.discovery.identity import read_identity
    from gpuecs_tui.aws.state_bucket.backend_reader import backend_reader

    settings = provider_settings(directory)
    reader = backend_reader({**settings, "region": place.region}, profile or "")
    try:
        present = read_identity(reader).account
        if present != place.account:
            raise AwsProblem(
                "other",
                _("The credentials are for the account {present}, not {account}.").format(
                    present=present, account=place.account
                ),
                call="sts:GetCallerIdentity",
            )
        yield reader
    finally:
        reader.close()


def provider_settings(directory: Path) -> Mapping[str, Any]:
    """Return the settings of the AWS provider that select account and server, under their names.

    Empty if the files set none. Raises AwsProblem if they can't be read or evaluated.
    """
    from gpuecs_tui.aws.state_bucket.backend_reader import NOT_FOLLOWED

    try:
        configuration = load_configuration(read_texts(directory))
    except ReadProblem as problem:
        raise AwsProblem("other", problem.message) from None
    for name in NOT_FOLLOWED:
        if _is_set(configuration, name):
            raise _not_followed(name)
    found: dict[str, Any] = {
        name: _value(configuration, name) for name in _SETTINGS if _is_set(configuration, name)
    }
    if _is_set(configuration, "assume_role"):
        role = {name: _value(configuration, f"assume_role.{name}") for name in _ROLE}
        if not role["role_arn"]:
            raise _not_followed("assume_role")
        found["assume_role"] = role
    if _is_set(configuration, "endpoints"):
        body = configuration.body(_PROVIDER, "endpoints")
        if body is None:
            raise _not_followed("endpoints")
        found["endpoints"] = {
            it: _value(configuration, f"endpoints.{it}") for it in body.attributes
        }
    return found


def _is_set(configuration: Configuration, name: str) -> bool:
    body = configuration.body(_PROVIDER)
    if body is None:
        return False
    blocks = (each for each in body.blocks if name in (each.kind, *each.labels[:1]))
    return name in body.attributes or any(True for _each in blocks)


def _value(configuration: Configuration, path: str) -> str:
    """Return a setting; "" if it is absent. Raises AwsProblem if only Terraform knows it."""
    value = configuration.value(_PROVIDER, path)
    if value is MISSING or value is None:
        return ""
    if not isinstance(value, str):
        raise _not_followed(path)
    return value


def _not_followed(name: str) -> AwsProblem:
    return AwsProblem(
        "other", _("Could not evaluate {name} of the AWS provider.").format(name=name)
    )
