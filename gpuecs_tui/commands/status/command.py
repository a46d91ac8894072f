"""The command ``status``: reads the deployment once, or until it has ended."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, failure_from_os_error, harmless
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED, read_deployed
from gpuecs_tui.commands.status import report
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import FINAL, VerdictState
from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.watch import DeploymentWatch
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.stack.model import Stack

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
    with _unknown():
        deployed, stack = read_deployed(arguments)
        if arguments.watch:
            return _watch(deployed, stack, as_json=arguments.json)
        found = _once(deployed, stack)
        _print(found, as_json=arguments.json)
        return _exit(found, deployed)


@contextmanager
def _unknown() -> Iterator[None]:
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


def _once(deployed: Deployed, stack: Stack) -> DeploymentStatus:
    if (known := _not_read(deployed)) is not None:
        return known
    from gpuecs_tui.aws.deployment.reader import read_deployment

    assert deployed.names is not None
    with _connected(stack) as reader, waiting(_("Reading the deployment …")):
        facts = read_deployment(reader, deployed.names)
    return DeploymentStatus.of(facts, deployed.applied, _now())


def _watch(deployed: Deployed, stack: Stack, *, as_json: bool) -> int:
    """Print what changes until the first final state; return its exit code."""
    if (known := _not_read(deployed)) is not None:
        _print(known, as_json=as_json)
        return _exit(known, deployed)
    from gpuecs_tui.aws.deployment.watch import DeploymentWatch

    assert deployed.names is not None
    before, unknown = None, 0
    with _connected(stack) as reader:
        watch = DeploymentWatch(reader, deployed.names)
        while True:
            found = _judged(watch, deployed, whole=before is None)
            lines = report.json_line(found, before) if as_json else report.changes(found, before)
            for line in lines:
                print(harmless(line), flush=True)
            before = found
            unknown = unknown + 1 if found.verdict.state == "unknown" else 0
            if found.verdict.state in FINAL or unknown == UNKNOWN_MAX:
                return _exit(found, deployed)
            time.sleep(watch.next_in())


def _not_read(deployed: Deployed) -> DeploymentStatus | None:
    """Return the status of a stack for which nothing is read; None if the account is read."""
    end = deployed.end
    if end is not None and end.ended_well and end.left == 0:
        return DeploymentStatus.not_deployed(end.sentences[0], _now())
    if deployed.names is None:
        sentence = _("Nothing is deployed from this directory.")
        return DeploymentStatus.not_deployed(sentence, _now())
    return None


@contextmanager
def _connected(stack: Stack) -> Iterator[AccountReader]:
    from gpuecs_tui.aws.session import connect

    reader = connect(region=stack.stack.region)
    try:
        yield reader
    finally:
        reader.close()


def _judged(watch: DeploymentWatch, deployed: Deployed, *, whole: bool) -> DeploymentStatus:
    for _part in watch.refresh(whole=whole):
        # All parts are judged together.
        continue
    return DeploymentStatus.of(watch.facts, deployed.applied, _now())


def _print(found: DeploymentStatus, *, as_json: bool) -> None:
    if as_json:
        report.print_tree(found)
    else:
        print("\n".join(map(harmless, report.lines(found))), flush=True)


def _exit(found: DeploymentStatus, deployed: Deployed) -> int:
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
