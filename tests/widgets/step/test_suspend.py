"""Ctrl+Z stops a program only if a shell can continue it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import gpuecs_tui
from gpuecs_tui.widgets.base.modal import Modal
from tests.support.pty_program import PtyProgram
from tests.support.screens.driving import wizard_app

SHELL = """
import os, signal
from gpuecs_tui.widgets.step.suspend import shell_waits, stop_group

def give_terminal(group):
    os.tcsetpgrp(0, group)

def wait():
    status = os.waitpid(job, os.WUNTRACED)[1]
    return "stopped" if os.WIFSTOPPED(status) else f"ended {os.waitstatus_to_exitcode(status)}"

# As a shell does: it may always take the terminal back.
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
print("leader", shell_waits(0), stop_group(0), flush=True)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    give_terminal(os.getpid())
    # A program that the job started is in its group too.
    helper = os.fork()
    if helper == 0:
        signal.pause()
    print("job", shell_waits(0), stop_group(0), shell_waits(0), flush=True)
    os.kill(helper, signal.SIGKILL)
    os._exit(7)
print("after Ctrl+Z", wait(), flush=True)
give_terminal(os.getpgrp())
os.killpg(job, signal.SIGCONT)
print("after bg", wait(), flush=True)
give_terminal(job)
os.killpg(job, signal.SIGCONT)
print("after fg", wait(), flush=True)
"""


@pytest.fixture
def shell() -> Iterator[PtyProgram]:
    program = PtyProgram(SHELL)
    yield program
    program.clean_up()


def test_the_whole_group_stops_until_it_has_the_terminal_again(shell: PtyProgram) -> None:
    shell.wait_for("after fg ended 7")
    said = shell.output.replace("\r", "").splitlines()
    assert said == [
        # No process could continue the session leader.
        "leader False False",
        "after Ctrl+Z stopped",
        "after bg stopped",
        "job True True True",
        "after fg ended 7",
    ]


async def test_it_is_offered_over_a_dialog_too(tmp_path: Path) -> None:
    app = wizard_app(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("f1")
        assert isinstance(app.screen, Modal)
        await pilot.press("ctrl+z")
        # The terminal of a test can't be suspended.
        assert ["Could not suspend" in it.message for it in app._notifications] == [True]
    app.wizard.close()


def test_every_dialog_has_the_same_base() -> None:
    folder = Path(gpuecs_tui.__file__).parent
    bare = [path.name for path in folder.rglob("*.py") if "(ModalScreen[" in path.read_text()]
    assert bare == ["modal.py"]
