"""The state of a directory whose backend no init recorded, and unreadable states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from gpuecs_tui.aws.facts import Named
from gpuecs_tui.checks import check
from gpuecs_tui.checks.finding import Severity
from gpuecs_tui.cli import main
from gpuecs_tui.commands.plan_report import stack_name
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.stack.state_facts import Begun
from gpuecs_tui.terraform.migration.moved_marker import (
    moved_away,
    put_moved,
    read_moved,
    remove_moved,
)
from gpuecs_tui.terraform.recovery import damaged_state, locks
from gpuecs_tui.terraform.recovery.locks import LockProblem, held_lock
from gpuecs_tui.terraform.recovery.own_state import OwnState, own_state
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.content import PlaceProblem, state_content, workspaces_at
from gpuecs_tui.terraform.state.location import StateLocation, configured_backend
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import NotRead
from tests.support.small_account import NOW, account, known, stack
from tests.support.terraform.apply_events import hook
from tests.support.terraform.fake_engine import event
from tests.support.terraform.run_folders import stage

BUCKET = "models-of-a-team"
BACKEND = """
terraform {
  backend "s3" {
    bucket = "models-of-a-team"
    key    = "asr/terraform.tfstate"
    region = "us-east-1"
%s  }
}
"""
LOCK = {
    "ID": "7-f", "Operation": "OperationTypePlan", "Who": "bo@laptop", "Version": "1.11.4",
    "Created": "2026-11-01T08:00:00Z",
}  # fmt: skip
ENCRYPTED = {
    "serial": 4,
    "lineage": "l",
    "meta": {},
    "encrypted_data": "x",
    "encryption_version": "v0",
}


def state_of(name: str, serial: int = 2) -> bytes:
    resource = {"mode": "managed", "type": "aws_ecs_cluster", "name": "this", "provider": "p"}
    instance = {"attributes": {"name": name, "id": f"arn:{name}"}}
    held = {"version": 4, "serial": serial, "lineage": name}
    return json.dumps({**held, "resources": [{**resource, "instances": [instance]}]}).encode()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory as git creates it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "asr"
    made.mkdir()
    (made / "backend.tf").write_text(BACKEND % "")
    return made


@pytest.fixture
def bucket(on_demo_account: DemoAccount) -> Iterator[Any]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="asr/terraform.tfstate", Body=state_of("asr"))
    yield s3
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def test_a_fresh_clone_reads_state_lock_and_note_from_s3(
    clone: Path, bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [it.address for it in read_state(clone, {}).resources] == ["aws_ecs_cluster.this"]
    assert own_state(clone, {}).owned == frozenset({"asr", "arn:asr"})
    assert own_state(clone, {}, offline=True).owned is None
    bucket.put_object(Bucket=BUCKET, Key="asr/terraform.tfstate.tflock", Body=json.dumps(LOCK))
    assert main(["state", str(clone)]) == 1
    said = capsys.readouterr().out
    assert "aws_ecs_cluster.this  arn:asr" in said and "locked by bo@laptop" in said
    bucket.delete_object(Bucket=BUCKET, Key="asr/terraform.tfstate.tflock")

    # A workspace has its own state, lock and lock record.
    (clone / ".terraform").mkdir()
    (clone / ".terraform" / "environment").write_text("blue\n")
    assert not read_state(clone, {}).resources
    key = "env:/blue/asr/terraform.tfstate"
    bucket.put_object(Bucket=BUCKET, Key=key, Body=state_of("blue"))
    found = own_state(clone, {})
    assert found.owned == frozenset({"blue", "arn:blue"})
    assert [it.rule for it in found.facts.remarks] == ["workspace-file"]
    place = configured_backend(clone, {})
    assert workspaces_at(place) == ("blue", "default")
    assert own_state(clone, {"TF_WORKSPACE": "default"}).owned == frozenset({"asr", "arn:asr"})

    put_moved(
        place.at("blue"), StateLocation("local", path=Path("/srv/asr/x.tfstate")), state_of("blue")
    )
    assert read_moved(place) is None
    moved = moved_away(clone, {})
    assert moved is not None and (moved.serial, moved.lineage) == (2, "blue")
    assert f"from s3://{BUCKET}/{key} to " in moved.sentence
    assert ":/srv/asr/x.tfstate (" in moved.sentence
    assert examine(clone, {}).sentences()[0] == moved.sentence
    error = next(it for it in own_state(clone, {}).facts.remarks if it.rule == "state-moved")
    assert error.severity == "error" and error.message == moved.sentence
    capsys.readouterr()
    assert main(["destroy", str(clone), "--yes", "--confirm", stack_name(clone)]) == 1
    assert moved.sentence in capsys.readouterr().err and runs_of(clone) == []
    note = json.loads(bucket.get_object(Bucket=BUCKET, Key=f"{key}.moved.json")["Body"].read())
    for damaged, why in (
        (b"", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (json.dumps({**note, "format": 9}).encode(), "was written by a later version"),
        (json.dumps({**note, "target": {"a": 1}}).encode(), "has no valid target"),
        (json.dumps({**note, "serial": "7"}).encode(), "has no valid serial"),
        (json.dumps({**note, "user": None}).encode(), "has no valid user"),
    ):
        bucket.put_object(Bucket=BUCKET, Key=f"{key}.moved.json", Body=damaged)
        (first, *_more) = examine(clone, {}).sentences()
        assert first.startswith(f"The move record s3://{BUCKET}/{key}.moved.json {why}"), first
        assert "is unknown" in first
    remove_moved(place.at("blue"))
    assert moved_away(clone, {}) is None


def test_locks_in_dynamodb(clone: Path, bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "backend.tf").write_text(BACKEND % '    dynamodb_table = "asr-locks"\n')
    with pytest.raises(LockProblem, match="table asr-locks does not exist"):
        held_lock(clone, {})
    table = boto3.client("dynamodb")
    table.create_table(
        TableName="asr-locks",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        digest = {"LockID": {"S": f"{BUCKET}/asr/terraform.tfstate-md5"}, "Digest": {"S": "0"}}
        table.put_item(TableName="asr-locks", Item=digest)
        assert held_lock(clone, {}) is None
        held = {"LockID": {"S": f"{BUCKET}/asr/terraform.tfstate"}, "Info": {"S": json.dumps(LOCK)}}
        table.put_item(TableName="asr-locks", Item=held)
        lock = held_lock(clone, {})
        assert lock is not None and (lock.id, lock.who) == ("7-f", "bo@laptop")
        assert "asr-locks" in lock.place
        assert main(["state", "--unlock", "7-f", str(clone)]) == 1
        said = capsys.readouterr().err
        assert "--unlock 7-f --confirm bo@laptop" in said and "not locked" not in said
        rules = [it.rule for it in own_state(clone, {}).facts.remarks]
        assert rules == ["dynamodb-lock"]
    finally:
        table.delete_table(TableName="asr-locks")


def test_a_bucket_that_is_gone_is_one_sentence(
    clone: Path, on_demo_account: DemoAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["state", str(clone)], ["plan", str(clone)]):
        assert main(command) == 1
        said = capsys.readouterr()
        assert f"The bucket {BUCKET} does not exist." in said.err
        assert "RequestID" not in said.out + said.err and "You can use" not in said.out + said.err
    found = own_state(clone, {})
    assert found.owned is None and f"The bucket {BUCKET}" in found.facts.unread


@pytest.mark.parametrize(
    ("block", "rule", "words"),
    [
        ('backend "s3" {}', "partial-backend", "has no bucket and no key"),
        ('backend "s3" {\n bucket = var.b\n key = "k"\n}', "backend-variable", "main.tf:2"),
        ('backend "gcs" {\n bucket = "b"\n}', "state-unread", "the backend gcs"),
        ('backend "remote" {\n}', "state-unread", "the backend remote"),
        ("cloud {\n}", "state-unread", "HCP Terraform"),
        ('backend "s3" {', "state-unread", "main.tf"),
    ],
)
def test_what_is_not_read_is_never_empty(
    clone: Path, block: str, rule: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / "backend.tf").unlink()
    (clone / "main.tf").write_text(f"terraform {{\n{block}\n}}\n")
    with pytest.raises(NotRead) as refused:
        read_state(clone, {})
    assert words in refused.value.message and refused.value.remedy
    found = own_state(clone, {})
    assert found.owned is None and found.facts.unread == refused.value.message
    assert [it.rule for it in found.facts.remarks if it.severity == "unknown"] == [rule]
    assert main(["state", str(clone)]) == 1
    said = capsys.readouterr()
    assert "resources in the state" not in said.out and words in said.err


def test_a_lock_elsewhere_is_never_called_absent(clone: Path) -> None:
    (clone / "backend.tf").write_text('terraform {\n  backend "http" {\n  }\n}\n')
    with pytest.raises(
        LockProblem, match="gpuecs-tui does not read the lock of the backend http"
    ) as refused:
        locks.unlock(clone, "12", {})
    assert "terraform force-unlock 12" in refused.value.remedy


def test_an_encrypted_state_is_neither_empty_nor_broken(clone: Path) -> None:
    (clone / "backend.tf").unlink()
    state = clone / "terraform.tfstate"
    state.write_text(json.dumps(ENCRYPTED))
    with pytest.raises(NotRead, match="is encrypted by OpenTofu"):
        read_state(clone, {})
    assert damaged_state.find(clone, {}) is None
    assert [it.rule for it in own_state(clone, {}).facts.remarks] == ["encrypted-state"]
    with pytest.raises(PlaceProblem, match="encrypted"):
        state_content(state.read_bytes())
    # The state must be moved like any other, and the move is refused.
    (clone / "backend.tf").write_text(BACKEND % "")
    assert own_state(clone, {}).owned is None


def test_a_creation_that_was_cut_off_is_named_by_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "stack"
    refused = "creating IAM Role: StatusCode: 409, EntityAlreadyExists: the name is there"
    lines = [
        hook("aws_lb.this", "start"),
        hook("aws_lb_target_group.this[0]", "start"),
        hook("aws_iam_role.instance", "start"),
        hook("aws_iam_role.task", "start"),
        hook("aws_iam_role.task", "complete", id_="asr-task"),
        event(
            type="diagnostic",
            diagnostic={
                "severity": "error", "summary": refused, "address": "aws_iam_role.instance",
            },
        ),
    ]  # fmt: skip
    planned = {
        "resource_changes": [
            {"address": address, "type": address.partition(".")[0],
             "change": {"actions": ["create"], "before": None, "after": {"name": name}}}
            for address, name in (("aws_lb.this", "asr"), ("aws_iam_role.instance", "asr-i"))
        ]
    }  # fmt: skip
    run = stage(directory, RunStatus.FAILED, lines, details=planned)
    (directory / "main.tf").write_text("")
    found = own_state(directory, {})
    assert found.facts.begun == {
        "aws_lb.this": Begun(run.id, "asr"),
        "aws_lb_target_group.this": Begun(run.id),
        "aws_iam_role.instance": Begun(run.id, "asr-i", refused=True),
    }
    assert found.owned is not None and "asr-task" in found.owned


def change_of(address: str, actions: list[str], before: object, after: object) -> dict[str, Any]:
    sides = {"actions": actions, "before": before, "after": after}
    return {"address": address, "type": address.partition(".")[0], "change": sides}


def test_what_a_run_at_work_creates_and_destroys_is_the_stack_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "stack"
    plan = {
        "resource_changes": [
            change_of("aws_ecs_cluster.this", ["create"], None, {"name": "tts"}),
            change_of("aws_lb.this", ["delete", "create"], {"name": "tts"}, {"name": "tts-2"}),
            change_of("aws_launch_template.old", ["delete"], {"name": "tts-gpu"}, None),
            change_of("aws_vpc_endpoint.interface", ["create"], None, {"service_name": "x"}),
        ]
    }
    done = [hook("aws_iam_role.task", "complete", id_="tts-task")]
    run = stage(directory, RunStatus.APPLYING, done, details=plan)
    (directory / "main.tf").write_text("")
    found = own_state(directory, {})
    assert found.owned == frozenset({"tts", "tts-2", "tts-gpu", "tts-task"})
    assert found.facts.creating == {"aws_vpc_endpoint.interface": run.id}

    record(run.files, RunStatus.SUCCEEDED, runner=None)
    assert own_state(directory, {}) == OwnState(), "what counts now is the state"


def test_without_the_plan_s_details_a_name_of_a_run_at_work_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "stack"
    planned = event(
        type="planned_change",
        change={
            "resource": {"addr": "aws_lb.this", "resource_type": "aws_lb"},
            "action": "create",
        },
        **{"@message": "aws_lb.this: Plan to create"},
    )
    run = stage(directory, RunStatus.APPLYING, [planned])
    (directory / "main.tf").write_text("")
    assert own_state(directory, {}).facts.creating == {"aws_lb.this": run.id}
    names = stack().names
    taken = account(load_balancers=known((Named(names.load_balancer, "arn:l"),)))
    facts = own_state(directory, {}).facts
    (said,) = check(stack(), taken, state=facts, now=NOW)
    assert said.severity is Severity.UNKNOWN and run.id in said.message


@pytest.mark.parametrize(
    ("block", "severity"),
    [
        ('to = aws_ecs_cluster.this\n  id = "asr"', Severity.WARNING),
        ('id = "arn:asr" // by ARN\n  to = aws_ecs_cluster.this', Severity.WARNING),
        ("to = aws_ecs_cluster.this\n  id = var.cluster", Severity.WARNING),
        ('to = aws_ecs_cluster.this\n  id = "other"', Severity.UNKNOWN),
        ("to = aws_ecs_cluster.this\n  id = data.aws_x.y.id", Severity.UNKNOWN),
        ('to = aws_ecs_cluster.this\n  identity = { name = "asr" }', Severity.UNKNOWN),
        (
            'for_each = ["asr"]\n  to = aws_ecs_cluster.this[each.key]\n  id = "asr"',
            Severity.UNKNOWN,
        ),
        ('to = aws_ecs_cluster.mine\n  id = "asr"', Severity.ERROR),
    ],
)
def test_what_is_imported_is_not_taken(tmp_path: Path, block: str, severity: Severity) -> None:
    declared = 'variable "cluster" {\n  default = "none"\n}\n'
    (tmp_path / "adopt.tf").write_text(f"{declared}\nimport {{\n  {block}\n}}\n")
    (tmp_path / "more.tf").write_text('import {\n  to = aws_lb.this\n  id = "arn:lb"\n}\n')
    facts = own_state(tmp_path, {"TF_VAR_cluster": "asr"}, offline=True).facts
    taken = account(
        clusters=known((Named("asr", "arn:asr"),)),
        load_balancers=known((Named("front", "arn:lb"),)),
    )
    own = stack(names__cluster="asr", names__load_balancer="front")
    found = {it.field: it for it in check(own, taken, state=facts, now=NOW)}
    assert found["names.load_balancer"].severity == Severity.WARNING
    assert found["names.cluster"].severity == severity
    assert ("adopt.tf" in found["names.cluster"].message) == (severity != Severity.ERROR)
    # After the apply, the state contains it, and nothing remains to report.
    owned = frozenset({"asr", "front"})
    assert not check(own, taken, owned=owned, state=facts, now=NOW)


def test_an_import_in_json(tmp_path: Path) -> None:
    tree = {"import": [{"to": "aws_lb_target_group.this", "id": "arn:tg"}]}
    (tmp_path / "adopt.tf.json").write_text(json.dumps(tree))
    facts = own_state(tmp_path, {}, offline=True).facts
    assert facts.imports["aws_lb_target_group.this"].id == "arn:tg"


@pytest.mark.parametrize(
    ("configuration", "strategy"),
    [
        ({}, "rolling"),
        ({"deployment_configuration": []}, "rolling"),
        ({"deployment_configuration": [{"strategy": ""}]}, "rolling"),
        ({"deployment_configuration": [{"strategy": "BLUE_GREEN"}]}, "blue_green"),
        (None, ""),
    ],
)
def test_the_deployment_strategy_of_the_applied_service(
    tmp_path: Path, configuration: dict[str, Any] | None, strategy: str
) -> None:
    instances = [] if configuration is None else [{"attributes": configuration}]
    resource = {
        "mode": "managed", "type": "aws_ecs_service", "name": "this", "instances": instances,
    }  # fmt: skip
    state = {"version": 4, "serial": 1, "lineage": "l", "resources": [resource]}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state))
    assert own_state(tmp_path, {}).facts.strategy == strategy


@pytest.mark.parametrize(("name", "balancer"), [("llm", "llm"), (None, "")])
def test_the_name_of_the_applied_load_balancer(
    tmp_path: Path, name: str | None, balancer: str
) -> None:
    instances = [] if name is None else [{"attributes": {"name": name}}]
    resource = {"mode": "managed", "type": "aws_lb", "name": "this", "instances": instances}
    state = {"version": 4, "serial": 1, "lineage": "l", "resources": [resource]}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state))
    assert own_state(tmp_path, {}).facts.balancer == balancer
