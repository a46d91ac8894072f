"""The command ``status``: reads the deployment once, or until it has ended."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.assessment.deployed_source import DeployedSource, hint_of
from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, failure_from_os_error, harmless
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED, source_here
from gpuecs_tui.commands.status import report
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import FINAL, VerdictState
from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeploymentFacts
    from gpuecs_tui.aws.session import AccountReader

EXIT_UNDER_WAY = 2
EXIT_UNKNOWN = 4
EXITS: Mapping[VerdictState, int] = {
    "healthy": 0,
    "scaled_to_zero": 0,
    "failed": EXIT_FAILED,
    "rolled_back": EXIT_FAILED,
    "under_way": EXIT_UNDER_WAY,
    "not_deployed": EXIT_NOT_DEPLOYED,
    "unknown": EXIT_UNKNOWN,
}
"""Exit code of each verdict."""
UNKNOWN_MAX = 3
"""Reads in a row without a known service after which --watch ends: one may be throttled."""


def status(arguments: argparse.Namespace) -> int:
    """Print the verdict, the stages, what is stuck, and the tasks.

    Exit 0: healthy and current, or scaled to zero; 1: failed or rolled back; 2: under way; 3: not
    deployed; 4: unknown, with the reason on stderr.
    """
    with unknown_for_failures():
        source = source_here(arguments)
        with waiting(_("Reading the state …")):
            deployed = source.read()
        if arguments.watch:
            found = watch(source, as_json=arguments.json)
            assert found is not None
            return exit_code(found, source.read())
        found = _once(deployed)
        _print(found, as_json=arguments.json)
        return exit_code(found, deployed)


@contextmanager
def unknown_for_failures() -> Iterator[None]:
    """Give a failure the exit code of an unknown state: exit 1 says that the service failed."""
    from gpuecs_tui.aws.errors import AwsProblem

    try:
        yield
    except AwsProblem as problem:
        raise Failure(problem.sentence, problem.remedy, EXIT_UNKNOWN) from None
    except Failure as failure:
        if failure.code == EXIT_FAILED:
            failure.code = EXIT_UNKNOWN
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(str(failure_from_os_error(error)), code=EXIT_UNKNOWN) from None


def _once(deployed: Deployed) -> DeploymentStatus:
    if (known := deployed.not_read(_now())) is not None:
        return known
    from gpuecs_tui.aws.deployment.reader import read_deployment

    assert deployed.names is not None
    with _connected(deployed) as reader, waiting(_("Reading the deployment …")):
        facts = read_deployment(reader, deployed.names)
    return deployed.status(facts, _now())


def watch(
    source: DeployedSource,
    *,
    as_json: bool = False,
    until: float | None = None,
    reads: int = 1,
    judge: Callable[[Deployed, DeploymentFacts, datetime], DeploymentStatus] = Deployed.status,
) -> DeploymentStatus | None:
    """Print what changes until the first final state, and return it.

    ``until``: when to end, on the clock of ``time.monotonic``; None is returned if the state is not
    final then. ``reads``: how many reads in a row must show a final state that may be older than
    the change. ``judge``: returns the status of the facts at a time.
    """
    from gpuecs_tui.aws.deployment.watch import DeploymentWatch

    deployed = source.read()
    if (known := deployed.not_read(_now())) is not None:
        _print(known, as_json=as_json)
        return known
    before, reading = None, None
    same: tuple[VerdictState, int] = "unknown", 0
    with _connected(deployed) as reader:
        while True:
            if (found := deployed.not_read(_now())) is None:
                assert deployed.names is not None
                is_new = reading is None or reading.names != deployed.names
                if reading is None or is_new:
                    reading = DeploymentWatch(reader, deployed.names)
                for _part in reading.refresh(whole=is_new):
                    # All parts are judged together.
                    continue
                found = judge(deployed, reading.facts, _now())
            state = found.verdict.state
            same = state, same[1] + 1 if same[0] == state else 1
            needed = _needed(found, reads)
            if state == "unknown" or same[1] >= needed:
                changed = (report.json_line if as_json else report.changes)(found, before)
                for line in changed:
                    print(harmless(line), flush=True)
                before = found
            if state in (*FINAL, "unknown") and same[1] >= needed:
                return found
            assert reading is not None
            pause = reading.next_in()
            if until is not None and time.monotonic() + pause > until:
                return None
            time.sleep(pause)
            # An apply may have begun or ended meanwhile.
            deployed = source.read(hint_of(reading.facts))


def _needed(found: DeploymentStatus, reads: int) -> int:
    """Return how many reads in a row must show the state of ``found`` until it counts."""
    state = found.verdict.state
    if state == "unknown":
        return UNKNOWN_MAX
    return reads if state in FINAL and not _shows_applied(found) else 1


def _shows_applied(found: DeploymentStatus) -> bool:
    """Return whether a healthy service has the revision and the count that were applied."""
    service, applied = value_or(found.facts.service, None), found.applied
    if found.verdict.state != "healthy" or applied.ignores_task_definition:
        # Only the verdict on a healthy service compares the revision, unless it is ignored.
        return False
    return service is not None and (applied.ignores_desired or service.desired == applied.desired)


def _connected(deployed: Deployed) -> AbstractContextManager[AccountReader]:
    from gpuecs_tui.aws.session import connect

    return closing(connect(region=deployed.stack.stack.region))


def _print(found: DeploymentStatus, *, as_json: bool) -> None:
    if as_json:
        report.print_tree(found)
    else:
        print("\n".join(map(harmless, report.lines(found))), flush=True)


def exit_code(found: DeploymentStatus, deployed: Deployed) -> int:
    """Return the exit code; print what is unknown, and why, on stderr."""
    code = EXITS[found.verdict.state]
    if code == EXIT_UNKNOWN:
        lines = [*report.unknown_lines(found)]
        if (problem := deployed.problem) is not None:
            lines.append(f"{problem.message} {problem.remedy}".rstrip())
        for line in lines:
            print(f"gpuecs-tui: {harmless(line)}", file=sys.stderr)
    return code


def _now() -> datetime:
    return datetime.now(UTC)
