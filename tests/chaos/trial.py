"""One trial: a stack, a run, a fault, and the result."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.chaos import places, stacks
from tests.chaos.faults import LOOK_SECONDS, Scene, Watched
from tests.chaos.inventory import Account, Thing
from tests.chaos.judge import Judge, Left
from tests.chaos.order import PLAN_SECONDS, Order
from tests.chaos.proxy import Proxy
from tests.chaos.viewers import Tmux, Viewer, program

SLOWNESS = (0.02, 0.4)
"""Additional seconds of each response before the fault."""
PATIENCE = 400.0
"""Seconds for a run of the small stack."""
FULL_PATIENCE = 900.0
"""Seconds for a run of the full stack: 80 on an idle machine with fast responses."""
BUCKET = "chaos-states"


@dataclass(slots=True)
class Result:
    """The result of a trial; one line of the results file."""

    number: int
    fault: str
    operation: str
    stack: str
    state_in: str
    moment: str
    struck: bool = False
    """False: the run had ended before the fault."""
    ended: str = ""
    """The run's verdict."""
    offered: int = 0
    """Number of resources that only the product's offer to import them contained."""
    doubled: int = 0
    """Number of task definitions that were registered twice, because the response to the first call
    was lost."""
    problems: list[str] = field(default_factory=list)
    """What failed; empty: the run survived."""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is stored."""
        return asdict(self)


def carry_out(order: Order, demo: DemoAccount, folder: Path) -> Result:
    """Run one trial in ``folder``, which must not exist; os.environ becomes the trial's."""
    result = Result(
        order.number,
        order.fault.name,
        order.operation,
        "full" if order.full else "small",
        "s3" if order.in_s3 else "local",
        f"{order.share:.0%} of the {'plan' if order.while_planning else order.operation}",
    )
    began = time.monotonic()
    proxy = Proxy(demo.endpoint, (0.0, 0.0), f"{order.seed} {order.number} proxy")
    try:
        with ExitStack() as stack:
            disk = folder / "disk" if order.fault.on_small_disk else None
            if disk is not None:
                stack.enter_context(places.small_disk(disk))
            home = disk or folder
            home.mkdir(parents=True, exist_ok=True)
            try:
                _Trial(order, demo, proxy, home, disk, result).go()
            except (TerraformProblem, OSError, ValueError) as error:
                result.problems.append(f"{type(error).__name__}: {error}")
            if disk is not None and result.problems:
                shutil.copytree(disk, folder / "kept", symlinks=True)
    finally:
        proxy.close()
    result.problems += (f"the trial's own proxy: {it}" for it in proxy.troubles)
    result.seconds = round(time.monotonic() - began, 1)
    return result


class _Trial:
    def __init__(
        self,
        order: Order,
        demo: DemoAccount,
        proxy: Proxy,
        home: Path,
        disk: Path | None,
        result: Result,
    ) -> None:
        self.order, self.proxy, self.disk, self.result = order, proxy, disk, result
        self.stack, self.state_home = home / "stack", home / "state"
        self.patience = FULL_PATIENCE if order.full else PATIENCE
        self.draw = Random(f"{order.seed} {order.number} fault")
        environ = demo.environment(
            {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "TF_", "TMUX"))}
        )
        environ |= {"AWS_ENDPOINT_URL": proxy.endpoint, "XDG_STATE_HOME": str(self.state_home)}
        os.environ.clear()
        os.environ.update(environ)
        self.account = Account(demo.endpoint, environ)
        self.doubled: set[Thing] = set()

    def go(self) -> None:
        self._write()
        if self.order.operation == "destroy":
            _apply(self.stack, "apply", self.patience)
        before = self.account.things(self.order.name)
        self.proxy.slowness = SLOWNESS
        run = self._run_with_fault()
        self.proxy.slowness = (0.0, 0.0)
        self.result.ended = run.state.value
        self._judge(run, before)
        self._go_on(run)

    def _write(self) -> None:
        name = self.order.name
        if self.order.full:
            from gpuecs_tui.commands.demo import answers_for

            stacks.write_full(self.stack, name, answers_for(name))
        else:
            stacks.write_small(self.stack, name, self.account.vpc())
        self.state_home.mkdir()
        if self.order.in_s3:
            self.account.make_bucket(BUCKET)
            stacks.write_backend(self.stack, name, BUCKET)

    def _run_with_fault(self) -> Run:
        watched = self.order.fault.watched
        with self._viewer(watched) as viewer:
            drives = watched is Watched.COMMAND
            run = self._appeared() if drives else runs.start(self.stack, self.order.operation)
            scene = Scene(
                run, self.stack, self.state_home, self.disk, self.proxy, viewer, self.draw
            )
            if watched in (Watched.WIZARD, Watched.TMUX):
                # Started only now, because its start screen looks for runs only once.
                command = program(self.stack)
                in_tmux = watched is Watched.TMUX
                wizard = Tmux(self.order.name, command) if in_tmux else Viewer(command)
                scene.viewer = wizard
                if not wizard.watch_run():
                    self.result.problems.append("the wizard does not offer the live run")
            try:
                return self._through(scene, approves=not drives)
            finally:
                if scene.viewer is not None and not drives:
                    scene.viewer.close()

    def _through(self, scene: Scene, *, approves: bool) -> Run:
        """Wait for the end of the run, and inject the fault at its time."""
        broken: list[str] = []

        def struck() -> None:
            try:
                broken.append(self.order.fault.strike(scene))
            except (OSError, TerraformProblem) as error:
                broken.append(f"the fault itself broke: {error}")

        strike = threading.Thread(target=struck)
        is_due, deadline = self._moment(scene.run), time.monotonic() + self.patience
        while True:
            present = scene.run.refresh()
            if not strike.ident and is_due(present):
                self.result.struck = True
                strike.start()
            if present.state is RunStatus.PLANNED and approves:
                # Another program may have decided at this moment, or the disk may be full.
                with contextlib.suppress(TerraformProblem, OSError):
                    runs.approve(present)
            over = strike.ident and not strike.is_alive()
            left = present.state is RunStatus.PLANNED and over and not approves
            if present.is_final or left:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"the run is still {present.state} after {self.patience:g} s")
            time.sleep(LOOK_SECONDS)
        if strike.ident:
            strike.join()
        self.result.problems += filter(None, broken)
        # The runner has now written what it could not write before.
        time.sleep(LOOK_SECONDS)
        return scene.run.refresh()

    def _moment(self, run: Run) -> Callable[[Run], bool]:
        """Return a function that tells, for the present run, whether the fault is due."""
        if self.order.while_planning:
            at = time.monotonic() + self.order.share * PLAN_SECONDS
            return lambda _present: time.monotonic() >= at
        passed_at: float | None = None

        def is_due(present: Run) -> bool:
            nonlocal passed_at
            if passed_at is None and present.state is RunStatus.APPLYING and present.changes:
                changes = present.changes
                # Each resource starts and completes; the last event of a destroy or an apply also
                # counts.
                events = 2 * (changes.add + changes.destroy)
                if _events(present) >= int(self.order.share * events):
                    passed_at = time.monotonic()
            return passed_at is not None and time.monotonic() >= passed_at + self.order.wait

        return is_due

    def _appeared(self) -> Run:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            for run in run_list.runs_of(self.stack):
                if run.operation == self.order.operation and not run.is_final:
                    return run
            time.sleep(LOOK_SECONDS)
        raise TimeoutError("the command starts no run")

    @contextmanager
    def _viewer(self, watched: Watched) -> Iterator[Viewer | None]:
        command = program(self.order.operation, self.stack, "--yes")
        if self.order.operation == "apply":
            command.append("--despite-findings")
        else:
            command += ["--confirm", self.stack.resolve().name]
        viewer = Viewer(command) if watched is Watched.COMMAND else None
        try:
            yield viewer
        finally:
            if viewer is not None:
                viewer.close()

    def _judge(self, run: Run, before: set[Thing]) -> None:
        judge = Judge(self.stack, self.account, self._key(), BUCKET)
        left: Left = judge.look(run, self.account.things(self.order.name), before)
        self.result.offered, self.result.doubled = left.offered, len(left.doubled)
        self.doubled = left.doubled
        if run.state not in self.order.fault.ends:
            left.problems.append(f"ended {run.state}: {run.message}")
        self.result.problems += left.problems
        self.result.problems += judge.mend()

    def _go_on(self, run: Run) -> None:
        """Check the next apply, an empty plan, and a destroy that leaves nothing."""
        problems = self.result.problems
        applied = _apply(self.stack, "apply", self.patience)
        told_all = run.state is RunStatus.SUCCEEDED and run.operation == "apply"
        if told_all and applied.changes and applied.changes.total:
            problems.append(f"it succeeded, but the next apply has {applied.changes}")
        # An apply without changes ended with its plan; another plan would be the same.
        if applied.changes is None or applied.changes.total:
            planned = _apply(self.stack, "plan", self.patience)
            if planned.changes is None or planned.changes.total:
                problems.append(f"a plan after the next apply has {planned.changes}")
        judge = Judge(self.stack, self.account, self._key(), BUCKET)
        problems += judge.is_clean(self.account.things(self.order.name) - self.doubled)
        _apply(self.stack, "destroy", self.patience)
        if left := self.account.things(self.order.name) - self.doubled:
            problems.append(f"after the destroy there are {sorted(left)}")

    def _key(self) -> str:
        return f"{self.order.name}/terraform.tfstate" if self.order.in_s3 else ""


def _events(run: Run) -> int:
    return run.files.journal.read_bytes().count(b'"type":"apply_')


def _apply(stack: Path, operation: str, patience: float) -> Run:
    """Run an operation in fair weather. Raises an error unless it succeeds."""
    run = runs.start(stack, operation)
    deadline = time.monotonic() + patience
    while not (present := run.refresh()).is_final:
        if present.state is RunStatus.PLANNED:
            runs.approve(present)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{operation} is still {present.state} after {patience:g} s")
        time.sleep(LOOK_SECONDS)
    if present.state is not RunStatus.SUCCEEDED:
        raise TerraformProblem(f"{operation} in fair weather ended {present.state}",
                               f"{present.message} {present.remedy}")  # fmt: skip
    return present


def end_orphans(folder: Path) -> None:
    """End processes that a trial may have left in its folder, by process id."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            inside = str((entry / "cwd").readlink()).startswith(f"{folder}/")
            if inside and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGTERM)
