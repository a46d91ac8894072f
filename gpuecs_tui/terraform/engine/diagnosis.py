"""Why Terraform stopped, in one sentence with a remedy, from its own diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.engine.events import Diagnostic, Event, Text
from gpuecs_tui.terraform.engine.mirror import this_platform

OUTWEIGH_A_STOP = frozenset({"credentials-expired", "state-not-saved", "disk-full"})
"""Kinds of failures that are reported even if the user stopped the run: changes may be missing from
the state, or the next run needs a repair first."""
NEEDS_NEW_PLAN = frozenset({"lock-gone", "plan-stale"})
"""Kinds of failures whose remedy is a new plan."""
_LONGEST_QUOTE = 600
"""Maximum characters of Terraform's own words that a sentence quotes: an IAM refusal needs 400."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A state that could not be stored, as far as the events show; errored.tfstate is not read."""

    reason: str
    """The reason, one sentence."""
    cure: str
    """The action to take before the state can be stored, without the period at its end."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One failure."""

    kind: str
    """Stable id: provider-unreachable, credentials, access-denied, state-locked, …, or
    ``other``."""
    message: str
    remedy: str
    unsaved: Unsaved | None = None
    """Set if the changes that were made may be only in errored.tfstate."""


@dataclass(frozen=True, slots=True)
class _Known:
    kind: str
    pattern: re.Pattern[str]
    """Searched in summary and detail together."""
    message: str
    """Placeholders: {quote}, Terraform's first words; of a lock {Who}, {Operation}, {Created}; and
    the named groups of the pattern."""
    remedy: str
    """Placeholders: the same, {directory}, a lock's {ID}, and {confirm}, the option that names the
    lock's holder."""
    beside: re.Pattern[str] | None = None
    """If set, it must also match an error of the command."""
    unsaved: bool = False
    """Whether the state could not be stored: then ``message`` is the reason and ``remedy`` the
    action."""


def _known(kind: str, pattern: str, message: str, remedy: str, beside: str = "") -> _Known:
    told = re.compile(beside, re.IGNORECASE | re.DOTALL) if beside else None
    return _Known(kind, re.compile(pattern, re.IGNORECASE | re.DOTALL), message, remedy, told)


def _unsaved(kind: str, message: str, cure: str, beside: str = "") -> _Known:
    return replace(_known(kind, _NOT_SAVED, message, cure, beside), unsaved=True)


_NOT_SAVED = r"Failed to (save|persist) state|Error saving state|errored\.tfstate"
# Most services send ExpiredToken, EC2 sends RequestExpired; the others are the SDK's own texts.
_EXPIRED = (
    r"ExpiredToken|RequestExpired|token .{0,40}expired"
    r"|security token included in the request is expired"
    r"|SSO session .{0,60}(expired|invalid)|refresh(ing)? (cached )?SSO|InvalidGrantException"
)
_DISK_FULL = r"no space left on device"
_FILE_SIZE = r": file too large\b"
"""How Go words EFBIG: the process has a file size limit."""
_BUCKET = r"S3 bucket \"(?P<Bucket>[^\"]+)\" does not exist"
"""How the backend words S3's NoSuchBucket (internal/backend/remote-state/s3, errors.go)."""
_TABLE = (
    _unsaved(
        "credentials-expired",
        N_("Could not store the state: the credentials have expired."),
        N_("Renew them (`aws sso login`, or new session keys)"),
        beside=_EXPIRED,
    ),
    _unsaved(
        "state-not-saved",
        N_("Could not store the state: the disk is full."),
        N_("Free some space"),
        beside=_DISK_FULL,
    ),
    _unsaved(
        "state-not-saved",
        N_("Could not store the state: the file size limit (`ulimit -f`) is too small."),
        N_("Run `ulimit -f unlimited`"),
        beside=_FILE_SIZE,
    ),
    _unsaved(
        "state-not-saved",
        N_("Could not store the state."),
        N_("Repair the backend"),
    ),
    _known(
        "bucket-missing",
        _BUCKET,
        N_("The bucket {Bucket} does not exist."),
        N_("Check the bucket name in the backend block, and which account you are using."),
    ),
    _known(
        "lock-gone",
        r"Error releasing the state lock[\s\S]*(?:NoSuchKey|StatusCode: 404)",
        N_("The changes are stored, but the state lock was released during this run."),
        N_("Run a new plan: another run may have changed the state."),
    ),
    _known(
        "lock-not-released",
        r"Error releasing the state lock",
        N_("The changes are stored, but the state lock could not be released: {quote}"),
        N_(
            "If no other run uses the state, release the lock: gpuecs-tui state {directory} "
            "--unlock {ID}{confirm}"
        ),
    ),
    _known(
        "access-denied",
        r"AccessDenied|UnauthorizedOperation|is not authorized to perform",
        N_("AWS denied the request: {quote}"),
        N_("Request the permission that the error names, then run this again."),
    ),
    _known(
        "credentials-expired",
        _EXPIRED,
        N_("The credentials have expired."),
        N_(
            "Renew them (`aws sso login`, or new session keys), then run this again: it "
            "continues with the remaining changes."
        ),
    ),
    _known(
        "credentials",
        r"No valid credential sources|failed to refresh cached credentials"
        r"|InvalidClientTokenId|SignatureDoesNotMatch|no EC2 IMDS role found"
        r"|failed to get shared config profile",
        N_("The AWS credentials are missing or not valid: {quote}"),
        N_(
            "Choose a named profile, or set access keys. `gpuecs-tui doctor` shows the "
            "credentials that are found."
        ),
    ),
    _known(
        "state-locked",
        r"Error acquiring the state lock[\s\S]*Lock Info:",
        N_("The state is locked by {Who} ({Operation}, since {Created})."),
        N_(
            "Wait until the operation ends. If it was killed, release the lock: gpuecs-tui state "
            "{directory} --unlock {ID}{confirm}"
        ),
    ),
    _known(
        "lock-file-platform",
        r"checksums? (previously )?recorded in the dependency lock file"
        r"|doesn't match any of the checksums",
        N_("The dependency lock file has no checksum of a provider for this platform: {quote}"),
        N_(
            "Run `terraform providers lock -platform={platform}` in the directory. With a "
            "provider mirror, add `-fs-mirror=FOLDER`."
        ),
    ),
    _known(
        "noexec",
        r"fork/exec [^\n:]*: permission denied",
        N_("Could not start a provider: {quote}"),
        N_(
            "Its file system is probably mounted noexec. Set TF_DATA_DIR to a directory on "
            "another file system, then run this again."
        ),
    ),
    _known(
        "provider-unreachable",
        r"Failed to query available provider packages|Could not retrieve .{0,60}provider"
        r"|Failed to install provider|could not connect to registry"
        r"|Invalid provider registry host|provider .{0,80}is not available",
        N_("Could not download a provider: {quote}"),
        N_("Check the connection to the registry, or set a provider mirror with --plugin-dir."),
    ),
    _known(
        "encrypted-state",
        r"Blocks of type \"encryption\" are not expected",
        N_("The configuration encrypts the state, which only OpenTofu supports: {quote}"),
        N_("Set {engine_variable} to the OpenTofu program."),
    ),
    _known(
        "encrypted-state",
        r"Unsupported state file format.*does not have a \"version\" attribute",
        N_("The state is encrypted by OpenTofu, or it is damaged: {quote}"),
        N_(
            "To see which: gpuecs-tui state {directory}. If the state is encrypted, set "
            "{engine_variable} to the OpenTofu program."
        ),
    ),
    _known(
        "prevent-destroy",
        r"Resource (?P<Address>\S+) has\s+lifecycle\.prevent_destroy set",
        N_("The plan would destroy {Address}, which prevent_destroy protects."),
        N_(
            "To destroy it, first remove the protection and apply that change (load "
            "balancer: load_balancer.deletion_protection = false)."
        ),
    ),
    _known(
        "plan-stale",
        r"Saved plan is stale",
        N_("The state changed after this plan was created."),
        N_("Run a new plan and review it."),
    ),
    _known(
        "needs-init",
        r"Backend initialization required|Inconsistent dependency lock file|Module not installed"
        r"|Required plugins are not installed|Missing required provider|Could not load plugin"
        r"|Module source has changed|Provider requirements cannot be satisfied",
        N_("The directory must be initialized again: {quote}"),
        N_("Run `terraform init` in the directory and read its prompts."),
    ),
    _known(
        "backend-record",
        # internal/command/workdir, ParseBackendStateFile; a state has other words.
        r"Failed to load state: (invalid syntax: no format version|unsupported backend state)",
        N_("Terraform's record of the backend, .terraform/terraform.tfstate, is damaged: {quote}"),
        N_("Move that file aside and run a plan: it runs `init` again."),
    ),
    _known(
        "backend-changed",
        r"Backend configuration changed|Backend type changed|state migration action"
        r"|ask approval for state migration",
        N_("The backend block has changed since the last `terraform init`."),
        N_("Run `terraform init -migrate-state` in the directory and read its prompts."),
    ),
    _known(
        "backend-incomplete",
        r"is required by the backend",
        N_("The backend block is incomplete: {quote}"),
        N_("Run `terraform init -backend-config=…` in the directory, or set TF_CLI_ARGS_init."),
    ),
    _known(
        "already-exists",
        r"AlreadyExists|Duplicate[a-z]*Name|\.Duplicate\b",
        N_("A resource with that name already exists: {quote}"),
        N_("Import it, delete it, or choose another name."),
    ),
    _known(
        "disk-full",
        _DISK_FULL,
        N_("The disk is full: {quote}"),
        N_("Free some space, then run this again."),
    ),
    _known(
        "file-size-limit",
        _FILE_SIZE,
        N_("A file would exceed the file size limit (`ulimit -f`): {quote}"),
        N_("Run `ulimit -f unlimited`, or start a new shell, then run this again."),
    ),
    _known(
        "unreachable",
        r"no such host|connection refused|i/o timeout|context deadline exceeded"
        r"|TLS handshake timeout|network is unreachable",
        N_("Could not reach a server: {quote}"),
        N_("Check the network, proxy and endpoint settings."),
    ),
    _known(
        "throttled",
        r"Throttl|Rate exceeded|RequestLimitExceeded|TooManyRequests",
        N_("AWS throttled the requests: {quote}"),
        N_("Run this again later: it continues with the remaining changes."),
    ),
    _known(
        "aws-failing",
        r"exceeded maximum number of attempts|StatusCode: 5\d\d",
        N_("AWS repeatedly returned errors: {quote}"),
        N_("Run this again later: it continues with the remaining changes."),
    ),
    _known(
        "lock-failed",
        r"Error acquiring the state lock",
        N_("Could not lock the state: {quote}"),
        N_("Nothing was changed. Correct the error, then run this again."),
    ),
)
_HERE = Path()
_LOCK_INFO = re.compile(r"^\s*(ID|Who|Operation|Created):\s*(\S.*?)\s*$", re.MULTILINE)
_AFTER_INTERRUPT = re.compile(r"context canceled|execution halted|operation was canceled")


def diagnose(events: Iterable[Event], directory: Path = _HERE) -> Diagnosis | None:
    """Return the failure in the events of one command, or None without any error.

    ``directory`` is where the command ran; remedies name it in commands. Of several errors, the
    first recognised one in the order of the table is used, else the first error. Never raises.
    """
    # Errors that follow from an interrupt or from another error are sorted to the end.
    errors = sorted(
        (e for e in events if isinstance(e, Diagnostic) and e.severity == "error"),
        key=lambda e: bool(_AFTER_INTERRUPT.search(e.summary)),
    )
    words = [f"{error.summary}\n{error.detail}" for error in errors]
    for known in _TABLE:
        if known.beside is not None and not any(map(known.beside.search, words)):
            continue
        for error, text in zip(errors, words, strict=True):
            if (match := known.pattern.search(text)) is not None:
                return _told(known, error, match, directory)
    if not errors:
        return None
    first = errors[0]
    place = _place(first)
    if place:
        summary = _quote(first).rstrip(".")
        message = _("{place}: {summary}.").format(place=place, summary=summary)
        return Diagnosis("configuration", message, _("Correct the error in that file."))
    return Diagnosis(
        "other", _("Terraform reported an error: {quote}").format(quote=_quote(first)), ""
    )


def last_words(events: Iterable[Event]) -> str:
    """Return the last plain line of a crashed command; empty if there is none."""
    said = [event.message.strip() for event in events if isinstance(event, Text)]
    words = [line for line in said if line]
    return words[-1][:_LONGEST_QUOTE] if words else ""


def _told(known: _Known, error: Diagnostic, match: re.Match[str], directory: Path) -> Diagnosis:
    lock = dict.fromkeys(("ID", "Who", "Operation", "Created"), "?")
    named = {**lock, **dict(_LOCK_INFO.findall(error.detail)), **match.groupdict()}
    message = _(known.message).format(quote=_quote(error), **named)
    remedy = known.remedy
    if "{ID}" in remedy and named["ID"] == "?":
        # Without an id there is no lock to release.
        remedy = N_("To show the lock: gpuecs-tui state {directory}")
    confirm = "" if named["Who"] == "?" else f" --confirm {shell_word(named['Who'])}"
    words = _(remedy).format(
        platform=this_platform(),
        engine_variable=ENGINE_VARIABLE,
        directory=shell_word(directory),
        confirm=confirm,
        **(named | {"ID": shell_word(named["ID"])}),
    )
    if known.unsaved:
        return _perhaps_errored(known.kind, Unsaved(message, words), directory)
    return Diagnosis(known.kind, message, words)


def _perhaps_errored(kind: str, unsaved: Unsaved, directory: Path) -> Diagnosis:
    """Return a diagnosis that is right whatever errored.tfstate contains."""
    return Diagnosis(
        kind,
        _("{reason} errored.tfstate may contain it.").format(reason=unsaved.reason),
        _(
            "{cure}, then check the state: gpuecs-tui state {directory}. If it reports that "
            "errored.tfstate is newer, run it with --push."
        ).format(cure=unsaved.cure, directory=shell_word(directory)),
        unsaved,
    )


def _quote(error: Diagnostic) -> str:
    first = error.summary.strip().splitlines()[0] if error.summary.strip() else error.message
    # The text after an empty line is a hint to run commands.
    detail = " ".join(error.detail.strip().partition("\n\n")[0].split())
    # "Failed to …" alone does not name the reason, which is then in the detail.
    text = f"{first}: {detail}" if detail and detail != first else first
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def _place(error: Diagnostic) -> str:
    return f"{error.file}:{error.line}" if error.file else ""
