"""``state``: its output and its repairs; and the check of the credentials before an apply."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.aws.credential_life import CredentialLife
from gpuecs_tui.cli import main
from gpuecs_tui.commands import credentials
from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.durations import in_words
from gpuecs_tui.terraform.base.tflock import STATE_NAME, lock_note
from gpuecs_tui.terraform.runs.apply_estimate import Expected
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage
from tests.support.terraform.states import INFO

NOW = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    made.mkdir()
    resource = {"mode": "managed", "type": "aws_lb", "name": "a\x1b[31m"}
    instance = {"attributes": {"id": "arn:a"}, "status": "tainted"}
    state = {"serial": 3, "lineage": "l", "resources": [{**resource, "instances": [instance]}]}
    (made / "terraform.tfstate").write_text(json.dumps(state))
    return made


def test_all_is_well(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", str(stack)]) == 0
    said = capsys.readouterr().out
    assert said == (
        "aws_lb.a\\x1b[31m  arn:a  tainted: the next apply replaces it\n1 resource in the state.\n"
    )


def test_what_is_amiss_comes_with_the_command_that_mends_it(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    created = [hook("aws_lb.b", "start"), hook("aws_lb.b", "complete", id_="arn:b")]
    stage(stack, RunStatus.FAILED, [*created, hook("aws_lb.c", "start")])
    (stack / "errored.tfstate").write_text('{"serial": 2, "lineage": "l"}')
    lock_note(stack / STATE_NAME).write_text(json.dumps(INFO))
    assert main(["state", str(stack)]) == 1
    said = capsys.readouterr().out
    assert "!  1 resource was created but is not in the state" in said
    assert "   aws_lb.b  arn:b\n   aws_lb.c  perhaps\n" in said
    assert f"→  gpuecs-tui state {stack} --recover" in said
    # It does not follow the stored state, so pushing it isn't offered.
    assert "does not follow" in said and "--push" not in said
    assert main(["state", "--json", str(stack)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["lock"]["id"] == INFO["ID"] and told["lock"]["holder"] == "dead"
    assert told["errored"]["verdict"] == "older" and told["serial"] == 3
    assert [it["certain"] for it in told["missing"]] == [True, False]


def test_unlock(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock_note(stack / STATE_NAME).write_text(json.dumps(INFO))
    assert main(["state", "--unlock", "other", str(stack)]) == 1
    assert "The lock has another ID" in capsys.readouterr().err
    assert main(["state", "--unlock", INFO["ID"], str(stack)]) == 0
    assert not lock_note(stack / STATE_NAME).exists()


def test_push(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", "--push", str(stack)]) == 1
    assert "does not contain errored.tfstate" in capsys.readouterr().err
    (stack / "errored.tfstate").write_bytes((stack / "terraform.tfstate").read_bytes())
    assert main(["state", "--push", str(stack)]) == 0
    assert "The file is kept as" in capsys.readouterr().out


def test_nothing_to_recover(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", "--recover", str(stack)]) == 0
    assert "no missing resource is known here" in capsys.readouterr().out


def test_a_state_that_is_not_looked_at_lacks_an_unknown_number(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / "terraform.tfstate").write_text("{")
    assert main(["state", "--recover", str(stack)]) == 1
    told = capsys.readouterr()
    assert "Could not look for missing resources." in told.err
    assert f"state {stack} --restore" in told.err
    assert "missing" not in told.out


ENCRYPTED = {"serial": 4, "lineage": "l", "encrypted_data": "AA==", "encryption_version": "v0"}
S3_STATE = {"version": 3, "backend": {"type": "s3", "config": {"bucket": "", "key": "a"}}}


def encrypted(stack: Path) -> str:
    (stack / STATE_NAME).write_text(json.dumps(ENCRYPTED))
    return "it is encrypted by OpenTofu"


def test_an_encrypted_state_is_never_said_to_lack_nothing(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = encrypted(stack)
    assert main(["state", "--recover", str(stack)]) == 1
    said = capsys.readouterr()
    assert words in said.err
    for none in ("No resource of an earlier run", "no missing resource"):
        assert none not in said.out + said.err


def test_restore_calls_no_state_whole_that_it_has_not_read(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = encrypted(stack)
    assert main(["state", "--restore", str(stack)]) == 1
    assert words in capsys.readouterr().err
    (stack / ".terraform").mkdir(exist_ok=True)
    (stack / ".terraform" / STATE_NAME).write_text(json.dumps(S3_STATE))
    assert main(["state", "--restore", str(stack)]) == 1
    said = capsys.readouterr().err
    assert "is not a local file" in said and "whole" not in said


@pytest.mark.parametrize(
    "words", [["--unlock", "a", "--push"], ["--recover", "--json"], ["--forget", "a", "--restore"]]
)
def test_two_things_at_once(
    stack: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    before = {path.name: path.read_bytes() for path in stack.iterdir() if path.is_file()}
    assert main(["state", str(stack), *words]) == 64
    assert "can't be used together. Use one of them." in capsys.readouterr().err
    assert before == {path.name: path.read_bytes() for path in stack.iterdir() if path.is_file()}


def test_no_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", str(tmp_path / "none")]) == 1
    assert "does not exist" in capsys.readouterr().err


def minutes(left: float | None, needed: float, measured: bool = False) -> CredentialCheck:
    ends = None if left is None else NOW + timedelta(minutes=left)
    needs = Expected(timedelta(minutes=needed), measured)
    return CredentialCheck(CredentialLife(ends, False, True), needs, NOW)


@pytest.mark.parametrize(
    ("check", "short", "words"),
    [
        (minutes(12, 20), True, "Credentials expire in 12 min, but this may take 20 min."),
        (minutes(4, 5, True), True, "expire in 4 min, but this took 5 min when it ran before."),
        (minutes(20, 20), False, "Credentials expire in 20 min."),
        (minutes(None, 20), False, "session credentials. When they expire is unknown."),
        (
            CredentialCheck(CredentialLife(None, True, True), Expected(timedelta(), False), NOW),
            False,
            "Credentials renew automatically.",
        ),
        (
            CredentialCheck(CredentialLife(None, False, False), Expected(timedelta(), False), NOW),
            False,
            "Credentials don't expire.",
        ),
    ],
)
def test_credentials_beside_an_apply(check: CredentialCheck, short: bool, words: str) -> None:
    assert check.is_short is short
    assert words in check.sentence


def test_times() -> None:
    given = (timedelta(seconds=40), timedelta(seconds=61), timedelta(minutes=125), timedelta(2.5))
    assert [in_words(it) for it in given] == ["40 s", "1 min", "2 h 5 min", "2 d 12 h"]


def test_an_apply_that_the_credentials_do_not_outlast_is_refused(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(credentials, "check_credentials", lambda _run, _reader: minutes(3, 5))
    run = stage(stack, RunStatus.PLANNED)
    credentials.refuse_short_credentials(run, despite=True)
    assert run.refresh().state is RunStatus.PLANNED
    with pytest.raises(Failure, match=r"Nothing was applied\. Credentials expire in 3 min"):
        credentials.refuse_short_credentials(run, despite=False)
    assert run.refresh().state is RunStatus.PLANNED, "whose plan it is decides on it"
    assert capsys.readouterr().out.count("expire in 3 min") == 2


def test_what_can_not_be_told_stops_nothing(stack: Path) -> None:
    run = stage(stack, RunStatus.PLANNED)
    # Without any credentials, AWS itself reports the problem.
    credentials.refuse_short_credentials(run, despite=False)
    assert run.refresh().state is RunStatus.PLANNED


@pytest.mark.parametrize("name", ["terraform.tfstate", "errored.tfstate"])
def test_what_is_not_a_file_has_a_remedy(
    stack: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (stack / name).unlink(missing_ok=True)
    (stack / name).mkdir()
    assert main(["state", str(stack)]) == 1
    said = capsys.readouterr()
    assert f"Move {stack / name} away, then restore the file from a copy." in said.out + said.err
