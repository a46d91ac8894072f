"""botocore's errors become ours: one sentence that says what is wrong and what mends it."""

from __future__ import annotations

from gpuecs_tui.aws.error_kinds import ProblemKind, code_of, detail_of, is_a, kind_of
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.i18n import _

_MISCONFIGURED = frozenset(
    {"ConfigNotFound", "ConfigParseError", "InfiniteLoopConfigError", "InvalidConfigError"}
    | {"UnknownCredentialError"}
)
_BROKEN_SOURCE = frozenset({"CredentialRetrievalError", "MetadataRetrievalError", "OSError"})
"""Classes that say that the program, file or service which gives the credentials failed."""


class AwsProblem(Exception):
    """A call to AWS that failed, in words; ``str()`` of it is the sentence and the remedy."""

    def __init__(self, kind: ProblemKind, sentence: str, remedy: str = "", call: str = "") -> None:
        """Keep ``sentence`` (with full stop) and ``remedy`` (a command or a sentence)."""
        super().__init__(f"{sentence} {remedy}".strip())
        self.kind = kind
        self.sentence = sentence
        self.remedy = remedy
        self.call = call

    def as_unknown(self) -> Unknown:
        """Return this as the reading of what the call was made for."""
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
    """Return ``error`` in words; ``profile`` and ``region`` are those of the session.

    An ``AwsProblem`` comes back as it is, given the call if it had none.
    """
    if isinstance(error, AwsProblem):
        if error.call or not call:
            return error
        return AwsProblem(error.kind, error.sentence, error.remedy, call)
    kind = kind_of(error)
    option = f" --profile {profile}" if profile else ""
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
            return _("The SSO session has ended or was never started.")
        case "mfa" if code_of(error):
            return _("AWS did not take the code from the MFA device: {detail}.").format(
                detail=detail.rstrip(".")
            )
        case "mfa":
            return _("This profile needs a code from its MFA device.")
        case "denied":
            return _("Not allowed to call {call}: {detail}.").format(
                call=call, detail=detail.rstrip(".")
            )
        case "throttled":
            return _("AWS throttled {call} and did not recover.").format(call=call)
        case "timeout":
            return _("AWS did not answer {call} in time.").format(call=call)
        case "unreachable":
            return _("AWS can't be reached from here: {detail}.").format(detail=detail.rstrip("."))
        case "invalid_region":
            return _("The region {region} can't be used: {detail}.").format(
                region=region or "?", detail=detail.rstrip(".")
            )
        case "not_found" | "other":
            return _("{call} failed: {detail}.").format(call=call, detail=detail.rstrip("."))


def _remedy(kind: ProblemKind, error: Exception, option: str, region: str, call: str) -> str:
    match kind:
        case "no_credentials" if is_a(error, _MISCONFIGURED):
            return _("Correct the profile in the AWS config file, or choose another.")
        case "no_credentials" if is_a(error, _BROKEN_SOURCE):
            return _("Mend what gives the profile its credentials, or choose another profile.")
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
            return _(
                "Renew them the way you got them (aws sso login{option}, or export new ones)."
            ).format(option=option)
        case "sso_login":
            return _("Run: aws sso login{option}").format(option=option)
        case "mfa":
            return _("Type the six digits that the device shows.")
        case "denied":
            return _("Ask for the permission {call}, or type the value by hand.").format(call=call)
        case "throttled" | "timeout":
            return _("Try again.")
        case "unreachable":
            return _(
                "Check the network, the proxy (HTTPS_PROXY), the region's name and "
                "AWS_ENDPOINT_URL."
            )
        case "invalid_region" if region:
            return _("Choose another region, or enable {region} for the account.").format(
                region=region
            )
        case "invalid_region":
            return _("Choose a region.")
        case "not_found" | "other":
            return ""
