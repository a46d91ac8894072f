import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from gpuecs_tui.terraform.base import liveness
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, identify, is_alive
from tests.support.terraform.waiting import until


def test_we_live() -> None:
    me = identify()
    assert me.pid == os.getpid() and me.started
    assert is_alive(me)
    assert ProcessIdentity.from_json(me.as_json()) == me


def test_none_is_not_alive() -> None:
    assert not is_alive(None)
    assert ProcessIdentity.from_json({"pid": "x"}) is None
    assert ProcessIdentity.from_json(None) is None


def test_the_same_number_another_process() -> None:
    assert not is_alive(replace(identify(), started="1"))


def test_another_boot() -> None:
    assert not is_alive(replace(identify(), boot="before"))


def test_of_another_host_nothing_is_claimed() -> None:
    assert is_alive(replace(identify(), host="elsewhere", started="1"))


def test_an_ended_child_that_nobody_asked_for_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        known = identify(child.pid)
        assert is_alive(known)
        assert child.stdin is not None
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        # A zombie still has its process id and start time.
        assert not is_alive(known)
    assert not is_alive(known)
    assert identify(child.pid).started == ""


def test_a_name_with_brackets_and_spaces(tmp_path: object) -> None:
    name = "a) R (b c"
    rename = f"open('/proc/self/comm', 'w').write({name!r}); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", rename], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert is_alive(identify(child.pid))
        assert liveness.boot_id()


def test_a_process_is_found_by_what_it_was_started_with(tmp_path: Path) -> None:
    plan = str(tmp_path / "a folder" / "plan.tfplan")
    script = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "apply", plan], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert liveness.find_process(("apply", plan)) == identify(child.pid)
        assert liveness.find_process(("plan", plan), ("apply", plan)) == identify(child.pid)
        assert liveness.find_process(("plan", plan)) is None
        assert liveness.find_process(("apply", plan[:-1])) is None
    assert liveness.find_process(("apply", plan)) is None


def test_a_process_is_found_below_the_one_that_started_it(tmp_path: Path) -> None:
    plugin = tmp_path / "terraform-provider-null_v3.2.4_x5"
    plugin.symlink_to("/bin/sleep")
    script = '"$0" 60 & echo $!; wait'
    with subprocess.Popen(["sh", "-c", script, plugin], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        child = int(shell.stdout.readline())
        until(lambda: liveness.has_descendant_named(shell.pid, "terraform-prov"), "the plugin")
        assert liveness.has_descendant_named(os.getpid(), "terraform-prov"), "a grandchild"
        assert not liveness.has_descendant_named(shell.pid, "terraform-provx")
        assert not liveness.has_descendant_named(child, "terraform-prov"), "it has none itself"
        os.kill(child, signal.SIGKILL)
    assert not liveness.has_descendant_named(shell.pid, "terraform-prov")
