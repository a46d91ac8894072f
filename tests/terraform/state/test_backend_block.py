"""The backend in the files of a directory, in every form that Terraform accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.state.backend_block import backend_arguments, backend_block
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.location import (
    backend_options,
    configured_backend,
    init_options,
    pending_change,
)
from gpuecs_tui.terraform.write.stack import compare
from tests.support.terraform.written_files import made, put

FULL = {"bucket": "models", "key": "llm/prod.tfstate", "region": "eu-west-1"}


def note(directory: Path, **config: Any) -> None:
    folder = directory / ".terraform"
    folder.mkdir(exist_ok=True)
    noted = {"backend": {"type": "s3", "config": config, "hash": 1}}
    (folder / "terraform.tfstate").write_text(json.dumps(noted))


def test_json_overrides_and_hidden_files(tmp_path: Path) -> None:
    assert backend_block(tmp_path, {}) is None
    (tmp_path / ".#main.tf").write_text('terraform {\n  backend "gcs" {}\n}\n')
    (tmp_path / "main.tf").write_text('# the "backend" is said elsewhere\n')
    assert backend_block(tmp_path, {}) is None
    tree = {"terraform": [{"backend": {"s3": {**FULL, "profile": "${var.profile}"}}}]}
    (tmp_path / "state.tf.json").write_text(json.dumps(tree))
    found = backend_block(tmp_path, {})
    assert found is not None and (found.type, found.unread) == ("s3", ("profile",))
    assert found.settings == FULL and found.file == "state.tf.json"
    # Terragrunt and others write such a file: an override applies wherever its name is sorted.
    (tmp_path / "a_override.tf").write_text("\ufeffterraform {\r\n  cloud {}\r\n}\r\n")
    found = backend_block(tmp_path, {})
    assert found is not None and (found.type, found.place) == ("cloud", "a_override.tf:2")
    assert "HCP Terraform" in str(configured_backend(tmp_path, {}))
    (tmp_path / "broken.tf.json").write_text('{"terraform": {"backend"')
    with pytest.raises(ReadProblem, match=r"Could not read broken\.tf\.json"):
        backend_block(tmp_path, {})


def test_nested_settings_and_variables(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'terraform {\n  backend "s3" {\n    bucket = local.bucket\n    key = "x"\n'
        '    assume_role = { role_arn = "arn:aws:iam::1:role/r" }\n  }\n}\n'
    )
    found = backend_block(tmp_path, {})
    assert found is not None and found.unread == ("bucket",)
    assert found.settings["assume_role"] == {"role_arn": "arn:aws:iam::1:role/r"}
    assert not configured_backend(tmp_path, {}).is_understood
    # The value that init recorded for OpenTofu's variable applies.
    note(tmp_path, bucket="models", key="x", assume_role={"role_arn": "arn:aws:iam::1:role/r"})
    place = configured_backend(tmp_path, {})
    assert place.is_understood and str(place) == "s3://models/x"
    assert pending_change(tmp_path, {}) is None


def test_settings_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    (tmp_path / "prod.tfbackend").write_text('bucket = "models"\nregion = "eu-west-1"\n')
    given = "-upgrade --backend-config=prod.tfbackend -backend-config 'key=llm/a b'"
    environ = {"TF_CLI_ARGS_init": given}
    assert backend_arguments(environ) == ["prod.tfbackend", "key=llm/a b"]
    assert str(configured_backend(tmp_path, environ)) == "s3://models/llm/a b"
    child = child_environment(environ)
    kept = child.variables["TF_CLI_ARGS_init"]
    assert "-upgrade" not in kept and backend_arguments({"TF_CLI_ARGS_init": kept}) == [
        "prod.tfbackend",
        "key=llm/a b",
    ]
    (note,) = child.notes
    assert note.startswith("-upgrade in TF_CLI_ARGS_init is ignored: ")
    assert "TF_CLI_ARGS_init" not in child_environment({"TF_CLI_ARGS_init": "-upgrade"}).variables
    with pytest.raises(ReadProblem, match="which is set in TF_CLI_ARGS_init"):
        backend_block(tmp_path, {"TF_CLI_ARGS_init": "-backend-config=none"})
    assert backend_arguments({"TF_CLI_ARGS_init": "'open"}) == []


def test_what_init_noted_is_given_to_it_again(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    note(tmp_path, **FULL, encrypt=True, kms_key_id=None)
    assert pending_change(tmp_path, {}) is None
    given = [f"-backend-config={name}={value}" for name, value in FULL.items()]
    assert backend_options(tmp_path, {}) == [*given, "-backend-config=encrypt=true"]
    assert init_options(tmp_path, {}) == backend_options(tmp_path, {})
    # An endpoint with a numeric address needs another setting, which moves nothing.
    emulated = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}
    assert init_options(tmp_path, emulated)[-2:] == [
        "-backend-config=use_path_style=true",
        "-reconfigure",
    ]
    note(tmp_path, **FULL, secret_key="s")
    assert backend_options(tmp_path, emulated) == [], "secrets never stand on a command line"
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {\n    key = "y"\n  }\n}\n')
    change = pending_change(tmp_path, {})
    assert change is not None and str(change.target) == "s3://models/y"


def test_a_file_with_other_bytes_than_utf_8_still_names_its_backend(tmp_path: Path) -> None:
    text = b'# Gr\xfc\xdfe\nterraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n'
    (tmp_path / "main.tf").write_bytes(text)
    found = backend_block(tmp_path, {})
    assert found is not None
    assert (found.type, found.settings) == ("s3", {"bucket": "b"})


@pytest.mark.parametrize("text", [b"{", b'{"bucket": "\xe9"}', b"[" * 100_000])
def test_damaged_backend_arguments_are_one_sentence(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    (tmp_path / "given.json").write_bytes(text)
    with pytest.raises(ReadProblem, match=r"given\.json"):
        backend_block(tmp_path, {"TF_CLI_ARGS_init": "-backend-config=given.json"})


S3_BLOCK = 'terraform {\n  backend "s3" {\n    bucket = "models"\n    key    = "k"\n  }\n}\n'
CLOUD_BLOCK = 'terraform {\n  cloud {\n    organization = "o"\n  }\n}\n'


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"a.tf": S3_BLOCK, "b.tf": S3_BLOCK.replace("s3", "gcs")}, ("a.tf:2", "b.tf:2")),
        ({"a.tf": S3_BLOCK, "b.tf": CLOUD_BLOCK}, ("a.tf:2", "b.tf:2")),
        ({"a.tf": S3_BLOCK + S3_BLOCK, "z_override.tf": S3_BLOCK}, ("a.tf:2", "a.tf:8")),
        ({"a.tf": S3_BLOCK, "b.tf.json": '{"terraform": [{"backend": [{"gcs": {}}]}]}'},
         ("a.tf:2", "b.tf.json")),
        ({"a.tf.json": '{"terraform": {"backend": {"gcs": {}}, "cloud": {}}}'},
         ("a.tf.json", "a.tf.json")),
        ({"a.tf": S3_BLOCK, "z_override.tf": S3_BLOCK + S3_BLOCK},
         ("z_override.tf:2", "z_override.tf:8")),
    ],
)  # fmt: skip
def test_a_second_backend_is_named(
    tmp_path: Path, files: dict[str, str], places: tuple[str, str]
) -> None:
    put(tmp_path, {**render(made()), **files})
    with pytest.raises(ReadProblem) as raised:
        backend_block(tmp_path, {})
    assert raised.value.message.startswith(f"{places[0]} and {places[1]} both set a backend.")
    # A move reports the same problem, and looks for no state.
    with pytest.raises(ReadProblem, match="both set a backend"):
        lifecycle.start(tmp_path, environ={"PATH": ""})
    found = read(tmp_path, {})
    assert found.unknown == {"state.backend", "state.bucket", "state.key", "state.region"}
    (named,) = [it for it in found.unread if it.keys]
    assert named.place == places[1]
    assert named.reason == "is defined more than once, which Terraform rejects"


def test_an_override_names_another_backend(tmp_path: Path) -> None:
    put(tmp_path, {"a.tf": CLOUD_BLOCK, "#x.tf": "", "y_override.tf": S3_BLOCK})
    put(tmp_path, {"b.tofu": CLOUD_BLOCK})
    found = backend_block(tmp_path, {})
    assert found is not None and (found.type, found.file) == ("s3", "y_override.tf")
    # If a file has one of each, Terraform uses the cloud block.
    put(tmp_path, {"z_override.tf": CLOUD_BLOCK + S3_BLOCK})
    found = backend_block(tmp_path, {})
    assert found is not None and (found.type, found.place) == ("cloud", "z_override.tf:2")
    (tmp_path / "#x.tf").write_text(S3_BLOCK)
    with pytest.raises(ReadProblem, match=r"#x\.tf:2 and a\.tf:2 both"):
        backend_block(tmp_path, {})


def test_a_cloud_block_beside_our_backend_clashes(tmp_path: Path) -> None:
    put(tmp_path, {"own.tf": CLOUD_BLOCK})
    stack = made({"state.backend": "s3", "state.bucket": "states"})
    (clash,) = compare(tmp_path, render(stack)).clashes
    assert (clash.file, clash.line, clash.address) == ("own.tf", 2, "terraform.backend")
