"""errored.tfstate: compared, refused or pushed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.recovery import errored_state, locks
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, HolderStatus
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy, acquire
from gpuecs_tui.terraform.state.reader import first_error
from gpuecs_tui.terraform.state.stored_state import StateProblem
from tests.support.terraform import fake_engine


def state(serial: int, lineage: str = "a", names: tuple[str, ...] = ("x",)) -> str:
    resources: list[dict[str, Any]] = [
        {"mode": "managed", "type": "t", "name": name, "instances": [{"attributes": {"id": name}}]}
        for name in names
    ]
    return json.dumps({"serial": serial, "lineage": lineage, "resources": resources})


def put(stack: Path, stored: str | None, failed: str) -> None:
    if stored is not None:
        (stack / "terraform.tfstate").write_text(stored)
    (stack / "errored.tfstate").write_text(failed)


@pytest.mark.parametrize(
    ("stored", "failed", "verdict", "words"),
    [
        (
            state(6),
            state(7, names=("x", "y")),
            Verdict.PUSH,
            "serial 7 after 6) and contains 2 res",
        ),
        (None, state(1), Verdict.PUSH, "contains 1 resource."),
        # Terraform writes this as the first one of a directory if no state was ever stored.
        (None, state(0, ""), Verdict.PUSH, "contains 1 resource."),
        (state(0, "", ()), state(0, ""), Verdict.PUSH, "contains 1 resource."),
        # The same file after all its resources were imported without it.
        (state(3, names=("x", "y")), state(0, ""), Verdict.SAME, "already stored"),
        (state(3, names=("y",)), state(0, ""), Verdict.OLDER, "does not follow"),
        (state(6), state(6), Verdict.SAME, "already stored"),
        (state(6), state(6, names=("y",)), Verdict.OLDER, "does not follow"),
        (
            state(8),
            state(7),
            Verdict.OLDER,
            "serial 7) does not follow the stored state (serial 8)",
        ),
        (state(6, "b"), state(7), Verdict.FOREIGN, "lineage differs"),
        (state(6), "{ half", Verdict.DAMAGED, "errored.tfstate is truncated after 6 bytes"),
        ("[]", state(6), Verdict.UNKNOWN, "terraform.tfstate is not a Terraform state"),
    ],
)
def test_compared(
    tmp_path: Path, stored: str | None, failed: str, verdict: Verdict, words: str
) -> None:
    put(tmp_path, stored, failed)
    found = errored_state.compare(tmp_path)
    assert found is not None and found.verdict is verdict
    assert words in found.sentence


def test_none(tmp_path: Path) -> None:
    assert errored_state.compare(tmp_path) is None
    with pytest.raises(StateProblem, match=r"does not contain errored\.tfstate"):
        errored_state.push(tmp_path)


@pytest.mark.parametrize("failed", [state(5), state(7, "b"), "{"])
def test_what_does_not_follow_is_never_pushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: str
) -> None:
    engine = tmp_path / "engine"
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(engine)))
    put(tmp_path, state(6), failed)
    with pytest.raises(StateProblem):
        errored_state.push(tmp_path)
    assert (tmp_path / "errored.tfstate").exists() and not fake_engine.calls(engine)


def test_what_is_stored_already_is_put_aside(tmp_path: Path) -> None:
    put(tmp_path, state(6), state(6))
    kept = errored_state.push(tmp_path)
    assert kept.name.startswith("errored.tfstate.pushed-") and kept.read_text() == state(6)
    assert errored_state.compare(tmp_path) is None


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (1, "╷\n│ Error: Failed to write state\n│ \n│ no space left\n╵", "Failed to write state"),
        (0, "", "is not the state that was pushed"),
    ],
)
def test_a_push_that_fails_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, words: str
) -> None:
    program = tmp_path / "terraform"
    program.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo \'{"terraform_version":"1.11.4"}\' && exit 0\n'
        f"printf '%s' '{said}' >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv(ENGINE_VARIABLE, str(program))
    put(tmp_path, state(6), state(7))
    with pytest.raises(StateProblem, match=words) as failed:
        errored_state.push(tmp_path)
    assert "is unchanged" in failed.value.remedy
    assert (tmp_path / "errored.tfstate").read_text() == state(7)


def test_no_push_while_the_state_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, state(6), state(7))
    held = HeldLock("s3://b/k", "i-d", "OperationTypeApply", "ana@x", None, HolderStatus.DEAD)
    monkeypatch.setattr(locks, "held_lock", lambda *_given: held)
    with pytest.raises(StateProblem, match="locked by ana@x") as refused:
        errored_state.push(tmp_path)
    assert f"gpuecs-tui state {tmp_path} --unlock i-d" in refused.value.remedy
    monkeypatch.setattr(
        "gpuecs_tui.terraform.recovery.remedies.locks.held_lock", lambda *_given: held
    )
    assert [it.partition(" ")[0] for it in examine(tmp_path).sentences()] == [
        "The",
        "errored.tfstate",
    ]


def test_no_push_while_a_run_works(tmp_path: Path) -> None:
    put(tmp_path, state(6), state(7))
    guard = acquire(tmp_path)
    try:
        with pytest.raises(DirectoryBusy):
            errored_state.push(tmp_path)
    finally:
        guard.release()


def test_an_error_without_its_box() -> None:
    assert first_error("╷\n│ Error: No\n│\n│ Because.\n╵\n") == "No Because."
    assert first_error("plain words\n") == "plain words"
    assert first_error("") == ""
