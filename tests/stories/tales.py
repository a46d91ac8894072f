"""The five stories. Each fails at the first command that does otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from subprocess import Popen
from typing import Any

from gpuecs_tui.terraform.engine.events import NOTE, STATE
from tests.stories.place import NAME, WAIT, Failed, Place

ZONE = "us-east-1a"
"""The zone of the subnet private-a."""
YES = ("--yes", "--offline")
"""The checks read the account before an apply; they are no part of these stories."""
NEW_IMAGE = "2.4.0"
"""Another tag in the repository of the stack's image."""


@dataclass(frozen=True)
class Story:
    """A story with its name in the table."""

    name: str
    tell: Callable[[Place], None]


def no_capacity(place: Place) -> None:
    """EC2 has no capacity in the only zone; a second zone has."""
    place.run("demo", "fault", f"no-capacity:{ZONE}", shows=ZONE)
    balanced = ("@private-a", "@private-b")
    place.write(
        network__instance_subnet_ids=("@private-a",), network__load_balancer_subnet_ids=balanced
    )
    place.run("apply", place.directory, *YES, shows="Created. Not yet healthy")

    def is_told() -> bool:
        return "no-capacity" in place.look("status", place.directory)

    place.until(is_told, "the cause no-capacity")
    place.run("status", place.directory, code=2, shows="has no g4dn.xlarge capacity")
    place.write(network__instance_subnet_ids=balanced, network__load_balancer_subnet_ids=balanced)
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")
    place.run("status", place.directory, shows="healthy: 1 task")


def wrong_path(place: Place) -> None:
    """A release with a wrong health check path is rolled back."""
    place.write()
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")
    # The containers of the demo account serve no HTTP: the fault is their answer to a wrong path.
    place.run("demo", "fault", "health-404", shows="health-404")
    place.write(health_check__path="/helth", task__image=f"@repository:{NEW_IMAGE}")
    place.run("apply", place.directory, *YES, WAIT, code=1, shows="rolled back: ")
    said = place.run("status", place.directory, code=1, shows="rolled back: ")
    if "/helth" not in said or "404" not in said:
        raise Failed(f"status does not name the path: {said}")
    place.run("demo", "fault", "--clear", shows="No fault is simulated.")
    place.write(task__image=f"@repository:{NEW_IMAGE}")
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")


def new_image(place: Place) -> None:
    """A new image by one command, and back by one command."""
    place.write()
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")
    first = place.image()
    place.run("deploy", place.directory, "--image", NEW_IMAGE, *YES, WAIT, shows="healthy: 1 task")
    if not place.image().endswith(f":{NEW_IMAGE}"):
        raise Failed(f"the directory has the image {place.image()}")
    place.run("rollback", place.directory, *YES, WAIT, shows="healthy: 1 task")
    if place.image() != first:
        raise Failed(f"the directory has the image {place.image()}, not {first}")
    place.run("plan", place.directory)


def to_zero(place: Place) -> None:
    """Scaled to zero, which is neither healthy nor failed, and back."""
    place.write()
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")
    place.run("scale", place.directory, "0", *YES, WAIT, shows="scaled to zero: ")
    place.run("scale", place.directory, "1", *YES)
    place.run("status", place.directory, "--watch", shows="healthy: 1 task")
    place.run("plan", place.directory)


def interrupted_destroy(place: Place) -> None:
    """A destroy that is interrupted in each of its steps is continued until nothing is left."""
    place.write()
    place.run("apply", place.directory, *YES, WAIT, shows="healthy: 1 task")
    # Otherwise a resource is deleted faster than it can be interrupted.
    place.run("demo", "fault", SLOW, shows=SLOW)
    destroy = ("destroy", place.directory, "--yes", "--confirm", NAME)
    met: set[str] = set()
    while True:
        before = place.newest_run()
        command = place.start(*destroy)
        run = place.until(partial(_newer, place, before, command), "the run of destroy")
        step = place.until(partial(_step, place, run, met), "a step of destroy")
        if step == DONE:
            place.finish(command, *destroy)
            break
        met.add(step)
        place.run("cancel", place.directory, also=f" ({step})")
        place.finish(command, *destroy, code=None, shows="Stopped")
    if met != {*STEPS}:
        raise Failed(f"destroy was only interrupted {', '.join(sorted(met))}")
    # The revisions stay, as the command says.
    if left := {it for it in place.account.things(NAME) if it.type != REVISION}:
        raise Failed(f"left in the account: {sorted(left)}")
    state = json.loads((place.directory / "terraform.tfstate").read_text("utf-8"))
    if state["resources"]:
        raise Failed("left in the state")
    place.run("status", place.directory, code=3, shows="not deployed")


SLOW = "slow:400"
REVISION = "aws_ecs_task_definition"
DONE = "at its end"
PLANNING = "while planning"
FIRST, MIDDLE = "at the first resource", "in the middle"
LAST = "at the last resource"
TO_ZERO, UNPROTECTED = "in step 1 of 2", "in step 2 of 2"
"""The steps before Terraform's own destroy: no tasks, and no protection from scale-in."""
STEPS = (PLANNING, TO_ZERO, UNPROTECTED, FIRST, MIDDLE, LAST)
OWN = re.compile(r"Step (\d of 2) before Terraform destroys")
"""The note with which such a step begins. A destroy that continues without the service has one."""
FINAL = ("succeeded", "failed", "cancelled")


def _newer(place: Place, before: str, command: Popen[str]) -> str:
    run = place.newest_run()
    if run == before and command.poll() is not None:
        raise Failed(f"destroy started no run: {command.communicate()[0]}")
    return run if run != before else ""


def _step(place: Place, run: str, met: set[str]) -> str:
    """Return the first step of the run in which no earlier destroy was interrupted; DONE once the
    run has ended without one."""
    new = (it for it in _steps(place.journal(run), met) if it not in met)
    return next(new, "")


def _steps(journal: list[Mapping[str, Any]], met: set[str]) -> Iterator[str]:
    """Yield the steps that have begun, in order.

    A run that has deleted a resource is not interrupted at its first one again.
    """
    planned: set[str] = set()
    started: set[str] = set()
    for event in journal:
        type_ = event.get("type", "")
        if type_ == STATE and event["state"] == "planning":
            yield PLANNING
        elif type_ == STATE and event["state"] in FINAL:
            yield DONE
        elif type_ == "planned_change" and event["change"]["action"] == "delete":
            planned.add(event["change"]["resource"]["addr"])
        elif type_ == "apply_start" and event["hook"]["action"] == "delete":
            started.add(event["hook"]["resource"]["addr"])
            yield FIRST
            # Not both in one run: an interrupt ends it before its last resource.
            if len(started) >= len(planned) // 2 and FIRST in met:
                yield MIDDLE
            if started == planned and MIDDLE in met:
                yield LAST
        elif type_ == NOTE and (own := OWN.match(event["@message"])):
            yield f"in step {own[1]}"


STORIES = (
    Story("no capacity in one zone → second zone", no_capacity),
    Story("wrong health check path → rolled back", wrong_path),
    Story("new image → rollback", new_image),
    Story("scale to zero → back", to_zero),
    Story("destroy interrupted in each step → continued", interrupted_destroy),
)
