from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.diagnosis import Diagnosis, diagnose, last_words
from gpuecs_tui.terraform.engine.event_summary import failure
from gpuecs_tui.terraform.engine.events import Decoder
from tests.support.terraform.fake_engine import event, stream


def told(*lines: str) -> Diagnosis | None:
    decoder = Decoder()
    return diagnose([decoder.decode(line) for line in lines])


def error(summary: str, detail: str = "", **more: object) -> str:
    body = {"severity": "error", "summary": summary, "detail": detail, **more}
    return event(type="diagnostic", diagnostic=body, **{"@message": f"Error: {summary}"})


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("error-plan-config", "configuration", "bad.tf:1: Unsupported argument"),
        ("fault-f500", "aws-failing", "exceeded maximum number of attempts"),
        ("fault-fden", "access-denied", "no identity-based policy allows the logs:CreateLogGroup"),
        ("fault-fdie", "state-not-saved", "errored.tfstate"),
        ("fault-fstate", "state-not-saved", "errored.tfstate"),
        ("fault-flock", "lock-not-released", "could not be released"),
        ("error-apply-and-warning", "configuration", "Role nonexistent not found"),
    ],
)
def test_recorded_failures(name: str, kind: str, words: str) -> None:
    found = told(*stream(name))
    assert found is not None
    assert found.kind == kind
    assert words in found.message
    assert found.remedy and "\n" not in found.message


@pytest.mark.parametrize("name", ["plan-change", "apply-change"])
def test_success_is_no_failure(name: str) -> None:
    assert told(*stream(name)) is None


@pytest.mark.parametrize(
    ("summary", "detail", "kind"),
    [
        (
            "Failed to query available provider packages",
            "Could not retrieve the list of available versions for provider hashicorp/aws: could "
            "not connect to registry.terraform.io",
            "provider-unreachable",
        ),
        (
            "Failed to query available provider packages",
            "Could not retrieve the list of available versions for provider hashicorp/aws: the "
            "current package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of "
            "the checksums previously recorded in the dependency lock file",
            "lock-file-platform",
        ),
        (
            "Failed to load plugin schemas",
            "Error while loading schemas for plugin components: Could not load the schema for "
            "provider hashicorp/aws: failed to instantiate provider: fork/exec .terraform/"
            "providers/x/hashicorp/aws/5.100.0/linux_amd64/x: permission denied",
            "noexec",
        ),
        (
            "No valid credential sources found",
            "Please see https://registry.terraform.io/providers/hashicorp/aws\nError: failed to "
            "refresh cached credentials, no EC2 IMDS role found",
            "credentials",
        ),
        (
            "Retrieving AWS account details: validating provider credentials",
            "operation error STS: GetCallerIdentity, api error ExpiredToken: The security token "
            "included in the request is expired",
            "credentials-expired",
        ),
        (
            "reading instances",
            "api error RequestExpired: Request has expired.",
            "credentials-expired",
        ),
        (
            "No valid credential sources found",
            "failed to refresh cached credentials, the SSO session has expired or is invalid",
            "credentials-expired",
        ),
        ("Saved plan is stale", "The given plan file can no longer be applied", "plan-stale"),
        ("Inconsistent dependency lock file", "provider x: required by this", "needs-init"),
        ("Backend configuration changed", "A change in the backend", "backend-changed"),
        (
            "Failed to load state",
            "Failed to load state: invalid syntax: no format version number",
            "backend-record",
        ),
        (
            "creating ECS Cluster (a)",
            "UnauthorizedOperation: You are not authorized to perform this operation",
            "access-denied",
        ),
        ("creating role", "EntityAlreadyExists: Role with name a already exists", "already-exists"),
        (
            "Unsupported block type",
            'Blocks of type "encryption" are not expected here.',
            "encrypted-state",
        ),
        (
            "Error refreshing state: Unsupported state file format",
            'The state file does not have a "version" attribute, which is required to identify '
            "the format version.",
            "encrypted-state",
        ),
        (
            "Instance cannot be destroyed",
            "Resource aws_lb.this has\nlifecycle.prevent_destroy set, but the plan calls for this "
            "resource to be destroyed.",
            "prevent-destroy",
        ),
        ("writing", "write /x: file too large", "file-size-limit"),
        ("writing", "write /x: no space left on device", "disk-full"),
        ("getting", "dial tcp: lookup ecs.x.amazonaws.com: no such host", "unreachable"),
    ],
)
def test_known_failures(summary: str, detail: str, kind: str) -> None:
    found = told(error(summary, detail))
    assert found is not None and found.kind == kind


def test_expired_credentials_explain_a_state_that_was_not_stored() -> None:
    unsaved = error("Failed to save state", "Error saving state: PutObject, StatusCode: 400")
    expired = error("creating ECS Service", "api error ExpiredToken: The token has expired")
    for lines in ((unsaved, expired), (expired, unsaved)):
        found = told(*lines)
        assert found is not None and found.kind == "credentials-expired"
        assert "errored.tfstate" in found.message and "credentials have expired" in found.message
        assert "--push" in found.remedy and "aws sso login" in found.remedy
    found = told(unsaved)
    assert found is not None and found.kind == "state-not-saved"


def test_a_lock_names_its_owner() -> None:
    detail = (
        "Error message: resource temporarily unavailable\nLock Info:\n  ID:        1e9f-5f\n"
        "  Path:      terraform.tfstate\n  Operation: OperationTypeApply\n"
        "  Who:       ana@bastion\n  Version:   1.11.4\n"
        "  Created:   2026-11-23 12:00:00.1 +0000 UTC\n  Info:      \n\n\nTerraform acquires…"
    )
    found = told(error("Error acquiring the state lock", detail))
    assert found is not None and found.kind == "state-locked"
    assert found.message == (
        "The state is locked by ana@bastion "
        "(OperationTypeApply, since 2026-11-23 12:00:00.1 +0000 UTC)."
    )
    command = "gpuecs-tui state . --unlock 1e9f-5f --confirm ana@bastion"
    assert found.remedy.endswith(command) and "force-unlock" not in found.remedy
    for doing in ("acquiring", "releasing"):
        event = Decoder().decode(error(f"Error {doing} the state lock", detail))
        found = diagnose([event], Path("/srv/a b"))
        assert found is not None
        assert found.remedy.endswith(command.replace(" . ", " '/srv/a b' "))


def test_a_lock_that_nobody_holds_is_not_said_to_be_held() -> None:
    detail = "Error message: open terraform.tfstate: operation not permitted\n\nTerraform acquires…"
    found = told(error("Error acquiring the state lock", detail))
    assert found is not None and found.kind == "lock-failed"
    assert "open terraform.tfstate: operation not permitted" in found.message
    assert "locked by" not in found.message


def test_a_mistake_in_the_files_is_not_taken_for_a_name() -> None:
    place = {"filename": "a.tf", "start": {"line": 3}}
    found = told(error('Duplicate resource "aws_lb" configuration', "A aws_lb", range=place))
    assert found is not None and found.kind == "configuration"


def test_advice_is_not_quoted() -> None:
    found = told(error("Failed to query available provider packages", "no such host\n\nTo see"))
    assert found is not None and found.message.endswith("packages: no such host")


def test_what_an_interrupt_brought_about_is_not_the_reason() -> None:
    found = told(
        error("execution halted"),
        error("waiting for x: context canceled"),
        error("creating thing", "BadThing: no", range={"filename": "a.tf", "start": {"line": 3}}),
    )
    assert (
        found is not None and found.message.startswith("a.tf:3: ") and "BadThing" in found.message
    )


def test_a_warning_is_no_failure() -> None:
    warning = {"severity": "warning", "summary": "Error acquiring the state lock"}
    assert told(event(type="diagnostic", diagnostic=warning)) is None


def test_a_crash_leaves_its_last_words() -> None:
    decoder = Decoder()
    events = [decoder.decode(line) for line in ("!!!! CRASH !!!!", "panic: nil", "", '{"@le')]
    assert last_words(events) == "panic: nil"
    found = failure(events, 11)
    assert "code 11. panic: nil" in found.message
    assert failure([], -9).kind == "killed"
