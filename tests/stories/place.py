"""The place of one story: a stack directory, a home folder and a demo account of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpuecs_tui.demo import account as demo_account
from gpuecs_tui.stack.answers import dump_answers
from tests.changes import account
from tests.changes.declared import answers
from tests.chaos.inventory import Account
from tests.support.demo_pace import DEMO_PACE

NAME = "story"
"""The stack; the names of all its resources contain it."""
BASE: Mapping[str, Any] = {
    "stack.name": NAME,
    "stack.tags": {},
    "health_check.path": "/health",
}
"""The stack of every story, over that of the changes (tests/changes/declared.py)."""
STEP_SECONDS = 600.0
"""Seconds after which a command counts as stuck."""
LOOK_SECONDS = 0.05
SHOWN = 1500
"""Characters of the output of a command in the report of a failed step."""
WAIT = "--wait=10"
"""Minutes; at the pace of the demo account, a deployment takes less than one."""


class Failed(Exception):
    """A step did not do what the story says."""


@dataclass(frozen=True)
class Step:
    """One command, or another act between two commands, as the table shows it."""

    words: str
    code: int | None = None
    """The exit code of a command."""
    shown: str = ""
    """The sentence that the story is about, from the output of the command."""


@dataclass
class Place:
    """Where a story happens; its commands are recorded in ``steps``."""

    folder: Path
    program: tuple[str, ...] = (sys.executable, "-m", "gpuecs_tui")
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = self.folder / NAME
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TF_", "XDG_", "GPUECS_TUI_", "MOTO_"))
        }
        self._runs = self.folder / "state" / "gpuecs-tui" / "runs"
        self._environ = clean | {
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "GPUECS_TUI_DEMO_PACE": DEMO_PACE,
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
        }
        # The provider comes from where the developer's Terraform finds it.
        if configured := os.environ.get("TF_CLI_CONFIG_FILE"):
            self._environ["TF_CLI_CONFIG_FILE"] = configured

    def open(self) -> None:
        """Start the account, by the first command that uses it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run("gpus")
        found = demo_account.find(self._runs.parent / "demo")
        if found is None:
            raise Failed("the demo account did not start")
        self.places = account.places(found)
        self.account = Account(found.endpoint, dict(found.environ))

    def close(self) -> None:
        """Stop the account."""
        self._run("demo", "stop", "--yes")

    def write(self, **changed: Any) -> None:
        """Render the stack with ``changed`` (``__`` for a dot), by the product's own command."""
        layer = {name.replace("__", "."): value for name, value in changed.items()}
        text = dump_answers(answers(BASE, layer, places=self.places))
        file = self.folder / "answers.toml"
        file.write_text(text, encoding="utf-8")
        self.run("render", file, self.directory, also=_in_words(layer))

    def run(self, *words: str | Path, code: int = 0, shows: str = "", also: str = "") -> str:
        """Run a command of the program and return its output.

        Raises Failed if its exit code is not ``code``, or its output does not have ``shows``.
        ``also``: what else the table shows of the step.
        """
        done = self._run(*words)
        said = done.stdout + done.stderr
        if done.returncode != code:
            command = self._command(words)
            raise Failed(f"{command}: exit code {done.returncode}, not {code}: {said[-SHOWN:]}")
        self._record(words, code, said, shows, also)
        return said

    def look(self, *words: str | Path) -> str:
        """Return the output of a command that is no step of the story, whatever its exit code."""
        done = self._run(*words)
        return done.stdout + done.stderr

    def image(self) -> str:
        """Return the image in the directory, as ``show`` prints it."""
        found: str = json.loads(self.look("show", self.directory, "--json"))["task"]["image"]
        return found

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command whose run will be interrupted."""
        return subprocess.Popen(
            [*self.program, *map(str, self._words(words))],
            cwd=self.folder, env=self._environ, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def finish(
        self,
        started: subprocess.Popen[str],
        *words: str | Path,
        code: int | None = 0,
        shows: str = "",
    ) -> None:
        """Wait for the end of a started command, as ``run`` does; ``code`` None: any but 0."""
        said, _nothing = started.communicate(timeout=STEP_SECONDS)
        if (started.returncode == 0) if code is None else (started.returncode != code):
            raise Failed(f"{self._command(words)}: exit code {started.returncode}: {said[-SHOWN:]}")
        self._record(words, started.returncode, said, shows)

    def newest_run(self) -> str:
        """Return the id of the newest run; empty if there is none."""
        return max((it.name for it in self._runs.iterdir()), default="")

    def journal(self, run: str) -> list[Mapping[str, Any]]:
        """Return the events in the journal of a run."""
        file = self._runs / run / "journal.jsonl"
        if not file.exists():
            return []
        # The last line may be incomplete.
        whole = file.read_text("utf-8", errors="replace").split("\n")[:-1]
        return [json.loads(line) for line in whole if line.startswith("{")]

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Return the first true result of ``true``."""
        latest = time.monotonic() + STEP_SECONDS
        while time.monotonic() < latest:
            if seen := true():
                return seen
            time.sleep(LOOK_SECONDS)
        raise Failed(f"waited {STEP_SECONDS:.0f} s for {what}")

    def _run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self.program, *map(str, self._words(words))],
                cwd=self.folder, env=self._environ, text=True, stdin=subprocess.DEVNULL,
                capture_output=True, check=False, timeout=STEP_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failed(f"{self._command(words)}: stuck for {STEP_SECONDS:.0f} s") from None

    def _record(
        self, words: tuple[str | Path, ...], code: int, said: str, shows: str, also: str = ""
    ) -> None:
        """Add a step for the table; Failed if the output ``said`` does not have ``shows``."""
        lines = [line.strip() for line in said.splitlines() if shows in line]
        if shows and not lines:
            raise Failed(f"{self._command(words)}: its output has no {shows!r}: {said[-SHOWN:]}")
        shown = lines[0].replace(str(self.directory), "DIR") if shows else ""
        self.steps.append(Step(self._command(words) + also, code, shown))

    def _words(self, words: tuple[str | Path, ...]) -> tuple[str | Path, ...]:
        return words if words[0] == "demo" else ("--demo", *words)

    def _command(self, words: tuple[str | Path, ...]) -> str:
        shown = {self.directory: "DIR", self.folder / "answers.toml": "answers.toml"}
        return " ".join(str(shown.get(Path(it), it)) for it in words)


def _in_words(layer: Mapping[str, Any]) -> str:
    told = [
        f"{key} = {' '.join(map(str, it)) if isinstance(it, tuple) else it}".replace("@", "")
        for key, it in layer.items()
    ]
    return f" ({', '.join(told)})" if told else ""
