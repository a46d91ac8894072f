"""Converts exceptions of botocore into AwsProblem: what is wrong and how to fix it."""

from __future__ import annotations

from gpuecs_tui.aws.error_kinds import ProblemKind, code_of, detail_of, is_a, kind_of
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word

_MISCONFIGURED = frozenset(
    {"ConfigNotFound", "ConfigParseError", "InfiniteLoopConfigError", "InvalidConfigError"}
    | {"UnknownCredentialError"}
)
_BROKEN_SOURCE = frozenset({"CredentialRetrievalError", "MetadataRetrievalError", "OSError"})
"""Exception classes that mean that the source of the credentials failed."""


class AwsProblem(Exception):
    """A failed call to AWS; its ``str()`` is the sentence and the remedy."""

    def __init__(self, kind: ProblemKind, sentence: str, remedy: str = "", call: str = "") -> None:
        """Store ``sentence`` (with its period) and ``remedy`` (a command or a sentence)."""
        super().__init__(f"{sentence} {remedy}".strip())
        self.kind = kind
        self.sentence = sentence
        self.remedy = remedy
        self.call = call

    def as_unknown(self) -> Unknown:
        """Return this problem as the reading for which the call was made."""
        return Unknown(self.call, self.reason, self.remedy)

    @property
    def reason(self) -> str:
        """The end of the sentence "unknown: …"."""
        match self.kind:
            case "denied":
                return _("not allowed to call {call}").format(call=self.call)
            case "throttled":
                return _("{call} was throttled").format(call=self.call)
            case "timeout":
                return _("{call} did not answer in time").format(call=self.call)
            case _other:
                return self.sentence.rstrip(".")


def problem_of(
    error: Exception, *, call: str = "", profile: str = "", region: str = ""
) -> AwsProblem:
    """Return ``error`` as an AwsProblem; ``profile`` and ``region`` are those of the session.

    An ``AwsProblem`` is returned unchanged; if it has no call, the call is added.
    """
    if isinstance(error, AwsProblem):
        if error.call or not call:
            return error
        return AwsProblem(error.kind, error.sentence, error.remedy, call)
    kind = kind_of(error)
    option = f" --profile {shell_word(profile)}" if profile else ""
    detail = detail_of(error)
    return AwsProblem(
        kind,
        _sentence(kind, error, call, region, detail),
        _remedy(kind, error, option, region, call),
        call,
    )


def _sentence(kind: ProblemKind, error: Exception, call: str, region: str, detail: str) -> str:
    match kind:
        case "no_credentials":
            return _("No usable AWS credentials: {detail}.").format(detail=detail.rstrip("."))
        case "expired":
            return _("The AWS credentials have expired.")
        case "sso_login":
            return _("The SSO session has expired, or you have not logged in.")
        case "mfa" if code_of(error):
            return _("AWS rejected the MFA code: {detail}.").format(detail=detail.rstrip("."))
        case "mfa":
            return _("This profile requires an MFA code.")
        case "denied":
            return _("Not allowed to call {call}: {detail}.").format(
                call=call, detail=detail.rstrip(".")
            )
        case "throttled":
            return _("AWS throttled {call}, and all retries failed.").format(call=call)
        case "timeout":
            return _("AWS did not answer {call} in time.").format(call=call)
        case "unreachable":
            return _("Could not connect to AWS: {detail}.").format(detail=detail.rstrip("."))
        case "invalid_region":
            return _("Could not use the Region {region}: {detail}.").format(
                region=region or "?", detail=detail.rstrip(".")
            )
        case "not_found" | "other":
            return _("{call} failed: {detail}.").format(call=call, detail=detail.rstrip("."))


def _remedy(kind: ProblemKind, error: Exception, option: str, region: str, call: str) -> str:
    match kind:
        case "no_credentials" if is_a(error, _MISCONFIGURED):
            return _("Correct the profile in the AWS config file, or choose another profile.")
        case "no_credentials" if is_a(error, _BROKEN_SOURCE):
            return _("Fix the credential source of the profile, or choose another profile.")
        case "no_credentials" if is_a(error, frozenset({"MissingDependencyException"})):
            return _(
                'Or run: eval "$(aws configure export-credentials{option} --format env)"'
            ).format(option=option)
        case "no_credentials" if code_of(error):
            return _("Choose another profile, or run: aws configure{option}").format(option=option)
        case "no_credentials":
            return _("Run: aws configure{option}").format(option=option)
        case "expired" if is_a(error, frozenset({"LoginError"})):
            return _("Run: aws login{option}").format(option=option)
        case "expired":
            return _("Renew the credentials (aws sso login{option}, or export new keys).").format(
                option=option
            )
        case "sso_login":
            return _("Run: aws sso login{option}").format(option=option)
        case "mfa":
            return _("Enter the six digits that the MFA device shows.")
        case "denied":
            return _("Ask for the permission {call}, or enter the value manually.").format(
                call=call
            )
        case "throttled" | "timeout":
            return _("Try again.")
        case "unreachable":
            return _(
                "Check the network, the proxy (HTTPS_PROXY), the Region name, and AWS_ENDPOINT_URL."
            )
        case "invalid_region" if region:
            return _("Choose another Region, or enable {region} for the account.").format(
                region=region
            )
        case "invalid_region":
            return _("Choose a Region.")
        case "not_found" | "other":
            return ""
