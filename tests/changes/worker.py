"""One applied stack on which changes are tried, with the real Terraform."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpuecs_tui.demo import account as demo_account
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.engine.mirror import find_mirror
from gpuecs_tui.terraform.plan.details import PlanTree, plan_tree
from tests.changes import account
from tests.changes.declared import Change, answers
from tests.support.demo_backend import BACKEND_OPTIONS

STEP_SECONDS = 600.0
"""Seconds after which a Terraform command counts as stuck; the provider may wait 15 minutes."""
LINES_OF_A_REFUSAL = 3
"""The program ends with the problem and the action to take, one or two lines each."""
NO_CHANGES, CHANGES = 0, 2
"""Exit codes of ``terraform plan -detailed-exitcode``."""


class Failed(Exception):
    """A step failed; its text is the first error that the program printed."""


class Worker:
    """A directory with a stack of BASE, applied in an account of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "stack"
        self._account: demo_account.DemoAccount | None = None
        self._places: Mapping[str, str] = {}
        self._environ: dict[str, str] = {}
        self._given: Mapping[str, Any] | None = None

    def close(self) -> None:
        """Stop the account with everything in it."""
        if self._account is not None:
            demo_account.stop(self.folder / "account")
            self._account = None
        self._given = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self, given: Mapping[str, Any]) -> None:
        """Bring the stack to BASE with ``given``. Raises Failed if that can't be applied.

        A stack with other decisions is created on a new account and not changed, so that the result
        of a change does not depend on the one before.
        """
        if self._given is not None and dict(given) != dict(self._given):
            self.close()
        if self._account is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            self._account = account.start(self.folder / "account")
            self._places = account.places(self._account)
            self._environ = account.environment(self._account, self.folder / "home")
        if self._given is None:
            self.write(given)
            self.apply()
            self._given = dict(given)

    def write(self, *layers: Mapping[str, Any]) -> None:
        """Render BASE with ``layers`` into the directory, by the product's own command."""
        file = self.folder / "answers.toml"
        file.write_text(dump_answers(answers(*layers, places=self._places)), encoding="utf-8")
        self.product("render", str(file), str(self.directory))
        if not (self.directory / ".terraform").exists():
            self._initialise()

    def write_changed(self, *changes: Change) -> None:
        """Render BASE with the given decisions and the changes."""
        layers = [change.given for change in changes]
        for change in changes:
            layers += [change.along, {change.key: change.to}]
        self.write(*layers)

    def product(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """Run ``gpuecs-tui``. Raises Failed with its output unless its exit code is one of
        ``ok``."""
        done = self._run([sys.executable, "-m", "gpuecs_tui", *words], self.folder)
        if done.returncode not in ok:
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            raise Failed(" ".join(said[-LINES_OF_A_REFUSAL:]).replace(str(self.directory), "DIR"))
        return done.stdout + done.stderr

    def plan(self) -> PlanTree:
        """Plan the directory, with what the state contains about the account."""
        file = self.folder / "plan.tfplan"
        self.terraform("plan", f"-out={file}", "-refresh=false")
        return plan_tree(json.loads(self.terraform("show", "-json", str(file))))

    def apply(self) -> None:
        """Apply the directory. Raises Failed with Terraform's first error."""
        self._given = None
        self.terraform("apply", "-auto-approve")

    def is_done(self) -> bool:
        """Whether a new plan has no changes."""
        code = self.terraform("plan", "-detailed-exitcode", ok=(NO_CHANGES, CHANGES), code=True)
        return int(code) == NO_CHANGES

    def settled(self, given: Mapping[str, Any]) -> None:
        """Record that the stack is at BASE with ``given`` again."""
        self._given = dict(given)

    def terraform(self, *words: str, ok: tuple[int, ...] = (0,), code: bool = False) -> str:
        """Run Terraform in the directory and return its output, or its exit code."""
        engine = find_engine(self._environ)
        extra = () if words[0] == "show" else ("-input=false",)
        done = self._run([str(engine.path), words[0], *extra, *words[1:]], self.directory)
        if done.returncode not in ok:
            raise Failed(_sentence(done.stderr or done.stdout))
        return str(done.returncode) if code else done.stdout

    def _initialise(self) -> None:
        mirror = self._mirror()
        options = [f"-backend-config={it}" for it in BACKEND_OPTIONS]
        backend = (self.directory / "backend.tf").exists()
        place = [f"-plugin-dir={mirror}"] if mirror else []
        self.terraform("init", "-no-color", *(options if backend else ()), *place)

    def named_mirror(self) -> tuple[str, ...]:
        """Return the options with which ``gpuecs-tui`` takes providers from the mirror alone."""
        mirror = self._mirror()
        return ("--plugin-dir", str(mirror)) if mirror else ()

    def _mirror(self) -> Path | None:
        return find_mirror(find_engine(self._environ), environ=self._environ).plugin_dir

    def _run(self, words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words,
                cwd=place,
                env={**self._environ, "TF_CLI_ARGS": "-no-color", "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=STEP_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"stuck for {STEP_SECONDS:.0f} s") from error


def _sentence(said: str) -> str:
    """Return the first error in a program's output, on one line."""
    lines = [line.strip(" │╷╵\t") for line in said.splitlines()]
    errors = [line for line in lines if line.startswith("Error")]
    found = errors[0] if errors else next((line for line in reversed(lines) if line), "no output")
    return found.removeprefix("Error: ")
