"""States of several workspaces moved by the real Terraform, and the effects on other checkouts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.moved_marker import SUFFIX, moved_away
from gpuecs_tui.terraform.migration.record import Phase
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.content import state_content
from gpuecs_tui.terraform.state.reader import read_state
from tests.e2e.state_moves import BACKEND, move, planned, s3

pytestmark = pytest.mark.e2e

KEYS = {"default": "llama/terraform.tfstate", "green": "env:/green/llama/terraform.tfstate"}
RESOURCE = 'resource "terraform_data" "a" {}\n'


def state_text(name: str, serial: int) -> bytes:
    attributes = {"id": name, "input": None, "output": None, "triggers_replace": None}
    resource = {
        "mode": "managed",
        "type": "terraform_data",
        "name": "a",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }
    head = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": name}
    return json.dumps({**head, "outputs": {}, "resources": [resource]}).encode()


@pytest.fixture
def checkout(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with local states of two workspaces, the second selected, and a backend that was
    added later."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "llama"
    other = made / "terraform.tfstate.d" / "green"
    other.mkdir(parents=True)
    (made / ".terraform").mkdir()
    (made / "main.tf").write_text(RESOURCE)
    (made / "backend.tf").write_text(BACKEND % bucket)
    (made / "terraform.tfstate").write_bytes(state_text("default", 3))
    (other / "terraform.tfstate").write_bytes(state_text("green", 4))
    (made / ".terraform" / "environment").write_text("green")
    return made


def stored(bucket: str, workspace: str) -> bytes:
    return bytes(s3().get_object(Bucket=bucket, Key=KEYS[workspace])["Body"].read())


def keys(bucket: str) -> set[str]:
    return {it["Key"] for it in s3().list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_every_workspace_moves_or_none(
    checkout: Path, bucket: str, tmp_path: Path, on_demo_account: DemoAccount
) -> None:
    foreign = state_text("foreign", 900)
    s3().put_object(Bucket=bucket, Key=KEYS["green"], Body=foreign)
    due = lifecycle.due(checkout)
    assert due is not None and due.workspaces == ("default", "green")
    assert "This moves the states of all workspaces: default, green." in due.sentence
    refused = move(checkout)
    assert refused.phase is Phase.FAILED
    assert f"s3://{bucket}/{KEYS['green']} already holds another state" in refused.message
    assert stored(bucket, "green") == foreign and keys(bucket) == {KEYS["green"]}
    assert refused.overwritten("green").read_bytes() == foreign, "copied before anything else"
    assert refused.copy_of("green").read_bytes() == state_text("green", 4)
    s3().delete_object(Bucket=bucket, Key=KEYS["green"])

    # A workspace without a state doesn't adopt a foreign one either.
    s3().put_object(Bucket=bucket, Key=KEYS["default"], Body=foreign)
    aside = (checkout / "terraform.tfstate").rename(checkout / "aside")
    refused = move(checkout)
    assert "the workspace default has none in" in refused.message
    assert stored(bucket, "default") == foreign and keys(bucket) == {KEYS["default"]}
    s3().delete_object(Bucket=bucket, Key=KEYS["default"])
    aside.rename(checkout / "terraform.tfstate")

    (checkout / ".terraform" / "environment").write_text("blue")
    refused = move(checkout)
    assert "the selected workspace blue has no state" in refused.message and not keys(bucket)
    (checkout / ".terraform" / "environment").write_text("green")

    there = move(checkout)
    assert there.phase is Phase.DONE, there.message
    assert there.workspaces == ("default", "green") and there.resources == 2
    for name, serial in (("default", 3), ("green", 4)):
        assert state_content(stored(bucket, name)) == state_content(state_text(name, serial))
    assert read_state(checkout).resources[0].id == "green"
    assert (checkout / ".terraform" / "environment").read_text() == "green"

    # A colleague's clone as git creates it, and one that was initialised before.
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("main.tf", "backend.tf"):
        shutil.copy(checkout / name, clone)
    assert read_state(clone).resources[0].id == "default" and moved_away(clone, os.environ) is None

    (checkout / "backend.tf").unlink()
    back = move(checkout)
    assert back.phase is Phase.DONE, back.message
    local = checkout / "terraform.tfstate.d" / "green" / "terraform.tfstate"
    assert state_content(local.read_bytes()) == state_content(state_text("green", 4))
    assert {KEYS["default"] + SUFFIX, KEYS["green"] + SUFFIX} < keys(bucket)
    moved = moved_away(clone, os.environ)
    assert moved is not None and str(checkout / "terraform.tfstate") in moved.sentence
    looked = planned(clone)
    assert looked.state is RunStatus.FAILED
    assert (looked.message, looked.remedy) == (moved.sentence, moved.remedy)

    # The clone continued with the old copy in spite of the warning: the move back reports that.
    newer = json.loads(stored(bucket, "default"))
    newer["serial"] += 5
    newer["resources"][0]["instances"][0]["attributes"]["id"] = "later"
    s3().put_object(Bucket=bucket, Key=KEYS["default"], Body=json.dumps(newer).encode())
    (checkout / "backend.tf").write_text(BACKEND % bucket)
    refused = move(checkout)
    assert (
        refused.phase is Phase.FAILED
        and "holds a newer version of the same state" in refused.message
    )
    s3().put_object(
        Bucket=bucket, Key=KEYS["default"], Body=(checkout / "terraform.tfstate").read_bytes()
    )
    again = move(checkout)
    assert again.phase is Phase.DONE, again.message
    assert keys(bucket) == {*KEYS.values()} and moved_away(clone, os.environ) is None


def test_a_clone_follows_a_move_between_keys(checkout: Path, bucket: str, tmp_path: Path) -> None:
    assert move(checkout).phase is Phase.DONE
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("main.tf", "backend.tf"):
        shutil.copy(checkout / name, clone)
    assert planned(clone).state is RunStatus.SUCCEEDED
    new = (BACKEND % bucket).replace("llama/", "alpaca/")
    (checkout / "backend.tf").write_text(new)
    assert move(checkout).phase is Phase.DONE
    before = stored(bucket, "default")
    # The colleague pulls the change: nothing is copied again.
    (clone / "backend.tf").write_text(new)
    followed = move(clone)
    assert followed.phase is Phase.DONE, followed.message
    assert stored(bucket, "default") == before
    assert read_state(clone).resources[0].id == "default" and lifecycle.due(clone) is None
