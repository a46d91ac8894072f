"""Which kind of problem an exception of botocore is.

No botocore here at import time: its exceptions are told apart by the names of their classes, which
are public and older than the modules they lie in.
"""

from __future__ import annotations

from typing import Literal

from gpuecs_tui.i18n import _

ProblemKind = Literal[
    "no_credentials",
    "expired",
    "sso_login",
    "mfa",
    "denied",
    "throttled",
    "timeout",
    "unreachable",
    "invalid_region",
    "not_found",
    "other",
]

ACCOUNT_WIDE: frozenset[ProblemKind] = frozenset(
    {"no_credentials", "expired", "sso_login", "mfa", "unreachable", "timeout", "invalid_region"}
)
"""Kinds that no other call of the same session would escape."""

DETAIL_MAX = 300
"""Characters: an AccessDenied names principal, action and resource in fewer."""

_CODES: dict[str, ProblemKind] = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        "expired",
    ),
    **dict.fromkeys(
        (
            "AuthFailure",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "NotAuthorized",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        "no_credentials",
    ),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "NotAuthorizedException",
            "UnauthorizedAccess",
            "UnauthorizedException",
            "UnauthorizedOperation",
        ),
        "denied",
    ),
    **dict.fromkeys(
        (
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
        ),
        "throttled",
    ),
    **dict.fromkeys(("OptInRequired", "UnknownRegion"), "invalid_region"),
}
"""Error codes of the services: botocore's own retry tables and the APIs' common errors."""

_CLASSES: dict[str, ProblemKind] = {
    **dict.fromkeys(
        (
            "ConfigNotFound",
            "ConfigParseError",
            "CredentialRetrievalError",
            "InfiniteLoopConfigError",
            "InvalidConfigError",
            "MetadataRetrievalError",
            "MissingDependencyException",
            "NoAuthTokenError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "OSError",
            "ProfileNotFound",
            "UnknownCredentialError",
        ),
        "no_credentials",
    ),
    **dict.fromkeys(
        ("SSOError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"),
        "sso_login",
    ),
    **dict.fromkeys(("LoginError", "LoginRefreshRequired", "LoginTokenLoadError"), "expired"),
    "RefreshWithMFAUnsupportedError": "mfa",
    **dict.fromkeys(("ConnectTimeoutError", "ReadTimeoutError"), "timeout"),
    **dict.fromkeys(
        (
            "ConnectionClosedError",
            "ConnectionError",
            "EndpointConnectionError",
            "HTTPClientError",
            "ProxyConnectionError",
            "SSLError",
        ),
        "unreachable",
    ),
    **dict.fromkeys(
        ("InvalidRegionError", "NoRegionError", "UnknownEndpointError", "UnknownRegionError"),
        "invalid_region",
    ),
}


def kind_of(error: Exception) -> ProblemKind:
    """Tell which kind of problem an exception of botocore (or of a prompt for MFA) is."""
    if getattr(error, "operation_name", "").startswith("AssumeRole"):
        # Made by botocore on the way to credentials, whatever was called.
        return "mfa" if "MultiFactorAuthentication" in detail_of(error) else "no_credentials"
    if code := code_of(error):
        if code in _CODES:
            return _CODES[code]
        if "NotFound" in code or code.startswith("NoSuch"):
            return "not_found"
        return "other"
    for parent in type(error).__mro__:
        if parent.__name__ in _CLASSES:
            return _CLASSES[parent.__name__]
    return "other"


def is_a(error: Exception, classes: frozenset[str]) -> bool:
    """Whether ``error`` is of a class with one of these names, or derived from one."""
    return any(parent.__name__ in classes for parent in type(error).__mro__)


def code_of(error: Exception) -> str:
    """Return the error code a service answered with; empty when no service answered."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return ""
    return str(response.get("Error", {}).get("Code", ""))


def detail_of(error: Exception) -> str:
    """Return what the service or botocore says itself, on one line of at most DETAIL_MAX."""
    response = getattr(error, "response", None)
    answer = response if isinstance(response, dict) else {}
    text = str(answer.get("Error", {}).get("Message") or error or type(error).__name__)
    if "<html" in text.lower():
        # A proxy's error page.
        return _("an HTML page came back instead of AWS's answer")
    line = " ".join(text.split())
    return line if len(line) <= DETAIL_MAX else line[: DETAIL_MAX - 1] + "…"
