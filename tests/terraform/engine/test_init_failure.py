"""Errors of ``init`` that come from the disk of the stack's directory."""

from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.diagnosis import Diagnosis
from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.engine.init_failure import disk_failure
from tests.support.terraform.fake_engine import event


def failure_of(
    *summaries: str, directory: Path, mirror: Path | None = None, detail: str = ""
) -> Diagnosis | None:
    bodies = [{"severity": "error", "summary": it, "detail": detail} for it in summaries]
    decoder = Decoder()
    lines = [event(type="diagnostic", diagnostic=body) for body in bodies]
    return disk_failure([decoder.decode(line) for line in lines], directory, mirror)


INSTALL = "Failed to install provider"


@pytest.mark.parametrize(
    ("summary", "detail", "words"),
    [
        ("Error saving: write .terraform/plugin_path: no space left on device", "", "is full"),
        (
            INSTALL,
            "Error while installing hashicorp/aws v5.1.0: open {}/.terraform/providers/x/a b: No "
            "space left on device",
            "is full",
        ),
        (INSTALL, "mkdir .terraform/providers: read-only file system", "is read-only"),
        (INSTALL, "symlink /mirror/aws .terraform/providers/aws: disk quota exceeded", "quota"),
        (INSTALL, "copy_file_range: no space left on device", "is full"),
        (INSTALL, "open .terraform.lock.hcl: permission denied", ".terraform.lock.hcl: permission"),
    ],
)
def test_the_disk_is_named(tmp_path: Path, summary: str, detail: str, words: str) -> None:
    found = failure_of(summary, directory=tmp_path, detail=detail.format(tmp_path))
    assert found is not None
    assert words in found.message and str(tmp_path) in found.message
    assert found.remedy and "registry" not in f"{found.message} {found.remedy}"


@pytest.mark.parametrize(
    "text",
    [
        "Could not retrieve the list of available versions: dial tcp: connect: permission denied",
        "fork/exec .terraform/providers/aws: permission denied",
        "open /mirror/index.json: permission denied",
        "Failed to query available provider packages",
    ],
)
def test_another_error_is_not_of_the_disk(tmp_path: Path, text: str) -> None:
    assert failure_of(text, directory=tmp_path, mirror=Path("/mirror")) is None
    assert failure_of(directory=tmp_path) is None
