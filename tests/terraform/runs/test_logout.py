"""Runs on machines where logind ends all processes of a user at logout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.runs import logout
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform import fake_engine
from tests.support.terraform.waiting import journal_of, until_state
from tests.support.terraform.written_files import put

FAKE = """\
#!/bin/sh
echo "$@" >> {calls}
[ -e {broken} ] && {{ echo 'Failed to connect to bus' >&2; exit 1; }}
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root folder of a machine with systemd, whose user manager answers."""
    monkeypatch.setattr(logout, "_ROOT", tmp_path)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "systemd-run"
    program.write_text(FAKE.format(calls=tmp_path / "calls", broken=tmp_path / "broken"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path


def configure(machine: Path, name: str, *lines: str) -> None:
    path = machine / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[Login]", *lines, ""]))


@pytest.mark.parametrize(
    ("files", "ends"),
    [
        ({}, False),
        ({"etc/systemd/logind.conf": ["#KillUserProcesses=yes"]}, False),
        ({"etc/systemd/logind.conf": ["KillUserProcesses = yes"]}, True),
        ({"usr/lib/systemd/logind.conf": ["KillUserProcesses=on"]}, True),
        (
            {
                "usr/lib/systemd/logind.conf": ["KillUserProcesses=yes"],
                "etc/systemd/logind.conf": ["KillUserProcesses=no"],
            },
            False,
        ),
        (
            {
                "etc/systemd/logind.conf": ["KillUserProcesses=no"],
                "usr/lib/systemd/logind.conf.d/50-kill.conf": ["KillUserProcesses=yes"],
            },
            True,
        ),
        (
            {
                "usr/lib/systemd/logind.conf.d/50-kill.conf": ["KillUserProcesses=yes"],
                "etc/systemd/logind.conf.d/50-kill.conf": ["KillUserProcesses=no"],
            },
            False,
        ),
        ({"etc/systemd/logind.conf": ["KillUserProcesses=1", "KillExcludeUsers=root ana"]}, False),
        ({"etc/systemd/logind.conf": ["KillUserProcesses=1", "KillOnlyUsers=ben"]}, False),
        ({"etc/systemd/logind.conf": ["KillUserProcesses=1", "KillOnlyUsers=ben ana"]}, True),
    ],
)
def test_what_logind_s_configuration_says(
    machine: Path, files: dict[str, list[str]], ends: bool
) -> None:
    for name, lines in files.items():
        configure(machine, name, *lines)
    assert logout.ends_at_logout("ana") is ends


def test_root_is_excluded_unless_the_configuration_says_otherwise(machine: Path) -> None:
    configure(machine, "etc/systemd/logind.conf", "KillUserProcesses=yes")
    assert not logout.ends_at_logout("root")
    configure(machine, "etc/systemd/logind.conf", "KillUserProcesses=yes", "KillExcludeUsers=")
    assert logout.ends_at_logout("root")


def test_nothing_is_asked_where_nothing_ends(machine: Path) -> None:
    assert logout.scope_prefix("ana", os.environ) == ()
    assert logout.logout_warning("ana", ()) == "" and not (machine / "calls").exists()


def test_a_scope_and_lingering_save_the_run_and_less_is_said(machine: Path) -> None:
    configure(machine, "etc/systemd/logind.conf", "KillUserProcesses=yes")
    prefix = logout.scope_prefix("ana", os.environ)
    assert prefix[1:] == ("--user", "--scope", "--quiet", "--collect", "--")
    assert "loginctl enable-linger" in logout.logout_warning("ana", prefix)
    (machine / "var/lib/systemd/linger").mkdir(parents=True)
    (machine / "var/lib/systemd/linger/ana").touch()
    assert logout.logout_warning("ana", prefix) == ""
    (machine / "broken").touch()
    assert logout.scope_prefix("ana", os.environ) == (), "no user manager answers"
    assert "stay logged in" in logout.logout_warning("ana", ())
    assert logout.scope_prefix("ana", {"PATH": "/nowhere"}) == ()


def test_a_run_is_started_in_a_scope_and_says_what_is_left(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real runner, started by a fake systemd-run that executes its arguments."""
    configure(machine, "etc/systemd/logind.conf", "KillUserProcesses=yes", "KillExcludeUsers=")
    program = fake_engine.install(tmp_path / "engine")
    monkeypatch.setenv(ENGINE_VARIABLE, str(program))
    stack = tmp_path / "stack"
    put(stack, {"main.tf": 'resource "terraform_data" "a" {\n}\n'})
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert "gpuecs_tui.terraform.runner.process" in (machine / "calls").read_text()
    assert "loginctl enable-linger" in journal_of(run)
