"""``render`` and ``show``: write and read the Terraform of a stack directory."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands import stack_source
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.commands.migrate import tell_due
from gpuecs_tui.commands.output import escaped_toml, print_json
from gpuecs_tui.commands.stack_here import refuse_no_directory, stack_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.resolve import (
    TYPE,
    TYPES,
    Answers,
    generated_names,
    with_kept,
    with_new_defaults,
)

if TYPE_CHECKING:
    from gpuecs_tui.terraform.recovery.upgrade import TwoChanges
    from gpuecs_tui.terraform.write.stack import Overruled, WriteChanges


def render(arguments: argparse.Namespace) -> int:
    """Write Terraform from an answers file.

    Only with ``--yes``, manual changes are overwritten, and changed answers are written together
    with the upgrade of a directory of an earlier version.
    """
    choose_account(arguments)
    given = stack_source.answers_of(arguments.answers)
    answers = (
        with_new_defaults(given)
        if arguments.up_to_date
        else with_kept(given, _present(arguments.directory))
    )
    stack = stack_source.valid_stack(stack_source.subject_of(answers), arguments.answers)
    _write(
        stack,
        arguments.directory,
        explicit=given,
        overwrite=arguments.yes,
        fills_unset=arguments.up_to_date,
    )
    tell_due(arguments.directory)
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print the stack in a directory as an answers file or as JSON; exit 1 if it isn't valid.

    An answers file leaves out names that are derived from other answers, because a written name is
    no longer derived, and of several instance types the single one, because both are refused.

    Parts of the Terraform that can't be read are listed on stderr.
    """
    directory = stack_directory(arguments.directory, "show")
    refuse_no_directory(directory)
    found = stack_source.read_directory(directory)
    tell_unfinished(directory)
    values = found.stack.flat() if found.stack else found.answers
    if arguments.json:
        tree: dict[str, dict[str, object]] = {}
        for key, value in values.items():
            section, name = key.split(".")
            tree.setdefault(section, {})[name] = value
        print_json(tree)
    else:
        follow = {*generated_names(values), *([TYPE] if values.get(TYPES) else [])}
        given = {key: value for key, value in values.items() if key not in follow}
        print(escaped_toml(dump_answers(given)), end="")
    for unread in found.unread:
        place = f"{unread.file}:{unread.line}" if unread.line else unread.file
        print(harmless(f"{place}: {unread.what} {unread.reason}."), file=sys.stderr)
    for problem in found.problems:
        print(harmless(f"{problem.key} {problem.message}."), file=sys.stderr)
    return 0 if found.stack else 1


def _present(directory: Path) -> Answers:
    """Return the answers of the stack in ``directory``; {} if there is none."""
    from gpuecs_tui.terraform.read.directory import ReadProblem, read

    try:
        return read(directory).answers
    except ReadProblem:
        return {}


def tell_unfinished(directory: Path) -> None:
    """Report an unfinished write on stderr, for a command that only reads the directory."""
    from gpuecs_tui.terraform.write.unfinished_write import unfinished_words

    if words := unfinished_words(directory):
        print(harmless(words), file=sys.stderr)


def _settle_unfinished(directory: Path, *, yes: bool) -> None:
    """Finish an unfinished write of this user; delete another user's only with ``yes``."""
    from gpuecs_tui.terraform.write.unfinished_write import drop, settle

    if (found := settle(directory)) is None:
        return
    if difference := found.difference():
        print(harmless(difference), end="")
    if not yes:
        raise Failure(
            found.words,
            _(
                "Nothing was written. To delete the unfinished write and write the stack, add "
                "--yes."
            ),
        )
    drop(directory)
    words = _("Deleted the unfinished write in {directory}.").format(directory=directory)
    print(harmless(words))


def _write(
    stack: Stack,
    directory: Path,
    *,
    explicit: Collection[str],
    overwrite: bool,
    fills_unset: bool,
) -> None:
    from gpuecs_tui.terraform.base.problems import TerraformProblem
    from gpuecs_tui.terraform.recovery.upgrade import two_changes
    from gpuecs_tui.terraform.runs.run_list import live_run
    from gpuecs_tui.terraform.write import last_write
    from gpuecs_tui.terraform.write.rewrite import files_for
    from gpuecs_tui.terraform.write.stack import compare, write

    try:
        if directory.is_dir() and (run := live_run(directory)):
            raise Failure(
                _("{directory} is in use by a run of {user} on {host} since {since:%H:%M}.")
                .format(
                    directory=directory, user=run.user, host=run.host,
                    since=run.started_at.astimezone(),
                ),
                _(
                    "To follow the run to its end: gpuecs-tui attach {directory}"
                ).format(directory=shell_word(directory)),
            )  # fmt: skip
        _settle_unfinished(directory, yes=overwrite)
        changes = compare(
            directory,
            files_for(stack, directory, _listeners(directory)),
            explicit=explicit,
            by_hand=last_write.changed_since(directory, fills_unset=fills_unset),
            environ=os.environ,
        )
        two = None
        if changes.files and not overwrite and directory.is_dir():
            with waiting(_("Reading the state …")):
                two = two_changes(directory, stack, os.environ)
        if two is not None and two.unread:
            print(harmless(_unknown_upgrade(directory, two)), file=sys.stderr)
            two = None
        if (changes.hand_edited or two) and not overwrite:
            _refuse(changes, two)
        write(changes, accept=changes.hand_edited)
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    words = {"create": _("new"), "change": _("changed"), "delete": _("removed")}
    width = max(map(cells, words.values()))
    for change in changes.files:
        print(f"{pad(words[change.kind], width)}  {harmless(str(directory / change.file))}")
    if not changes.files:
        note = _("{directory} is up to date.").format(directory=directory)
        print(harmless(note))


def _listeners(directory: Path) -> Mapping[str, tuple[str, int]]:
    """Return the listeners in a remote state, if only the state shows the directory's version."""
    from gpuecs_tui.terraform.base.problems import TerraformProblem
    from gpuecs_tui.terraform.write.rewrite import asks_state, stored_listeners

    if not asks_state(directory, os.environ):
        return {}
    try:
        with waiting(_("Reading the state …")):
            return stored_listeners(directory, os.environ)
    except TerraformProblem as problem:
        words = _("{reason} If the state is from an earlier version, the plan shows what to add.")
        print(harmless(words.format(reason=problem.message)), file=sys.stderr)
        return {}


def _refuse(changes: WriteChanges, two: TwoChanges | None) -> NoReturn:
    """Print the manual changes that the write would lose or combine; raise Failure."""
    for change in changes.files:
        if change.hand_edited:
            print(harmless(change.lost or change.diff), end="")
    sentences = []
    if two:
        sentences.append(_of_upgrade(changes.directory, two))
    edited = [change.file for change in changes.files if change.lost]
    if edited:
        sentences.append(
            _("Manual changes in {files} would be lost; the difference is shown above.").format(
                files=", ".join(edited)
            )
        )
    for is_edit, words in (
        (True, _("gpuecs-tui did not write these values last: {values}.")),
        (
            None,
            _(
                "There is no record of a write by gpuecs-tui in this directory, so whether these "
                "values were changed by hand is unknown: {values}."
            ),
        ),
    ):
        if values := [_in_words(it) for it in changes.overruled if it.is_edit is is_edit]:
            sentences.append(words.format(values="; ".join(values)))
    if not two and (unread := _why_not_shown(changes.directory)):
        raise Failure(
            _("Nothing was written. {reasons}").format(reasons=" ".join(sentences)),
            _("Correct the file by hand: {reason} Or overwrite it with --yes.").format(
                reason=unread
            ),
        )
    elif not two:
        remedy = _(
            "To overwrite them, add --yes; to keep them, copy them from: gpuecs-tui show "
            "{directory}"
        )
    elif two.written:
        remedy = _(
            "Apply the upgrade first: gpuecs-tui apply {directory} --yes. To write everything "
            "now, add --yes."
        )
    elif two.obstacle:
        remedy = _("To write everything now, add --yes.")
    else:
        remedy = _(
            "First write only the upgrade and apply it: gpuecs-tui render {directory} "
            "{directory}. To write everything now, add --yes."
        )
    raise Failure(
        _("Nothing was written. {reasons}").format(reasons=" ".join(sentences)),
        remedy.format(directory=shell_word(changes.directory)),
    )


def _why_not_shown(directory: Path) -> str:
    """Return which file prevents ``show`` from printing the values, one sentence; empty if none
    does."""
    from gpuecs_tui.terraform.hcl.tree import ReadProblem
    from gpuecs_tui.terraform.read.directory import read

    try:
        found = read(directory)
    except ReadProblem as problem:
        return problem.message
    # A file that isn't Terraform is named as a whole.
    wrong = (it for it in found.unread if it.file and it.what == it.file and not it.is_deleted)
    return next((it.sentence for it in wrong), "")


def _of_upgrade(directory: Path, two: TwoChanges) -> str:
    """Return which two changes one plan would contain, and the consequences."""
    if two.written:
        first = _(
            "{directory} was upgraded from an earlier version of gpuecs-tui, and the upgrade is "
            "not applied yet."
        )
    else:
        first = _("An earlier version of gpuecs-tui wrote {directory}.")
    costs = _(
        "One plan would contain the upgrade and the changed answers. Its apply deregisters the "
        "revision that a rollback needs, and deletes a security group or instance profile that "
        "running instances still use."
    )
    alone = two.obstacle and _("Could not write only the upgrade. {reason}").format(
        reason=two.obstacle
    )
    return " ".join(filter(None, (first.format(directory=directory), costs, alone)))


def _unknown_upgrade(directory: Path, two: TwoChanges) -> str:
    return _(
        "{directory} was upgraded from an earlier version of gpuecs-tui. Could not check whether "
        "the upgrade is applied. {reason} If it is not, apply it before any other change."
    ).format(directory=directory, reason=two.unread)


def _in_words(overruled: Overruled) -> str:
    key = KEYS[overruled.key]
    present, wanted = key.unparse(overruled.present), key.unparse(overruled.wanted)
    if key.kind in ("list", "map") or "\n" in present + wanted:
        # The difference above shows which items.
        return _("{key} differs").format(key=overruled.key)
    return _("{key} is {present} in the directory and {wanted} in the answers").format(
        key=overruled.key, present=present or '""', wanted=wanted or '""'
    )
