"""``gpuecs-tui plan`` compared with a manual ``terraform plan``, on the tour's stack."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpuecs_tui.terraform.engine.binary import find_engine
from tests.benchmarks.peers import wheel_python
from tests.benchmarks.rows import Row

TURNS = 5
LIMIT = 1.05
POLL_SECONDS = 0.1
CHANGES = 2
"""Exit code of both: nothing of the stack exists, so the plan has changes."""


def measure() -> list[Row]:
    """Run both plans alternately in one initialised directory, and compare the medians."""
    from gpuecs_tui.demo import account

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = account.start_or_find(folder / "demo")
        try:
            environ = demo.environment() | {"XDG_STATE_HOME": str(folder / "state")}
            environ.pop("TF_CLI_CONFIG_FILE", None)
            return _measure(folder / "stack", environ)
        finally:
            account.stop(folder / "demo")


def _measure(stack: Path, environ: dict[str, str]) -> list[Row]:
    program = wheel_python().with_name("gpuecs-tui")
    script = (
        "import sys; from pathlib import Path\n"
        "from gpuecs_tui.commands.demo import answers_for\n"
        "from gpuecs_tui.commands.stack_source import subject_of\n"
        "from gpuecs_tui.terraform.render.stack_files import render\n"
        "from gpuecs_tui.terraform.write.stack import compare, write\n"
        "files = render(subject_of(answers_for('bench')).stack)\n"
        "write(compare(Path(sys.argv[1]), files))"
    )
    subprocess.run([sys.executable, "-c", script, stack], check=True, env=environ)
    ours = [str(program), "plan", str(stack)]
    by_hand = [str(find_engine().path), "plan", "-input=false", "-detailed-exitcode"]
    _time(ours, stack, environ)
    _wait_for_details(Path(environ["XDG_STATE_HOME"]))
    seconds: dict[str, list[float]] = {"ours": [], "by hand": []}
    for _turn in range(TURNS):
        seconds["ours"].append(_time(ours, stack, environ))
        _wait_for_details(Path(environ["XDG_STATE_HOME"]))
        seconds["by hand"].append(_time(by_hand, stack, environ))
    mine, hand = (statistics.median(seconds[name]) for name in ("ours", "by hand"))
    return [Row("gpuecs-tui plan", mine, "s", "terraform plan", mine / hand, LIMIT)]


def _wait_for_details(state: Path) -> None:
    """Wait until the runner has ended: it reads the plan in detail after it reported the plan."""
    newest = max((state / "gpuecs-tui" / "runs").iterdir())
    while not (newest / "plan.json").exists():
        time.sleep(POLL_SECONDS)


def _time(command: list[str], cwd: Path, environ: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environ}, capture_output=True, check=False
    )
    assert done.returncode == CHANGES, done.stderr.decode()
    return time.perf_counter() - start
