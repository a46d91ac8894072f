"""Machines with unusual settings: errors name the cause, and nothing breaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.commands.doctor import doctor
from gpuecs_tui.commands.parser import parse_command_line
from gpuecs_tui.demo import account
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made, put

LOCKLESS = """\
import errno, fcntl, os
def flock(handle, operation):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
fcntl.flock = flock
"""
SHIM = """\
#!/bin/sh
dir=$PWD
while [ -n "$dir" ]; do
  [ -f "$dir/.tool-versions" ] && {{ echo '{{"terraform_version": "1.11.4"}}'; exit 0; }}
  dir=${{dir%/*}}
done
echo "No version is set for command terraform" >&2
exit 126
"""


def gpuecs(
    *words: str | Path, environ: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", *words],
        capture_output=True,
        encoding="latin-1",
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
        cwd=cwd,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    directory = tmp_path / "stack"
    put(directory, render(made()))
    return directory


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["latin-1", "POSIX"],
)
def test_a_log_that_is_not_utf_8_gets_replaced_characters_and_whole_data(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    stack = made(
        {"task.environment": {"GREETING": "日本 — ü"}}, service__health_check_grace_seconds=0
    )
    put(tmp_path / "stack", render(stack))
    assert "? " in gpuecs("check", "--offline", tmp_path / "stack", environ=environ).stdout
    shown = gpuecs("show", tmp_path / "stack", environ=environ)
    (tmp_path / "back.toml").write_text(shown.stdout, encoding="utf-8")
    again = gpuecs("show", tmp_path / "stack", "--json", environ=environ)
    assert "\\u65e5" in again.stdout and (again.stdout + shown.stdout).isascii()
    assert gpuecs("render", tmp_path / "back.toml", tmp_path / "other").returncode == 0
    for path in (tmp_path / "stack").iterdir():
        assert (tmp_path / "other" / path.name).read_bytes() == path.read_bytes()


def test_files_that_can_t_be_locked_are_named_as_the_cause(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "lockless").mkdir()
    (tmp_path / "lockless" / "sitecustomize.py").write_text(LOCKLESS)
    environ = {"PYTHONPATH": str(tmp_path / "lockless")}
    done = gpuecs("plan", stack, environ=environ)
    assert done.returncode == 1 and "does not support file locks (NFS" in done.stderr
    assert "does not support file locks (NFS" in gpuecs("doctor", environ=environ).stdout


def test_a_version_manager_is_asked_where_terraform_will_run(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "terraform"
    shim.write_text(SHIM.format())
    shim.chmod(0o755)
    environ = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    assert "No version is set" in gpuecs("doctor", environ=environ, cwd=stack).stdout
    (stack / ".tool-versions").write_text("terraform 1.11.4\n")
    (stack / "below").mkdir()
    for folder in (stack, stack / "below"):
        said = gpuecs("doctor", environ=environ, cwd=folder).stdout
        assert f"1.11.4, {shim}" in said


def test_without_a_home_only_what_needs_one_refuses(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").write_text(dump_answers(made().flat()))
    # ``expanduser`` uses HOME, then the password entry, which a random user id does not have.
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "sitecustomize.py").write_text(
        "import pwd\ndef getpwuid(number):\n    raise KeyError(number)\npwd.getpwuid = getpwuid\n"
    )
    monkeypatch.delenv("HOME")
    environ = {"PYTHONPATH": str(tmp_path / "nobody")}
    for words in (("show", stack), ("render", tmp_path / "a.toml", tmp_path / "new")):
        assert gpuecs(*words, environ=environ).returncode == 0
    assert "Cost" in gpuecs("check", "--offline", stack, environ=environ).stdout
    for refused_words in (("runs", stack), ("plan", stack), ("demo", "status"), ("attach", stack)):
        refused = gpuecs(*refused_words, environ=environ)
        assert refused.returncode == 1 and "set HOME or XDG_STATE_HOME" in refused.stderr
    assert "set HOME or XDG_STATE_HOME" in gpuecs("doctor", environ=environ).stdout
    assert not (Path.cwd() / "~").exists()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"XDG_STATE_HOME": "/proc/none"}, "Could not write to"),
        ({"TF_CLI_CONFIG_FILE": "/nowhere/terraformrc"}, "is set to /nowhere/terraformrc, which"),
        ({"AWS_REGION": "xx-nope-1"}, "Region xx-nope-1 does not exist"),
    ],
)
def test_doctor_is_not_content_with_broken_settings(
    environ: dict[str, str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert doctor(parse_command_line(["doctor"])[1]) == 1
    said = capsys.readouterr().out
    (line,) = (line for line in said.splitlines() if words in line)
    assert line.startswith("!!")


@pytest.mark.parametrize("pace", ["fast", "0", "-1", "nan", "1e9", "1,5"])
def test_a_pace_that_is_none_is_refused(pace: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPUECS_TUI_DEMO_PACE", pace)
        with pytest.raises(account.DemoProblem, match="Use a number greater than 0"):
            account.start_or_find(tmp_path / "demo")
