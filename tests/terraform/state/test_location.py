"""The present location of a state, the configured one, and how a difference is detected."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.lifecycle import refuse_unmoved
from gpuecs_tui.terraform.migration.refusals import MigrationProblem
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.state.content import PlaceProblem, state_content
from gpuecs_tui.terraform.state.location import backend_options, configured_backend, pending_change
from tests.support.terraform.states import S3, STATE


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    (made / ".terraform").mkdir(parents=True)
    (made / "main.tf").write_text('# no "backend" here\n')
    return made


def hold(stack: Path) -> None:
    (stack / "terraform.tfstate").write_text(json.dumps(STATE))


def say_s3(stack: Path, bucket: str = "b") -> None:
    (stack / "backend.tf").write_text(S3 % bucket)


def note_s3(stack: Path, **config: object) -> None:
    noted = {"type": "s3", "config": {"bucket": "b", "key": "a/b", "encrypt": True, **config}}
    (stack / ".terraform" / "terraform.tfstate").write_text(json.dumps({"backend": noted}))


def test_a_local_state_with_a_backend_block_must_be_moved(stack: Path) -> None:
    hold(stack)
    assert pending_change(stack, {}) is None
    say_s3(stack)
    change = pending_change(stack, {})
    assert change is not None and change.moves
    assert str(change.target) == "s3://b/a/b" and change.source.path.name == "terraform.tfstate"
    with pytest.raises(MigrationProblem, match="gpuecs-tui migrate"):
        refuse_unmoved(stack, {})
    assert pending_change(stack, {"TF_WORKSPACE": "other"}) == change, (
        "all workspaces are moved at once"
    )


def test_nothing_stored_is_nothing_to_move(stack: Path) -> None:
    say_s3(stack)
    assert pending_change(stack, {}) is None
    (stack / "terraform.tfstate").write_text("")
    assert pending_change(stack, {}) is None
    refuse_unmoved(stack, {})


def test_a_block_taken_away_and_another_bucket(stack: Path) -> None:
    note_s3(stack)
    change = pending_change(stack, {})
    assert change is not None and change.moves and change.target.type == "local"
    say_s3(stack, "other")
    change = pending_change(stack, {})
    assert change is not None and change.moves and change.target.bucket == "other"
    say_s3(stack)
    assert pending_change(stack, {}) is None


def test_other_settings_of_the_same_place_move_nothing(stack: Path) -> None:
    note_s3(stack, encrypt=False, use_path_style=True)
    say_s3(stack)
    change = pending_change(stack, {})
    assert change is not None and not change.moves
    due = lifecycle.due(stack, {})
    assert due is not None and "settings" in due.sentence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cloud.tf", "terraform {\n  cloud {\n  }\n}\n"),
        ("gcs.tf", 'terraform {\n  backend "gcs" {\n  }\n}\n'),
        ("broken.tf", "terraform {\n  backend"),
        ("main.tf.json", '{"terraform": {"backend": {"s3": {}}}}'),
    ],
)
def test_other_backends_are_refused_by_name(stack: Path, name: str, text: str) -> None:
    hold(stack)
    (stack / name).write_text(text)
    assert pending_change(stack, {}) is None and lifecycle.due(stack, {}) is None
    if name == "broken.tf":
        return
    with pytest.raises(MigrationProblem) as refused:
        refuse_unmoved(stack, {})
    assert "terraform init -migrate-state" in refused.value.remedy
    with pytest.raises(MigrationProblem) as again:
        lifecycle.start(stack)
    assert str(again.value) == str(refused.value), "plan and migrate say the same"
    named = {"cloud.tf": "HCP Terraform", "gcs.tf": "the backend gcs", "main.tf.json": "s3://?/?"}
    assert named[name] in str(refused.value) or "(bucket, key)" in str(refused.value)


def test_no_configuration_says_nothing(stack: Path) -> None:
    note_s3(stack)
    (stack / "main.tf").unlink()
    assert pending_change(stack, {}) is None


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        ("http://127.0.0.1:5000", ["-backend-config=use_path_style=true"]),
        ("http://[::1]:5000", ["-backend-config=use_path_style=true"]),
        ("https://s3.example.com", []),
        ("", []),
    ],
)
def test_an_endpoint_of_numbers_takes_path_style(
    stack: Path, endpoint: str, options: list[str]
) -> None:
    assert backend_options(stack, {"AWS_ENDPOINT_URL": endpoint}) == []
    say_s3(stack)
    assert backend_options(stack, {"AWS_ENDPOINT_URL": endpoint}) == options
    assert configured_backend(stack, {}).settings["encrypt"] is True


def test_content_is_what_a_move_must_keep() -> None:
    other = {**STATE, "serial": 9, "lineage": "new", "check_results": None}
    assert state_content(json.dumps(other).encode()) == state_content(json.dumps(STATE).encode())
    changed = json.loads(json.dumps(STATE))
    changed["resources"][0]["instances"][0]["attributes"]["id"] = "y"
    assert state_content(json.dumps(changed).encode()) != state_content(json.dumps(STATE).encode())
    assert state_content(b"") == {}
    with pytest.raises(PlaceProblem):
        state_content(b'{"version": 4, "ser')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("\0" * 64, "the file is empty"),
        ('{"version": 3, "back', "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "it contains no backend"),
        ('{"version": "x"}', "the value of version is not valid"),
        ('{"version": 3, "backend": []}', "the value of backend is not valid"),
        ('{"version": 3, "backend": {"type": 7}}', "the value of backend is not valid"),
        ('{"version": 3, "backend": {"type": "s3", "config": 7}}',
         "the value of backend is not valid"),
    ],
)  # fmt: skip
def test_a_damaged_record_of_the_backend_is_named_and_stops_runs_and_moves(
    stack: Path, text: str, reason: str
) -> None:
    path = stack / ".terraform" / "terraform.tfstate"
    path.write_text(text)
    words = re.escape(f"Could not read {path}: {reason}. Terraform records the backend in this")
    (shown,) = examine(stack, {}).problems
    assert re.match(words, shown)
    say_s3(stack)
    for refused in (
        lambda: runs.start(stack, Operation.PLAN, environ={}),
        lambda: lifecycle.due(stack, {}),
        lambda: lifecycle.start(stack, environ={}),
    ):
        with pytest.raises(TerraformProblem, match=words) as problem:
            refused()
        assert problem.value.remedy == f"Move {path} aside and run a plan: it runs `init` again."
    path.write_text('{"version": 3}')
    assert lifecycle.due(stack, {}) is None
