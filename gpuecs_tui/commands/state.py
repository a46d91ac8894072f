"""``state``: lists the resources of the state and problems after a failed run, and fixes them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from gpuecs_tui.assessment import remedies
from gpuecs_tui.assessment.remedies import Remedy, RemedyKind
from gpuecs_tui.call_options import with_call_options
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.forget import forget, not_looked_at, nothing_to_recover
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery.damaged_state import what_restore_does
from gpuecs_tui.terraform.recovery.lock_words import operation_word, release_advice
from gpuecs_tui.terraform.recovery.remedies import Recovery, examine
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.state.backend import DEFAULT, workspace
from gpuecs_tui.terraform.state.stored_state import StoredState

_Value = TypeVar("_Value")


def state(arguments: argparse.Namespace) -> int:
    """Print the state and its problems, or fix one; exit 1 for problems and unknown facts."""
    choose_account(arguments)
    directory: Path = arguments.directory
    refuse_no_directory(directory)
    _refuse_two_things(arguments)
    if arguments.unlock is not None:
        confirmed = arguments.confirm or ""
        with waiting(_("Releasing the lock …")):
            unlock = remedies.unlock
            done = _worded(
                lambda: unlock(directory, arguments.unlock, os.environ, confirmed=confirmed)
            )
        print(done)
        return 0
    if arguments.push:
        with waiting(_("Storing the state …")):
            done = _worded(lambda: remedies.push(directory, os.environ))
        print(harmless(done))
        return 0
    if arguments.restore:
        if not arguments.yes:
            _refuse_restore(directory)
        print(harmless(_worded(lambda: remedies.restore(directory, os.environ))))
        return 0
    if arguments.forget is not None:
        return forget(directory, arguments.forget, yes=arguments.yes)
    if arguments.recover:
        return _recover(arguments)
    return _tell(directory, as_json=arguments.json)


def _refuse_restore(directory: Path) -> NoReturn:
    """Print what --restore would do, and raise Failure because --yes is missing."""
    for sentence in _worded(lambda: what_restore_does(directory, os.environ)):
        print(harmless(sentence))
    raise Failure(
        _("Nothing was restored: --restore needs --yes."),
        _("To restore it: gpuecs-tui state {directory} --restore --yes").format(
            directory=shell_word(directory)
        ),
        EXIT_USAGE,
    )


def _refuse_two_things(arguments: argparse.Namespace) -> None:
    """Raise Failure if two actions are given, because only one would be carried out."""
    given = {
        "--unlock": arguments.unlock is not None,
        "--restore": arguments.restore,
        "--push": arguments.push,
        "--recover": arguments.recover,
        "--forget": arguments.forget is not None,
        "--json": arguments.json,
    }
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise Failure(
            _("{first} and {second} can't be used together.").format(
                first=names[0], second=names[1]
            ),
            _("Use one of them."),
            EXIT_USAGE,
        )


def _tell(directory: Path, *, as_json: bool) -> int:
    with waiting(_("Reading the state …")):
        looked = remedies.look(directory, os.environ)
    stored, found, unread = looked.state, looked.recovery, looked.unread
    if as_json:
        print_json(_tree(stored, found, unread))
    else:
        _print(directory, stored, found, unread)
    if unread is not None:
        # Other facts, such as the holder of the lock, are already printed.
        raise Failure(unread.message, unread.remedy)
    return EXIT_FAILED if found.needs_action or found.unknown else 0


def _recover(arguments: argparse.Namespace) -> int:
    from gpuecs_tui.commands import runs

    directory: Path = arguments.directory
    with waiting(_("Reading the state …")):
        found = examine(directory, os.environ)
    if not found.missing:
        if hindrance := not_looked_at(found):
            raise Failure(
                _("Could not look for missing resources. {reason}").format(reason=hindrance),
                next(iter(_remedies(directory, found)), ""),
            )
        unread = remedies.with_state(directory, found, os.environ).unread
        if unread is not None:
            # This applies even if no run on this machine has created resources.
            raise Failure(unread.message, unread.remedy)
        print(harmless(nothing_to_recover(directory, found)))
        return 0
    return runs.plan_and_apply(
        arguments.directory,
        Operation.APPLY,
        arguments.plugin_dir,
        arguments.profile,
        despite_findings=arguments.despite_findings,
        only_bring_back=True,
        go_ahead=arguments.yes,
    )


def _print(
    directory: Path,
    stored: StoredState | None,
    found: Recovery,
    unread: TerraformProblem | None,
) -> None:
    if stored is not None:
        _print_resources(stored)
        if (selected := workspace(directory, os.environ)) != DEFAULT:
            print(harmless(_("The selected workspace is {name}.").format(name=selected)))
    for sentence in found.sentences():
        if unread is not None and sentence in (unread.message, str(unread)):
            continue
        print(harmless(sentence if found.at_work else f"!  {sentence}"))
    for candidate in found.missing:
        words = candidate.id or _("perhaps")
        print(harmless(f"   {candidate.address}  {words}"))
    for remedy in _remedies(directory, found):
        print(f"→  {harmless(remedy)}")


def _print_resources(stored: StoredState) -> None:
    for resource in stored.resources:
        mark = _("tainted: the next apply replaces it") if resource.tainted else ""
        print(harmless(f"{resource.address}  {resource.id}  {mark}".rstrip()))
    count = ngettext(
        "{n} resource in the state", "{n} resources in the state", len(stored.resources)
    )
    print(count.format(n=len(stored.resources)) + ".")


def _remedies(directory: Path, found: Recovery) -> list[str]:
    listed = (it for it in remedies.remedies(found) if it.is_urgent)
    return list(dict.fromkeys(_advice(directory, it, found) for it in listed))


def _advice(directory: Path, remedy: Remedy, found: Recovery) -> str:
    """Return ``remedy`` as text: a command line, or a sentence that may end with one."""
    if remedy.kind is RemedyKind.UNLOCK and remedy.advice and found.lock is not None:
        return release_advice(directory, found.lock)
    return remedy.advice or with_call_options(_command(directory, remedy))


def _command(directory: Path, remedy: Remedy) -> str:
    """Return the command line of ``remedy``."""
    match remedy.kind:
        case RemedyKind.MOVE:
            return f"gpuecs-tui migrate {shell_word(directory)} --yes"
        case RemedyKind.UNLOCK:
            return with_call_options(
                f"gpuecs-tui state {shell_word(directory)} --unlock {shell_word(remedy.about)}"
            )
        case RemedyKind.FORGET:
            words = _(
                "gpuecs-tui state {directory} --forget {run}  (lists them; --yes dismisses them)"
            )
            return words.format(directory=shell_word(directory), run=shell_word(remedy.about))
        case RemedyKind.RESTORE:
            return f"gpuecs-tui state {shell_word(directory)} --restore --yes"
        case kind:
            return f"gpuecs-tui state {shell_word(directory)} --{kind.value}"


def _tree(
    stored: StoredState | None, found: Recovery, unread: TerraformProblem | None
) -> dict[str, Any]:
    lock, broken, move, failed = found.lock, found.broken, found.move, found.errored
    moved = found.moved
    return {
        "unread": None if unread is None else str(unread),
        "serial": stored.serial if stored else None,
        "lineage": stored.lineage if stored else None,
        "resources": None
        if stored is None
        else [
            {"address": it.address, "id": it.id, "tainted": it.tainted} for it in stored.resources
        ],
        "lock": None
        if lock is None
        else {
            "id": lock.id,
            "who": lock.who,
            "operation": operation_word(lock.operation),
            "created": lock.created.isoformat() if lock.created else None,
            "holder": lock.holder.value,
            "place": lock.place,
            "run": lock.run or None,
            "stops": lock.stops,
        },
        "broken": None
        if broken is None
        else {
            "path": str(broken.path),
            "size": broken.size,
            "backup_serial": broken.backup.serial if broken.backup else None,
        },
        "move": None
        if move is None
        else {
            "source": move.source,
            "target": move.target,
            "interrupted": move.interrupted is not None,
        },
        "moved": None
        if moved is None
        else {"target": moved.target, "user": moved.user, "host": moved.host},
        "errored": None
        if failed is None
        else {
            "path": str(failed.path),
            "serial": failed.serial,
            "stored_serial": failed.stored_serial,
            "resources": failed.resources,
            "verdict": failed.verdict.value,
        },
        "missing": [
            {
                "address": it.address,
                "id": it.id or None,
                "certain": it.certain,
                "run": it.run,
                "by": it.by or None,
            }
            for it in found.missing
        ],
        "messages": found.sentences(),
    }


def _worded(do: Callable[[], _Value]) -> _Value:
    try:
        return do()
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
