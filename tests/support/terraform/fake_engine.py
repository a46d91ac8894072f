"""A Terraform that replays a recorded stream, handles signals, and records its calls.

Run with the folder of its script first: ``script.json`` there says what each command prints (a
stream's lines), with which pause between lines, and how it exits; Every call is added to
``calls.jsonl`` with its arguments and environment, and every signal to ``signals``.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

STREAMS = Path(__file__).parent / "data" / "streams"

VERSION_EVENT = {
    "@level": "info",
    "@message": "Terraform 1.11.4",
    "type": "version",
    "terraform": "1.11.4",
    "ui": "1.2",
}


@dataclass
class Command:
    """The behaviour of one command."""

    lines: list[str] = field(default_factory=list)
    code: int = 0
    pause: float = 0.0
    """Seconds between two lines."""
    linger: float = 0.0
    """Seconds after the last line, or until ``release``."""
    deaf: bool = False
    """Whether it continues to its end and exit code as if it received no signal."""
    after_interrupt: float = 0.0
    """Seconds that it continues after a SIGINT before it exits with 1."""
    stubborn: bool = False
    """Whether a second SIGINT doesn't end it either, unlike a real Terraform."""
    unprepared: bool = False
    """Whether it doesn't handle signals yet, as in its first milliseconds."""


def stream(name: str) -> list[str]:
    """Return the lines of a recorded stream."""
    return (STREAMS / f"{name}.jsonl").read_text("utf-8").splitlines()


def event(**values: Any) -> str:
    """Return one event as a line."""
    return json.dumps({"@level": "info", "@message": "", **values})


def install(folder: Path, version: str = "1.11.4", **commands: Command) -> Path:
    """Create an executable ``terraform`` in ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    defaults = {
        "init": Command([event(type="init_output", **{"@message": "Initialized."})]),
        "plan": Command(stream("plan-change"), code=2),
        "show": Command(['{"format_version": "1.2", "resource_changes": []}']),
        "apply": Command(stream("apply-change")),
        "output": Command(["{}"]),
        "version": Command([json.dumps({"terraform_version": version})]),
    }
    script = {name: asdict(command) for name, command in (defaults | commands).items()}
    (folder / "script.json").write_text(json.dumps(script))
    program = folder / "terraform"
    program.write_text(f"#!{sys.executable} -IS\n" + Path(__file__).read_text("utf-8"))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def calls(folder: Path) -> list[dict[str, Any]]:
    """Return the calls so far, without the calls for the version."""
    path = folder / "calls.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [call for call in map(json.loads, lines) if call["arguments"][0] != "version"]


def release(folder: Path) -> None:
    """Let no command ``linger`` any more, including commands of later calls."""
    (folder / "released").touch()


def signals(folder: Path) -> list[str]:
    """Return the names of the signals that it has received."""
    path = folder / "signals"
    return path.read_text().split() if path.exists() else []


def _main() -> int:
    home = Path(__file__).absolute().parent
    name, arguments = sys.argv[1], sys.argv[1:]
    command = json.loads((home / "script.json").read_text())[name]
    stopped = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        again, stopped = stopped, True
        with (home / "signals").open("a") as file:
            file.write(signal.Signals(number).name + "\n")
        if again and not command["stubborn"]:
            os._exit(1)

    if not command["unprepared"]:
        signal.signal(signal.SIGINT, on_signal)
        signal.signal(signal.SIGTERM, on_signal)
    hangup_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    with (home / "calls.jsonl").open("a") as file:
        call = {
            "arguments": arguments,
            "cwd": str(Path.cwd()),
            "environment": dict(os.environ),
            "hangup_ignored": hangup_ignored,
            "session": os.getsid(0),
            "files": [str(link.resolve()) for link in Path("/proc/self/fd").iterdir()],
        }
        file.write(json.dumps(call) + "\n")
    for argument in arguments:
        if argument.startswith("-out="):
            with zipfile.ZipFile(argument[5:], "w") as plan:
                plan.writestr("tfstate", '{"version": 4, "serial": 0, "lineage": ""}')
    last = len(command["lines"]) - 1
    for number, line in enumerate(command["lines"]):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        end = time.monotonic() + command["linger" if number == last else "pause"]
        while (command["deaf"] or not stopped) and time.monotonic() < end:
            if number == last and (home / "released").exists():
                break
            time.sleep(0.005)
        if stopped and not command["deaf"]:
            time.sleep(command["after_interrupt"])
            return 1
    return int(command["code"])


if __name__ == "__main__":
    sys.exit(_main())
