"""Control characters in the user's arguments never reach the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.stack.answers import dump_answers
from tests.support.terraform.written_files import made

EVIL = "x\x1b]0;owned\x07\x9b31m\r\x7f"


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "a", EVIL],
        [f"--{EVIL}"],
        ["gpus", f"--region={EVIL}", f"--{EVIL}=1"],
        ["gpus", "--sort", EVIL],
        ["gpus", "--max-price", EVIL],
        ["gpus", "--min-gpu-memory", EVIL],
        ["--demo", "--demo-fault", EVIL],
        ["--demo", "--demo-fault", f"quota={EVIL}"],
        ["--demo", "--profile", EVIL],
        ["show", EVIL],
        ["check", "--offline", EVIL],
        ["render", EVIL, "x"],
        ["plan", EVIL],
        ["apply", EVIL, "--yes", "--offline"],
        ["state", EVIL],
        ["runs", EVIL],
        ["attach", EVIL],
        ["cancel", EVIL, "--end-now", EVIL],
        ["demo", EVIL],
        ["doctor", "--profile", EVIL, "--plugin-dir", EVIL],
    ],
    ids=lambda words: " ".join(words).encode("ascii", "ignore").decode().split(";")[0][:30],
)
def test_what_is_quoted_back_is_escaped(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    try:
        code = main(words)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    said = capsys.readouterr()
    assert code
    assert not set("\x1b\x07\x9b\r\x7f") & set(said.out + said.err)


def test_a_directory_s_name_is_escaped_and_still_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text(dump_answers(made().flat()))
    directory = tmp_path / os.fsdecode(b"d\x1b[31m\xff")
    for _again in range(2):
        assert main(["render", str(tmp_path / "a.toml"), str(directory)]) == 0
        assert "\x1b" not in (said := capsys.readouterr()).out and "d\\x1b[31m" in said.out
    assert (directory / "fleet.tf").exists()
