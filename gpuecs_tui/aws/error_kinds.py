"""Classifies exceptions of botocore by kind of problem.

Does not import botocore: exceptions are recognized by their class names, which are public and more
stable than the modules that contain them.
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
"""Kinds that affect every call of the same session."""

TRANSIENT: frozenset[ProblemKind] = frozenset({"throttled", "timeout", "unreachable"})
"""Kinds after which the same call may succeed later."""

DETAIL_MAX = 300
"""Characters; an AccessDenied message with principal, action and resource is shorter."""

_WAF_ABSENT = "WAFNonexistentItemException"
"""The code of AWS WAF for a resource that does not exist."""
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
    """Return the kind of problem of an exception of botocore or of an MFA prompt."""
    if getattr(error, "operation_name", "").startswith("AssumeRole"):
        # botocore makes this call to get credentials for any other call.
        return "mfa" if "MultiFactorAuthentication" in detail_of(error) else "no_credentials"
    if code := code_of(error):
        if code in _CODES:
            return _CODES[code]
        if "NotFound" in code or code.startswith("NoSuch") or code == _WAF_ABSENT:
            return "not_found"
        return "other"
    for parent in type(error).__mro__:
        if parent.__name__ in _CLASSES:
            return _CLASSES[parent.__name__]
    return "other"


def is_a(error: Exception, classes: frozenset[str]) -> bool:
    """Return whether the class of ``error``, or one of its base classes, has one of these names."""
    return any(parent.__name__ in classes for parent in type(error).__mro__)


def code_of(error: Exception) -> str:
    """Return the error code of a service's response; empty if there was no response."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return ""
    return str(response.get("Error", {}).get("Code", ""))


def detail_of(error: Exception) -> str:
    """Return the message of the service or of botocore, as one line of at most DETAIL_MAX."""
    response = getattr(error, "response", None)
    answer = response if isinstance(response, dict) else {}
    text = str(answer.get("Error", {}).get("Message") or error or type(error).__name__)
    if "<html" in text.lower():
        # A proxy's error page.
        return _("the response is an HTML page and not from AWS")
    line = " ".join(text.split())
    return line if len(line) <= DETAIL_MAX else line[: DETAIL_MAX - 1] + "…"
